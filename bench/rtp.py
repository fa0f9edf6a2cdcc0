"""Calls with two-way audio at once in one process, until our own beat is late by 5 ms (p95).

The far end is sipp, one process too, which answers every call and echoes its sound: what its CPU
time a call comes to is the limit. `--seconds N` is how long a step lasts, `--limit MS` another lag
to stop at, `--quick` a look.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import resource
import shutil
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.rtp.leg import Leg
from cxassure.channels._telephony.rtp.port import MediaPort
from cxassure.channels._telephony.sip.agent import UserAgent
from cxassure.channels._telephony.sip.events import Answered

STEPS, QUICK = (25, 50, 75, 100, 150, 200, 300, 400), (10, 25)
SECONDS, QUICK_SECONDS = 20.0, 4.0
LIMIT = 0.005
PATIENCE = 30.0


def spent() -> float:
    """CPU seconds of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


@dataclass
class Sipp:
    """The far end: where it is called, and what it has spent."""

    process: asyncio.subprocess.Process
    port: int

    @property
    def spent(self) -> float:
        """Its CPU seconds so far, of all its threads (Linux)."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def sipp(calls: int) -> AsyncIterator[Sipp]:
    """sipp as it answers by itself (`-sn uas`) and echoes what it hears."""
    port, media = random.SystemRandom().sample(range(61_000, 65_000, 4), 2)
    process = await asyncio.create_subprocess_exec(
        *("sipp", "-sn", "uas", "-rtp_echo", "-i", "127.0.0.1", "-p", str(port)),
        *("-mp", str(media), "-l", str(2 * calls), "-nostdin"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield Sipp(process, port)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def talking(ours: UserAgent, port: int, sound: Sound) -> Leg:
    """A call that is up, whose leg says a sound over and over."""
    leg = await MediaPort().leg()
    call = await ours.call(f"sip:desk@127.0.0.1:{port}", leg)
    assert await call.wait(Answered, PATIENCE), call.ended
    for _ in range(12):
        leg.play(sound)
    return leg


async def step(calls: int, seconds: float, sound: Sound) -> dict[str, Any]:
    """So many calls for so long: figures of ours and of sipp."""
    async with sipp(calls) as far, UserAgent(allowed=["127.0.0.1"]) as ours:
        legs = []
        for _ in range(calls):
            legs.append(await talking(ours, far.port, sound))
            await asyncio.sleep(0.5 / calls)
        theirs, cpu, begun = far.spent, spent(), time.monotonic()
        await asyncio.sleep(seconds)
        theirs, cpu = far.spent - theirs, spent() - cpu
        wall = time.monotonic() - begun
        figures = told(legs) | {"calls": calls, "cpu": cpu / wall, "sipp": theirs / wall}
    for leg in legs:
        await leg.close()
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


async def steps(asked: argparse.Namespace) -> list[dict[str, Any]]:
    noise = np.random.default_rng(1).normal(0, 3000, 8000 * 10)
    sound = Sound(noise.astype(np.int16), 8000)
    seconds = asked.seconds or (QUICK_SECONDS if asked.quick else SECONDS)
    found = []
    print("calls  late p95  jitter heard  CPU a call   sipp   lost", flush=True)
    for calls in QUICK if asked.quick else STEPS:
        got = await step(calls, seconds, sound)
        found.append(got)
        print(
            f"{calls:5} {got['lag_95'] * 1000:6.1f} ms {got['jitter_95'] * 1000:10.1f} ms"
            f" {got['cpu'] / calls:10.2%} {got['sipp'] / calls:7.2%}"
            f" {got['lost']:3} of {got['received']}",
            flush=True,
        )
        if got["lag_95"] > asked.limit / 1000:
            break
    return found


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--quick", action="store_true")
    reader.add_argument("--seconds", type=float, default=0.0)
    if not shutil.which("sipp"):
        sys.exit("sipp is not installed\n    hint: apt-get install sip-tester")
    reader.add_argument("--limit", type=float, default=LIMIT * 1000, metavar="MS")
    asked = reader.parse_args()
    found, limit = asyncio.run(steps(asked)), asked.limit / 1000
    held = [got for got in found if got["lag_95"] <= limit] or found[:1]
    most = held[-1]
    figures = {
        "calls": most["calls"] if most["lag_95"] <= limit else 0,
        "limit_reached": found[-1]["lag_95"] > limit,
        "lag_95_ms": round(most["lag_95"] * 1000, 2),
        "cpu_a_call": round(most["cpu"] / most["calls"], 5),
        "sipp_a_call": round(most["sipp"] / most["calls"], 5),
        "lost": most["lost"],
    }
    print(json.dumps({"bench": "rtp", "figures": figures}))


if __name__ == "__main__":
    main()
