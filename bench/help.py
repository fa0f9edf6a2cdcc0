"""`cxassure --help` against `python -c pass`: what starting the command line costs in CPU time."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path

ROUNDS, QUICK = 40, 8
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
"""Both sides run as installed programs do: compiled once, in the first round."""
SIDES = {
    "help": [str(Path(sys.executable).with_name("cxassure")), "--help"],
    "bare": [sys.executable, "-c", "pass"],
}


def cost(command: list[str]) -> float:
    """CPU seconds, user and system, of one process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    rounds = QUICK if "--quick" in sys.argv else ROUNDS
    spent: dict[str, list[float]] = {side: [] for side in SIDES}
    for _ in range(rounds):
        for side, command in SIDES.items():
            spent[side].append(cost(command))
    medians = {side: statistics.median(times) for side, times in spent.items()}
    for side, seconds in medians.items():
        print(f"{side:<8} {seconds * 1000:6.1f} ms   {seconds / medians['bare']:5.2f} × bare")
    figures = {f"{side}_s": round(seconds, 4) for side, seconds in medians.items()}
    figures["ratio"] = round(medians["help"] / medians["bare"], 2)
    print(json.dumps({"bench": "help", "figures": {"rounds": rounds, **figures}}))


if __name__ == "__main__":
    main()
