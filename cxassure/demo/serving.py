"""How the company's servers are brought up on loopback, announced and taken down."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn

from cxassure.demo.accounts import PASSWORD, SECRET
from cxassure.demo.app import application
from cxassure.demo.checkout import DECLINED
from cxassure.demo.company import NAME, Company
from cxassure.demo.mailbox import Mailbox
from cxassure.demo.telephone import numbers, registrar
from cxassure.demo.telephone.exchange import Exchange

HOST = "127.0.0.1"
TEST_CARD = "4242424242424242"


class Server(uvicorn.Server):
    """A web server that leaves signals to the process, which has more than one to stop."""

    def __init__(self, app: Any) -> None:
        config = uvicorn.Config(
            app,
            ws="websockets-sansio",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@asynccontextmanager
async def running(
    faults: frozenset[str] = frozenset(),
    speed: float = 1.0,
    token: str = "demo-token",
    port: int = 0,
    mail_port: int = 0,
    sip_port: int = 0,
) -> AsyncGenerator[dict[str, Any]]:
    """A company that answers, as its announcement; OSError when a port is taken."""
    with _listening(0) as smtp, _listening(port) as web, _listening(mail_port) as mail:
        mailbox = Mailbox()
        company = Company(faults, speed, token, smtp=(HOST, _port(smtp)))
        app = application(company)
        exchange = Exchange(company, app, f"http://{HOST}:{_port(web)}")
        await exchange.open(HOST, sip_port)
        told = announcement(company, _port(web), _port(mail), exchange.network.port)
        post_office = await asyncio.get_running_loop().create_server(mailbox.server, sock=smtp)
        servers = [Server(app), Server(mailbox.app())]
        pairs = zip(servers, (web, mail), strict=True)
        tasks = [asyncio.create_task(server.serve(sockets=[sock])) for server, sock in pairs]
        await asyncio.gather(*(server.ready.wait() for server in servers))
        try:
            yield told
        finally:
            for server in servers:
                server.should_exit = True
            await exchange.close()
            await asyncio.gather(*tasks)
            await company.close()
            post_office.close()


def _listening(port: int) -> socket.socket:
    # asyncio turns Nagle's algorithm off (40 ms an answer) only where the protocol is spelled out.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((HOST, port))
        sock.listen(1024)
    except OSError:
        sock.close()
        raise
    return sock


def _port(sock: socket.socket) -> int:
    port: int = sock.getsockname()[1]
    return port


def announcement(company: Company, web: int, mail: int, sip: int) -> dict[str, Any]:
    """Where everything is, as a test or a person needs it."""
    shop, sockets = f"http://{HOST}:{web}", f"ws://{HOST}:{web}"
    targets = {
        "shop": shop,
        "help-bot": f"{shop}/bot",
        "help-bot-socket": f"{sockets}/bot/socket",
        "shop-widget": shop,
        "support-line": f"{shop}/voice/welcome",
        "billing-desk": "client:billing-desk",
        "returns-desk": "client:returns-desk",
        "chat-desk": f"{sockets}/desk/billing/socket",
        "back-office": f"{shop}/api",
        "mailbox": f"http://{HOST}:{mail}",
        **_telephones(sip),
    }
    smtp = f"{company.smtp[0]}:{company.smtp[1]}"
    secrets = {
        "test_card": TEST_CARD,
        "declined_card": DECLINED,
        "account_password": PASSWORD,
        "account_totp": SECRET,
        "twilio_token": company.token,
        "sip_password": numbers.PASSWORD,
        "desk_password": registrar.PASSWORD,
    }
    return {
        "company": NAME,
        "targets": targets,
        "smtp": smtp,
        "secrets": secrets,
        "broken": sorted(company.faults),
    }


def _telephones(port: int) -> dict[str, str]:
    """What can be called over SIP, and where desks register."""
    lines = {"support-line-sip": numbers.MAIN, **numbers.TARGETS}
    desks = {f"{desk}-sip": desk for desk in registrar.DESKS}
    return {name: f"sip:{user}@{HOST}:{port}" for name, user in {**lines, **desks}.items()}
