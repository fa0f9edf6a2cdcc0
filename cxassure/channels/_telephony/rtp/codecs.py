"""The codecs of a call: their names and clocks, and how samples become payloads and come back."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol

from . import g711

if TYPE_CHECKING:
    from cxassure.channels._telephony.audio.sound import Samples


@dataclass(frozen=True, slots=True)
class Codec:
    """`clock` counts RTP timestamps, `rate` samples a second (G.722's clock is half its rate, by
    RFC 3551 section 4.5.2; Opus counts 48,000 and is spoken here at 16,000, by RFC 7587).

    `number` is the payload type that we offer; below 96 it is a static one.
    """

    name: str
    clock: int
    rate: int
    number: int
    channels: int = 1
    fmtp: str = ""

    @property
    def mapping(self) -> str:
        """The value of `a=rtpmap` behind the payload type."""
        return f"{self.name}/{self.clock}" + (f"/{self.channels}" if self.channels > 1 else "")

    def ticks(self, samples: int) -> int:
        """Samples as RTP timestamp units."""
        return samples * self.clock // self.rate

    def samples(self, ticks: int) -> int:
        """RTP timestamp units as samples."""
        return ticks * self.rate // self.clock


PCMU = Codec("PCMU", 8000, 8000, 0)
PCMA = Codec("PCMA", 8000, 8000, 8)
G722 = Codec("G722", 8000, 16000, 9)
OPUS = Codec("opus", 48000, 16000, 96, channels=2, fmtp="maxplaybackrate=16000;useinbandfec=0")
KNOWN = {codec.name.lower(): codec for codec in (PCMU, PCMA, G722, OPUS)}

FRAMES = {"opus": (10, 20, 40, 60)}
"""The lengths of packet, in ms, of codecs that do not take any."""


class Undecodable(ValueError):
    """A payload is no such codec's."""


class Encoder(Protocol):
    def encode(self, samples: Samples) -> bytes: ...


class Decoder(Protocol):
    def decode(self, payload: bytes) -> Samples: ...


def packet_time(codec: Codec, wished: int) -> int:
    """The packet length in ms that comes nearest to the wish, between 10 and 40."""
    lengths = [ms for ms in FRAMES.get(codec.name, range(10, 41, 10)) if ms <= 40]
    return min(lengths, key=lambda ms: (abs(ms - wished), ms))


def encoder(codec: Codec, packet_ms: int = 20) -> Encoder:
    """What makes payloads of a stream of samples, `packet_ms` long each."""
    if codec in (PCMU, PCMA):
        return _Companded(codec.name)
    if codec is G722:
        return _Encoding("g722", codec.rate)
    return _Encoding("libopus", codec.rate, packet_ms)


def decoder(codec: Codec) -> Decoder:
    """What makes samples at `codec.rate` of a stream of payloads; it keeps state between them."""
    if codec in (PCMU, PCMA):
        return _Companded(codec.name)
    return _Decoding("g722") if codec is G722 else _OpusDecoding()


class _Companded:
    """G.711: without state."""

    def __init__(self, law: str) -> None:
        self.law = law

    def encode(self, samples: Samples) -> bytes:
        return g711.encode(self.law, samples)

    def decode(self, payload: bytes) -> Samples:
        return g711.decode(self.law, payload)


class _Encoding:
    """An encoder of FFmpeg, a packet for each frame."""

    def __init__(self, name: str, rate: int, packet_ms: int = 0) -> None:
        import av

        context: Any = av.CodecContext.create(name, "w")
        context.sample_rate, context.layout, context.format = rate, "mono", "s16"
        context.time_base = Fraction(1, rate)
        if packet_ms:
            context.options = {"application": "voip", "frame_duration": str(packet_ms)}
        self._context, self._frame = context, av.AudioFrame.from_ndarray
        self._rate, self._done = rate, 0

    def encode(self, samples: Samples) -> bytes:
        frame = self._frame(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts = self._rate, self._done
        self._done += len(samples)
        return b"".join(bytes(packet) for packet in self._context.encode(frame))


class _Decoding:
    """A decoder of FFmpeg."""

    def __init__(self, name: str, rate: int = 16000) -> None:
        import av

        context: Any = av.CodecContext.create(name, "r")
        context.sample_rate, context.layout = rate, "mono"
        self._context = context
        self._packet, self._wrong = av.Packet, av.FFmpegError

    def decode(self, payload: bytes) -> Samples:
        import numpy as np

        if not payload:
            # FFmpeg takes an empty packet for the end of the stream, and decodes no more.
            raise Undecodable("an empty payload")
        try:
            frames = self._context.decode(self._packet(payload))
        except self._wrong as e:
            raise Undecodable(f"{len(payload)} bytes that do not decode: {e}") from e
        parts = [frame.to_ndarray().reshape(-1) for frame in frames]
        return np.concatenate(parts) if parts else np.zeros(0, np.int16)


class _OpusDecoding(_Decoding):
    """Opus decodes to 48,000 samples a second; every third is kept behind a low-pass."""

    TAPS = 48

    def __init__(self) -> None:
        import numpy as np

        super().__init__("libopus", 48000)
        steps = np.arange(self.TAPS) - (self.TAPS - 1) / 2
        window = np.sinc(steps * 15 / 48) * np.hamming(self.TAPS)
        self._window = window / window.sum()
        self._tail = np.zeros(self.TAPS - 1)

    def decode(self, payload: bytes) -> Samples:
        import numpy as np

        whole = np.concatenate([self._tail, super().decode(payload)])
        self._tail = whole[1 - self.TAPS :]
        thirds = np.convolve(whole, self._window, "valid")[::3]
        return np.clip(np.rint(thirds), -32768, 32767).astype(np.int16)
