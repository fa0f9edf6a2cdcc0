"""A mail as its reader takes it: subject, sender, text, links and attachments; all of it data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any

from cxassure.channels.inbox.html import Page

_URL = re.compile(r"https?://[^\s<>\"'\]}]+")
_TAIL = ".,;:!?)"
LONGEST = 100_000


@dataclass(frozen=True, slots=True)
class Mail:
    """`text` is the plain part, or the HTML part as it reads; `links` are in order, once each."""

    subject: str
    sender: str
    text: str
    links: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, subject: str, sender: str, plain: str, html: str, attachments: tuple[str, ...] = ()
    ) -> Mail:
        """A mail from its parts; either body may be empty."""
        page = Page.of(html[:LONGEST])
        text = "\n".join(plain.splitlines()).strip() or page.text
        written = [url.rstrip(_TAIL) for url in _URL.findall(text)]
        links = tuple(dict.fromkeys([*page.links, *written]))
        return cls(_line(subject), sender, text[:LONGEST], links, attachments)


def parse(raw: bytes) -> Mail:
    """The mail in `raw` (RFC 5322, MIME); what cannot be decoded is read as well as it goes."""
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    files = tuple(part.get_filename() or "unnamed" for part in message.iter_attachments())
    sender = parseaddr(_header(message, "From"))[1]
    return Mail.of(
        _header(message, "Subject"), sender, _body(message, "plain"), _body(message, "html"), files
    )


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, ""))
    except (
        ValueError,
        IndexError,
        AttributeError,
    ):  # the parser of broken headers has its own bugs
        return ""


def _body(message: EmailMessage, kind: str) -> str:
    part: Any = message.get_body((kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, ValueError):
        return bytes(part.get_payload(decode=True) or b"").decode("utf-8", "replace")


def _line(subject: str) -> str:
    return " ".join(subject.split())
