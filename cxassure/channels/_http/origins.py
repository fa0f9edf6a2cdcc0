"""Where a party may go: the origins that cxassure.yaml lists, and no other."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from cxassure.channel import Opening
from cxassure.errors import CannotLook

_PORTS = {"http": 80, "https": 443}
_SECURE = {"ws": "http", "wss": "https"}


def origin(url: str) -> str:
    """`scheme://host:port` of an HTTP or WebSocket address (RFC 6454), "" for any other.

    A WebSocket's origin is that of the page which may open it: `ws` counts as `http`.
    """
    try:
        parts = urlsplit(url.strip())
        scheme = _SECURE.get(parts.scheme.lower(), parts.scheme.lower())
        if scheme not in _PORTS or not parts.hostname:
            return ""
        return f"{scheme}://{parts.hostname.lower()}:{parts.port or _PORTS[scheme]}"
    except ValueError:
        return ""


def listed(opening: Opening) -> frozenset[str]:
    """The origins of this party's target, of all targets, and of what each lists in `also`."""
    targets = [opening.target, *opening.targets.values()]
    urls = [url for target in targets for url in (target.address, *target.also)]
    return frozenset(filter(None, map(origin, urls)))


def guard(opening: Opening, url: str) -> None:
    """Raises `CannotLook` unless `url` belongs to a listed origin."""
    here = origin(url)
    if not here:
        raise CannotLook(
            f"«{shown(url)}» is no address to be asked over HTTP",
            f"give target «{opening.target.name}» an http:// or https:// address in cxassure.yaml",
        )
    if here not in listed(opening):
        raise CannotLook(
            f"{here} is not a listed target",
            f"add its origin to `also:` of target «{opening.target.name}» in cxassure.yaml",
        )


def shown(url: str) -> str:
    """`url` as it may be told: without a user name and password; what is no address, its rest."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.partition("//")[2].rpartition("@")[2].lstrip("/") or "(not an address)"
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def on_loopback(url: str) -> bool:
    """Whether `url` names this machine, which no proxy can stand in front of."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
