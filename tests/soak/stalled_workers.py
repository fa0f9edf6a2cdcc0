"""Runs the suite while its workers are stopped now and then: what fails assumes something of time.

    python tests/soak/stalled_workers.py [--stop SECONDS] [--every SECONDS] [what pytest takes]

Calls on the line may fail as «too busy to hear»; nothing else may. Linux only. Takes as long as the
suite and a fifth more; exit code as pytest's.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]


def workers(main: int) -> list[int]:
    """The processes that pytest has started for its workers."""
    told = Path(f"/proc/{main}/task/{main}/children").read_text()
    return [int(one) for one in told.split()]


def stall(worker: int, seconds: float) -> None:
    """Stops a worker of ours for a moment; one that has ended meanwhile is none."""
    with suppress(ProcessLookupError):
        os.kill(worker, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(worker, signal.SIGCONT)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stop", type=float, default=0.4)
    parser.add_argument("--every", type=float, default=1.5)
    given, words = parser.parse_known_args()
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadscope", *words]
    suite, stalls = subprocess.Popen(command, cwd=ROOT), 0
    while suite.poll() is None:
        time.sleep(random.uniform(0.5, 1.5) * given.every)
        if suite.poll() is None and (found := workers(suite.pid)):
            stall(random.choice(found), random.uniform(0.5, 1.5) * given.stop)
            stalls += 1
    print(f"{stalls} times a worker was stopped")
    return suite.returncode


if __name__ == "__main__":
    sys.exit(main())
