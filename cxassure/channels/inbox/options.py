"""What a target may set for each kind of mailbox."""

from __future__ import annotations

import msgspec


class MailpitOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`token` (bearer), `basic` (`user:password`) and `headers` let us in."""

    token: str = ""
    basic: str = ""
    headers: dict[str, str] = {}


class SmtpOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Our own listener has none."""
