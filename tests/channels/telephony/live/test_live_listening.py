"""What an ear on a line tells of prompts, music and ringing, however its frames fall."""

from __future__ import annotations

import numpy as np
import pytest

from cxassure import catalog
from cxassure.channels._telephony.audio.wav import read_wav
from cxassure.channels._telephony.live.listening import Listening
from cxassure.channels._telephony.live.options import SipOptions
from cxassure.channels._telephony.live.understanding import Understanding
from cxassure.channels._telephony.rtp import g711
from cxassure.channels._telephony.rtp.leg import Frame
from cxassure.demo.telephone import prompts, transfer
from cxassure.demo.transfer import music
from cxassure.settings import Target
from cxassure.surfaces.testing.party import HandDriven

RATE = 8000
SETTINGS = SipOptions(silence="800ms", golden="cxassure.demo:assets/prompts", recogniser="golden")


class Played:
    """The time of a sound that is played as fast as it can be."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        return self.at


def said(text: str) -> np.ndarray:
    return decoded(prompts.spoken(text))


def decoded(sound: bytes) -> np.ndarray:
    return g711.decode(g711.MU, sound).astype(np.int16)


def quiet(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), np.int16)


async def told(sound: np.ndarray) -> list[tuple[str, str]]:
    """(what, text) of all that was heard."""
    target = Target(name="line", address="sip:1@127.0.0.1:9")
    async with HandDriven("ivr", catalog.connector("ivr", "sip"), target) as party:
        session, clock = party.session, Played()
        session.clock = clock
        understanding = Understanding(party.opening, SETTINGS)
        await understanding.open()
        listening = Listening(session, SETTINGS, understanding, lambda: None)
        for place in range(0, len(sound) - 159, 160):
            clock.at = 100 + place / RATE
            frame = Frame(sound[place : place + 160], RATE, clock.at, None, False)
            listening._frame(frame)
            await listening.finish()
        listening.stop()
        await listening.finish()
        return [(seen.what, seen.text) for seen in session.seen]


@pytest.mark.parametrize("late", [0, 210, 450, 840, 1260, 1800, 2700])
async def test_what_is_said_between_music_and_ringing_is_heard_whole(late):
    hold = read_wav(music()).at(RATE).samples[: 4 * RATE]
    line = [
        quiet(late / RATE),
        said("Please hold. You are number 2 in the queue."),
        hold,
        said("You are number 1 in the queue."),
        hold,
        decoded(transfer.RINGBACK[: 2 * RATE]),
        quiet(0.3),
        said("You are connected with our billing team."),
        quiet(1.5),
    ]
    heard = await told(np.concatenate(line))
    text = " ".join(words for what, words in heard if what == "prompt")
    for part in ("Please hold", "number 2 in", "number 1 in", "connected with our billing"):
        assert part in text, heard
    assert ("music", "") in heard


async def test_a_silence_is_dead_air_unless_something_was_asked_for():
    asked = await told(np.concatenate([said("Press 1 for yes, or 2 for no."), quiet(7)]))
    promised = await told(np.concatenate([said("Please hold."), quiet(7)]))
    assert "silence" not in [what for what, _ in asked]
    assert "silence" in [what for what, _ in promised]
