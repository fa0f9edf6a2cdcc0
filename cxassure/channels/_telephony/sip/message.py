"""SIP messages: requests and responses as values, written to bytes (RFC 3261 section 7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cxassure.channels._telephony.sip.causes import PHRASES
from cxassure.channels._telephony.sip.headers import CSeq, Headers, Via, one_line
from cxassure.channels._telephony.sip.uri import Address

SDP = "application/sdp"


@dataclass
class Message:
    """What requests and responses share. `raw` is what came, byte for byte; empty for our own.

    `odd` tells what was wrong with how it was written and was let pass. `charset` is how its text
    was read (UTF-8, else Latin-1) and is answered.
    """

    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    raw: bytes = b""
    charset: str = "utf-8"
    odd: tuple[str, ...] = ()

    @property
    def first_line(self) -> str:
        raise NotImplementedError

    @property
    def call_id(self) -> str:
        return self.headers.get("Call-ID")

    @property
    def from_(self) -> Address:
        return Address.read(self.headers.get("From"))

    @property
    def to(self) -> Address:
        return Address.read(self.headers.get("To"))

    @property
    def cseq(self) -> CSeq:
        return CSeq.read(self.headers.get("CSeq"))

    @property
    def via(self) -> Via:
        """The topmost."""
        return Via.read(next(iter(self.headers.each("Via")), ""))

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type").partition(";")[0].strip().lower()

    @property
    def sdp(self) -> bytes:
        """The session description, also out of a multipart body; empty where there is none."""
        if self.content_type == SDP or (self.body and not self.content_type):
            return self.body
        if not self.content_type.startswith("multipart/"):
            return b""
        marker = self.headers.get("Content-Type").partition("boundary=")[2].strip('" ;')
        for part in self.body.split(b"--" + (marker or "-").encode()):
            head, _, rest = part.replace(b"\r\n", b"\n").lstrip(b"\n").partition(b"\n\n")
            if SDP.encode() in head.lower():
                return rest.strip().replace(b"\n", b"\r\n") + b"\r\n"
        return b""

    def carry(self, body: bytes, content_type: str = SDP) -> None:
        """Puts `body` in; nothing where it is empty."""
        self.body = body
        if body:
            self.headers.put("Content-Type", content_type)

    def encode(self) -> bytes:
        """As it goes over the wire."""
        lines = [one_line(self.first_line)]
        lines += [f"{n}: {v}" for n, v in self.headers if n.lower() != "content-length"]
        lines.append(f"Content-Length: {len(self.body)}")
        head = "\r\n".join(lines).encode(self.charset, "replace")
        return head + b"\r\n\r\n" + self.body


@dataclass
class Request(Message):
    """A request; `uri` is as it stands in the request line."""

    method: str = ""
    uri: str = ""

    @property
    def first_line(self) -> str:
        return f"{self.method} {self.uri} SIP/2.0"


@dataclass
class Response(Message):
    """A response. `ours` is one that nobody sent: no answer came, or nothing could be sent."""

    code: int = 0
    reason: str = ""
    ours: bool = False

    @property
    def first_line(self) -> str:
        return f"SIP/2.0 {self.code} {self.reason}"

    @property
    def final(self) -> bool:
        return self.code >= 200

    @property
    def good(self) -> bool:
        return 200 <= self.code < 300


def reply(
    request: Request,
    code: int,
    reason: str = "",
    *,
    tag: str = "",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    content_type: str = SDP,
) -> Response:
    """A response to `request`: its Via, From, To (tagged), Call-ID and CSeq (section 8.2.6)."""
    copied = Headers()
    for name in ("Via", "From", "To", "Call-ID", "CSeq"):
        for value in request.headers.all(name):
            copied.add(name, value)
    if tag and code > 100 and not request.to.tag:
        copied.put("To", f"{request.headers.get('To')};tag={tag}")
    answer = Response(
        copied, charset=request.charset, code=code, reason=reason or PHRASES.get(code, "Unknown")
    )
    if 100 < code < 300:
        for value in request.headers.all("Record-Route"):
            copied.add("Record-Route", value)
    if "Timestamp" in request.headers:
        copied.add("Timestamp", request.headers.get("Timestamp"))
    copied.extend(headers or {})
    answer.carry(body, content_type)
    return answer
