"""The sweeps that prove that both sides hear each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cxassure.channels._telephony.audio.marker import DIRECTIONS, find, marker
from cxassure.channels._telephony.audio.sound import Sound, sound_of
from cxassure.channels._telephony.rtp import g711
from cxassure.errors import Misread

Prompt, Join = Callable[[str], Sound], Callable[..., Sound]
NAMES = sorted(path.stem for path in (Path(__file__).parent / "prompts").glob("*.wav"))


def line(sound: Sound, seed: int, loss: float = 0.02) -> Sound:
    """Through μ-law, with packets of 20 ms lost."""
    there = g711.decode(g711.MU, g711.encode(g711.MU, sound.samples)).copy()
    lost = np.random.default_rng(seed).random(len(there) // 160) < loss
    for place in np.flatnonzero(lost):
        there[place * 160 : place * 160 + 160] = 0
    return Sound(there, sound.rate)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_marker_is_found_where_it_is_and_the_other_is_not(direction: str, joined: Join) -> None:
    sound = joined(1.25, marker(direction), 1.0)
    (other,) = set(DIRECTIONS) - {direction}
    assert find(sound, direction).score > 0.98
    assert find(sound, direction).delay(sent=1.0) == pytest.approx(0.25, abs=0.001)
    assert not find(sound, other).present


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_it_survives_a_codec_loss_and_speech_over_it(
    direction: str, seed: int, prompt: Prompt
) -> None:
    mixed = prompt("greeting").floats() * 0.5
    at = 4000 + 1600 * seed
    mixed[at : at + 2400] += marker(direction).floats()
    told = find(line(sound_of(mixed, 8000), seed), direction)
    assert told.present and told.at == pytest.approx(at / 8000, abs=0.002)


@pytest.mark.parametrize("name", NAMES)
def test_speech_alone_has_no_marker(name: str, prompt: Prompt) -> None:
    assert not any(find(line(prompt(name), 1), direction).present for direction in DIRECTIONS)


def test_silence_noise_and_too_little_sound_have_none() -> None:
    hiss = np.random.default_rng(1).standard_normal(32000)
    for wave in (hiss * 0.1, hiss * 1e-4, hiss * 0, hiss[:100], hiss[:0]):
        assert not find(sound_of(wave, 8000), "up").present


def test_a_marker_far_quieter_than_sent_is_found(joined: Join) -> None:
    quiet = sound_of(joined(0.5, marker("up"), 0.5).floats() * 0.05, 8000)
    assert find(line(quiet, 1, loss=0), "up").present


def test_a_wide_line_has_markers_too() -> None:
    assert find(marker("down", 16000), "down").score > 0.98


def test_another_direction_is_refused() -> None:
    with pytest.raises(Misread):
        marker("sideways")
