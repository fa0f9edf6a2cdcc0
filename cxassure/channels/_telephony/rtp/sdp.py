"""A session description read leniently and written strictly (RFC 8866)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

LONGEST = 65536
"""Bytes of a description that are read."""
MOST_STREAMS = 32


@dataclass(slots=True)
class Stream:
    """One m-line and what belongs to it; `address` is its own c-line's, "" where it has none."""

    kind: str
    port: int
    protocol: str
    formats: list[str]
    address: str = ""
    attributes: list[tuple[str, str]] = field(default_factory=list)

    def all(self, name: str) -> Iterator[str]:
        """The values of an attribute, in order; a flag's is ""."""
        return (value for key, value in self.attributes if key == name)

    def first(self, name: str) -> str | None:
        return next(self.all(name), None)

    def lines(self) -> Iterator[str]:
        yield f"m={self.kind} {self.port} {self.protocol} {' '.join(self.formats) or '0'}"
        if self.address:
            yield f"c=IN {family(self.address)} {self.address}"
        yield from (f"a={key}:{value}" if value else f"a={key}" for key, value in self.attributes)


@dataclass(slots=True)
class Description:
    """`session` and `version` are the o-line's; `address` is the c-line of the whole session."""

    session: int = 0
    version: int = 0
    address: str = ""
    streams: list[Stream] = field(default_factory=list)
    attributes: list[tuple[str, str]] = field(default_factory=list)

    def first(self, name: str) -> str | None:
        return next((value for key, value in self.attributes if key == name), None)

    def pack(self) -> bytes:
        """As it is sent; one session-wide c-line, streams with their own where they differ."""
        here = self.address or "127.0.0.1"
        lines = [
            "v=0",
            f"o=cxassure {self.session} {self.version} IN {family(here)} {here}",
            "s=cxassure",
            f"c=IN {family(here)} {here}",
            "t=0 0",
        ]
        for key, value in self.attributes:
            lines.append(f"a={key}:{value}" if value else f"a={key}")
        for stream in self.streams:
            lines += stream.lines()
        return ("\r\n".join(lines) + "\r\n").encode()


def family(address: str) -> str:
    return "IP6" if ":" in address else "IP4"


def read(data: bytes) -> Description:
    """What a description says; lines that make no sense are passed over, never an exception."""
    told = Description()
    for line in re.split(r"[\r\n]+", data[:LONGEST].decode("utf-8", "replace")):
        key, equals, value = line.strip().partition("=")
        if equals and len(key) == 1:
            _take(told, key.lower(), value.strip())
    return told


def _take(told: Description, key: str, value: str) -> None:
    stream = told.streams[-1] if told.streams else None
    if key == "m" and len(told.streams) < MOST_STREAMS:
        told.streams.append(_stream(value))
    elif key == "c":
        (stream or told).address = _address(value)
    elif key == "a":
        name, _, content = value.partition(":")
        (stream or told).attributes.append((name.strip().lower(), content.strip()))
    elif key == "o":
        words = value.split()
        told.session, told.version = (number(word) for word in (*words[1:3], "", "")[:2])


def _stream(value: str) -> Stream:
    words = value.split()
    kind, port, protocol = (*words[:3], "", "", "")[:3]
    return Stream(kind.lower(), port_number(port.partition("/")[0]), protocol.upper(), words[3:])


def _address(value: str) -> str:
    """The address of a c-line, without the time to live and count of a group."""
    words = value.split()
    return words[2].partition("/")[0] if len(words) > 2 else ""


def number(text: str | None, otherwise: int = 0) -> int:
    """A number of at most 20 ASCII digits; anything else is `otherwise`."""
    return int(text) if text and re.fullmatch(r"[0-9]{1,20}", text) else otherwise


def port_number(text: str) -> int:
    """A port; 0, which refuses a stream, where there is none."""
    port = number(text)
    return port if port < 65536 else 0
