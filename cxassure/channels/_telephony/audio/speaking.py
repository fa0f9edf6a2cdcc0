"""What a caller or an agent says, as sound: read aloud or from a file, paced, with noise behind."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from cxassure.channels._telephony.audio.noise import behind
from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.audio.voices import read_aloud
from cxassure.channels._telephony.audio.wav import read_wav

if TYPE_CHECKING:
    from cxassure.channels._telephony.audio.sound import Samples

PAUSE = (0.2, 0.7)
"""Seconds that a person pauses between two clauses, least and most."""
QUIET = 15.0
"""dB between speech and the noise behind it, where nothing else is said."""
_CLAUSE = re.compile(r"(?<=[.,;:!?])\s+")
_NUMBER = re.compile(r"(?<![\w.,])(?:\d{4,}|0\d+)(?![\w.]|,\d)")
_KEYS = {"*": "star", "#": "pound"}


def say(
    text: str,
    voice: str = "",
    *,
    noise: str = "",
    snr: float = QUIET,
    seed: int | None = None,
    rate: int = 8000,
) -> Sound:
    """`text` as a person says it on the telephone, `rate` samples a second.

    A `text` that names a WAV file is that file. With a `seed` the clauses are set apart by pauses
    as a person makes them, the same each time; `noise` (`street`, `music`, `hiss`) lies `snr` dB
    below. Blocks while an engine works: call it in a thread. Raises `CannotLook` where no engine
    is installed or the file is none, `Misread` for an unknown noise.
    """
    if is_file(text):
        said = read_wav(Path(text)).at(rate)
    elif seed is None:
        said = _spoken(spelled(text), voice, rate)
    else:
        said = paced(_CLAUSE.split(spelled(text)), voice, seed, rate)
    return behind(said, noise, snr, seed or 0) if noise else said


def is_file(text: str) -> bool:
    """Whether `text` names a WAV file rather than words."""
    return text.lower().endswith(".wav") and "\n" not in text


def spelled(text: str) -> str:
    """Numbers of four digits and more, and those that begin with 0, digit by digit."""
    return _NUMBER.sub(lambda found: " ".join(found[0]), text)


def digits(keys: str, voice: str = "", *, rate: int = 8000) -> Sound:
    """Key presses said aloud: `10*` is «1, 0, star»."""
    return _spoken(", ".join(_KEYS.get(key, key) for key in keys), voice, rate)


def paced(clauses: list[str], voice: str, seed: int, rate: int = 8000) -> Sound:
    """Clauses with a pause of `PAUSE` seconds between, drawn by `seed`."""
    import numpy as np

    dice = Random(seed)
    parts: list[Samples] = []
    for clause in filter(None, clauses):
        silent = np.zeros(round(pause(dice) * rate) if parts else 0, np.int16)
        parts += [silent, _spoken(clause, voice, rate).samples]
    return Sound(np.concatenate(parts) if parts else np.zeros(0, np.int16), rate)


def pause(dice: Random, least: float = PAUSE[0], most: float = PAUSE[1]) -> float:
    """Seconds that a person waits: short ones more often than long ones."""
    return dice.triangular(least, most, least + (most - least) / 4)


@lru_cache(maxsize=512)
def _spoken(text: str, voice: str, rate: int) -> Sound:
    """Kept by text: a journey says the same things again and again."""
    return read_aloud(text, voice).at(rate)
