"""Recordings and lines that the tests of hearing share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.audio.wav import read_wav

PROMPTS = Path(__file__).parent / "prompts"


@pytest.fixture
def prompt() -> Callable[[str], Sound]:
    """A recording by its name."""
    return lambda name: read_wav(PROMPTS / f"{name}.wav")


@pytest.fixture
def joined() -> Callable[..., Sound]:
    """Sounds, and seconds of silence, one after another at 8,000 samples a second."""

    def join(*parts: Sound | float) -> Sound:
        silent = [
            part.samples if isinstance(part, Sound) else np.zeros(round(part * 8000), np.int16)
            for part in parts
        ]
        return Sound(np.concatenate(silent), 8000)

    return join
