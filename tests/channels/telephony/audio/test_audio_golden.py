"""Prompts against accepted ones, without any recogniser."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from cxassure.channels._telephony.audio.fingerprint import fingerprint
from cxassure.channels._telephony.audio.golden import Verdict, compare
from cxassure.channels._telephony.audio.noise import behind
from cxassure.channels._telephony.audio.sound import Sound, sound_of
from cxassure.channels._telephony.rtp import g711

Prompt, Join = Callable[[str], Sound], Callable[..., Sound]
NAMES = "welcome menu order closed busy greeting".split()


def over(law: str, sound: Sound, level: float) -> Sound:
    """As it comes through a codec at another level."""
    quiet = sound_of(sound.floats() * level, sound.rate)
    return Sound(g711.decode(law, g711.encode(law, quiet.samples)), sound.rate)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("law", [g711.MU, g711.A])
def test_another_codec_level_and_start_are_the_same_prompt(
    name: str, law: str, prompt: Prompt, joined: Join
) -> None:
    accepted = fingerprint(prompt(name))
    for level in (0.2, 0.9):
        heard = joined(0.7, over(law, prompt(name), level), 0.4)
        assert compare(accepted, fingerprint(heard)).verdict is Verdict.SAME


def test_a_wide_recording_is_the_same_prompt_on_the_line(prompt: Prompt) -> None:
    accepted = fingerprint(prompt("menu").at(16000))
    assert compare(accepted, fingerprint(prompt("menu"))).verdict is Verdict.SAME


def test_a_little_noise_is_the_same_prompt(prompt: Prompt) -> None:
    heard = behind(prompt("busy"), "hiss", 30.0)
    assert compare(fingerprint(prompt("busy")), fingerprint(heard)).verdict is Verdict.SAME


def test_changed_words_are_told_with_where(prompt: Prompt) -> None:
    told = compare(fingerprint(prompt("order")), fingerprint(prompt("order_other")))
    assert told.verdict is Verdict.CHANGED
    assert 1.2 < told.start < told.end
    swapped = compare(fingerprint(prompt("menu")), fingerprint(prompt("menu_swapped")))
    assert swapped.verdict in (Verdict.CHANGED, Verdict.GARBLED)
    assert "changed words from" in str(told)


@pytest.mark.parametrize("name", NAMES)
def test_a_prompt_cut_off_is_told_with_the_second(name: str, prompt: Prompt) -> None:
    sound = prompt(name)
    told = compare(fingerprint(sound), fingerprint(sound.cut(0, sound.seconds * 0.6)))
    assert told.verdict is Verdict.CUT
    assert told.start == pytest.approx(sound.seconds * 0.6, abs=0.5)


def test_a_prompt_whose_beginning_is_lost_is_cut_off_too(prompt: Prompt) -> None:
    told = compare(fingerprint(prompt("busy")), fingerprint(prompt("busy").cut(1.0)))
    assert (told.verdict, told.start) == (Verdict.CUT, 0.0)
    assert told.end == pytest.approx(0.8, abs=0.4)


def test_a_prompt_full_of_holes_is_garbled(prompt: Prompt) -> None:
    holed = prompt("greeting").samples.copy()
    for at in range(2000, len(holed), 3200):
        holed[at : at + 1000] = 0
    told = compare(fingerprint(prompt("greeting")), fingerprint(Sound(holed, 8000)))
    assert told.verdict is Verdict.GARBLED


@pytest.mark.parametrize("other", ["closed", "busy", "welcome_rms", "greeting"])
def test_another_prompt_or_another_voice_is_another_prompt(other: str, prompt: Prompt) -> None:
    told = compare(fingerprint(prompt("welcome")), fingerprint(prompt(other)))
    assert told.verdict is Verdict.OTHER and told.distance > 0.28


def test_silence_instead_of_a_prompt_is_cut_off(prompt: Prompt) -> None:
    silent = fingerprint(Sound(np.zeros(16000, np.int16), 8000))
    assert compare(fingerprint(prompt("menu")), silent).verdict is Verdict.CUT
    assert compare(silent, silent).verdict is Verdict.SAME


def test_more_than_was_accepted_is_changed(prompt: Prompt, joined: Join) -> None:
    longer = joined(prompt("welcome"), prompt("menu"))
    told = compare(fingerprint(prompt("welcome")), fingerprint(longer))
    assert told.verdict is not Verdict.SAME
