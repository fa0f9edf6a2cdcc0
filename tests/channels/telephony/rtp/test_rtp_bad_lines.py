"""A line that loses, delays, reorders and doubles: the figures say it, and speech survives."""

from __future__ import annotations

import socket
from typing import Any

import numpy as np
import pytest

from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.rtp.packet import Packet, parse
from cxassure.channels._telephony.rtp.port import MediaPort


async def test_loss_is_counted_as_the_line_did_it(spoiling: Any, joined: Any, until: Any) -> None:
    relay = await spoiling.Relay.open(seed=7, loss=0.1)
    async with joined(relay) as (left, right):
        await until(lambda: left._sender.packets > 45)
        line = relay.left.line
        left._sender.remote = None
        heard = right.quality().heard
        await until(lambda: right.quality().heard.received == line.passed)
        heard = right.quality().heard
        numbers = [parse(data).sequence for data in line.packets]
        assert len(numbers) == line.passed + line.lost
        assert 0 < heard.lost <= line.lost
        assert heard.expected + (line.lost - heard.lost) == len(numbers)
        assert heard.duplicates == heard.reordered == 0
        assert right.quality().mos < left.quality().mos


async def test_doubles_and_disorder_are_no_loss(spoiling: Any, joined: Any, until: Any) -> None:
    relay = await spoiling.Relay.open(seed=3, double=0.2, reorder=0.2)
    async with joined(relay) as (_, right):
        heard = right._receiver.reception
        await until(lambda: heard.duplicates > 5 and heard.reordered > 5)
        await until(lambda: right.quality().heard.lost <= 4)


async def test_delay_is_told_by_the_reports_of_both(spoiling: Any, joined: Any, until: Any) -> None:
    relay = await spoiling.Relay.open(seed=3, delay=0.12)
    async with joined(relay) as (left, right):
        await until(lambda: (left.quality().round_trip or 0) > 0.11)
        await until(lambda: (right.quality().round_trip or 0) > 0.11)
        assert left.quality().delay > 0.055
        assert left.quality().round_trip < 2


async def test_jitter_is_seen_as_it_came_and_hardly_heard(
    spoiling: Any, joined: Any, speech: Sound, until: Any
) -> None:
    relay = await spoiling.Relay.open(seed=11, jitter=0.06)
    async with joined(relay) as (left, right):
        await left.play(speech.cut(0, 0.8)).ended()
        await until(lambda: right.quality().heard.lost <= 4)
        heard = right.quality().heard
        assert heard.jitter_max > 0.008
        assert heard.late < heard.received / 2
        assert right.quality().delay > 0.04


@pytest.mark.parametrize("seed", [2])
async def test_keys_come_through_a_bad_line(
    seed: int, spoiling: Any, joined: Any, until: Any
) -> None:
    relay = await spoiling.Relay.open(seed=seed, loss=0.15, double=0.1, reorder=0.1)
    async with joined(relay) as (left, right):
        await until(lambda: right.quality().heard.received > 1)
        left.keys.send("13579", length=0.12, pause=0.08)
        await until(lambda: len(right.keys.heard) >= 5)
        assert right.keys.text == "13579"


async def test_one_way_audio_is_seen_by_the_side_that_hears_nothing(
    spoiling: Any, joined: Any, until: Any
) -> None:
    relay = await spoiling.Relay.open(seed=1, blocked=True)
    async with joined(relay) as (left, right):
        await until(lambda: left.quality().heard.received > 20 and right.recording.seconds > 0.4)
        assert right.quality().heard.received == 0
        assert not np.any(right.recording.heard.samples)


async def test_a_far_end_that_moves_is_followed_once_its_old_place_is_silent(until: Any) -> None:
    leg = await MediaPort().leg()
    leg.answer(b"v=0\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n")
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as first,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as second,
    ):
        number = 0
        for far in (first, second):
            far.bind(("127.0.0.1", 0))
        for far, moves in ((first, 0), (second, 1)):

            def arrived(far: socket.socket = far, moves: int = moves) -> bool:
                nonlocal number
                number += 1
                data = Packet(0, number, number * 160, 5, b"\xff" * 160).pack()
                far.sendto(data, ("127.0.0.1", leg.session.port))
                return leg._sender.remote == far.getsockname() and leg._receiver.moves == moves

            await until(arrived)
        assert leg.quality().heard.moves == 1
        assert leg.quality().heard.refused["stranger"] > 3
        assert leg.quality().heard.restarts == 0
    await leg.close()
