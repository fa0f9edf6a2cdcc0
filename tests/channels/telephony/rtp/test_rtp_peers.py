"""A far end that we did not write: FFmpeg's own RTP, SRTP and codecs, both ways."""

from __future__ import annotations

import asyncio
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.rtp import sdes, sdp
from cxassure.channels._telephony.rtp.port import MediaPort

CODECS = {
    "PCMU": ("pcm_mulaw", 8000, "0", ""),
    "PCMA": ("pcm_alaw", 8000, "8", ""),
    "G722": ("g722", 16000, "9", ""),
    "opus": ("libopus", 48000, "111", "a=rtpmap:111 opus/48000/2\n"),
}
PACKETS = 15


def ffmpeg_says(port: int, codec: str) -> None:
    """Sends 0.3 s of a tone of 500 Hz, in FFmpeg's own packets, at the pace of speech."""
    name, rate, payload_type, _ = CODECS[codec]
    options = {"payload_type": payload_type}
    far: Any = av.open(f"rtp://127.0.0.1:{port}", mode="w", format="rtp", options=options)
    stream = far.add_stream(name, rate=rate)
    stream.layout, stream.format = "mono", "s16"
    count = rate // 50
    wave = 8000 * np.sin(2 * np.pi * 500 * np.arange(count * PACKETS) / rate)
    begun = time.monotonic()
    for number, part in enumerate(wave.astype(np.int16).reshape(PACKETS, 1, count)):
        frame: Any = av.AudioFrame.from_ndarray(part, format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, number * count, Fraction(1, rate)
        for packet in stream.encode(frame):
            far.mux(packet)
        time.sleep(max(0.0, begun + number * 0.02 - time.monotonic()))
    far.close()


@pytest.mark.parametrize("codec", ["PCMU", "G722", "opus"])
async def test_what_ffmpeg_says_is_heard(codec: str, until: Any) -> None:
    _, _, payload_type, mapping = CODECS[codec]
    leg = await MediaPort(codecs=(codec,), report_every=0.1).leg()
    media = f"m=audio 9 RTP/AVP {payload_type}\n{mapping}"
    leg.answer(f"v=0\nc=IN IP4 127.0.0.1\n{media}".encode())
    await asyncio.to_thread(ffmpeg_says, leg.session.port, codec)
    await until(lambda: leg.quality().heard.received >= PACKETS)
    assert leg.recording
    before = leg.recording.seconds
    await until(lambda: leg.recording and leg.recording.seconds > before + 0.2)
    heard, figures = leg.recording.heard, leg.quality().heard
    await leg.close()
    assert (figures.expected, figures.lost, figures.broken) == (PACKETS, 0, 0)
    assert figures.refused == {}
    spectrum = np.abs(np.fft.rfft(heard.samples.astype(float)))
    assert spectrum.argmax() / heard.seconds == pytest.approx(500, abs=6)


def ffmpeg_hears(description: Path, seconds: float, rate: int) -> np.ndarray:  # type: ignore[type-arg]
    """What FFmpeg makes of the stream that a description tells of."""
    options = {"protocol_whitelist": "file,udp,rtp,srtp,crypto", "analyzeduration": "0"}
    near: Any = av.open(str(description), format="sdp", options=options, timeout=20)
    parts, count = [], 0
    for frame in near.decode(audio=0):
        parts.append(frame.to_ndarray().astype(float).mean(axis=0))
        count += len(parts[-1])
        if count >= seconds * rate:
            break
    near.close()
    return np.concatenate(parts)


@pytest.mark.parametrize(
    ("codec", "suite"),
    [("G722", ""), ("opus", ""), ("PCMA", sdes.SUITES[0]), ("PCMU", sdes.SUITES[1])],
)
async def test_what_we_say_is_heard_by_ffmpeg(codec: str, suite: str, tmp_path: Path) -> None:
    # FFmpeg takes the place of a leg of ours: its port, and our keys and payload types.
    settings = MediaPort(codecs=(codec,), srtp="must" if suite else "never", mux=False)
    other, leg = await settings.leg(), await settings.leg()
    offer = other.offer().replace(sdes.SUITES[0].encode(), (suite or sdes.SUITES[0]).encode())
    await other.close()
    told = sdp.read(leg.answer(offer))
    told.streams[0].port = sdp.read(offer).streams[0].port
    assert not suite or suite in (told.streams[0].first("crypto") or "")
    file = tmp_path / "call.sdp"
    file.write_bytes(told.pack())
    time_axis = np.arange(8000 * 10) / 8000
    tone = Sound((8000 * np.sin(2 * np.pi * 500 * time_axis)).astype(np.int16), 8000)
    leg.play(tone)
    heard = await asyncio.to_thread(ffmpeg_hears, file, 0.3, rate := CODECS[codec][1])
    await leg.close()
    spectrum = np.abs(np.fft.rfft(heard[len(heard) // 4 :]))
    found = spectrum.argmax() * rate / len(heard[len(heard) // 4 :])
    assert found == pytest.approx(500, abs=8)
