"""Reading WAV files as they come: PCM, float and G.711, any rate, mono or stereo."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING

from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.rtp import g711
from cxassure.errors import CannotLook

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PCM, FLOAT, ALAW, ULAW, EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
"""Format tags of RFC 2361."""
LARGEST = 200_000_000
"""Bytes of a file that are read."""
_HINT = "give a WAV file: PCM of 8 to 32 bits, float, μ-law or A-law"


def read_wav(source: bytes | Path, channel: int | None = None) -> Sound:
    """The sound of a RIFF WAVE file, or of its bytes; stereo is mixed, or one `channel` is taken.

    Raises `CannotLook` when there is no such file, it is none, or its coding is another.
    """
    name, data = _bytes(source)
    form, body = _chunks(data, name)
    if len(form) < 16:
        raise CannotLook(f"{name} has no format", _HINT)
    tag, channels, rate, _, _, bits = struct.unpack("<HHIIHH", form[:16])
    if tag == EXTENSIBLE and len(form) >= 26:
        (tag,) = struct.unpack("<H", form[24:26])
    if not channels or not 1000 <= rate <= 384_000:
        raise CannotLook(f"{name} has {channels} channels at {rate} samples a second", _HINT)
    columns = _columns(_samples(body, tag, bits, name), channels)
    if channel is not None and channel >= channels:
        raise CannotLook(f"{name} has {channels} channel(s), none numbered {channel}")
    return Sound(_clipped(columns.mean(1) if channel is None else columns[:, channel]), rate)


def _bytes(source: bytes | Path) -> tuple[str, bytes]:
    if isinstance(source, bytes):
        return "the sound", source
    try:
        with source.open("rb") as file:
            return source.name, file.read(LARGEST)
    except OSError as wrong:
        raise CannotLook(f"{source} cannot be read: {wrong.strerror}") from None


def _chunks(data: bytes, name: str) -> tuple[bytes, bytes]:
    """The chunks `fmt ` and `data`; one cut short, or of unknown length, gives what is there."""
    if data[:4] not in (b"RIFF", b"RF64") or data[8:12] != b"WAVE":
        raise CannotLook(f"{name} is no WAV file", _HINT)
    form, at = b"", 12
    while at + 8 <= len(data):
        kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if kind == b"data":
            return form, data[at + 8 : at + 8 + size]
        if kind == b"fmt ":
            form = data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    raise CannotLook(f"{name} holds no samples", _HINT)


def _samples(body: bytes, tag: int, bits: int, name: str) -> NDArray[np.float64]:
    """Samples on the scale of 16 bits."""
    import numpy as np

    if (tag, bits) in ((ULAW, 8), (ALAW, 8)):
        return g711.decode(g711.MU if tag == ULAW else g711.A, body).astype(np.float64)
    whole = body[: len(body) // max(bits // 8, 1) * max(bits // 8, 1)]
    match tag, bits:
        case 1, 8:
            return (np.frombuffer(whole, np.uint8).astype(np.float64) - 128) * 256
        case 1, 16:
            return np.frombuffer(whole, "<i2").astype(np.float64)
        case 1, 24:
            three = np.frombuffer(whole, np.uint8).reshape(-1, 3)
            return np.ascontiguousarray(three[:, 1:]).view("<i2")[:, 0].astype(np.float64)
        case 1, 32:
            return np.frombuffer(whole, "<i4") / 65536
        case (3, 32) | (3, 64):
            return np.nan_to_num(np.frombuffer(whole, f"<f{bits // 8}").astype(np.float64)) * 32767
    raise CannotLook(f"{name} is coded in a way (tag {tag}, {bits} bits) not known here", _HINT)


def _columns(samples: NDArray[np.float64], channels: int) -> NDArray[np.float64]:
    return samples[: len(samples) // channels * channels].reshape(-1, channels)


def _clipped(samples: NDArray[np.float64]) -> NDArray[np.int16]:
    import numpy as np

    return np.clip(np.round(samples), -32768, 32767).astype(np.int16)
