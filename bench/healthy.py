"""The whole demo against the healthy company, again and again: false alarms, and how long it takes.

Fifty runs, three with `--quick`.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CXASSURE = str(Path(sys.executable).with_name("cxassure"))
RUNS, QUICK = 50, 3


def demo(folder: str) -> tuple[float, list[str]]:
    """(wall seconds, names of the runs that did not pass) of one demo."""
    out = Path(folder) / "runs.json"
    began = time.monotonic()
    command = [CXASSURE, "demo", "--json", str(out), "--report-dir", folder]
    subprocess.run(command, capture_output=True, check=False)
    took = time.monotonic() - began
    runs = json.loads(out.read_text())["runs"]
    alarms = [f"{r['journey']}[{r['row']}]: {r['why']}" for r in runs if r["verdict"] != "passed"]
    return took, alarms


def main() -> None:
    count = QUICK if "--quick" in sys.argv else RUNS
    times, alarms = [], []
    for number in range(1, count + 1):
        with tempfile.TemporaryDirectory() as folder:
            took, wrong = demo(folder)
        times.append(took)
        alarms += wrong
        print(f"{number:3}  {took:5.1f} s  {'; '.join(wrong) or 'all passed'}", flush=True)
    figures = {
        "demos": count,
        "false_alarms": len(alarms),
        "wall_s_median": round(statistics.median(times), 1),
        "wall_s_worst": round(max(times), 1),
    }
    print(json.dumps({"bench": "healthy", "figures": figures}))


if __name__ == "__main__":
    main()
