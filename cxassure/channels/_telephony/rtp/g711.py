"""The two companding laws of ITU-T G.711, as tables over every 16-bit sample."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cxassure.channels._telephony.audio.sound import Samples

MU, A = "PCMU", "PCMA"


def encode(law: str, samples: Samples) -> bytes:
    """One byte a sample."""
    import numpy as np

    return encoding(law)[samples.view(np.uint16)].tobytes()


def decode(law: str, payload: bytes) -> Samples:
    """One sample a byte."""
    import numpy as np

    return decoding(law)[np.frombuffer(payload, np.uint8)]


@cache
def decoding(law: str) -> NDArray[np.int16]:
    """The sample of each of the 256 bytes (G.711 tables 1 and 2, scaled to 16 bits)."""
    import numpy as np

    byte = np.arange(256, dtype=np.int32) ^ (0xFF if law == MU else 0x55)
    exponent, mantissa = byte >> 4 & 7, byte & 15
    if law == MU:
        size = (((mantissa << 3) + 0x84) << exponent) - 0x84
        return np.where(byte & 0x80, -size, size).astype(np.int16)
    size = np.where(exponent, (mantissa * 16 + 0x108) << np.maximum(exponent - 1, 0), 0)
    size = np.where(exponent, size, mantissa * 16 + 8)
    return np.where(byte & 0x80, size, -size).astype(np.int16)


@cache
def encoding(law: str) -> NDArray[np.uint8]:
    """The byte of each sample, found by the sample's own bits read as unsigned."""
    import numpy as np

    sample = np.arange(1 << 16, dtype=np.uint16).view(np.int16).astype(np.int32)
    return (_mu(sample) if law == MU else _a(sample)).astype(np.uint8)


def _mu(sample: NDArray[np.int32]) -> NDArray[np.int32]:
    import numpy as np

    size = np.minimum(np.abs(sample), 32635) + 0x84
    exponent = _segment(size >> 7)
    mantissa = size >> (exponent + 3) & 15
    byte: NDArray[np.int32] = ~(np.where(sample < 0, 0x80, 0) | exponent << 4 | mantissa) & 0xFF
    return byte


def _a(sample: NDArray[np.int32]) -> NDArray[np.int32]:
    import numpy as np

    size = np.where(sample < 0, ~sample, sample) >> 4
    exponent = _segment(size >> 4) + (size >> 4 > 0)
    mantissa = size >> np.maximum(exponent - 1, 0) & 15
    byte: NDArray[np.int32] = (np.where(sample < 0, 0, 0x80) | exponent << 4 | mantissa) ^ 0x55
    return byte


def _segment(size: NDArray[np.int32]) -> NDArray[np.int32]:
    """The place of the highest bit that is set, 0 where none is."""
    import numpy as np

    return np.frexp(np.maximum(size, 1).astype(np.float64))[1].astype(np.int32) - 1
