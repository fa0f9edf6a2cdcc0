"""Bytes to SIP messages, as leniently as one may: what is odd is noted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cxassure.channels._telephony.sip.headers import COMPACT, Headers, number
from cxassure.channels._telephony.sip.message import Message, Request, Response

LARGEST = 65_535
"""Bytes of one message, head and body; what is longer is refused."""
MOST_HEADERS = 300

_BLANK = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"^(?:content-length|l)[ \t]*:[ \t]*([0-9]{1,9})[ \t]*\r?$", re.I | re.M)
_STATUS = re.compile(r"SIP/\d+\.\d+\s+([1-6]\d\d)(?:\s+(.*))?$", re.I)
_REQUEST = re.compile(r"([A-Za-z0-9!%*_+`'~.-]{1,64})\s+(\S+)\s+SIP/\d+\.\d+$", re.I)
_NAME = re.compile(r"[A-Za-z0-9!%*_+`'~.-]+$")
NEEDED = ("Via", "From", "To", "Call-ID", "CSeq")


class Unparsable(ValueError):
    """These bytes are no SIP message; the text says why."""


def parse(data: bytes) -> Request | Response:
    """One message out of one datagram, or one frame of a stream (RFC 3261 sections 7 and 18.3).

    Folded and compact headers, bare line feeds, Latin-1, a missing phrase and a wrong length are
    read and noted in `odd`. Raises `Unparsable` and nothing else.
    """
    if len(data) > LARGEST:
        raise Unparsable(f"{len(data)} bytes, more than the {LARGEST} that are read")
    head, body, odd = _halves(data.lstrip(b"\r\n"))
    text, charset = _text(head)
    lines = list(_unfolded(text))
    message = _begun(lines[0] if lines else "")
    message.headers = Headers(_headers(lines[1:], odd))
    message.raw, message.charset = data, charset
    message.body = _body(message, body, odd)
    missing = [name for name in NEEDED if name not in message.headers]
    if missing:
        raise Unparsable(f"without {', '.join(missing)}")
    if message.cseq.number < 0:
        raise Unparsable("with a CSeq that has no number")
    message.odd = tuple(odd)
    return message


def _halves(data: bytes) -> tuple[bytes, bytes, list[str]]:
    blank = _BLANK.search(data)
    head, body = (data[: blank.start()], data[blank.end() :]) if blank else (data, b"")
    odd = [] if blank else ["no blank line after the headers"]
    if re.search(rb"(?<!\r)\n", head) or (blank and blank[0] != b"\r\n\r\n"):
        odd.append("bare line feeds")
    return head, body, odd


def _text(head: bytes) -> tuple[str, str]:
    try:
        return head.decode(), "utf-8"
    except UnicodeDecodeError:
        return head.decode("latin-1"), "latin-1"


def _unfolded(text: str) -> Iterator[str]:
    line = ""
    for part in text.split("\n"):
        part = part.rstrip("\r")
        if part[:1] in (" ", "\t") and line:
            line += " " + part.strip()
            continue
        if line:
            yield line
        line = part
    if line:
        yield line


def _begun(line: str) -> Request | Response:
    status = _STATUS.match(line.strip())
    if status:
        return Response(code=int(status[1]), reason=(status[2] or "").strip())
    asked = _REQUEST.match(line.strip())
    if not asked:
        raise Unparsable(f"begins with «{line[:60]}»")
    return Request(method=asked[1].upper(), uri=asked[2])


def _headers(lines: list[str], odd: list[str]) -> Iterator[tuple[str, str]]:
    if len(lines) > MOST_HEADERS:
        raise Unparsable(f"{len(lines)} headers, more than the {MOST_HEADERS} that are read")
    for line in lines:
        name, colon, value = line.partition(":")
        name = name.strip()
        if colon and _NAME.match(name):
            yield COMPACT.get(name.lower(), name), value.strip()
        else:
            odd.append(f"«{line[:40]}» is no header")


def _body(message: Message, body: bytes, odd: list[str]) -> bytes:
    told = message.headers.get("Content-Length")
    length = number(told, -1)
    if length < 0:
        odd += [f"Content-Length «{told[:20]}»"] if told else []
        return body
    if length > len(body):
        odd.append(f"Content-Length {length}, but {len(body)} bytes of body")
    return body[:length]


class Framer:
    """Cuts a stream into messages by Content-Length (section 18.3).

    `feed` raises `Unparsable` where no end can be found any more: the connection is of no use.
    """

    def __init__(self) -> None:
        self._kept = bytearray()
        self._searched = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that `data` completes; a keep-alive of two line breaks (RFC 5626) is
        given as `b""`."""
        self._kept += data
        found = []
        while (frame := self._next()) is not None:
            found.append(frame)
        if len(self._kept) > LARGEST:
            raise Unparsable(f"{len(self._kept)} bytes without the end of a message")
        return found

    def _next(self) -> bytes | None:
        if self._kept.startswith(b"\r\n\r\n"):
            del self._kept[:4]
            return b""
        while self._kept.startswith((b"\r", b"\n")) and len(self._kept) > 3:
            del self._kept[:1]
            self._searched = 0
        blank = _BLANK.search(self._kept, self._searched)
        if not blank or not blank.start():
            self._searched = max(0, len(self._kept) - 3)
            return None
        length = _LENGTH.search(self._kept, 0, blank.start() + 1)
        end = blank.end() + (int(length[1]) if length else 0)
        if end > LARGEST:
            raise Unparsable(f"a message of {end} bytes")
        if len(self._kept) < end:
            return None
        frame = bytes(self._kept[:end])
        del self._kept[:end]
        self._searched = 0
        return frame
