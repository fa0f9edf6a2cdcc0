"""A line that loses, delays, reorders and doubles: the figures say just that, and speech survives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.rtp.packet import parse


async def test_loss_is_counted_as_the_line_did_it(spoiling: Any, joined: Any, until: Any) -> None:
    relay = await spoiling.Relay.open(seed=7, loss=0.1)
    async with joined(relay) as (left, right):
        await until(lambda: left._sender.packets > 60)
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
        await until(lambda: right.quality().heard.received > 50)
        heard = right.quality().heard
        assert heard.duplicates > 2
        assert heard.reordered > 2
        assert heard.lost <= 4, "only what is still on its way"


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
        await left.play(speech.cut(0, 2)).ended()
        heard = right.quality().heard
        assert heard.jitter_max > 0.008
        assert heard.lost <= 8, "only what is still on its way"
        assert right._receiver.buffer.delay >= 0.0
        assert heard.late + right._receiver.buffer.concealed < 60


@pytest.mark.parametrize("seed", [1, 2])
async def test_keys_come_through_a_bad_line(
    seed: int, spoiling: Any, joined: Any, until: Any
) -> None:
    relay = await spoiling.Relay.open(seed=seed, loss=0.15, double=0.1, reorder=0.1)
    async with joined(relay) as (left, right):
        await until(lambda: right.quality().heard.received > 1)
        left.keys.send("1234567890", length=0.12, pause=0.08)
        await until(lambda: len(right.keys.heard) >= 10)
        assert right.keys.text == "1234567890"


async def test_one_way_audio_is_seen_by_the_side_that_hears_nothing(
    spoiling: Any, joined: Any, until: Any
) -> None:
    relay = await spoiling.Relay.open(seed=1, blocked=True)
    async with joined(relay) as (left, right):
        await until(lambda: left.quality().heard.received > 20 and right.recording.seconds > 0.4)
        assert right.quality().heard.received == 0
        assert not np.any(right.recording.heard.samples)


async def test_a_far_end_that_moves_is_followed(spoiling: Any, joined: Any, until: Any) -> None:
    first = await spoiling.Relay.open(seed=1)
    second = await spoiling.Relay.open(seed=1)
    async with joined(first) as (left, right):
        await until(lambda: right.quality().heard.received > 3)
        for ours, theirs in ((second.left, first.left), (second.right, first.right)):
            ours.peer = theirs.peer
        left._receiver.source = None
        left._sender.remote = ("127.0.0.1", second.left.port)
        first.left.line.blocked = True
        await until(lambda: right.quality().heard.moves == 1)
        assert right._sender.remote == ("127.0.0.1", second.right.port)
        assert right.quality().heard.restarts == 0
    second.close()
