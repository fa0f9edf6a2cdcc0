"""Two legs on loopback: what one says the other hears, with every codec, key and kind of hold."""

from __future__ import annotations

import asyncio
import io
import socket
import struct
import wave
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.rtp import pcap
from cxassure.channels._telephony.rtp.leg import Frame
from cxassure.channels._telephony.rtp.packet import Packet, parse
from cxassure.channels._telephony.rtp.port import MediaPort
from cxassure.errors import CannotLook, UsageError


def pitch(sound: Sound) -> float:
    """The strongest frequency, in Hz."""
    spectrum = np.abs(np.fft.rfft(sound.samples.astype(float)))
    return float(spectrum[1:].argmax() + 1) / sound.seconds


@pytest.mark.parametrize(
    ("codec", "srtp"),
    [(codec, "never") for codec in ("PCMU", "PCMA", "G722", "opus")]
    + [("PCMU", "must"), ("opus", "must")],
)
async def test_each_hears_what_the_other_says(
    codec: str, srtp: str, joined: Any, tone: Callable[..., Sound], until: Any
) -> None:
    async with joined(codecs=(codec,), srtp=srtp) as (left, right):
        playing = left.play(tone(440)), right.play(tone(1000))
        assert [await p.ended() for p in playing] == [pytest.approx(0.25)] * 2
        await until(lambda: left.recording.seconds > 0.4 < right.recording.seconds)
        assert pitch(left.recording.heard) == pytest.approx(1000, abs=6)
        assert pitch(right.recording.heard) == pytest.approx(440, abs=6)
        assert pitch(right.recording.said) == pytest.approx(1000, abs=6)
        assert left.agreed.codec.name == codec
        assert (left.agreed.ours is not None) == (srtp == "must")
        assert left.quality().heard.broken == right.quality().heard.broken == 0
        assert not left.quality().heard.refused


async def test_a_recording_is_one_file_with_a_side_for_each_way(
    joined: Any, tone: Callable[..., Sound]
) -> None:
    async with joined() as (left, right):
        await left.play(tone(440)).ended()
        file = left.recording.wav()
    with wave.open(io.BytesIO(file)) as kept:
        assert (kept.getnchannels(), kept.getframerate()) == (2, 8000)
        both = np.frombuffer(kept.readframes(kept.getnframes()), "<i2").reshape(-1, 2)
    assert np.abs(both[:, 0]).max() == 0
    assert np.abs(both[:, 1]).max() > 7000
    assert right.recording.heard.seconds == right.recording.said.seconds


async def test_a_sound_stops_at_once_and_says_how_much_was_heard(
    joined: Any, tone: Callable[..., Sound], until: Any
) -> None:
    async with joined() as (left, _):
        long, next_one = left.play(tone(440, 60)), left.play(tone(880, 60))
        await until(lambda: long.heard >= 0.1)
        heard = long.stop()
        assert 0.1 <= heard < 30
        await until(lambda: next_one.heard > 0)
        assert await long.ended() == heard
        left.silence()
        assert next_one.over


async def test_frames_come_on_the_beat_with_their_time_of_arrival(joined: Any, until: Any) -> None:
    frames: list[Frame] = []
    async with joined() as (left, _):
        stop = left.listen(frames.append)
        left.listen(lambda _: 1 / 0)
        await until(lambda: len([f for f in frames if f.arrived]) >= 20)
        stop()
        count = len(frames)
        await asyncio.sleep(0.06)
        assert len(frames) == count
    assert {len(frame.samples) for frame in frames} == {160}
    assert all(later.at > sooner.at for sooner, later in pairwise(frames))
    assert all(frame.arrived <= frame.at for frame in frames if frame.arrived)


@pytest.mark.parametrize(
    ("by", "codec"),
    [("rfc4733", "PCMU"), ("rfc4733", "opus"), ("inband", "PCMA"), ("inband", "G722")],
)
async def test_keys_are_heard_with_their_length_and_way(
    by: Any, codec: str, joined: Any, until: Any
) -> None:
    told = []
    async with joined(codecs=(codec,)) as (left, right):
        right.keys.listen(told.append)
        await left.keys.send("1*D", by=by, length=0.08, pause=0.06).ended()
        await until(lambda: len(right.keys.heard) >= 3)
    assert right.keys.text == "1*D"
    assert told == right.keys.heard
    assert {key.by for key in told} == {by}
    assert [key.length for key in told] == [pytest.approx(0.08, abs=0.03)] * 3
    starts = [key.at for key in told]
    assert all(later > sooner for sooner, later in pairwise(starts))


