"""Starts the company: `python -m cxassure.demo [--break NAME]… [--port N] [--mail-port N]`."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import uvicorn

from cxassure.demo.app import application
from cxassure.demo.company import NAME, Company
from cxassure.demo.faults import named
from cxassure.demo.mailbox import Mailbox

HOST = "127.0.0.1"


class Server(uvicorn.Server):
    """A server that leaves signals to the process, which has more than one server to stop."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m cxassure.demo", description=__doc__)
    parser.add_argument("--break", action="append", default=[], dest="faults", metavar="NAME")
    parser.add_argument("--port", type=int, default=0, help="of the company's web server")
    parser.add_argument("--mail-port", type=int, default=0, help="of the mailbox's web server")
    parser.add_argument("--speed", type=float, default=1.0, help="factor on every delay")
    parser.add_argument("--with-parent", action="store_true", help="stop when stdin closes")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Serve until told to stop; 0, or 2 when the command or a port is wrong."""
    asked = arguments(sys.argv[1:] if argv is None else argv)
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    token = os.environ.get("DEMO_TWILIO_TOKEN") or "demo-token"
    try:
        faults = [named(name).name for name in asked.faults]
    except KeyError as problem:
        return _refused(str(problem.args[0]), "cxassure demo --list-faults shows them all")
    try:
        with listening(0) as smtp, listening(asked.port) as web, listening(asked.mail_port) as mail:
            smtp_at = (HOST, port_of(smtp))
            company = Company(frozenset(faults), asked.speed, token, smtp=smtp_at)
            asyncio.run(serve(company, smtp, web, mail, asked.with_parent))
    except (OSError, OverflowError) as problem:
        return _refused(f"cannot listen on {HOST}: {problem}", "choose another port")
    return 0


def _refused(problem: str, hint: str) -> int:
    sys.stderr.write(f"error: {problem}\nhint: {hint}\n")
    return 2


def listening(port: int) -> socket.socket:
    return socket.create_server((HOST, port))


def port_of(sock: socket.socket) -> int:
    port: int = sock.getsockname()[1]
    return port


async def serve(
    company: Company, smtp: socket.socket, web: socket.socket, mail: socket.socket, parent: bool
) -> None:
    """Run all servers, print the addresses once they answer, and wait for the end."""
    loop, over, mailbox = asyncio.get_running_loop(), asyncio.Event(), Mailbox()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, over.set)
    if parent:
        threading.Thread(target=_wait_for_end, args=(loop, over), daemon=True).start()
    post_office = await loop.create_server(mailbox.server, sock=smtp)
    servers = [(_server(application(company)), web), (_server(mailbox.app()), mail)]
    running = [asyncio.create_task(server.serve(sockets=[sock])) for server, sock in servers]
    await asyncio.gather(*(server.ready.wait() for server, _ in servers))
    sys.stdout.write(json.dumps(announcement(company, port_of(web), port_of(mail))) + "\n")
    sys.stdout.flush()
    await over.wait()
    for server, _ in servers:
        server.should_exit = True
    post_office.close()
    await asyncio.gather(*running)


def _server(app: Any) -> Server:
    config = uvicorn.Config(
        app,
        ws="websockets-sansio",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    return Server(config)


def _wait_for_end(loop: asyncio.AbstractEventLoop, over: asyncio.Event) -> None:
    while os.read(0, 4096):
        pass
    loop.call_soon_threadsafe(over.set)


def announcement(company: Company, web: int, mail: int) -> dict[str, Any]:
    """Where everything is, as a test or a person needs it."""
    shop, sockets = f"http://{HOST}:{web}", f"ws://{HOST}:{web}"
    targets = {
        "shop": shop,
        "help-bot": f"{shop}/bot",
        "help-bot-socket": f"{sockets}/bot/socket",
        "support-line": f"{shop}/voice/welcome",
        "billing-desk": "client:billing-desk",
        "returns-desk": "client:returns-desk",
        "chat-desk": f"{sockets}/desk/billing/socket",
        "back-office": f"{shop}/api",
        "mailbox": f"http://{HOST}:{mail}",
    }
    smtp = f"{company.smtp[0]}:{company.smtp[1]}"
    return {
        "company": NAME,
        "targets": targets,
        "smtp": smtp,
        "broken": sorted(company.faults),
    }


if __name__ == "__main__":
    sys.exit(main())
