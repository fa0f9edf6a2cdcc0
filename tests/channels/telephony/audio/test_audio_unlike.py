"""A golden prompt that is heard otherwise: what is wrong with it, beside prompts that are well."""

from __future__ import annotations

import numpy as np
import pytest

from cxassure.channel import Heard, Seen
from cxassure.channels._telephony.audio.golden import Verdict
from cxassure.channels._telephony.audio.repertoire import Repertoire
from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.audio.unlike import unlike
from cxassure.channels._telephony.audio.voices import read_aloud
from cxassure.channels._telephony.rtp import g711

HELLO = "Welcome to Birch and Bay."
MENU = "To hear about an order, press two. For returns, press three."
OTHER = "Bonjour et bienvenue chez nous, appuyez sur la touche deux"
EXPECTED = ("welcome to birch and bay", "returns, press 3")


def said(text: str) -> np.ndarray:
    return read_aloud(text, "slt").at(8000).samples


def quiet(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * 8000), np.int16)


def choppy(sound: np.ndarray) -> np.ndarray:
    broken = sound.copy()
    for start in range(0, len(broken), 2400):
        broken[start : start + 800] = 0
    return broken


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> str:
    made = tmp_path_factory.mktemp("golden")
    (made / "welcome-to-birch-and-bay.wav").write_bytes(Sound(said(HELLO), 8000).wav())
    name = "to-hear-about-an-order-press-two-for-returns-press-three.wav"
    (made / name).write_bytes(Sound(said(MENU), 8000).wav())
    return str(made)


def found(folder: str, menu: np.ndarray, expected=EXPECTED):
    whole = np.concatenate([quiet(0.5), said(HELLO), quiet(0.4), menu, quiet(0.3)])
    line = Sound(g711.decode(g711.MU, g711.encode(g711.MU, whole)).astype(np.int16), 8000)
    words = Repertoire([folder]).hear(line).words
    return unlike(line, [folder], expected, words)


def test_a_prompt_as_it_was_accepted_is_not_unlike_it(folder):
    assert found(folder, said(MENU)) is None


@pytest.mark.parametrize(
    ("menu", "verdict"),
    [
        (said(MENU)[: len(said(MENU)) // 2], Verdict.CUT),
        (choppy(said(MENU)), Verdict.GARBLED),
        (said(MENU.replace("two", "nine")), Verdict.CHANGED),
        (said(MENU.replace("returns", "refunds")), Verdict.CHANGED),
        (said(OTHER), Verdict.OTHER),
        (read_aloud(MENU, "rms").at(8000).samples, Verdict.OTHER),
    ],
)
def test_what_is_wrong_with_the_expected_prompt_is_told(folder, menu, verdict):
    told = found(folder, menu)
    assert told.found.verdict == verdict and "order press two" in told.text
    assert told.known is (verdict != Verdict.OTHER)
    if told.known:
        assert str(told).startswith("the golden prompt «to hear about an order")
        assert " s of it" in told.told and told.told.startswith("golden prompt ")
    else:
        assert told.told.startswith("no golden prompt: other words, another voice")


def test_prompts_that_nobody_expects_are_not_compared(folder):
    assert found(folder, said(OTHER), ("goodbye",)) is None


def test_a_person_is_shown_it_once_and_no_matcher_sees_it():
    data = {"unlike": "golden prompt cut off from 1.8 to 3.6 s of it"}
    parts = (Seen("company", "prompt", text, 0, 1, data) for text in ("welcome", "again"))
    heard = Heard(tuple(parts))
    assert heard.shown == "welcome again [golden prompt cut off from 1.8 to 3.6 s of it]"
    assert heard.text == "welcome again" and Heard(()).shown == ""
