"""Keys as pairs of tones in the sound itself: made, and found again (ITU-T Q.23, Q.24)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cxassure.channels._telephony.audio.sound import Samples

ROWS = (697, 770, 852, 941)
COLUMNS = (1209, 1336, 1477, 1633)
PAD = "123A456B789C*0#D"
LOUDNESS = -9.0
"""dBFS of each of the two tones as we make them; both together stay 3 dB under full scale."""
RAMP = 0.004
"""Seconds in which a tone comes and goes, so that it does not click."""
WINDOW, HOP = 0.024, 0.01
"""Seconds that one look at the sound takes in, and between two looks."""
FAINTEST = 60.0
"""Root mean square below which no key is looked for (about -55 dBFS)."""
PURE = 0.72
"""The share of all energy that the two tones must hold; speech spreads it wider."""
TWIST, REVERSE_TWIST = 10 ** (8 / 10), 10 ** (4 / 10)
"""How much stronger the row's tone, or the column's, may be, as a ratio of power; a wider margin
than Q.24's for exchanges would take in speech."""
LOOKS = 3
"""Looks in a row that must agree: 40 ms are a key, 23 ms are not (Q.24)."""
SILENT = 2
"""Looks without the tone that end a key."""


def make(key: str, length: float, rate: int) -> Samples:
    """The two tones of a key for `length` seconds."""
    import numpy as np

    row, column = divmod(PAD.index(key), 4)
    time = np.arange(round(length * rate)) / rate
    wave = np.sin(2 * np.pi * ROWS[row] * time) + np.sin(2 * np.pi * COLUMNS[column] * time)
    edge = np.minimum(time, time[::-1]) / RAMP if len(time) else time
    loud = 32767 * 10 ** (LOUDNESS / 20)
    return (loud * wave * np.minimum(1.0, edge)).astype(np.int16)


@cache
def _probes(rate: int) -> NDArray[np.float64]:
    """For each of the eight tones a cosine and a sine of the window's length; then those of the
    second harmonics. Goertzel's algorithm for all tones and looks in one product."""
    import numpy as np

    time = np.arange(round(WINDOW * rate)) / rate
    turns = 2 * np.pi * np.outer(time, (*ROWS, *COLUMNS, *(2 * tone for tone in (*ROWS, *COLUMNS))))
    return np.concatenate([np.cos(turns), np.sin(turns)], axis=1)


class Ear:
    """Finds keys in a stream of frames of any length.

    `feed` gives the keys that have just ended as (key, how long ago it began, how long it took),
    in seconds, "ago" from the end of what has been fed.
    """

    def __init__(self, rate: int) -> None:
        import numpy as np

        self.rate = rate
        self._tail = np.zeros(0, np.int16)
        self._looks = 0
        self._key = ""
        self._hits = 0
        self._misses = 0
        self._since = 0.0

    def feed(self, samples: Samples) -> list[tuple[str, float, float]]:
        import numpy as np

        window, hop = round(WINDOW * self.rate), round(HOP * self.rate)
        whole = np.concatenate([self._tail, samples])
        count = max(0, (len(whole) - window) // hop + 1)
        self._tail = whole[count * hop :]
        if not count:
            return []
        looks = np.array([whole[start : start + window] for start in range(0, count * hop, hop)])
        return [ended for look in self._seen(looks) if (ended := self._step(look))]

    def _seen(self, looks: NDArray[np.int16]) -> list[str]:
        """The key in each look, "" for none."""
        import numpy as np

        sound = looks.astype(np.float64)
        energy = np.einsum("ij,ij->i", sound, sound)
        count = looks.shape[1]
        if energy.max() < count * FAINTEST**2:
            return [""] * len(looks)
        parts = (sound @ _probes(self.rate)) ** 2
        power = (parts[:, :16] + parts[:, 16:]) * 2 / count
        return [_key(*pair, count) for pair in zip(power.tolist(), energy.tolist(), strict=True)]

    def _step(self, key: str) -> tuple[str, float, float] | None:
        """One look further; the key that has ended with it."""
        self._looks += 1
        ended = None
        if key and key == self._key:
            self._hits, self._misses = self._hits + 1 + self._misses, 0
        elif self._key and self._misses + 1 < SILENT and not key:
            self._misses += 1
        else:
            ended = self._end()
            self._key, self._hits, self._misses = key, int(bool(key)), 0
            self._since = (self._looks - 1) * HOP
        return ended

    def _end(self) -> tuple[str, float, float] | None:
        if not self._key or self._hits < LOOKS:
            return None
        heard = self._looks * HOP + len(self._tail) / self.rate
        return self._key, heard - self._since, (self._hits - 1) * HOP + WINDOW


def _key(power: list[float], energy: float, count: int) -> str:
    """The key whose two tones hold the sound's energy, "" where they do not."""
    if energy < count * FAINTEST**2:
        return ""
    rows, columns = power[:4], power[4:8]
    row, column = max(range(4), key=rows.__getitem__), max(range(4), key=columns.__getitem__)
    low, high = rows[row], columns[column]
    if low + high < PURE * energy or low > TWIST * high or high > REVERSE_TWIST * low:
        return ""
    if sum(rows) - low > 0.3 * low or sum(columns) - high > 0.3 * high:
        return ""
    if power[8 + row] > 0.1 * low or power[12 + column] > 0.1 * high:
        return ""
    return PAD[4 * row + column]
