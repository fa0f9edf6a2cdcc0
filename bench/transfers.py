"""Transfers by REFER, by a B2BUA and warm, each healthy and broken five ways: what is told of each?

Real calls over SIP against the built-in company, several companies at once (`--at-once N`), and
over TwiML a program that makes a warm transfer through the carrier's REST API.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from _line import Calls, called, said, table
from _warm import Program, serving

from cxassure.campaign import Running
from cxassure.run import Run
from cxassure.selection import Selection
from cxassure.workspace import Workspace

ROOT = Path(__file__).with_name("_transfers")
ACCOUNT, TOKEN = "AC" + "5" * 32, "the-token-of-the-account"
PROGRAM = "warm, by the REST API"


class Way(NamedTuple):
    """A way to break a transfer: its switches at the company and in the program, and the proof
    that must fail."""

    name: str
    fault: str
    program: str
    proof: str


WAYS = (
    Way("healthy", "", "", ""),
    Way("never triggered", "transfer-never-made", "never", "trigger"),
    Way("wrong destination", "transfer-wrong-department", "elsewhere", "destination"),
    Way("context lost", "transfer-without-context", "forgetful", "context"),
    Way("one-way bridge", "agent-cannot-hear-caller", "deaf", "bridge"),
    Way("dropped", "drops-after-answer", "dropping", "outcome"),
)
TRANSFERS = {"REFER": "refer", "B2BUA": "b2bua", "warm, by conference": "warm"}
"""The rows of the journey over SIP."""
OF_A_STEP = {4: "context", 6: "bridge", 8: "bridge", 9: "outcome"}
"""Over TwiML, where sound and signalling are words: which proof a step is."""


def by_sip(run: Run) -> str:
    """The proof that failed: each is a step of its own that expects `PROOF = …`."""
    found = re.match(r"\w+", run.first_bad.expected) if run.first_bad else None
    return found[0] if found else ""


def by_program(run: Run) -> str:
    """The proof that failed; a desk that was not rung is another one's, or nobody's."""
    bad = run.first_bad
    if bad and bad.verb == "answer":
        return "destination" if "was rung" in bad.seen else "trigger"
    return OF_A_STEP.get(bad.index, f"step {bad.index}") if bad else ""


async def over_sip(row: str, way: Way, folder: Path) -> Run:
    broken = (way.fault,) if way.fault else ()
    (run,) = await called(Calls(broken, ("by-sip",), (row,), ROOT), folder)
    return run


async def over_twiml(way: Way, folder: Path) -> Run:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Program(way.program, ACCOUNT, TOKEN, f"http://127.0.0.1:{port}")
    with serving(program) as voice:
        told = {"CXASSURE_SECRET_TWILIO_TOKEN": TOKEN, "CXASSURE_SECRET_DESK_PASSWORD": "none"}
        environ = {**os.environ, **told, "BENCH_ACCOUNT": ACCOUNT, "BENCH_API": str(port)}
        workspace = Workspace(ROOT, reports=folder, environ=environ)
        workspace.move_in({"shop-line": voice}, {})
        probes = workspace.select(Selection(("by-program",)))
        ran = await workspace.run(probes, Running(workers=1))
    return ran.runs[0]


def judged(transfer: str, way: Way, run: Run) -> list[object]:
    proof = (by_program if transfer == PROGRAM else by_sip)(run)
    verdict = "failed" if way.proof else "passed"
    right = run.verdict == verdict and proof == way.proof
    told = said(run, 200) if run.verdict != "passed" else ""
    return [transfer, way.name, run.verdict, proof or "none", right, told]


async def all_of_them(at_once: int) -> Iterator[list[object]]:
    room = asyncio.Semaphore(at_once)

    async def one(transfer: str, way: Way) -> list[object]:
        async with room:
            with tempfile.TemporaryDirectory() as folder:
                if transfer == PROGRAM:
                    run = await over_twiml(way, Path(folder))
                else:
                    run = await over_sip(TRANSFERS[transfer], way, Path(folder))
                return judged(transfer, way, run)

    pairs = [(transfer, way) for transfer in (*TRANSFERS, PROGRAM) for way in WAYS]
    return iter(await asyncio.gather(*(one(*pair) for pair in pairs)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--at-once", type=int, default=6)
    asked = parser.parse_args()
    rows = list(asyncio.run(all_of_them(asked.at_once)))
    print(table(("transfer", "how", "verdict", "proof that failed", "right", "what was said")))
    for row in rows:
        print(table((), row))
    figures = {"transfers": len(rows), "right": sum(row[4] is True for row in rows)}
    print(json.dumps({"bench": "transfers", "figures": figures}))


if __name__ == "__main__":
    main()
