"""What a party will say is looked over before anybody is rung."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from cxassure import catalog
from cxassure.channels._telephony.audio.repertoire import recordings
from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.audio.wav import read_wav
from cxassure.channels._telephony.live.options import SipOptions
from cxassure.channels._telephony.live.speech import look_over, noise_of, spoken
from cxassure.channels._telephony.live.understanding import OwnVoices
from cxassure.errors import CannotLook
from cxassure.settings import Target
from cxassure.surfaces.testing.party import HandDriven


async def looked_over(*acts):
    target = Target(name="shop", address="sip:1@127.0.0.1", over="sip")
    hand = HandDriven("ivr", catalog.connector("ivr", "sip"), target)
    hand.opening.acts = acts
    await look_over(hand.opening, SipOptions())


@pytest.mark.parametrize("argument", ["gone.wav", {"text": "gone.wav", "at_once": "true"}])
async def test_a_file_that_is_not_there_is_told_before_the_call(argument):
    with pytest.raises(CannotLook, match=r"target «shop»: .*gone\.wav"):
        await looked_over(("dial", ""), ("say", argument))


async def test_files_that_are_there_and_words_and_references_are_fine(tmp_path):
    path = tmp_path / "hello.wav"
    path.write_bytes(Sound(np.zeros(800, np.int16), 8000).wav())
    await looked_over(("say", str(path)), ("say", "hello"), ("say", "${told}.wav"), ("press", "1"))


def test_the_noise_behind_a_party_has_a_level(tmp_path):
    path = tmp_path / "tone.wav"
    tone = (np.sin(np.arange(16_000) / 3) * 8000).astype(np.int16)
    path.write_bytes(Sound(tone, 8000).wav())
    clean = spoken(str(path), SipOptions(), 1).samples.astype(float)

    def behind(noise):
        return spoken(str(path), SipOptions(noise=noise), 1).samples - clean

    def ratio(noise):
        return 10 * np.log10((clean**2).mean() / (behind(noise) ** 2).mean())

    assert ratio({"hiss": "20dB"}) == pytest.approx(20, abs=0.5)
    assert ratio("hiss") == pytest.approx(15, abs=0.5)
    assert noise_of(SipOptions(noise={"music": "9.5 dB"})) == ("music", 9.5)


def test_what_a_party_says_is_there_whole_or_not_at_all():
    voices, broken, over = OwnVoices(), [], threading.Event()

    def listens():
        while not over.is_set():
            for text, path in recordings(Path(voices.folder)):
                if not read_wav(path).seconds or text[0] != "W":
                    broken.append(text)

    listener = ThreadPoolExecutor(1).submit(listens)
    long = Sound(np.zeros(800_000, np.int16), 8000)
    for n in range(60):
        voices.keep("agent", f"Word {n}!", long)
    over.set()
    listener.result(60)
    asyncio.run(voices.close())
    assert not broken
