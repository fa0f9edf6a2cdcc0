"""Who calls whom and with what in hand: what the headers of an INVITE tell of a call."""

from __future__ import annotations

import binascii
from dataclasses import dataclass

from cxassure.channels._telephony.sip.headers import Headers, key, number
from cxassure.channels._telephony.sip.message import Message, Request
from cxassure.channels._telephony.sip.uri import Address, Uri, read_params, split


@dataclass(frozen=True, slots=True)
class Diverted:
    """One stop before this one (Diversion, RFC 5806; History-Info, RFC 7044), and why."""

    number: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a call.

    `caller` is the number vouched for by the network (P-Asserted-Identity, RFC 3325), else the
    one of From; `called` is the number of To, `reached` that of the request line (another where
    the call was sent on). `user_to_user` (RFC 7433) is unpacked where it is text; `extra` is
    every header that SIP itself needs not, by its name as written.
    """

    caller: str
    name: str
    called: str
    reached: str
    asserted: tuple[str, ...]
    diverted: tuple[Diverted, ...]
    user_to_user: tuple[str, ...]
    session_id: str
    extra: dict[str, str]


def about(message: Message) -> About:
    """Never raises: what cannot be read is told as it was written."""
    headers = message.headers
    asserted = headers.addresses("P-Asserted-Identity")
    shown = asserted[0] if asserted else message.from_
    return About(
        caller=shown.number,
        name=shown.name or message.from_.name,
        called=message.to.number,
        reached=Address(message.uri).number if isinstance(message, Request) else "",
        asserted=tuple(a.number for a in asserted),
        diverted=tuple(_diverted(headers)),
        user_to_user=tuple(unpacked(v) for v in headers.each("User-to-User")),
        session_id=headers.get("Session-ID").partition(";")[0].strip(),
        extra={n: v for n, v in headers if key(n) not in _PLUMBING},
    )


def _diverted(headers: Headers) -> list[Diverted]:
    found = [Diverted(a.number, a.param("reason") or "") for a in headers.addresses("Diversion")]
    if found:
        return found[::-1]  # the newest stands first
    history = headers.addresses("History-Info")
    return [Diverted(a.number, _why(a)) for a in history[:-1]]


def _why(address: Address) -> str:
    try:
        embedded = dict(Uri.read(address.uri).headers)
    except ValueError:
        return ""
    told = next((v for n, v in embedded.items() if n.lower() == "reason"), "")
    protocol, _, rest = told.partition(";")
    cause = number(dict(read_params(rest)).get("cause"))
    return f"{protocol.strip()} {cause}" if cause else protocol.strip()


def unpacked(value: str) -> str:
    """The text of a User-to-User value: hexadecimal is read, with a protocol discriminator of
    `00` (RFC 7433 section 4.1) or `04` (text) left out; anything else stays as it is."""
    data, *_ = split(value, ";")
    params = dict(read_params(value.partition(";")[2]))
    if params.get("encoding", "hex").lower() != "hex" or data.startswith('"'):
        return data.strip('"')
    try:
        raw = binascii.unhexlify(data)
        text = (raw[1:] if raw[:1] in (b"\x00", b"\x04") else raw).decode()
    except (ValueError, UnicodeDecodeError):
        return data
    return text if text and text.isprintable() else data


def packed(text: str) -> str:
    """A User-to-User value for `text`: hexadecimal, as the RFC has it by default."""
    return f"{text.encode().hex()};encoding=hex"


_PLUMBING = frozenset(
    "via from to call-id cseq contact max-forwards route record-route content-type content-length "
    "content-encoding content-disposition allow supported require proxy-require user-agent accept "
    "accept-encoding accept-language allow-events authorization proxy-authorization expires date "
    "session-expires min-se session-id p-asserted-identity diversion history-info user-to-user "
    "mime-version timestamp privacy".split()
)
