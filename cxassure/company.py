"""The built-in company as a process of its own: started, asked where it is, ended.

Nothing of it is imported: its addresses come over a pipe, and what is broken in it is known to it
alone.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO

from cxassure.errors import CannotLook, UsageError

GIVES = frozenset(
    (
        "test_card",
        "declined_card",
        "twilio_token",
        "account_password",
        "account_totp",
        "sip_password",
        "desk_password",
    )
)
"""The secrets that the company tells whoever starts it; a test holds this to what it says."""

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
    with tempfile.TemporaryFile() as talk:  # a pipe that nobody reads would fill and stop it
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=talk,
            start_new_session=True,  # Ctrl-C reaches us alone: `always` steps still find it open
        )
        try:
            yield _announced(process, talk)
        finally:
            _stop(process)


def _announced(process: subprocess.Popen[bytes], talk: IO[bytes]) -> Company:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], START)
    if not ready:
        raise CannotLook("the built-in company did not start", f"it said nothing for {START:g} s")
    line = process.stdout.readline()
    if not line:
        process.wait(STOP)
        talk.seek(0)
        _refused(process, talk.read())
    said = json.loads(line)
    return Company(said["company"], said["targets"], said.get("secrets", {}), process)


def _refused(process: subprocess.Popen[bytes], told: bytes) -> None:
    lines = told.decode(errors="replace").split("\n")
    if process.returncode == 2:
        what, hint = (*lines, "")[:2]
        raise UsageError(what.removeprefix("error: "), hint.removeprefix("hint: "))
    last = next((line for line in reversed(lines) if line.strip()), "")
    raise CannotLook("the built-in company did not start", last or f"code {process.returncode}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Closing its input asks it to go; what does not go in time is ended."""
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()
