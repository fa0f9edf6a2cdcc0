"""Serving: where the dashboard listens, and whom it refuses to listen for."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from cxassure.errors import UsageError
from cxassure.surfaces.dashboard.app import FOLDER, Setting, application
from cxassure.surfaces.dashboard.oidc import Provider
from cxassure.surfaces.dashboard.people import People, Role
from cxassure.workspace import Workspace

NEAR = ("127.0.0.1", "::1", "localhost")
PORT = 8765


@dataclass(frozen=True, slots=True)
class Wish:
    """How it is to be served: `url` is its public address where a proxy stands before it; `issuer`,
    `client` and `secret` are of an OpenID Connect provider, `others` what its people may do who
    are not listed here. `push` lists hosts in our own network that may be push services, `proxies`
    addresses and networks (CIDR) whose word is taken for who asks; this machine's always is."""

    host: str = "127.0.0.1"
    port: int = PORT
    url: str = ""
    certificate: Path | None = None
    key: Path | None = None
    issuer: str = ""
    client: str = ""
    secret: str = ""
    others: Role | None = None
    push: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()

    @property
    def near(self) -> bool:
        """Whether only this machine reaches it."""
        try:
            return self.host == "localhost" or ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def secure(self) -> bool:
        """Whether browsers reach it over TLS."""
        return bool(self.certificate) or self.url.startswith("https://")

    def address(self, port: int) -> str:
        """Where a browser finds it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.url.rstrip("/") or f"{'https' if self.secure else 'http'}://{host}:{port}"


def checked(wish: Wish, people: People) -> Wish:
    """`wish`, when it lets in nobody whom nobody knows. Raises `UsageError`."""
    parts = urlsplit(wish.url)
    if wish.url and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise UsageError(f"«{wish.url}» is no address", "write --url https://cx.example.org")
    if bool(wish.certificate) != bool(wish.key):
        raise UsageError("a certificate goes with its key", "add --tls-cert and --tls-key")
    for proxy in wish.proxies:
        if not _network(proxy):
            hint = "write 10.0.0.7 or 10.0.0.0/24"
            raise UsageError(f"«{proxy}» is no address of a proxy, nor a network", hint)
    if wish.issuer and not (wish.client and wish.secret):
        raise UsageError("a sign-in needs a client and its secret", "cxassure serve --help")
    if wish.issuer and not _safe(wish.issuer):
        raise UsageError("a sign-in is an https:// address", "http is for this machine")
    away = not wish.near or (wish.url and parts.hostname not in NEAR)
    known = any(person.password for person in people.known().people.values())
    if away and not (known or wish.issuer):
        what = (
            f"nobody is known who may look, and {wish.url or wish.host} is not this machine alone"
        )
        raise UsageError(
            what, "add somebody: cxassure user add NAME --role admin (or --oidc-issuer)"
        )
    if away and not wish.secure:
        what = "passwords and sessions would go over the network in the clear"
        hint = "add --tls-cert and --tls-key, or --url https://… of the proxy that stands before it"
        raise UsageError(what, hint)
    return wish


def setting_of(wish: Wish, port: int) -> Setting:
    """Hosts, TLS, the link's token and the provider that a wish comes to."""
    away = not wish.near or (wish.url and urlsplit(wish.url).hostname not in NEAR)
    hosts = {urlsplit(wish.url).hostname or ""} if wish.url else set()
    hosts |= set(NEAR) if wish.near else {wish.host}
    address = wish.address(port)
    provider = (
        Provider(wish.issuer, wish.client, wish.secret, address, wish.others)
        if wish.issuer
        else None
    )
    link = "" if away else secrets.token_urlsafe(24)
    known = frozenset(filter(None, hosts))
    return Setting(known, wish.secure, link, provider, near=not away, push=wish.push)


@contextlib.asynccontextmanager
async def running(
    workspace: Workspace, wish: Wish
) -> AsyncIterator[tuple[str, asyncio.Task[None]]]:
    """A dashboard that answers: the address that lets one in, and the task that serves.

    Raises `UsageError` for who must not be let in, or a port that is taken.
    """
    import uvicorn

    checked(wish, People(workspace.store.reports / FOLDER))
    listening = _listening(wish)
    with listening:
        port = listening.getsockname()[1]
        setting = setting_of(wish, port)
        app = application(workspace, setting)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(wish.url or wish.proxies),
            forwarded_allow_ips=[*NEAR, *wish.proxies],
            ssl_certfile=wish.certificate,
            ssl_keyfile=wish.key,
            timeout_graceful_shutdown=3,
            limit_concurrency=2000,
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started and not task.done():  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # uvicorn tells it by this flag alone
        address = wish.address(port)
        try:
            yield (f"{address}/login?token={setting.link}" if setting.link else address), task
        finally:
            await app.state.looking.end()
            server.should_exit = True
            await task


async def serve(workspace: Workspace, wish: Wish, say: Callable[[str], None]) -> None:
    """Serves until it is interrupted; `say` is told the address."""
    logging.getLogger("cxassure.dashboard").setLevel(logging.WARNING)
    async with running(workspace, wish) as (address, task):
        say(address)
        await task


def _listening(wish: Wish) -> socket.socket:
    family = socket.AF_INET6 if ":" in wish.host else socket.AF_INET
    # with its protocol named, without which asyncio leaves Nagle's algorithm on: 40 ms an answer
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((wish.host, wish.port))
    except OSError as wrong:
        made.close()
        what = f"nothing can listen at {wish.host}:{wish.port}: {wrong.strerror or wrong}"
        raise UsageError(what, "choose another: --port") from None
    made.listen(512)
    return made


def _network(text: str) -> bool:
    """Whether it is an address or a network, and not every address there is."""
    try:
        return ip_network(text).prefixlen > 0
    except ValueError:
        return False


def _safe(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in NEAR)
