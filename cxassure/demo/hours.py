"""When the company is open and what it announces, by its own clock or the one it is told of."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from starlette.requests import HTTPConnection

ZONE = ZoneInfo("America/New_York")
ANNOUNCEMENT = "Orders placed today arrive after the 27th of December."


def rehearsed(connection: HTTPConnection, told: str = "") -> datetime | None:
    """The instant a request is rehearsed for: its header, what else it `told`, or `?at=`.

    A time without an offset is the company's own; what is no time counts as none.
    """
    said = connection.headers.get("x-rehearsal-time") or told or connection.query_params.get("at")
    try:
        found = datetime.fromisoformat((said or "").replace(" ", "+"))
    except ValueError:
        return None
    return found.astimezone(ZONE) if found.tzinfo else found.replace(tzinfo=ZONE)


def is_open(at: datetime | None) -> bool:
    """From 8 to 22, but on Christmas Day. Whoever rehearses no instant finds it open: it is there
    to be tried at any hour."""
    return at is None or (8 <= at.hour < 22 and (at.month, at.day) != (12, 25))


def holidays(at: datetime | None) -> bool:
    """From 20 to 26 December, whole days; by the real clock where no instant is rehearsed."""
    day = at or datetime.now(ZONE)
    return day.month == 12 and 20 <= day.day <= 26
