"""Things that sessions share are made once, whoever asks, and closed when their scope ends."""

from __future__ import annotations

import asyncio

import pytest

from cxassure.channel import Scope


class Thing:
    closed = False

    async def close(self) -> None:
        self.closed = True


async def test_whoever_asks_gets_the_same_thing() -> None:
    scope, made = Scope(), []

    async def make() -> Thing:
        await asyncio.sleep(0)
        made.append(Thing())
        return made[-1]

    got = await asyncio.gather(*(scope.once("thing", make) for _ in range(5)))
    assert len(made) == 1 and all(thing is made[0] for thing in got)
    await scope.close()
    assert made[0].closed


async def test_the_first_who_asks_may_be_cancelled_without_harm_to_the_others() -> None:
    scope, go = Scope(), asyncio.Event()

    async def make() -> Thing:
        await go.wait()
        return Thing()

    first = asyncio.create_task(scope.once("thing", make))
    second = asyncio.create_task(scope.once("thing", make))
    await asyncio.sleep(0)
    first.cancel()
    go.set()
    assert isinstance(await second, Thing)
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_what_could_not_be_made_is_tried_again_by_the_next() -> None:
    scope, tries = Scope(), 0

    async def make() -> Thing:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise OSError("not yet")
        return Thing()

    with pytest.raises(OSError, match="not yet"):
        await scope.once("thing", make)
    assert isinstance(await scope.once("thing", make), Thing)


async def test_what_is_still_being_made_when_the_scope_ends_is_closed_too() -> None:
    scope, go, thing = Scope(), asyncio.Event(), Thing()

    async def make() -> Thing:
        await go.wait()
        return thing

    asked = asyncio.create_task(scope.once("thing", make))
    await asyncio.sleep(0)
    asked.cancel()
    asyncio.get_running_loop().call_soon(go.set)
    await scope.close()
    assert thing.closed