async def test_keys_go_the_way_that_was_agreed_on(joined: Any, until: Any) -> None:
    async with joined(callee={"events": False}) as (left, right):
        with pytest.raises(CannotLook, match="did not agree to key events"):
            left.keys.send("1", by="rfc4733")
        left.keys.send("1w2")
        await until(lambda: len(right.keys.heard) >= 2)
        assert [(key.key, key.by) for key in right.keys.heard] == [("1", "inband"), ("2", "inband")]
        assert right.keys.heard[1].at - right.keys.heard[0].at > 0.6


@pytest.mark.parametrize(
    "wrong", [{"digits": "1x"}, {"digits": ""}, {"length": 9.0}, {"volume": 64}]
)
async def test_keys_that_are_none_are_refused(wrong: Any, joined: Any) -> None:
    async with joined() as (left, _):
        with pytest.raises(UsageError):
            left.keys.send(**{"digits": "1", **wrong})


async def test_a_key_is_pressed_while_something_is_being_said(
    joined: Any, tone: Callable[..., Sound], until: Any
) -> None:
    async with joined() as (left, right):
        playing = left.play(tone(440, 60))
        await until(lambda: playing.heard > 0)
        await left.keys.send("5").ended()
        await until(lambda: right.keys.text == "5")
        assert not playing.over


@pytest.mark.parametrize("style", ["sendonly", "0.0.0.0"])
async def test_who_is_held_says_nothing_until_resumed(
    style: Any, joined: Any, tone: Callable[..., Sound], until: Any
) -> None:
    async with joined(callee={"srtp": "may"}) as (left, right):
        await until(lambda: left.quality().heard.received > 3)
        left.session.hold = style
        left.accept(right.answer(left.offer(hold=True)))
        assert right.held and not left.held
        before = right.recording.seconds
        came, playing = left.quality().heard.received, right.play(tone(600, 0.2))
        sent = right._sender.packets
        await until(lambda: right.recording.seconds > before + 0.25)
        assert right._sender.packets == sent
        assert left.quality().heard.received <= came + 5
        assert playing.heard == 0
        left.accept(right.answer(left.offer()))
        assert await playing.ended() == pytest.approx(0.2)


async def test_the_codec_may_change_in_the_call(
    joined: Any, tone: Callable[..., Sound], until: Any
) -> None:
    async with joined(codecs=("PCMU", "G722", "opus")) as (left, right):
        await until(lambda: right.quality().heard.received > 3)
        for number, name in ((9, b"G722/8000"), (96, b"opus/48000/2")):
            offer = left.offer().replace(b"RTP/AVP 0 9 96", b"RTP/AVP %d" % number)
            assert name in offer
            left.accept(right.answer(offer))
            before = right.recording.seconds
            await left.play(tone(700, 0.3)).ended()
            await until(lambda before=before: right.recording.seconds > before + 0.5)
            assert pitch(right.recording.heard.cut(before + 0.15)) == pytest.approx(700, abs=8)
        assert right.recording.rate == 8000
        assert right.quality().heard.codec == "opus"


@pytest.mark.parametrize("packet_ms", [10, 30])
async def test_packets_of_other_lengths_are_spoken(
    packet_ms: int, joined: Any, tone: Callable[..., Sound], until: Any
) -> None:
    async with joined(packet_ms=packet_ms) as (left, right):
        await left.play(tone(440)).ended()
        await until(lambda: right.recording.seconds > 0.4)
        assert left.agreed.packet_ms == right.agreed.packet_ms == packet_ms
        assert pitch(right.recording.heard) == pytest.approx(440, abs=6)


@pytest.mark.parametrize(("mux", "srtp"), [(True, "never"), (False, "must")])
async def test_both_report_to_each_other_and_say_good_bye(
    mux: bool, srtp: str, joined: Any, until: Any
) -> None:
    async with joined(mux=mux, srtp=srtp) as (left, right):
        await until(lambda: left._reports.round_trip is not None and left._reports.told)
        told = left.quality()
        assert told.told.loss == 0
        assert told.told.reports >= 1
        assert told.round_trip < 5
        assert left._reports.peer == "callee"
        await right.close()
        await until(lambda: left._reports.bye_at)


async def test_ipv6_carries_media_too(joined: Any, tone: Callable[..., Sound], until: Any) -> None:
    async with joined(address="::1") as (left, right):
        await left.play(tone(440)).ended()
        await until(lambda: right.recording.seconds > 0.4)
        assert pitch(right.recording.heard) == pytest.approx(440, abs=6)


