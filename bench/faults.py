"""Every fault of the built-in company, one at a time: is it caught, and is the right step blamed?

`--quick` takes every eighth fault; `--only NAME` (repeatable) takes those. The whole demo runs for
each, so all of them take half an hour. `--line` takes those that are caught on calls over SIP.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from cxassure.demo.faults import CAUGHT_ON_THE_LINE, FAULTS, Fault, named
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
    if asked.line:
        return [on_the_line(n) for n in CAUGHT_ON_THE_LINE if not asked.only or n in asked.only]
    if asked.only:
        return [fault for fault in FAULTS if fault.name in asked.only]
    return list(FAULTS[:: 8 if asked.quick else 1])


def on_the_line(name: str) -> Fault:
    """The fault as the journeys over SIP catch it."""
    journey, step, party = CAUGHT_ON_THE_LINE[name]
    return replace(named(name), journey=journey, step=step, party=party)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--line", action="store_true")
    parser.add_argument("--only", action="append", default=[])
    asked = parser.parse_args()
    rows = []
    print("| fault | verdict | exit | caught | blamed | right |\n|---|---|---|---|---|---|")
    for fault in chosen(asked):
        with tempfile.TemporaryDirectory() as folder:
            code, runs, _ = drive(fault, Path(folder), ("--tag", "sip") if asked.line else ())
        row = judge(fault, code, runs)
        rows.append(row)
        yes = {True: "yes", False: "**no**"}
        print(
            f"| {row['fault']} | {row['verdict']} | {row['exit']} | {yes[row['caught']]} "
            f"| {row['blamed']} | {yes[row['right']]} |",
            flush=True,
        )
    figures = {
        "faults": len(rows),
        "caught": sum(row["caught"] for row in rows),
        "right_step": sum(row["right"] for row in rows),
    }
    print(json.dumps({"bench": "faults", "figures": figures}))


if __name__ == "__main__":
    main()
