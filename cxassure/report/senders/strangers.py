"""Strangers: addresses that somebody gave us are asked only where they lie outside our network.

A name may lead anywhere, and elsewhere the next time: it is looked up before anything is
sent, and what was reached is looked at before a word is said (against DNS rebinding).
"""

from __future__ import annotations

import socket
from collections.abc import Collection
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cxassure.errors import UsageError

if TYPE_CHECKING:
    import requests

LONGEST = 2000
_BRIDGES = (IPv6Network("64:ff9b::/96"), IPv6Network("2002::/16"), IPv6Network("2001::/32"))
"""NAT64, 6to4 and Teredo: an IPv6 address in which any IPv4 address may hide."""

HINT = "ask the browser again"


def public(address: str) -> bool:
    """Whether a number is one of the internet: not ours, not this machine's, not a bridge."""
    number = ip_address(address.partition("%")[0])
    bridged = isinstance(number, IPv6Address) and any(number in one for one in _BRIDGES)
    return number.is_global and not number.is_multicast and not bridged


def checked(address: str, allowed: Collection[str] = ()) -> None:
    """Raises `UsageError` unless `address` is https and its host, looked up now, is only in the
    internet. Hosts that are `allowed` may be anywhere, and on this machine also without TLS."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise UsageError("that is no address of a push service", HINT) from None
    good = parts.scheme == "https" or (parts.scheme == "http" and host in allowed)
    if not host or not good or parts.username or len(address) > LONGEST:
        raise UsageError("that is no address of a push service", HINT)
    if host not in allowed and not _proxied(address):
        _looked_up(host, port or 443)


def _looked_up(host: str, port: int) -> None:
    try:
        found = {str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        raise UsageError("nobody knows the host of that push service", HINT) from None
    if not found or not all(map(public, found)):
        raise UsageError("that push service would lie in our own network", HINT)


def _proxied(address: str) -> bool:
    """Whether a proxy asks in our place: then names and numbers are its affair."""
    from requests.utils import get_environ_proxies

    return bool(get_environ_proxies(address))


def session(allowed: Collection[str] = ()) -> requests.Session:
    """Asks what is outside only, and follows nobody elsewhere."""
    import requests
    from requests.adapters import HTTPAdapter

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **more: Any) -> None:
            super().init_poolmanager(*args, **more)
            known = self.poolmanager.pool_classes_by_scheme
            watched = _watched(known["https"], allowed)
            self.poolmanager.pool_classes_by_scheme = {**known, "https": watched}

    made = requests.Session()
    made.max_redirects = 0
    made.mount("https://", Adapter())
    return made


def _watched(pool: Any, allowed: Collection[str]) -> Any:
    """`pool` (of urllib3, which requests brings) with connections that look at what they have
    reached before TLS begins."""
    kind = pool.ConnectionCls

    def reached(connection: Any) -> Any:
        made = kind._new_conn(connection)
        where = str(made.getpeername()[0])
        if connection.host not in allowed and not public(where):
            made.close()
            raise OSError("that lies in our own network")
        return made

    watching = type("Watching", (kind,), {"_new_conn": reached})
    return type("Watched", (pool,), {"ConnectionCls": watching})
