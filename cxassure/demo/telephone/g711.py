"""G.711 sound in the standard library: companding tables, silence, tones, mixing (ITU-T G.711)."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable

RATE, FRAME = 8_000, 160
"""Samples a second, and samples (bytes) in 20 ms."""

SILENCE = b"\xff" * FRAME
BIAS, CLIP = 0x84, 32_635


def _mu_to_linear(code: int) -> int:
    code = ~code & 0xFF
    size = ((code & 0x0F) << 3) + BIAS << ((code & 0x70) >> 4)
    return BIAS - size if code & 0x80 else size - BIAS


def _linear_to_mu(sample: int) -> int:
    sign = 0x80 if sample < 0 else 0
    size = min(abs(sample), CLIP) + BIAS
    segment = size.bit_length() - 8
    return ~(sign | segment << 4 | size >> segment + 3 & 0x0F) & 0xFF


def _a_to_linear(code: int) -> int:
    code ^= 0x55
    segment, size = (code & 0x70) >> 4, ((code & 0x0F) << 4) + 8
    if segment:
        size = size + 0x100 << segment - 1
    return size if code & 0x80 else -size


def _linear_to_a(sample: int) -> int:
    sign = 0x80 if sample >= 0 else 0
    size = min(sample if sample >= 0 else -sample - 1, 32_767) >> 4
    segment = max(0, size.bit_length() - 4)
    mantissa = size if segment < 2 else size >> segment - 1
    return (sign | segment << 4 | mantissa & 0x0F) ^ 0x55


LINEAR = [_mu_to_linear(code) for code in range(256)]
SIZES = bytes(min(255, abs(sample) >> 7) for sample in LINEAR)
"""How far each μ-law byte is from silence, in 128ths of full scale."""

MU_TO_A = bytes(_linear_to_a(sample) for sample in LINEAR)
A_TO_MU = bytes(_linear_to_mu(_a_to_linear(code)) for code in range(256))
_MU = bytes(_linear_to_mu(s) for s in (*range(32_768), *range(-32_768, 0)))


def to_linear(sound: bytes) -> array[int]:
    """μ-law as signed 16 bit samples."""
    return array("h", map(LINEAR.__getitem__, sound))


def from_linear(samples: Iterable[int]) -> bytes:
    """Samples within 16 bits as μ-law."""
    return bytes(map(_MU.__getitem__, samples))


def mixed(frames: list[bytes]) -> bytes:
    """Several voices at once, limited to full scale."""
    if len(frames) < 2:
        return frames[0] if frames else SILENCE
    sums = map(sum, zip(*(map(LINEAR.__getitem__, frame) for frame in frames), strict=True))
    return from_linear(max(-32_768, min(32_767, total)) for total in sums)


def loudness(frame: bytes) -> int:
    """The largest sample of a frame in 128ths of full scale, cheap enough for every packet."""
    return max(frame.translate(SIZES), default=0)


def tone(seconds: float, *hertz: float, level: int = 8_000) -> bytes:
    """A tone or a chord of them, `level` the peak of each."""
    steps = [2 * math.pi * each / RATE for each in hertz]
    ticks = range(round(seconds * RATE))
    return from_linear(round(sum(level * math.sin(n * step) for step in steps)) for n in ticks)
