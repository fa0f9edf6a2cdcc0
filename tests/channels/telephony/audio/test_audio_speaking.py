"""Speaking: text read aloud, recordings, digits, pauses, noise."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxassure.channels._telephony.audio.noise import KINDS, behind, noise
from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.audio.speaking import PAUSE, digits, pause, say, spelled
from cxassure.channels._telephony.audio.voice import spoken
from cxassure.channels._telephony.audio.voices import engines, read_aloud
from cxassure.errors import CannotLook, Misread

Prompt = Callable[[str], Sound]
TEXT = "Hello, this is Kim. I am calling about my order."


def test_some_engine_is_there_and_speaks() -> None:
    assert "espeak" in engines()
    said = say(TEXT)
    assert said.rate == 8000 and 2 < said.seconds < 8 and spoken(said)


def test_the_library_reads_aloud_without_any_program(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert engines() == ["espeak"]
    assert spoken(read_aloud(TEXT))
    with pytest.raises(CannotLook, match="flite is not installed") as wrong:
        read_aloud(TEXT, "flite:slt")
    assert "apt-get install flite" in wrong.value.hint


def test_a_voice_that_is_not_there_is_told() -> None:
    with pytest.raises(CannotLook, match="espeak has no voice «zz»"):
        read_aloud("hello", "espeak:zz")
    with pytest.raises(CannotLook, match="no engine that speaks"):
        read_aloud("hello", "nobody:here")
    if shutil.which("flite"):
        with pytest.raises(CannotLook, match="flite has no voice «nobody»"):
            read_aloud("hello", "flite:nobody")


def test_what_is_said_is_data_and_never_an_option_or_markup() -> None:
    for text in ("-o /tmp/x", "--help", "<break time='9s'/> hello", "a\0b", ""):
        assert say(text, "espeak:").seconds < 8
        assert say(text).seconds < 8


def test_a_recording_is_played_as_it_is(prompt: Prompt) -> None:
    path = Path(__file__).parent / "prompts" / "menu.wav"
    assert (say(str(path)).samples == prompt("menu").samples).all()
    with pytest.raises(CannotLook, match=r"cannot be read"):
        say("nowhere.wav")


def test_long_numbers_are_said_digit_by_digit() -> None:
    assert spelled("order 1048213, 007 and 12") == "order 1 0 4 8 2 1 3, 0 0 7 and 12"
    assert spelled("10,000 or 1234.56 or A1234") == "10,000 or 1234.56 or A1234"
    assert digits("10*").seconds > digits("1").seconds


def test_pauses_come_from_the_seed_and_lie_between_clauses() -> None:
    one, again, other = (say(TEXT, seed=seed) for seed in (1, 1, 2))
    assert (one.samples == again.samples).all()
    assert one.seconds != other.seconds
    assert len(spoken(one, gap=0.12)) >= 2


@given(st.integers())
def test_a_pause_is_as_long_as_a_person_s(seed: int) -> None:
    assert PAUSE[0] <= pause(Random(seed)) <= PAUSE[1]


@pytest.mark.parametrize("kind", KINDS)
def test_noise_comes_from_the_seed_and_lies_as_far_below_as_asked(
    kind: str, prompt: Prompt
) -> None:
    assert (noise(kind, 1, seed=3).samples == noise(kind, 1, seed=3).samples).all()
    assert (noise(kind, 1, seed=3).samples != noise(kind, 1, seed=4).samples).any()
    clean = prompt("busy")
    for snr in (5.0, 20.0):
        added = behind(clean, kind, snr, seed=1).floats() - clean.floats()
        level = Sound((added * 32768).astype("int16"), 8000).level
        assert clean.level - level == pytest.approx(snr, abs=1.6)


def test_noise_that_is_not_known_is_refused_and_no_sound_stays_none() -> None:
    with pytest.raises(Misread):
        noise("circus", 1)
    for kind in KINDS:
        assert noise(kind, 0).seconds == 0
