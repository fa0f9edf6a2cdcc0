"""Packets, reports and captures: what is written is read again, and anything at all is survived."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxassure.channels._telephony.rtp import g711, pcap, rtcp, stun, telephone_event
from cxassure.channels._telephony.rtp.packet import Malformed, Packet, after, is_rtcp, parse

counts = st.integers(0, 0xFFFFFFFF)
packets = st.builds(
    Packet, st.integers(0, 127), st.integers(0, 65535), counts, counts, st.binary(), st.booleans()
)


@settings(deadline=None)
@given(packets)
def test_a_packet_is_read_as_it_was_written(packet: Packet) -> None:
    assert parse(packet.pack()) == packet


@settings(deadline=None)
@given(packets, st.integers(0, 15), st.binary(max_size=40), st.integers(1, 255))
def test_sources_extension_and_padding_are_left_out(
    packet: Packet, sources: int, extension: bytes, padding: int
) -> None:
    data = packet.pack()
    words = extension + b"\0" * (-len(extension) % 4)
    head = bytes([data[0] | 0x30 | sources]) + data[1:12] + b"\0\0\0\1" * sources
    head += struct.pack("!HH", 0xBEDE, len(words) // 4) + words
    assert parse(head + packet.payload + b"\0" * (padding - 1) + bytes([padding])) == packet


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_packet_or_malformed(data: bytes) -> None:
    try:
        parse(data)
    except Malformed as e:
        assert str(e)
    rtcp.read(data)
    telephone_event.read(data)
    stun.read(data, data[8:20])


@settings(deadline=None)
@given(st.binary(max_size=100))
def test_any_report_body_is_survived(body: bytes) -> None:
    for kind in (200, 201, 202, 203, 207):
        rtcp.read(struct.pack("!BBH", 0x9F, kind, len(body) // 4) + body[: len(body) // 4 * 4])


@settings(deadline=None)
@given(st.integers(0, 65535), st.integers(-32767, 32767))
def test_counters_are_compared_across_their_wrap(start: int, step: int) -> None:
    assert after((start + step) % 65536, start) == step


@settings(deadline=None)
@given(counts, st.integers(0, 255), st.integers(-(1 << 23), (1 << 23) - 1), counts, counts)
def test_a_report_tells_what_was_put_in(
    ssrc: int, fraction: int, lost: int, jitter: int, highest: int
) -> None:
    block = rtcp.Block(ssrc, fraction / 256, lost, highest, jitter, 7, 9)
    sent = rtcp.Sent(rtcp.ntp(1.8e9), 1, 2, 3)
    data = rtcp.compound(5, "caller@cx", sent, (block,), bye=True)
    assert is_rtcp(data)
    assert rtcp.read(data) == rtcp.Report(5, sent, (block,), (), "caller@cx", bye=True)


def test_the_round_trip_leaves_out_the_time_the_report_was_held() -> None:
    sent, back = rtcp.ntp(1000.0), rtcp.ntp(1000.75)
    block = rtcp.Block(1, 0, 0, 0, 0, rtcp.middle(sent), round(0.5 * 65536))
    assert rtcp.round_trip(block, back) == pytest.approx(0.25, abs=1e-4)


def test_the_far_ends_own_opinion_is_read() -> None:
    metrics = struct.pack("!IBBBBHHHHBBBBBBBBBBHHH", 9, 13, 26, 0, 0, 0, 0, 120, 30,
                          0, 0, 0, 0, 88, 127, 41, 42, 0, 0, 0, 0, 0)  # fmt: skip
    block = struct.pack("!BBH", 7, 0, 8) + metrics
    data = struct.pack("!BBHI", 0x80, 207, 10, 5) + block
    assert rtcp.read(data).voip == (rtcp.Voip(9, 13 / 256, 26 / 256, 120, 30, 88, 4.1),)


@pytest.mark.parametrize("law", ["PCMU", "PCMA"])
def test_companding_keeps_every_byte_and_errs_in_proportion(law: str) -> None:
    every = bytes(range(256))
    again = np.frombuffer(g711.encode(law, g711.decode(law, every)), np.uint8)
    assert set(np.flatnonzero(again != np.arange(256))) <= {127}, "only minus nought may differ"
    sample = np.arange(-32768, 32768).astype(np.int16)
    error = np.abs(g711.decode(law, g711.encode(law, sample)).astype(int) - sample)
    assert (error <= np.maximum(16, np.abs(sample.astype(int)) / 16)).all()


def test_companding_agrees_with_the_tables_of_the_recommendation() -> None:
    mu, a = g711.decoding("PCMU"), g711.decoding("PCMA")
    assert (mu[0x80], mu[0x00], mu[0x8F], mu[0xFF]) == (32124, -32124, 16764, 0)
    assert (a[0xAA], a[0x2A], a[0xD5], a[0x55]) == (32256, -32256, 8, -8)


@pytest.mark.parametrize(
    ("here", "there"), [("127.0.0.1", "10.1.2.3"), ("::1", "fe80::2"), ("127.0.0.1", "::1")]
)
def test_a_capture_gives_back_its_datagrams(here: str, there: str) -> None:
    capture = pcap.Capture()
    capture.add(1.8e9 + 0.25, (here, 4000), (there, 5060), b"hello, odd")
    kept = list(pcap.read(capture.file()))
    assert [k.payload for k in kept] == [b"hello, odd"]
    assert (kept[0].source[1], kept[0].destination[1]) == (4000, 5060)
    assert kept[0].wall == pytest.approx(1.8e9 + 0.25)


def test_a_capture_stays_within_its_limit_and_says_what_is_missing() -> None:
    capture = pcap.Capture(limit=2000)
    for _ in range(10):
        capture.add(0.0, ("127.0.0.1", 4000), ("127.0.0.1", 5060), b"x" * 500)
    assert len(capture.file()) <= 2000
    assert capture.left_out == 7


def test_tshark_reads_a_capture_where_it_is_there(tmp_path: Path) -> None:
    capture = pcap.Capture()
    for number in range(3):
        packet = Packet(0, number, 160 * number, 0xABCD, b"\xff" * 160)
        capture.add(1.8e9 + number / 50, ("127.0.0.1", 4000), ("127.0.0.1", 4002), packet.pack())
    file = tmp_path / "call.pcap"
    file.write_bytes(capture.file())
    assert [parse(k.payload).sequence for k in pcap.read(file.read_bytes())] == [0, 1, 2]
    if tshark := shutil.which("tshark"):
        told = subprocess.run(
            [tshark, "-r", file, "-d", "udp.port==4002,rtp", "-o", "ip.check_checksum:TRUE",
             "-o", "udp.check_checksum:TRUE", "-T", "fields", "-e", "rtp.seq", "-e", "rtp.ssrc",
             "-e", "udp.checksum.status", "-e", "ip.checksum.status"],
            capture_output=True, text=True, check=True, timeout=60,
        )  # fmt: skip
        lines = [line.split("\t") for line in told.stdout.splitlines()]
        assert lines == [[str(n), "0x0000abcd", "1", "1"] for n in range(3)]
