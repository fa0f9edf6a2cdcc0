"""What is heard behind a speaker, made up by a seed: a street, music, a plain hiss."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cxassure.channels._telephony.audio.sound import Sound, sound_of
from cxassure.errors import Misread
from cxassure.text import guess

if TYPE_CHECKING:
    import numpy as np
    from numpy.random import Generator
    from numpy.typing import NDArray

    Wave = NDArray[np.float64]

CHORDS = ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14))
"""Semitones above C: the four chords of half of all hold music."""
BEAT = 0.5


def noise(kind: str, seconds: float, rate: int = 8000, seed: int = 0) -> Sound:
    """`street`, `music` or `hiss`, -20 dBFS; the same seed gives the same samples."""
    import numpy as np

    if kind not in KINDS:
        raise Misread(f"«{kind}» is no noise known here", guess(kind, KINDS))
    made = KINDS[kind](round(seconds * rate), rate, np.random.default_rng(seed))
    loud = float(np.sqrt(np.mean(made**2))) if len(made) else 0.0
    return sound_of(made * (0.1 / loud if loud else 0.0), rate)


def behind(sound: Sound, kind: str, snr: float, seed: int = 0) -> Sound:
    """`sound` with noise `snr` dB below the level of its speech (its louder half)."""
    import numpy as np

    back = noise(kind, sound.seconds, sound.rate, seed).floats()[: len(sound.samples)]
    wave = sound.floats()
    loud = _speech_power(wave, sound.rate)
    power = float(np.mean(back**2)) if len(back) else 0.0
    factor = np.sqrt(loud / power / 10 ** (snr / 10)) if power else 0.0
    return sound_of(wave + back * factor, sound.rate)


def _speech_power(wave: Wave, rate: int) -> float:
    """Mean power of the frames louder than 25 dB below the loudest: pauses do not count."""
    import numpy as np

    size = rate // 50
    powers = np.mean(wave[: len(wave) // size * size].reshape(-1, size) ** 2, axis=1)
    return float(powers[powers >= powers.max() / 316].mean()) if len(powers) else 0.0


def _hiss(count: int, rate: int, dice: Generator) -> Wave:
    return dice.standard_normal(count)


def _street(count: int, rate: int, dice: Generator) -> Wave:
    """Rumble (power falls by the square of frequency) and a car that passes every few seconds."""
    import numpy as np

    rumble = _coloured(dice.standard_normal(count), rate, lambda f: 1 / np.maximum(f, 60))
    tyres = _coloured(dice.standard_normal(count), rate, lambda f: (f > 300) / np.maximum(f, 1e2))
    time = np.arange(count) / rate
    passing = np.zeros(count)
    for at in np.cumsum(dice.exponential(4.0, size=2 + count // rate)):
        passing += dice.uniform(0.5, 1.5) * np.exp(-(((time - at) / dice.uniform(0.5, 1.2)) ** 2))
    return _unit(rumble) + 1.5 * _unit(tyres) * passing


def _music(count: int, rate: int, dice: Generator) -> Wave:
    """Chords with overtones, a note struck every beat."""
    import numpy as np

    made = np.zeros(count)
    key = dice.integers(-3, 4)
    time = np.arange(round(1.2 * rate)) / rate
    for beat in range(int(count / rate / BEAT) + 1):
        chord = CHORDS[beat // 4 % len(CHORDS)]
        tones = [*chord, 12 + chord[int(dice.integers(3))]]
        for note in tones if beat % 4 == 0 else tones[-2:]:
            pitch = 261.6 * 2 ** ((note + key) / 12)
            struck = np.exp(-2.5 * time) * sum(
                np.sin(2 * np.pi * pitch * n * time) / n**1.5 for n in range(1, 5)
            )
            at = round(beat * BEAT * rate)
            made[at : at + len(struck)] += struck[: max(count - at, 0)]
    return made


def _coloured(white: Wave, rate: int, gain: Callable[[Wave], Wave]) -> Wave:
    import numpy as np

    if not len(white):
        return white
    bins = np.fft.rfftfreq(len(white), 1 / rate).astype(np.float64)
    return np.fft.irfft(np.fft.rfft(white) * gain(bins), len(white))


def _unit(wave: Wave) -> Wave:
    import numpy as np

    size = float(np.sqrt(np.mean(wave**2))) if len(wave) else 0.0
    return wave / size if size else wave


KINDS: dict[str, Callable[[int, int, Generator], Wave]] = {
    "street": _street,
    "music": _music,
    "hiss": _hiss,
}
