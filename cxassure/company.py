"""The built-in company as a process of its own: started, asked where it is, ended.

Nothing of it is imported: its addresses come over a pipe, and what is broken in it is known to it
alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from cxassure.errors import CannotLook, UsageError

START, STOP = 20.0, 5.0
"""Seconds that the company is given to start and to stop."""


@dataclass(frozen=True, slots=True)
class Company:
    """Where the company's doors are, and the secrets that a customer of it may know."""

    name: str
    targets: dict[str, str]
    secrets: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None


@contextmanager
def started(broken: Sequence[str] = ()) -> Iterator[Company]:
    """The company with `broken` faults switched on, ended when the block is left.

    Raises `UsageError` for an unknown fault and `CannotLook` when it does not start.
    """
    command = [sys.executable, "-m", "cxassure.demo", "--with-parent"]
    for name in broken:
        command += ["--break", name]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        yield _announced(process)
    finally:
        _stop(process)


def _announced(process: subprocess.Popen[bytes]) -> Company:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        _refused(process)
    said = json.loads(line)
    return Company(said["company"], said["targets"], said.get("secrets", {}), process)


def _refused(process: subprocess.Popen[bytes]) -> None:
    _, told = process.communicate(timeout=START)
    what = told.decode(errors="replace").strip() or f"exit code {process.returncode}"
    if process.returncode == 2:
        raise UsageError(what)
    raise CannotLook("the built-in company did not start", what.splitlines()[-1])


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Closing its input asks it to go; what does not go in time is ended."""
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe:
            pipe.close()
