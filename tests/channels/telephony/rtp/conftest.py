"""Two legs on loopback, joined by their descriptions, or by a relay that spoils what passes."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.rtp import g711
from cxassure.channels._telephony.rtp.leg import Leg
from cxassure.channels._telephony.rtp.port import MediaPort


def _beside(name: str) -> ModuleType:
    """A module of this folder: tests are no package."""
    spec = importlib.util.spec_from_file_location(
        f"rtp_{name}", Path(__file__).with_name(f"{name}.py")
    )
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


relay = _beside("relay")


@asynccontextmanager
async def _joined(spoiled: Any = None, **settings: Any) -> AsyncIterator[tuple[Leg, Leg]]:
    """A caller and a callee that have agreed; `callee={…}` overrides settings of the second."""
    theirs = settings.pop("callee", {})
    settings = {"report_every": 0.2, **settings}
    caller = await MediaPort(**settings).leg("caller")
    callee = await MediaPort(**{**settings, **theirs}).leg("callee")
    offer = caller.offer()
    answer = callee.answer(spoiled.from_left(offer) if spoiled else offer)
    caller.accept(spoiled.from_right(answer) if spoiled else answer)
    try:
        yield caller, callee
    finally:
        await caller.close()
        await callee.close()
        if spoiled:
            spoiled.close()


@pytest.fixture
def joined() -> Callable[..., Any]:
    return _joined


@pytest.fixture
def spoiling() -> Any:
    """The relay's module."""
    return relay


@pytest.fixture
def until() -> Callable[[Callable[[], object]], Awaitable[None]]:
    """Waits until something holds, 20 s at most."""

    async def wait(condition: Callable[[], object]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                await asyncio.sleep(0.02)

    return wait


@pytest.fixture(scope="session")
def speech() -> Sound:
    """Two prompts, made once with flite's voices slt and rms, 12 s at 8,000 samples a second."""
    kept = Path(__file__).with_name("speech.ulaw").read_bytes()
    return Sound(g711.decode("PCMU", kept), 8000)


@pytest.fixture(scope="session")
def tone() -> Callable[..., Sound]:
    def make(hertz: float = 440, seconds: float = 0.25, rate: int = 8000) -> Sound:
        time = np.arange(round(seconds * rate)) / rate
        return Sound((8000 * np.sin(2 * np.pi * hertz * time)).astype(np.int16), rate)

    return make
