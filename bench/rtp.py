"""Calls with two-way audio at once in one process, until our own beat is late by 5 ms (p95)."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.rtp.leg import Leg
from cxassure.channels._telephony.rtp.port import MediaPort

STEPS, QUICK = (25, 50, 75, 100, 150, 200, 300, 400), (10, 25)
SECONDS, QUICK_SECONDS = 20.0, 4.0
LIMIT = 0.005
BARE = Path(__file__).with_name("_bare_rtp.py")


def spent() -> float:
    """CPU seconds of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def talking(port: int, sound: Sound) -> Leg:
    """A leg that says a sound over and over to a port of the far end."""
    leg = await MediaPort().leg()
    leg.answer(f"v=0\nc=IN IP4 127.0.0.1\nm=audio {port} RTP/AVP 0 101\n".encode())
    for _ in range(4):
        leg.play(sound)
    return leg


async def step(calls: int, seconds: float, sound: Sound) -> dict[str, Any]:
    """So many calls for so long: figures of ours and of the bare far end, a process of its own."""
    far = await asyncio.create_subprocess_exec(
        sys.executable, str(BARE), str(calls), str(seconds + 1), stdout=asyncio.subprocess.PIPE
    )
    assert far.stdout
    ports = json.loads(await far.stdout.readline())
    legs = []
    for port in ports:
        legs.append(await talking(port, sound))
        await asyncio.sleep(0.5 / calls)
    cpu, begun = spent(), time.monotonic()
    await asyncio.sleep(seconds)
    cpu, wall = spent() - cpu, time.monotonic() - begun
    bare = json.loads(await far.stdout.readline())
    figures = told(legs) | {"calls": calls, "cpu": cpu / wall, "bare": bare["cpu"] / bare["wall"]}
    for leg in legs:
        await leg.close()
    await far.wait()
    return figures


def told(legs: list[Leg]) -> dict[str, Any]:
    """The worst of the legs' own lag, and what their lines lost and shook."""
    qualities = [leg.quality() for leg in legs]
    return {
        "lag_95": float(np.percentile([quality.lag_95 for quality in qualities], 95)),
        "jitter_95": float(np.percentile([q.heard.jitter_max for q in qualities], 95)),
        "lost": sum(quality.heard.lost for quality in qualities),
        "skipped": sum(quality.skipped for quality in qualities),
        "received": sum(quality.heard.received for quality in qualities),
    }


async def steps() -> list[dict[str, Any]]:
    quick = "--quick" in sys.argv
    noise = np.random.default_rng(1).normal(0, 3000, 8000 * 10)
    sound = Sound(noise.astype(np.int16), 8000)
    found = []
    print("calls  late p95  jitter heard  CPU a call   bare   lost")
    for calls in QUICK if quick else STEPS:
        got = await step(calls, QUICK_SECONDS if quick else SECONDS, sound)
        found.append(got)
        print(
            f"{calls:5} {got['lag_95'] * 1000:6.1f} ms {got['jitter_95'] * 1000:10.1f} ms"
            f" {got['cpu'] / calls:10.2%} {got['bare'] / calls:7.2%}"
            f" {got['lost']:3} of {got['received']}"
        )
        if got["lag_95"] > LIMIT:
            break
    return found


def main() -> None:
    found = asyncio.run(steps())
    held = [got for got in found if got["lag_95"] <= LIMIT] or found[:1]
    most = held[-1]
    figures = {
        "calls": most["calls"] if most["lag_95"] <= LIMIT else 0,
        "limit_reached": found[-1]["lag_95"] > LIMIT,
        "lag_95_ms": round(most["lag_95"] * 1000, 2),
        "cpu_a_call": round(most["cpu"] / most["calls"], 5),
        "bare_a_call": round(most["bare"] / most["calls"], 5),
        "lost": most["lost"],
    }
    print(json.dumps({"bench": "rtp", "figures": figures}))


if __name__ == "__main__":
    main()
