"""Every fault of the built-in company, one at a time: is it caught, and is the right step blamed?

`--quick` takes every eighth fault; `--only NAME` (repeatable) takes those. The whole demo runs for
each, so all of them take half an hour. `--line` takes those that are caught on calls over SIP, on
several companies at once, and what is our own fault.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from _line import Calls, called, said, table
from _line import blamed as blames
from _ours import OURS

from cxassure.demo.faults import CAUGHT_ON_THE_LINE, FAULTS, Fault, on_the_line
from cxassure.run import Run
from cxassure.verdict import exit_code

CXASSURE = str(Path(sys.executable).with_name("cxassure"))
FINE = ("passed", "skipped")


def drive(
    fault: Fault, folder: Path, more: tuple[str, ...] = ()
) -> tuple[int, list[dict[str, Any]], str]:
    """(exit code, runs, stdout) of the demo with this fault."""
    out = folder / "runs.json"
    command = [CXASSURE, "demo", "--break", fault.name, *more, "--json", str(out), "--report-dir"]
    done = subprocess.run([*command, str(folder)], capture_output=True, text=True, check=False)
    return done.returncode, json.loads(out.read_text())["runs"], done.stdout


def blamed(run: dict[str, Any]) -> tuple[int, str]:
    """Index and party of the first step that did not pass."""
    bad = next((s for s in run["steps"] if s["verdict"] not in FINE and not s["optional"]), None)
    return (bad["index"], bad["party"]) if bad else (-1, "")


def judge(fault: Fault, code: int, runs: list[dict[str, Any]]) -> dict[str, Any]:
    """One row of the table."""
    mine = [run for run in runs if run["journey"] == fault.journey]
    caught = [run for run in mine if run["verdict"] == fault.verdict]
    where = blamed(caught[0]) if caught else (-1, "")
    return {
        "fault": fault.name,
        "verdict": fault.verdict,
        "exit": code,
        "caught": bool(caught) and code == exit_code([fault.verdict]),
        "blamed": f"step {where[0]} {where[1]}" if caught else "nothing",
        "right": where == (fault.step, fault.party),
        "others": sorted({r["verdict"] for r in runs} - {"passed", fault.verdict}),
    }


def chosen(asked: argparse.Namespace) -> list[Fault]:
    if asked.only:
        return [fault for fault in FAULTS if fault.name in asked.only]
    return list(FAULTS[:: 8 if asked.quick else 1])


def by_demo(faults: list[Fault]) -> dict[str, int]:
    """Prints a row for each; how many were caught, and on the right step."""
    print(table(("fault", "verdict", "exit", "caught", "blamed", "right")))
    rows = []
    for fault in faults:
        with tempfile.TemporaryDirectory() as folder:
            code, runs, _ = drive(fault, Path(folder))
        row = judge(fault, code, runs)
        rows.append(row)
        keys = ("fault", "verdict", "exit", "caught", "blamed", "right")
        print(table(keys, [row[key] for key in keys]), flush=True)
    return {
        "faults": len(rows),
        "caught": sum(row["caught"] for row in rows),
        "right_step": sum(row["right"] for row in rows),
    }


# On the line


def judged(number: int | None, name: str, verdict: str, where: tuple[int, str] | None,
           runs: list[Run]) -> list[Any]:  # fmt: skip
    """The row of a fault: caught is one run with its verdict, blamed at its step and party."""
    run = next((one for one in runs if one.verdict == verdict), runs[0])
    step, party = blames(run)
    right = run.verdict == verdict and (where is None or where == (step, party))
    return [number or "", name, run.verdict, run.verdict == verdict, run.journey,
            f"{step} {party}" if where else "us", right, said(run)]  # fmt: skip


async def by_line(names: list[str], at_once: int) -> dict[str, int]:
    """Prints a row as soon as it is known; how many were caught, and on the right step."""
    print(table(("no.", "fault", "verdict", "caught", "journey", "blamed", "right", "told")))
    room, rows = asyncio.Semaphore(at_once), []

    async def one(name: str) -> None:
        async with room:
            with tempfile.TemporaryDirectory() as folder:
                row = await _row(name, Path(folder))
        rows.append(row)
        print(table((), row), flush=True)

    await asyncio.gather(*map(one, names))
    return {
        "faults": len(rows),
        "caught": sum(row[3] for row in rows),
        "right_step": sum(row[6] for row in rows),
    }


async def _row(name: str, folder: Path) -> list[Any]:
    if name in OURS:
        number, place = OURS[name]
        return judged(number, name, "error", None, await place(folder))
    fault = on_the_line(name)
    runs = await called(Calls((name,), (fault.journey,)), folder)
    return judged(fault.number, name, fault.verdict, (fault.step, fault.party), runs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--line", action="store_true")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--at-once", type=int, default=6)
    asked = parser.parse_args()
    if asked.line:
        names = [n for n in (*CAUGHT_ON_THE_LINE, *OURS) if not asked.only or n in asked.only]
        figures = asyncio.run(by_line(names, asked.at_once))
    else:
        figures = by_demo(chosen(asked))
    print(json.dumps({"bench": "faults", "figures": figures}))


if __name__ == "__main__":
    main()
