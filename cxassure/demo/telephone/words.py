"""The few words that the company's telephone understands, known by recordings in three voices."""

from __future__ import annotations

import asyncio
import cmath
import itertools
import math
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path

from cxassure.demo.telephone.g711 import LINEAR, RATE, loudness

FOLDER = Path(__file__).parents[1] / "assets" / "words"
SIZE, HOP = 256, 160
"""Samples that are looked at together, and from one look to the next (20 ms)."""
BANDS, LOWEST, HIGHEST = 14, 200, 3_500
FAINT, EDGE = 4, 2
"""Loudness of a pause (128ths of full scale), and frames of it kept around a word."""
NEAR, APART = 0.53, 0.06
"""How near a recording must be to be the word, and by how much nearer than every other word."""
LONGEST = 2.5
"""Seconds of the longest thing said that may be one word."""

Frames = list[list[float]]


@cache
def _ear() -> ThreadPoolExecutor:
    """One thread beside the calls: one that waits hears nothing but silence meanwhile."""
    return ThreadPoolExecutor(1, "ear", _hurry)


def _hurry() -> None:
    """Before ordinary work and behind the sound, where that is allowed (sched(7))."""
    with suppress(AttributeError, OSError):
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))


def prepare() -> None:
    """Reads the recordings, beside all else: somebody may be about to speak."""
    _ear().submit(recorded)


async def made_out(said: bytes) -> tuple[str, float]:
    """As `understood`, while other calls go on."""
    return await asyncio.get_running_loop().run_in_executor(_ear(), understood, said)


def understood(said: bytes) -> tuple[str, float]:
    """The word that was said (μ-law), and how sure that is, 0 to 1; "" where it is none of ours."""
    heard = frames(trimmed(said[: int(RATE * (LONGEST + 1))]))
    if not 0 < len(heard) * HOP <= LONGEST * RATE:
        return "", 0.0
    best: dict[str, float] = {}
    for word, known in recorded():
        best[word] = min(best.get(word, math.inf), distance(known, heard))
    (near, word), (second, _) = sorted((far, word) for word, far in best.items())[:2]
    if near > NEAR or second - near < APART:
        return "", 0.0
    return word, round(1 - near, 2)


def trimmed(sound: bytes) -> bytes:
    """Without the pauses before and behind it."""
    loud = [n for n in range(0, len(sound), HOP) if loudness(sound[n : n + HOP]) >= FAINT]
    return sound[max(loud[0] - EDGE * HOP, 0) : loud[-1] + (EDGE + 1) * HOP] if loud else b""


@cache
def recorded() -> tuple[tuple[str, Frames], ...]:
    """Every recording: its word and how it sounds."""
    paths = sorted(FOLDER.glob("*.ulaw"))
    return tuple(
        (path.stem.partition(".")[0].replace("-", " "), frames(trimmed(path.read_bytes())))
        for path in paths
    )


def frames(sound: bytes) -> Frames:
    """The shape of the spectrum every 20 ms, whatever the level and the colour of the line."""
    looks = [_bands(sound[at : at + SIZE]) for at in range(0, len(sound) - SIZE + 1, HOP)]
    usual = [sum(column) / len(looks) for column in zip(*looks, strict=True)]
    return [[value - mean for value, mean in zip(look, usual, strict=True)] for look in looks]


def distance(known: Frames, heard: Frames) -> float:
    """The mean cost of laying one beside the other by dynamic time warping: 0 for the same."""
    before = [0.0] + [math.inf] * len(heard)
    for one in known:
        row = [math.inf]
        for place, other in enumerate(heard):
            cost = _apart(one, other)
            row.append(min(row[-1] + cost, before[place + 1] + cost, before[place] + 2 * cost))
        before = row
    return before[-1] / (len(known) + len(heard))


def _apart(one: list[float], other: list[float]) -> float:
    return math.dist(one, other) / BANDS


def _bands(samples: bytes) -> list[float]:
    """Logarithms of the power in bands that lie as the ear has them."""
    sound = [LINEAR[code] * weight for code, weight in zip(samples, _window(), strict=True)]
    power = [abs(value) ** 2 for value in _spectrum(sound)[: SIZE // 2]]
    return [math.log(sum(power[first:last]) + 1e6) for first, last in _edges()]


@cache
def _window() -> tuple[float, ...]:
    return tuple(0.5 - 0.5 * math.cos(2 * math.pi * n / SIZE) for n in range(SIZE))


@cache
def _edges() -> tuple[tuple[int, int], ...]:
    """First and last bin of each band, evenly apart on the mel scale."""
    low, high = (1127 * math.log(1 + hertz / 700) for hertz in (LOWEST, HIGHEST))
    mels = [low + (high - low) * n / BANDS for n in range(BANDS + 1)]
    bins = [round(700 * (math.exp(mel / 1127) - 1) * SIZE / RATE) for mel in mels]
    return tuple((a, max(b, a + 1)) for a, b in itertools.pairwise(bins))


def _spectrum(samples: list[float] | list[complex]) -> list[complex]:
    """The fast Fourier transform, radix two."""
    size = len(samples)
    if size == 1:
        return [complex(samples[0])]
    even, odd = _spectrum(samples[::2]), _spectrum(samples[1::2])
    turned = [turn * value for turn, value in zip(_turns(size), odd, strict=True)]
    return [a + b for a, b in zip(even, turned, strict=True)] + [
        a - b for a, b in zip(even, turned, strict=True)
    ]


@cache
def _turns(size: int) -> tuple[complex, ...]:
    return tuple(cmath.exp(-2j * math.pi * n / size) for n in range(size // 2))
