"""The whole demo against the healthy company, again and again: false alarms, and how long it takes.

Fifty runs, three with `--quick`; with `--line` ten of the calls over SIP, in real time. What is
told as said otherwise than in the run before (`drift`) is a false alarm too.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

CXASSURE = str(Path(sys.executable).with_name("cxassure"))
RUNS, QUICK, LINE = 50, 3, 10
SAID = ("menu", "prompt", "reply")


def demo(folder: str, more: list[str]) -> tuple[float, list[dict[str, Any]]]:
    """(wall seconds, the runs) of one demo."""
    out = Path(folder) / "runs.json"
    began = time.monotonic()
    command = [CXASSURE, "demo", "--json", str(out), "--report-dir", folder, *more]
    subprocess.run(command, capture_output=True, check=False)
    return time.monotonic() - began, json.loads(out.read_text())["runs"]


def alarms(runs: list[dict[str, Any]]) -> list[str]:
    """The runs that did not pass, and why."""
    bad = (run for run in runs if run["verdict"] != "passed")
    return [f"{run['journey']}[{run['row']}]: {run['why']}" for run in bad]


def drift(runs: list[dict[str, Any]]) -> list[str]:
    """What is told as said otherwise than in the last good run."""
    return [
        f"{run['journey']}[{run['row']}]: {one['what']}"
        for run in runs
        for one in run["changed"]
        if one["kind"] in SAID
    ]


def main() -> None:
    line = "--line" in sys.argv
    count = QUICK if "--quick" in sys.argv else LINE if line else RUNS
    times, wrong, drifted, looked = [], [], [], 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1, count + 1):
            took, runs = demo(folder, ["--tag", "sip"] if line else [])
            found = [*alarms(runs), *drift(runs)]
            times.append(took)
            wrong += alarms(runs)
            drifted += drift(runs)
            looked += len(runs)
            print(f"{number:3}  {took:5.1f} s  {'; '.join(found) or 'all passed'}", flush=True)
    figures = {
        "demos": count,
        "runs": looked,
        "false_alarms": len(wrong),
        "drift": len(drifted),
        "wall_s_median": round(statistics.median(times), 1),
        "wall_s_worst": round(max(times), 1),
    }
    print(json.dumps({"bench": "healthy", "figures": figures}))


if __name__ == "__main__":
    main()
