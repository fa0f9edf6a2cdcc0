"""Whether a name that does not resolve is the company's trouble, or this machine resolves none."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from cxassure.errors import CannotLook

_WITNESS = "example.org"
"""A name that resolves wherever name resolution works (RFC 2606 keeps it)."""
_PATIENCE = 5.0
"""Seconds that a name server may take."""


async def none_resolves(url: str, others: Iterable[str]) -> CannotLook | None:
    """What to raise where no name resolves, asked after that of `url` did not; `others` are
    addresses whose names are asked for too. None where one of them is known."""
    here = urlsplit(url).hostname or ""
    hosts = {urlsplit(other).hostname or "" for other in others} - {here}
    for host in [*sorted(filter(_is_name, hosts)), _WITNESS]:
        if await _resolves(host):
            return None
    return CannotLook(
        f"name resolution fails for everything, not only for {here}",
        "look at this machine's DNS settings",
    )


async def _resolves(host: str) -> bool:
    asked = asyncio.get_running_loop().getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    try:
        await asyncio.wait_for(asked, _PATIENCE)
    except (OSError, UnicodeError):  # a time-out is an OSError too
        return False
    return True


def _is_name(host: str) -> bool:
    """Whether `host` has to be looked up: an address says nothing of the name server."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host != ""
    return False
