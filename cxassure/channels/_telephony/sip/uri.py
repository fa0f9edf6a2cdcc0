"""Addresses of SIP: URIs, and URIs with a display name and parameters, read leniently."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import unquote

Params = tuple[tuple[str, str], ...]

_URI = re.compile(
    r"(?:([^@]*)@)?(\[[^\]]*\]|[^:;?@\[\]]*)(?::(\d{1,5}))?(;[^?]*)?(?:\?(.*))?$", re.DOTALL
)
_NAMED = re.compile(r'("(?:[^"\\]|\\.)*"\s*|[^<"]*)<([^>]*)>?(.*)$', re.DOTALL)
PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061}


def split(text: str, separator: str) -> Iterator[str]:
    """Parts of `text` between separators that stand outside quotes and angle brackets."""
    quoted = angled = escaped = False
    start = 0
    for at, char in enumerate(text):
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = quoted
        elif char == '"':
            quoted = not quoted
        elif not quoted and char in "<>":
            angled = char == "<"
        elif char == separator and not quoted and not angled:
            yield text[start:at].strip()
            start = at + 1
    yield text[start:].strip()


def read_params(text: str, separator: str = ";") -> Params:
    """`;lr;tag=x` as pairs, names in lower case; a parameter without a value gives an empty one."""
    pairs = (part.partition("=") for part in split(text, separator) if part)
    return tuple((name.strip().lower(), unquoted(value.strip())) for name, _, value in pairs)


def unquoted(text: str) -> str:
    """Without the quotes around it and the backslashes in them."""
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)
    return text


def write_params(params: Params) -> str:
    return "".join(f";{name}={_value(value)}" if value else f";{name}" for name, value in params)


def _value(text: str) -> str:
    if re.fullmatch(r"[^\s\";,<>]*", text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@dataclass(frozen=True, slots=True)
class Uri:
    """A `sip:`, `sips:` or `tel:` URI (RFC 3261 section 19.1, RFC 3966).

    `user` is as it was written, escapes and all; `host` has no brackets; `port` 0 is none given;
    `headers` are those embedded after `?`, unescaped.
    """

    scheme: str
    user: str
    host: str
    port: int = 0
    params: Params = ()
    headers: Params = ()

    @classmethod
    def read(cls, text: str) -> Uri:
        """Raises `ValueError` where the text is no URI that a telephone could dial."""
        scheme, colon, rest = text.strip().partition(":")
        scheme = scheme.lower()
        if not colon or scheme not in ("sip", "sips", "tel"):
            raise ValueError(f"«{text[:80]}» is no sip:, sips: or tel: URI")
        if scheme == "tel":
            number, _, params = rest.partition(";")
            return cls("tel", number, "", 0, read_params(params))
        found = _URI.match(rest)
        if not found or not found[2]:
            raise ValueError(f"«{text[:80]}» names no host")
        port = int(found[3] or 0)
        if port > 65535 or re.search(r"[\s<>\"]", found[2]):
            raise ValueError(f"«{text[:80]}» has no address that could be reached")
        return cls(
            scheme,
            found[1] or "",
            found[2].strip("[]"),
            port,
            read_params(found[4] or ""),
            tuple(_embedded(found[5] or "")),
        )

    def param(self, name: str) -> str | None:
        return dict(self.params).get(name)

    @property
    def number(self) -> str:
        """The user part for a person: unescaped, without a password or parameters."""
        return unquote(self.user).partition(";")[0].partition(":")[0]

    @property
    def transport(self) -> str:
        """`udp`, `tcp` or `tls` where the URI asks for one, else empty."""
        if self.scheme == "sips":
            return "tls"
        asked = (self.param("transport") or "").lower()
        return asked if asked in PORTS else ""

    @property
    def place(self) -> str:
        """`host:port` as it stands in a URI."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" if self.port else host

    def bare(self) -> Uri:
        """Fit for a request line: without embedded headers and `method`."""
        params = tuple(pair for pair in self.params if pair[0] != "method")
        return replace(self, params=params, headers=())

    def __str__(self) -> str:
        if self.scheme == "tel":
            return f"tel:{self.user}{write_params(self.params)}"
        user = f"{self.user}@" if self.user else ""
        asked = "&".join(f"{name}={escape(value)}" for name, value in self.headers)
        embedded = f"?{asked}" if asked else ""
        return f"{self.scheme}:{user}{self.place}{write_params(self.params)}{embedded}"


def escape(text: str) -> str:
    """Percent-escaped for a header embedded in a URI."""
    kept = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()"
    return "".join(c if c in kept else "".join(f"%{b:02X}" for b in c.encode()) for c in text)


def _embedded(text: str) -> Iterator[tuple[str, str]]:
    for part in text.split("&"):
        name, _, value = part.partition("=")
        if name:
            yield unquote(name), unquote(value)


@dataclass(frozen=True, slots=True)
class Address:
    """A name-addr: `"Billing" <sip:2@host>;tag=x` (RFC 3261 section 20.10)."""

    uri: str
    name: str = ""
    params: Params = ()

    @classmethod
    def read(cls, text: str) -> Address:
        """Never raises: what cannot be read as an address is all `uri`."""
        found = _NAMED.match(text.strip())
        if found:
            name = unquoted(found[1].strip())
            return cls(found[2].strip(), name, read_params(found[3]))
        uri, _, params = text.strip().partition(";")
        return cls(uri.strip(), "", read_params(params))

    def param(self, name: str) -> str | None:
        return dict(self.params).get(name)

    @property
    def tag(self) -> str:
        return self.param("tag") or ""

    def tagged(self, tag: str) -> Address:
        others = tuple(pair for pair in self.params if pair[0] != "tag")
        return replace(self, params=(*others, ("tag", tag)) if tag else others)

    @property
    def number(self) -> str:
        """The user part of the URI, else the URI itself."""
        try:
            uri = Uri.read(self.uri)
        except ValueError:
            return self.uri
        return uri.number or uri.host

    def __str__(self) -> str:
        escaped = self.name.replace("\\", "\\\\").replace('"', '\\"')
        name = f'"{escaped}" ' if self.name else ""
        return f"{name}<{self.uri}>{write_params(self.params)}"
