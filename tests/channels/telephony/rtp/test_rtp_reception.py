"""How a stream arrived and what the buffer makes of it, in virtual time."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxassure.channels._telephony.rtp import g711
from cxassure.channels._telephony.rtp.codecs import G722, OPUS, PCMU, Codec, decoder, encoder
from cxassure.channels._telephony.rtp.jitter import JitterBuffer, Played
from cxassure.channels._telephony.rtp.packet import Packet
from cxassure.channels._telephony.rtp.reception import Reception

BEAT = 0.02


def packet(number: int, ssrc: int = 1, start: int = 0, level: int = 4000) -> Packet:
    sound = g711.encode("PCMU", np.full(160, level, np.int16))
    stamp = (start + number) * 160 & 0xFFFFFFFF
    return Packet(0, (start + number) & 0xFFFF, stamp, ssrc, sound)


def received(numbers: list[int], start: int = 0) -> Reception:
    stream = Reception(8000)
    for number in numbers:
        stream.arrived(packet(number, start=start), at=number * BEAT)
    return stream


def test_a_whole_stream_has_no_fault() -> None:
    stream = received(list(range(500)), start=65400)
    assert (stream.expected, stream.received, stream.lost, stream.bursts) == (500, 500, 0, ())
    assert stream.jitter == pytest.approx(0, abs=1e-9)


@settings(deadline=None)
@given(st.sets(st.integers(1, 398), max_size=200), st.integers(0, 65535))
def test_exactly_the_packets_that_are_missing_are_lost(missing: set[int], start: int) -> None:
    stream = received([n for n in range(400) if n not in missing], start)
    assert (stream.expected, stream.lost) == (400, len(missing))
    assert sum(stream.bursts) == len(missing)


def test_bursts_are_told_from_random_loss() -> None:
    together = received([n for n in range(200) if not 50 <= n < 60])
    apart = received([n for n in range(200) if n % 20 != 10])
    assert together.lost == apart.lost == 10
    assert together.bursts == (10,)
    assert together.burst_ratio > 5 > apart.burst_ratio == 1


@settings(deadline=None)
@given(st.randoms(use_true_random=False))
def test_order_and_doubles_are_counted_and_are_no_loss(dice: random.Random) -> None:
    numbers = list(range(200))
    for place in range(10, 190, 15):
        numbers[place], numbers[place + 2] = numbers[place + 2], numbers[place]
    stream = received([n for n in numbers for _ in range(1 + (n % 40 == 0))])
    assert (stream.lost, stream.duplicates) == (0, 5)
    assert stream.reordered == 24


def test_jitter_follows_the_formula_of_rfc_3550() -> None:
    stream, expected, before = Reception(8000), 0.0, None
    dice = random.Random(5)
    for number in range(300):
        late = dice.random() * 0.03
        stream.arrived(packet(number), number * BEAT + late)
        if before is not None:
            expected += (abs(late - before) - expected) / 16
        before = late
    assert stream.jitter == pytest.approx(expected, abs=1e-6)


def test_key_events_do_not_count_as_jitter() -> None:
    stream = received(list(range(10)))
    for number in range(10, 30):
        still = Packet(101, number, 1600, 1, b"\1\n\0\0")
        stream.arrived(still, number * BEAT, timed=False)
    assert stream.jitter == pytest.approx(0, abs=1e-9)
    assert stream.lost == 0


def test_a_new_source_starts_the_count_anew_and_loses_nothing() -> None:
    stream = received(list(range(100)))
    for number in range(50):
        stream.arrived(packet(number, ssrc=2, start=30000), 2 + number * BEAT)
    assert (stream.expected, stream.received, stream.lost, stream.restarts) == (150, 150, 0, 1)
    assert stream.jitter < 0.001


def test_a_leap_in_the_sequence_counts_only_when_it_goes_on() -> None:
    stream = received(list(range(100)))
    stream.arrived(packet(0, start=40000), 2.0)
    stream.arrived(packet(100), 2.02)
    assert (stream.lost, stream.restarts) == (0, 0)
    for number in range(10):
        stream.arrived(packet(number, start=50000), 2.04 + number * BEAT)
    assert (stream.lost, stream.restarts) == (0, 1)


def test_a_report_tells_the_loss_since_the_last_one() -> None:
    stream = received([n for n in range(100) if n % 4])
    assert stream.block().fraction == pytest.approx(25 / 100, abs=0.02)
    for number in range(100, 200):
        stream.arrived(packet(number), number * BEAT)
    later = stream.block()
    assert (later.fraction, later.lost) == (0, stream.lost)


def played(
    arrivals: list[tuple[float, Packet]], beats: int, buffer: JitterBuffer | None = None
) -> tuple[list[Played | None], JitterBuffer]:
    """What is heard beat by beat when packets come at these times."""
    buffer, due = buffer or JitterBuffer(decoder), sorted(arrivals, key=lambda a: a[0])
    heard = []
    for beat in range(beats):
        while due and due[0][0] <= beat * BEAT:
            at, came = due.pop(0)
            buffer.put(came, PCMU, at)
        heard.append(buffer.take(160, beat * BEAT))
    return heard, buffer


def test_a_steady_stream_is_played_whole_after_the_least_delay() -> None:
    heard, buffer = played([(n * BEAT, packet(n)) for n in range(100)], 102)
    assert heard[:2] == [None, None]
    assert not any(p is None or p.concealed for p in heard[2:])
    assert (buffer.late, buffer.concealed) == (0, 0)


def test_disorder_within_the_delay_is_not_heard() -> None:
    arrivals = [(n * BEAT + (0.03 if n % 7 == 3 else 0), packet(n)) for n in range(100)]
    heard, buffer = played(arrivals, 102)
    assert not any(p is None or p.concealed for p in heard[2:])
    assert buffer.late == 0


def test_a_gap_fades_out_and_lasts_no_longer_than_it_is() -> None:
    arrivals = [(n * BEAT, packet(n)) for n in range(60) if not 20 <= n < 30]
    heard, _ = played(arrivals, 60)
    loud = [0 if p is None else int(np.abs(p.samples).mean()) for p in heard]
    made_up = [n for n, p in enumerate(heard) if p is not None and p.concealed]
    assert made_up == list(range(22, 32))
    assert loud[21] > loud[22] > loud[23] > loud[24] > loud[25] == 0
    assert loud[32] == loud[21]


def test_late_packets_make_the_delay_grow_until_none_is_late() -> None:
    dice = random.Random(3)
    arrivals = [(n * BEAT + dice.random() * 0.12, packet(n)) for n in range(600)]
    heard, buffer = played(arrivals, 600)
    first, second = heard[:200], heard[300:]
    assert 0 < buffer.late < 20
    assert sum(p is None or p.concealed for p in first) > sum(
        p is None or p.concealed for p in second
    )


def test_a_long_delay_shrinks_again_where_it_is_quiet() -> None:
    buffer = JitterBuffer(decoder)
    burst = [(1.0 if 10 <= n < 25 else n * BEAT, packet(n, level=0)) for n in range(900)]
    played(burst, 120, buffer)
    grown = buffer.delay
    rest = [(n * BEAT, packet(n, level=0)) for n in range(120, 1000)]
    shrunk = JitterBuffer(decoder, least=0.2)
    played([(at, p) for at, p in rest], 1000, shrunk)
    assert grown >= 0.02
    assert shrunk.delay <= 0.22


@pytest.mark.parametrize("beat_samples", [80, 160, 240, 320])
def test_packets_of_any_length_fill_beats_of_any_length(beat_samples: int) -> None:
    buffer, sent = JitterBuffer(decoder), np.arange(2880) * 10
    coded = g711.encode("PCMU", sent.astype(np.int16))
    for n in range(12):
        part = Packet(0, n, n * 240, 1, coded[n * 240 : n * 240 + 240])
        buffer.put(part, PCMU, 0.0)
    parts = [buffer.take(beat_samples, 0.1 + n / 100) for n in range(2880 // beat_samples)]
    whole = np.concatenate([p.samples for p in parts if p])
    assert (whole == g711.decode("PCMU", coded)[: len(whole)]).all()
    assert len(whole) > 2880 - beat_samples


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 65535), st.integers(0, 0xFFFFFFFF), st.integers(0, 3),
                          st.binary(max_size=20)), max_size=60))  # fmt: skip
def test_whatever_timestamps_come_every_beat_is_full(
    wild: list[tuple[int, int, int, bytes]],
) -> None:
    buffer = JitterBuffer(decoder)
    for step, (number, stamp, source, payload) in enumerate(wild):
        buffer.put(Packet(0, number, stamp, source, payload), PCMU, step * 0.005)
        beat = buffer.take(160, step * 0.005)
        assert beat is None or len(beat.samples) == 160


@pytest.mark.parametrize("codec", [PCMU, G722, OPUS])
def test_every_codec_brings_a_tone_through(codec: Codec) -> None:
    coder, other = encoder(codec), decoder(codec)
    count = codec.rate // 50
    time = np.arange(count * 50) / codec.rate
    sound = (8000 * np.sin(2 * np.pi * 500 * time)).astype(np.int16)
    coded = [coder.encode(sound[n : n + count]) for n in range(0, len(sound), count)]
    back = np.concatenate([other.decode(payload) for payload in coded])
    spectrum = np.abs(np.fft.rfft(back[count * 5 : count * 45].astype(float)))
    peak = int(spectrum.argmax())
    assert len(back) == len(sound)
    assert peak * codec.rate / (count * 40) == pytest.approx(500, abs=2)
    near = np.square(spectrum[peak - 3 : peak + 4]).sum()
    assert near / np.square(spectrum).sum() > 0.99


@pytest.mark.parametrize("codec", [G722, OPUS])
def test_a_payload_that_does_not_decode_is_concealed(codec: Codec) -> None:
    buffer = JitterBuffer(decoder)
    for n in range(10):
        bad = n == 5
        count = codec.rate // 50
        payload = b"" if bad else encoder(codec).encode(np.zeros(count, np.int16))
        buffer.put(Packet(9, n, codec.ticks(count) * n, 1, payload), codec, 0.0)
    heard = [buffer.take(codec.rate // 50, 0.1 + n * BEAT) for n in range(8)]
    assert all(p is not None and len(p.samples) == codec.rate // 50 for p in heard)
    assert buffer.broken == 1
