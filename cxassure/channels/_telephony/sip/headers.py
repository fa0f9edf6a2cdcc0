"""The headers of a SIP message: in their order, whatever their case, long or compact form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from cxassure.channels._telephony.sip.uri import (
    Address,
    Params,
    read_params,
    split,
    write_params,
)

COMPACT = {
    "a": "Accept-Contact", "b": "Referred-By", "c": "Content-Type", "d": "Request-Disposition",
    "e": "Content-Encoding", "f": "From", "i": "Call-ID", "j": "Reject-Contact",
    "k": "Supported", "l": "Content-Length", "m": "Contact", "o": "Event", "r": "Refer-To",
    "s": "Subject", "t": "To", "u": "Allow-Events", "v": "Via", "x": "Session-Expires",
    "y": "Identity",
}  # fmt: skip
_LONG = {short: long.lower() for short, long in COMPACT.items()}
_NOT_TOKEN = re.compile(r"[^A-Za-z0-9!%*_+`'~.-]")


def key(name: str) -> str:
    """The name by which a header is found: lower case, compact forms spelt out."""
    lower = name.strip().lower()
    return _LONG.get(lower, lower)


def number(text: str | None, otherwise: int = 0, most: int = 2**31 - 1) -> int:
    """The digits at the beginning of `text`, at most `most`; `otherwise` where there are none."""
    found = re.match(r"\s*([0-9]{1,12})", text or "")
    return min(int(found[1]), most) if found else otherwise


class Headers:
    """An ordered list of (name, value); names are compared in any case and form.

    A line break can never be put in: it becomes a space, so that no value makes a header.
    """

    __slots__ = ("pairs",)

    def __init__(self, pairs: Iterable[tuple[str, str]] | Mapping[str, str] = ()) -> None:
        items = pairs.items() if isinstance(pairs, Mapping) else pairs
        self.pairs = [(name, one_line(value)) for name, value in items]

    def get(self, name: str, otherwise: str = "") -> str:
        """The first value."""
        wanted = key(name)
        return next((v for n, v in self.pairs if key(n) == wanted), otherwise)

    def all(self, name: str) -> list[str]:
        """Every value as its line has it."""
        wanted = key(name)
        return [v for n, v in self.pairs if key(n) == wanted]

    def each(self, name: str) -> list[str]:
        """Every value, those in one line with commas taken apart."""
        return [part for v in self.all(name) for part in split(v, ",") if part]

    def words(self, name: str) -> frozenset[str]:
        """The values as words in lower case: `Supported`, `Require`, `Allow`."""
        return frozenset(part.lower() for part in self.each(name))

    def address(self, name: str) -> Address:
        """The first value as an address."""
        return Address.read(next(iter(self.each(name)), ""))

    def addresses(self, name: str) -> list[Address]:
        return [Address.read(part) for part in self.each(name)]

    def add(self, name: str, value: str) -> None:
        self.pairs.append((token(name), one_line(value)))

    def first(self, name: str, value: str) -> None:
        """Puts a header before all others."""
        self.pairs.insert(0, (token(name), one_line(value)))

    def put(self, name: str, value: str) -> None:
        """Sets the only one of its name."""
        self.drop(name)
        self.add(name, value)

    def drop(self, name: str) -> None:
        wanted = key(name)
        self.pairs = [(n, v) for n, v in self.pairs if key(n) != wanted]

    def extend(self, more: Mapping[str, str]) -> None:
        """Adds what a person asked for; of a name that a message has once, theirs wins."""
        for name, value in more.items():
            (self.put if key(name) in _ONCE else self.add)(name, value)

    def copy(self) -> Headers:
        return Headers(self.pairs)

    def __contains__(self, name: str) -> bool:
        wanted = key(name)
        return any(key(n) == wanted for n, _ in self.pairs)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.pairs)


_ONCE = frozenset(
    "contact content-type subject user-agent from to max-forwards referred-by replaces expires "
    "session-expires min-se session-id".split()
)


def one_line(text: str) -> str:
    return re.sub(r"[\r\n\0]+[ \t]*", " ", text).strip()


def token(name: str) -> str:
    return _NOT_TOKEN.sub("", name) or "X-Unnamed"


@dataclass(frozen=True, slots=True)
class CSeq:
    """A request's number and method."""

    number: int
    method: str

    @classmethod
    def read(cls, text: str) -> CSeq:
        digits, _, method = text.strip().partition(" ")
        return cls(number(digits, -1), method.strip().upper())

    def __str__(self) -> str:
        return f"{self.number} {self.method}"


@dataclass(frozen=True, slots=True)
class Via:
    """One hop that a request has gone (RFC 3261 section 20.42, rport: RFC 3581)."""

    transport: str
    sent_by: str
    params: Params = ()

    @classmethod
    def read(cls, text: str) -> Via:
        head, _, params = text.partition(";")
        words = head.replace("/ ", "/").replace(" /", "/").split()
        transport = words[0].rpartition("/")[2].upper() if words else ""
        return cls(transport, words[1] if len(words) > 1 else "", read_params(params))

    def param(self, name: str) -> str | None:
        return dict(self.params).get(name)

    @property
    def branch(self) -> str:
        return self.param("branch") or ""

    @property
    def place(self) -> tuple[str, int]:
        """Host without brackets, and port, 0 where none is given."""
        found = re.match(r"(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?", self.sent_by)
        assert found
        return found[1].strip("[]"), int(found[2] or 0)

    def stamped(self, host: str, port: int) -> Via:
        """With where it really came from: `received`, and `rport` where the sender asks."""
        params = [pair for pair in self.params if pair[0] not in ("received", "rport")]
        if self.place[0] != host or self.param("rport") is not None:
            params.append(("received", host))
        if self.param("rport") is not None:
            params.append(("rport", str(port)))
        return Via(self.transport, self.sent_by, tuple(params))

    def __str__(self) -> str:
        return f"SIP/2.0/{self.transport} {self.sent_by}{write_params(self.params)}"