async def test_the_far_ends_source_is_learned_from_its_first_packet(until: Any) -> None:
    leg = await MediaPort().leg()
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger,
    ):
        for sock in (far, stranger):
            sock.bind(("127.0.0.1", 0))
        far.settimeout(10)
        # The description names a port at which nobody is: the far end sits behind a translator.
        leg.answer(b"v=0\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n")
        to = ("127.0.0.1", leg.session.port)
        far.sendto(b"junk", to)
        far.sendto(Packet(77, 1, 160, 5, b"\xff" * 160).pack(), to)
        far.sendto(Packet(0, 2, 320, 5, b"\xff" * 160).pack(), to)
        stranger.sendto(Packet(0, 7, 320, 6, b"\xff" * 160).pack(), to)
        assert parse(await asyncio.to_thread(far.recv, 2048)).payload_type == 0
        await until(lambda: len(leg.quality().heard.refused) == 3)
        assert leg.quality().heard.refused == {"malformed": 1, "payload type 77": 1, "stranger": 1}
        assert leg.quality().heard.received == 1
        await leg.close()


async def test_packets_from_hosts_that_are_not_allowed_are_not_heard(until: Any) -> None:
    leg = await MediaPort(allowed=("127.0.0.1/32",)).leg()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
        far.bind(("127.0.0.2", 0))
        leg.answer(b"v=0\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n")
        far.sendto(Packet(0, 2, 320, 5, b"\xff" * 160).pack(), ("127.0.0.1", leg.session.port))
        await until(lambda: leg.quality().heard.refused)
        assert leg.quality().heard.refused == {"stranger": 1}
        assert leg.quality().heard.received == 0
    await leg.close()


async def test_a_packet_without_the_right_key_is_not_heard(joined: Any, until: Any) -> None:
    async with joined(srtp="must") as (left, right):
        await until(lambda: right.quality().heard.received > 3)
        data = Packet(0, 1, 1, 1, b"\0" * 160).pack()
        left._sockets.send(data + b"\0" * 10, ("127.0.0.1", right.session.port))
        await until(lambda: right.quality().heard.refused)
        assert right.quality().heard.refused == {"unauthentic": 1}


async def test_chosen_legs_are_captured_as_they_travel(joined: Any, until: Any) -> None:
    capture = pcap.Capture()
    async with joined() as (left, right):
        left.capture = capture
        await until(lambda: len(list(pcap.read(capture.file()))) > 10)
    ports = {left.session.port, right.session.port}
    kept = list(pcap.read(capture.file()))
    assert {kept[0].source[1], kept[0].destination[1]} == ports
    assert {parse(k.payload).payload_type for k in kept if k.payload[1] & 0x7F < 64} == {0}


async def test_a_leg_can_be_closed_at_any_time_and_twice(tone: Callable[..., Sound]) -> None:
    leg = await MediaPort().leg()
    with pytest.raises(CannotLook):
        leg.play(tone())
    with pytest.raises(CannotLook):
        leg.keys.send("1")
    with pytest.raises(CannotLook):
        leg.quality()
    await leg.close()
    await leg.close()
    other = await MediaPort(report_every=0.1).leg()
    other.answer(b"v=0\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n")
    playing = other.play(tone(440, 60))
    await other.close()
    assert await playing.ended() == playing.heard < 60
    other.answer(b"v=0\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n")


async def test_ports_come_from_the_range_and_what_is_wrong_is_said() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1] // 2 * 2
        with pytest.raises(CannotLook, match="no two ports"):
            await MediaPort(ports=range(port, port + 2)).leg()
        leg = await MediaPort(ports=range(port, min(65534, port + 400))).leg()
        assert port < leg.session.port < port + 400
        await leg.close()
    with pytest.raises(CannotLook, match=r"192\.0\.2\.1"):
        await MediaPort(address="192.0.2.1").leg()
    with pytest.raises(UsageError, match="G729"):
        await MediaPort(codecs=("G729",)).leg()
    with pytest.raises(UsageError, match="pbx"):
        await MediaPort(allowed=("pbx.example",)).leg()


class Stun(asyncio.DatagramProtocol):
    """Tells everybody that they come from 203.0.113.5:40000."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        port, host = (
            40000 ^ 0x2112,
            bytes(a ^ b for a, b in zip(bytes([203, 0, 113, 5]), data[4:8], strict=True)),
        )
        value = struct.pack("!HHBBH", 0x20, 8, 0, 1, port) + host
        reply = struct.pack("!HH", 0x0101, len(value)) + data[4:20] + value
        self.transport.sendto(reply, addr)  # type: ignore[attr-defined]


async def test_the_address_seen_from_outside_is_advertised() -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Stun, local_addr=("127.0.0.1", 0))
    leg = await MediaPort(stun=transport.get_extra_info("sockname")).leg()
    offer = leg.offer()
    assert b"c=IN IP4 203.0.113.5" in offer
    assert b"m=audio 40000 " in offer
    await leg.close()
    transport.close()
