"""Sounds: reading WAV files as they come, rates, levels."""

from __future__ import annotations

import io
import struct
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxassure.channels._telephony.audio.sound import Sound, sound_of
from cxassure.channels._telephony.audio.wav import read_wav
from cxassure.errors import CannotLook

Prompt = Callable[[str], Sound]


def tone(hertz: float, rate: int, seconds: float = 1.0) -> Sound:
    return sound_of(0.5 * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate), rate)


def pcm(width: int, body: bytes, channels: int = 1) -> bytes:
    kept = io.BytesIO()
    with wave.open(kept, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(8000)
        file.writeframes(body)
    return kept.getvalue()


def riff(tag: int, bits: int, body: bytes, tail: bytes = b"") -> bytes:
    form = struct.pack("<HHIIHH", tag, 1, 8000, 8000 * bits // 8, bits // 8, bits) + tail
    chunks = b"LIST\x03\0\0\0abc\0" + b"fmt " + struct.pack("<I", len(form)) + form
    chunks += b"data" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WAVE" + chunks


VALUES = np.array([0, 1000, -1000, 32000, -32000], np.int16)


@pytest.mark.parametrize(
    ("file", "near"),
    [
        (pcm(2, VALUES.tobytes()), 0),
        (pcm(1, (VALUES // 256 + 128).astype(np.uint8).tobytes()), 256),
        (pcm(3, b"".join(struct.pack("<i", int(v) << 8)[:3] for v in VALUES)), 0),
        (pcm(4, (VALUES.astype("<i4") << 16).tobytes()), 0),
        (riff(3, 32, (VALUES / 32767).astype("<f4").tobytes()), 1),
        (riff(0xFFFE, 16, VALUES.tobytes(), struct.pack("<HHIH", 22, 16, 4, 1) + bytes(14)), 0),
        (riff(7, 8, bytes([0xFF, 0xCE, 0x4E, 0x80, 0x00])), 150),
        (riff(6, 8, bytes([0xD5, 0xFA, 0x7A, 0xAA, 0x2A])), 800),
    ],
    ids="pcm16 pcm8 pcm24 pcm32 float extensible ulaw alaw".split(),
)
def test_every_usual_coding_of_a_wav_file_is_read(file: bytes, near: int) -> None:
    read = read_wav(file)
    assert read.rate == 8000
    assert np.abs(read.samples.astype(int) - VALUES).max() <= near


def test_stereo_is_mixed_or_one_side_is_taken() -> None:
    file = pcm(2, np.array([[1000, 3000], [-1000, 1000]], "<i2").tobytes(), channels=2)
    assert read_wav(file).samples.tolist() == [2000, 0]
    assert read_wav(file, channel=1).samples.tolist() == [3000, 1000]
    with pytest.raises(CannotLook, match="none numbered 2"):
        read_wav(file, channel=2)


def test_a_sound_written_is_read_again() -> None:
    sound = tone(440, 16000)
    assert (read_wav(sound.wav()).samples == sound.samples).all()


def test_what_is_no_wav_file_is_told_with_what_to_do(tmp_path: Path) -> None:
    for wrong in (b"", b"ID3 nonsense", riff(85, 16, b"mp3"), b"RIFF\0\0\0\0WAVE"):
        with pytest.raises(CannotLook):
            read_wav(wrong)
    with pytest.raises(CannotLook, match="cannot be read"):
        read_wav(tmp_path / "none.wav")


@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_fail_otherwise(body: bytes) -> None:
    for data in (body, b"RIFF\0\0\0\0WAVE" + body, riff(1, 16, body), riff(1, 24, body)):
        try:
            read_wav(data)
        except CannotLook:
            continue


@pytest.mark.parametrize(("whence", "to"), [(16000, 8000), (8000, 16000), (44100, 8000)])
def test_another_rate_keeps_what_the_line_can_carry(whence: int, to: int) -> None:
    there = tone(1000, whence).at(to)
    wanted = tone(1000, to).floats()
    middle = slice(to // 4, to // 2)
    assert len(there.samples) == to
    assert np.abs(there.floats()[middle] - wanted[middle]).max() < 0.001


def test_what_a_lower_rate_cannot_carry_is_gone_and_does_not_fold_back() -> None:
    assert tone(5500, 16000).at(8000).level < -55


def test_the_level_is_told_against_full_scale() -> None:
    assert tone(440, 8000).level == pytest.approx(-9.03, abs=0.05)
    assert Sound(np.zeros(100, np.int16), 8000).level == -99


def test_the_shipped_recordings_are_telephone_sound(prompt: Prompt) -> None:
    assert prompt("menu").rate == 8000 and 2 < prompt("menu").seconds < 6
