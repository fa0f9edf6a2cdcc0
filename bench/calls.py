"""Healthy calls over SIP while every core has something else to do: is anybody blamed for it?

`--calls N` (200) calls of the journeys with the tag `sip` against one healthy company, `--at-once
N` (12) of them at a time, beside `--load N` (2) processes that never rest. What this machine was
too busy to hear is an `error` and no alarm; `failed` and every other `error` is one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path

import msgspec
from _line import NOVEMBER, ROOT, TOO_BUSY, said, table

from cxassure.campaign import Running
from cxassure.company import started
from cxassure.probe import Probe
from cxassure.run import Run
from cxassure.selection import Selection
from cxassure.text import span
from cxassure.workspace import Workspace


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """So many processes that take all the time they can get."""
    spinning = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)
    ]
    try:
        yield
    finally:
        for one in spinning:
            one.kill()
            one.wait()


def many(probes: list[Probe], count: int) -> list[Probe]:
    """The probes again and again, each time with a customer of its own."""
    return [
        msgspec.structs.replace(probe, journey=f"{probe.journey}-{number}")
        for number, probe in enumerate(islice(cycle(probes), count), 1)
    ]


def called(calls: int, at_once: int, load: int, reports: Path) -> list[Run]:
    workspace = Workspace(ROOT, reports=reports)
    with started() as company, busy(load):
        workspace.move_in(company.targets, company.secrets)
        probes = many(workspace.select(Selection((), ("sip",))), calls)
        how = Running(workers=at_once, rehearsed=NOVEMBER)
        ran = asyncio.run(workspace.run(probes, how, [tell]))
    return ran.runs


def tell(name: str, event: object) -> None:
    """A line for every call that ends."""
    if type(event).__name__ == "RunEnded":
        print(f"{name}: {event.verdict} {event.why}".strip(), file=sys.stderr, flush=True)  # type: ignore[attr-defined]


def kind(run: Run) -> str:
    """What a run's verdict means here."""
    if run.verdict == "error" and TOO_BUSY in run.why:
        return "too busy"
    return run.verdict if run.verdict in ("passed", "degraded") else "false alarm"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--at-once", type=int, default=12)
    parser.add_argument("--load", type=int, default=2)
    asked = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        runs = called(asked.calls, asked.at_once, asked.load, Path(folder))
    found = Counter(map(kind, runs))
    print(table(("call", "verdict", "step", "told")))
    for run in runs:
        if run.verdict != "passed" and run.first_bad:
            where = f"{run.first_bad.index} {run.first_bad.party}"
            print(table((), [run.name, run.verdict, where, said(run, 300)]))
    figures = {
        "calls": len(runs),
        "at_once": asked.at_once,
        "load": asked.load,
        **{name.replace(" ", "_"): found[name] for name in ("passed", "degraded", "too busy")},
        "false_alarms": found["false alarm"],
        "took": span(time.monotonic() - began),
    }
    print(json.dumps({"bench": "calls", "figures": figures}))


if __name__ == "__main__":
    main()
