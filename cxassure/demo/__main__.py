"""Starts the company: `python -m cxassure.demo [--break NAME]… [--port N] [--mail-port N]`."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
import threading
from contextlib import suppress
from typing import Any

from cxassure.demo.faults import named
from cxassure.demo.serving import HOST, running


def arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m cxassure.demo", description=__doc__)
    parser.add_argument("--break", action="append", default=[], dest="faults", metavar="NAME")
    parser.add_argument("--port", type=port, default=0, help="of the company's web server")
    parser.add_argument("--mail-port", type=port, default=0, help="of the mailbox's web server")
    parser.add_argument("--sip-port", type=port, default=0, help="of the telephone exchange")
    parser.add_argument("--speed", type=float, default=1.0, help="factor on every delay")
    parser.add_argument("--with-parent", action="store_true", help="stop when stdin closes")
    return parser.parse_args(argv)


def port(text: str) -> int:
    """A TCP port, 0 for any that is free; ValueError otherwise."""
    if not 0 <= int(text) <= 65535:
        raise ValueError(text)
    return int(text)


def main(argv: list[str] | None = None) -> int:
    """Serve until told to stop; 0, or 2 when the command or a port is wrong."""
    asked = arguments(sys.argv[1:] if argv is None else argv)
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    try:
        faults = frozenset(named(name).name for name in asked.faults)
    except KeyError as problem:
        return _refused(str(problem.args[0]), "cxassure demo --list-faults shows them all")
    settings = {
        "faults": faults,
        "speed": asked.speed,
        "token": os.environ.get("DEMO_TWILIO_TOKEN") or "demo-token",
        "port": asked.port,
        "mail_port": asked.mail_port,
        "sip_port": asked.sip_port,
    }
    try:
        asyncio.run(serve(settings, asked.with_parent))
    except OSError as problem:
        return _refused(f"cannot listen on {HOST}: {problem}", "choose another port")
    return 0


async def serve(settings: dict[str, Any], with_parent: bool) -> None:
    """Run the company, print its addresses in one line and wait for the end."""
    with suppress(AttributeError, OSError):  # sound is due every 20 ms, however busy the machine is
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(2))
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, over.set)
    if with_parent:
        threading.Thread(target=_wait_for_parent, args=(loop, over), daemon=True).start()
    async with running(**settings) as told:
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        await over.wait()


def _wait_for_parent(loop: asyncio.AbstractEventLoop, over: asyncio.Event) -> None:
    """Read stdin until its other end closes (plainly: a buffered reader would block our exit)."""
    while os.read(0, 4096):
        pass
    loop.call_soon_threadsafe(over.set)


def _refused(problem: str, hint: str) -> int:
    sys.stderr.write(f"error: {problem}\nhint: {hint}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
