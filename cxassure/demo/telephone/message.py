"""SIP messages: read, asked and written (RFC 3261 section 7)."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

COMPACT = {
    "i": "call-id", "m": "contact", "f": "from", "t": "to", "v": "via", "l": "content-length",
    "c": "content-type", "s": "subject", "k": "supported", "r": "refer-to", "x": "session-expires",
    "b": "referred-by", "o": "event",
}  # fmt: skip
REASONS = {
    100: "Trying", 180: "Ringing", 183: "Session Progress", 200: "OK", 202: "Accepted",
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 408: "Request Timeout", 415: "Unsupported Media Type",
    480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist",
    486: "Busy Here", 487: "Request Terminated", 488: "Not Acceptable Here",
    491: "Request Pending", 500: "Server Internal Error", 501: "Not Implemented",
    503: "Service Unavailable", 603: "Decline",
}  # fmt: skip
_LISTS = frozenset(("via", "route", "record-route", "contact"))
_COMMA = re.compile(r',(?=(?:[^"]*"[^"]*")*[^"]*$)(?![^<]*>)')
_URI = re.compile(
    r"(?P<scheme>sips?):(?:(?P<user>[^@;?>]*)@)?(?P<host>\[[^\]]+\]|[^:;?>\s]+)(?::(?P<port>\d+))?"
    r"(?P<params>(?:;[^;?>]*)*)(?:\?(?P<headers>[^>]*))?$",
    re.IGNORECASE,
)


class Malformed(ValueError):
    """What came is no SIP message."""


@dataclass
class Uri:
    """`sip:user@host:port;params?headers`; the port is 0 where none is given."""

    user: str
    host: str
    port: int = 0
    params: dict[str, str] = field(default_factory=dict)
    headers: list[tuple[str, str]] = field(default_factory=list)

    def __str__(self) -> str:
        port = f":{self.port}" if self.port else ""
        params = "".join(f";{k}={v}" if v else f";{k}" for k, v in self.params.items())
        user = quote(self.user, safe="+-_.!~*'()&=$,/") + "@" if self.user else ""
        return f"sip:{user}{self.host}{port}{params}"

    @property
    def place(self) -> tuple[str, int]:
        return self.host.strip("[]"), self.port or 5060


@dataclass
class Address:
    """`"Display" <uri>;params`, as From, To, Contact, Route and Refer-To hold it."""

    uri: Uri
    params: dict[str, str]


def uri(text: str) -> Uri:
    """Malformed where it is not a SIP address."""
    found = _URI.match(text.strip())
    if not found:
        raise Malformed(f"no SIP address: {text[:80]!r}")
    pairs = [pair.partition("=") for pair in (found["headers"] or "").split("&") if pair]
    embedded = [(unquote(name), unquote(value)) for name, _, value in pairs]
    user = unquote(found["user"] or "")
    port = int(found["port"] or 0)
    return Uri(user, found["host"], port, parameters(found["params"] or ""), embedded)


def address(text: str) -> Address:
    """A header with an address, the angle brackets optional."""
    if "<" in text:
        _, _, rest = text.partition("<")
        inside, _, behind = rest.partition(">")
        return Address(uri(inside), parameters(behind))
    bare, _, behind = text.partition(";")
    return Address(uri(bare), parameters(behind))


def parameters(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in text.split(";") if part.strip()]
    return {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}


@dataclass
class Message:
    """A request or a response; header names are kept as they came, asked for in lower case."""

    start: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: str = ""

    @property
    def status(self) -> int:
        """Of a response; 0 for a request."""
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0") else 0

    @property
    def method(self) -> str:
        """Of a request, or of what a response answers."""
        return self.get("cseq").split()[-1] if self.status else self.start.split()[0]

    @property
    def uri(self) -> Uri:
        return uri(self.start.split()[1])

    @property
    def cseq(self) -> int:
        return int(self.get("cseq").split()[0])

    @property
    def branch(self) -> str:
        return parameters(self.get("via").partition(";")[2]).get("branch", "")

    def get(self, name: str) -> str:
        return next((value for key, value in self.headers if _name(key) == name), "")

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if _name(key) == name]

    def tag(self, name: str) -> str:
        """Of `from` or `to`."""
        return address(self.get(name)).params.get("tag", "")

    def put(self, name: str, value: str) -> None:
        """Set a header, in its place if it is there."""
        for place, (key, _) in enumerate(self.headers):
            if _name(key) == name.lower():
                self.headers[place] = (key, value)
                return
        self.headers.append((name, value))

    def encoded(self) -> bytes:
        body = self.body.encode()
        kept = [(k, v) for k, v in self.headers if _name(k) != "content-length"]
        lines = [self.start, *(f"{k}: {v}" for k, v in kept), f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + body


def _name(key: str) -> str:
    lower = key.lower()
    return COMPACT.get(lower, lower)


def parse(data: bytes) -> Message:
    """Read one message, leniently: folded lines and bare line feeds are taken. Malformed if not."""
    head, _, body = data.replace(b"\r\n", b"\n").partition(b"\n\n")
    text = re.sub(r"\n[ \t]+", " ", head.decode("utf-8", "replace").lstrip("\n"))
    start, *lines = text.split("\n")
    headers: list[tuple[str, str]] = []
    for line in lines:
        name, _, value = line.partition(":")
        name, value = name.strip(), value.strip()
        parts = _COMMA.split(value) if _name(name) in _LISTS else [value]
        headers += [(name, part.strip()) for part in parts]
    message = Message(start, headers, body.decode("utf-8", "replace"))
    _check(message)
    return message


def _check(message: Message) -> None:
    """What every message must have to be worked with at all."""
    try:
        fine = message.status or message.start.endswith("SIP/2.0")
        fine = fine and all(message.get(name) for name in ("via", "call-id", "from", "to"))
        address(message.get("from")), address(message.get("to"))
        if not fine or message.cseq < 0 or not message.method:
            raise Malformed(f"no SIP message: {message.start[:80]!r}")
    except (ValueError, IndexError) as problem:
        raise Malformed(f"no SIP message: {message.start[:80]!r}") from problem


def response(request: Message, status: int, tag: str = "", reason: str = "") -> Message:
    """The answer to a request, with what RFC 3261 section 8.2.6 copies."""
    copied = [(k, v) for k, v in request.headers if _name(k) in ("via", "from", "call-id", "cseq")]
    to = request.get("to")
    if tag and "tag" not in address(to).params:
        to = f"{to};tag={tag}"
    start = f"SIP/2.0 {status} {reason or REASONS.get(status, 'Unknown')}"
    routes = [("Record-Route", route) for route in request.all("record-route")]
    return Message(start, [*copied, ("To", to), *(routes if status > 100 else [])])


def token() -> str:
    return secrets.token_hex(8)
