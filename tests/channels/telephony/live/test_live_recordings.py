"""Recordings are known by their sound: in a row, quieter, in noise, with packets lost; or not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cxassure.channels._telephony.audio.repertoire import Repertoire, folder_of, slug
from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.audio.voices import read_aloud
from cxassure.channels._telephony.rtp import g711
from cxassure.demo.telephone import prompts
from cxassure.errors import CannotLook

RECORDINGS = "cxassure.demo:assets/prompts"
ORDER = "Order 1 0 4 7 3 5 2. It is on its way and should arrive by Friday."


@pytest.fixture(scope="module")
def known() -> Repertoire:
    return Repertoire([RECORDINGS])


def said(text: str) -> np.ndarray:
    return g711.decode(g711.MU, prompts.spoken(text)).astype(np.int16)


@pytest.mark.parametrize(
    "text",
    [
        "Welcome to Birch and Bay Gifts. For your gift card balance, press 1.",
        "You are number 2 in the queue.",
        ORDER,
    ],
)
def test_recordings_in_a_row_are_known_word_by_word(known, text):
    heard = known.hear(Sound(said(text), 8000))
    assert heard.text.replace(".", "") == text.replace(".", "")
    assert heard.confidence > 0.7


def test_recordings_are_known_quieter_later_and_in_noise(known):
    noise = np.random.default_rng(1).normal(0, 60, len(said(ORDER)))
    late = np.concatenate([np.zeros(4037), said(ORDER) * 0.4 + noise]).astype(np.int16)
    heard = known.hear(Sound(late, 8000))
    assert "1 0 4 7 3 5 2" in heard.text
    assert heard.words[0].start == pytest.approx(0.5, abs=0.1)


def test_what_is_choppy_is_not_known(known):
    sound = said(ORDER)
    for at in range(0, len(sound), 1600):
        sound[at : at + 640] = 0
    assert known.hear(Sound(sound, 8000)).confidence < 0.4


ACCEPTED = "To hear about an order, press two. For returns, press three."


@pytest.fixture(scope="module")
def accepted(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("accepted")
    (folder / f"{slug(ACCEPTED)}.wav").write_bytes(read_aloud(ACCEPTED, "slt").at(8000).wav())
    return folder


def over_the_line(text: str) -> Sound:
    coded = g711.encode(g711.MU, read_aloud(text, "slt").at(8000).samples)
    return Sound(g711.decode(g711.MU, coded).astype(np.int16), 8000)


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        (ACCEPTED.replace("two", "nine"), 1.5, 2.2),
        (ACCEPTED.replace("returns", "refunds"), 2.0, 2.9),
        (ACCEPTED.replace("press two", "do not press two"), 1.0, 2.0),
    ],
)
def test_a_recording_in_which_one_word_is_another_is_not_known(accepted, text, since, until):
    heard = Repertoire([str(accepted)]).hear(over_the_line(text))
    assert heard.text == ""
    (nearly,) = heard.otherwise
    assert slug(nearly.text) == slug(ACCEPTED)
    assert since <= nearly.since < nearly.until <= until
    assert "is said otherwise from" in str(nearly)


def test_a_recording_that_came_over_the_line_is_known_to_its_last_syllable(accepted):
    for folders in ({"folders": [str(accepted)]}, {"loosely": [str(accepted)]}):
        heard = Repertoire(**folders).hear(over_the_line(ACCEPTED))
        assert slug(heard.text) == slug(ACCEPTED) and not heard.otherwise


def test_silence_is_nothing(known):
    assert known.hear(Sound(np.zeros(8000, np.int16), 8000)).text == ""


@pytest.mark.parametrize("folder", ["no/such/folder", "cxassure.nothing:prompts", "os:path"])
def test_a_folder_that_is_none_is_told(folder):
    with pytest.raises(CannotLook):
        folder_of(folder)


def test_a_recording_is_named_after_its_words():
    assert slug("To hear it again, press 1.") == "to-hear-it-again-press-1"
