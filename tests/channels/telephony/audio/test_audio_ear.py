"""Prompts cut out of a line by silence."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from cxassure.channels._telephony.audio.ear import Ear, prompts
from cxassure.channels._telephony.audio.noise import behind, noise
from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.audio.voice import spoken

Prompt, Join = Callable[[str], Sound], Callable[..., Sound]


def test_a_prompt_ends_with_the_silence_that_was_set(prompt: Prompt, joined: Join) -> None:
    line = joined(1.0, prompt("welcome"), 1.2, prompt("menu"), 3.0)
    assert len(prompts(line, silence=0.8)) == 2
    (one,) = prompts(line)
    assert one.whole and 1.0 <= one.start < 1.5
    assert one.end == pytest.approx(line.seconds - 3.0, abs=0.4)


def test_live_frames_and_a_recording_are_the_same(prompt: Prompt, joined: Join) -> None:
    line = joined(0.5, prompt("welcome"), 1.0, prompt("closed"), 1.0)
    ear, live = Ear(8000, 0.8), []
    for at in range(0, len(line.samples), 137):
        live += ear.feed(line.samples[at : at + 137], 100 + at / 8000)
    recorded = prompts(line, 0.8, at=100)
    assert [(one.start, one.end) for one in live] == [(one.start, one.end) for one in recorded]
    assert [one.sound.samples.tolist() for one in live] == [
        one.sound.samples.tolist() for one in recorded
    ]


def test_what_an_ear_gives_is_the_sound_from_start_to_end(prompt: Prompt, joined: Join) -> None:
    (one,) = prompts(joined(2.0, prompt("menu"), 3.0))
    assert one.sound.seconds == pytest.approx(one.end - one.start + 0.4, abs=0.05)
    (within,) = spoken(one.sound)
    assert one.offset + within[0] == pytest.approx(one.start, abs=0.05)


def test_frames_that_never_came_are_silence(prompt: Prompt) -> None:
    sound, ear = prompt("welcome"), Ear(8000, 0.8)
    found = ear.feed(sound.samples, 0.0)
    found += ear.feed(sound.samples, 10.0)
    assert [one.whole for one in found] == [True]
    (last,) = ear.end()
    assert last.start == pytest.approx(10 + found[0].start, abs=0.05) and not last.whole


def test_an_endless_talker_is_cut(prompt: Prompt, joined: Join) -> None:
    ear = Ear(8000, 2.5, longest=5.0)
    found = ear.feed(joined(*[prompt("menu")] * 4).samples, 0.0)
    assert len(found) >= 2 and not found[0].whole


def test_an_ear_says_whether_someone_is_speaking(prompt: Prompt) -> None:
    ear = Ear(8000)
    ear.feed(np.zeros(8000, np.int16), 0.0)
    assert not ear.speaking and ear.began is None and ear.last_voice is None
    ear.feed(prompt("menu").samples, 1.0)
    assert ear.speaking and ear.began is not None and 1 <= ear.began < 1.5
    assert ear.last_voice is not None and ear.last_voice > 3


@pytest.mark.parametrize("kind", ["hiss", "street"])
def test_silence_and_a_quiet_line_have_no_voice(kind: str) -> None:
    quiet = Sound((noise(kind, 5, seed=1).samples / 64).astype(np.int16), 8000)
    assert spoken(quiet) == []
    assert spoken(Sound(np.zeros(0, np.int16), 8000)) == []


def test_a_voice_is_found_in_the_street(prompt: Prompt, joined: Join) -> None:
    line = behind(joined(2.0, prompt("menu"), 2.0), "street", 25.0, seed=3)
    assert any(1.8 < start < 2.6 for start, _ in spoken(line))


def test_another_rate_is_heard_as_well(prompt: Prompt) -> None:
    wide = prompt("menu").at(22050)
    assert len(prompts(wide, 0.8)) == len(prompts(prompt("menu"), 0.8))
