"""Whom the agent may talk to: the hosts it was given and no others, wherever a message leads."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from cxassure.errors import CannotLook


class NotAllowed(CannotLook):
    """A message leads to a host that the agent was not given."""


class Allowed:
    """Names, addresses and networks (`10.0.0.0/8`); addresses of an allowed name are allowed once
    the name was resolved."""

    def __init__(self, hosts: Iterable[str]) -> None:
        self._names: set[str] = set()
        self._networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
        for host in hosts:
            self.add(host)

    def add(self, host: str) -> None:
        host = host.strip().strip("[]").lower().rstrip(".")
        try:
            self._networks.append(ipaddress.ip_network(host, strict=False))
        except ValueError:
            self._names.add(host)

    def permits(self, host: str) -> bool:
        host = host.strip("[]").lower().rstrip(".").partition("%")[0]
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return host in self._names
        mapped = getattr(address, "ipv4_mapped", None) or address
        return any(mapped in network for network in self._networks)

    def check(self, host: str, whence: str) -> None:
        """Raises `NotAllowed`, which says what led there."""
        if not self.permits(host):
            raise NotAllowed(
                f"{whence} leads to {host or 'no host'}, where we may not go",
                "if this host belongs to the company, list it under `also` of the target",
            )
