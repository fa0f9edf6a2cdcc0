"""The status page: what customers are told, in their words. One file, no scripts, no network."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Literal

from cxassure.report.templating import TEMPLATES, environment

if TYPE_CHECKING:
    pass

Condition = Literal["works", "partly", "down", "unknown"]
WORDS: dict[Condition, str] = {
    "works": "works",
    "partly": "works for some",
    "down": "does not work",
    "unknown": "was not looked at",
}
PARTLY, DOWN = 0.995, 0.5
"""The share of a day's looks that got through below which it worked for some, or not at all."""


@dataclass(frozen=True, slots=True)
class DayTold:
    """A day of a group; `share` of the looks got through, None when nobody looked."""

    day: date
    share: float | None

    @property
    def condition(self) -> Condition:
        """The day in a word."""
        if self.share is None:
            return "unknown"
        return "down" if self.share < DOWN else "partly" if self.share < PARTLY else "works"

    @property
    def words(self) -> str:
        """The day for who reads or hears it."""
        share = "" if self.share is None else f", {self.share:.1%} of our looks"
        return f"{self.day:%F}: {WORDS[self.condition]}{share}"


@dataclass(frozen=True, slots=True)
class GroupTold:
    """A group as it is: its condition `now`, and its days, the oldest first."""

    title: str
    now: Condition
    days: Sequence[DayTold]

    @property
    def words(self) -> str:
        """The condition in words."""
        return WORDS[self.now]

    @property
    def uptime(self) -> str:
        """How much of the time it worked, by days."""
        known = [one.share for one in self.days if one.share is not None]
        return f"{sum(known) / len(known):.2%}" if known else "–"


@dataclass(frozen=True, slots=True)
class IncidentTold:
    """An incident: the groups it touched, when, and what was noted for customers."""

    groups: Sequence[str]
    since: datetime
    ended: datetime | None
    notes: Sequence[tuple[datetime, str]]


def condition(verdicts: Sequence[str]) -> Condition:
    """What the newest verdicts of a group's journeys come to; what nobody could see is unknown."""
    seen = [v for v in verdicts if v in ("passed", "degraded", "failed")]
    bad = seen.count("failed")
    if not seen:
        return "unknown"
    return "works" if not bad else "down" if bad == len(seen) else "partly"


def status_page(
    title: str, groups: Sequence[GroupTold], incidents: Sequence[IncidentTold], at: datetime
) -> str:
    """The HTML."""
    sheet = (TEMPLATES / "status.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return (
        environment()
        .get_template("status.html")
        .render(
            title=title,
            style=sheet,
            policy=policy,
            groups=groups,
            overall=_overall(groups),
            incidents=[(one, _when(one)) for one in incidents],
            at=_utc(at),
            utc=_utc,
        )
    )


def _overall(groups: Sequence[GroupTold]) -> tuple[Condition, str]:
    states = {one.now for one in groups}
    if "down" in states or "partly" in states:
        return ("down" if "down" in states else "partly"), "Something does not work as it should"
    return ("unknown", "Not all was looked at") if "unknown" in states else ("works", "All works")


def _when(one: IncidentTold) -> str:
    end = f"until {_utc(one.ended)}" if one.ended else "and still on"
    return f"{_utc(one.since)} {end}"


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%F %H:%M} UTC"
