"""The telephone numbers of the company: what answers at which."""

from __future__ import annotations

from dataclasses import dataclass

MAIN = "+15550199"


@dataclass(frozen=True)
class Number:
    """One number: the way its tree transfers, whether it wants a password, how it rings."""

    way: str = "bridge"
    password: str = ""
    early: bool = False


PASSWORD = "call-please"
NUMBERS = {
    MAIN: Number(),
    "+15550198": Number("refer"),
    "+15550197": Number("warm"),
    "+15550196": Number(password=PASSWORD),
    "+15550195": Number(early=True),
}
"""The numbers that the phone tree answers."""

REFUSED = {
    "+15550403": 403,
    "+15550404": 404,
    "+15550480": 480,
    "+15550486": 486,
    "+15550503": 503,
    "+15550603": 603,
}
"""Numbers that refuse every call, with what."""

TARGETS = {
    "support-line-refer": "+15550198",
    "support-line-warm": "+15550197",
    "support-line-digest": "+15550196",
    "support-line-early": "+15550195",
}
"""How targets name the numbers beside the main one."""

SILENT = "+15550408"
"""Rings and is never answered."""
