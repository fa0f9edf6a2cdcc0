"""The picture: all that pages tell of the present, put together once for everybody who looks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from cxassure.incident import Incident, Waiver
from cxassure.peak import Peak
from cxassure.probe import Probe
from cxassure.readiness import Readiness
from cxassure.report.trend import Tallies
from cxassure.verdict import Verdict

if TYPE_CHECKING:
    from cxassure.store.reading import PastRun
    from cxassure.store.views import Glance, Line

BAD: tuple[Verdict, ...] = ("failed", "error", "missed")


@dataclass(frozen=True, slots=True)
class Standing:
    """One journey, row and environment as it stands; `strip` is its newest runs, newest first.

    `last_good` and `since` are told where it is bad: when the customer last got through, and when
    first not since then. `gone` says that there is no such journey any more.
    """

    journey: str
    row: str
    env: str
    last: PastRun
    strip: Sequence[Glance] = ()
    title: str = ""
    severity: str = ""
    owner: str = ""
    channels: tuple[str, ...] = ()
    last_good: datetime | None = None
    since: datetime | None = None
    waiver: str = ""
    gone: bool = False

    @property
    def name(self) -> str:
        """`journey` or `journey[row]`."""
        return f"{self.journey}[{self.row}]" if self.row else self.journey

    @property
    def line(self) -> Line:
        """The key of its history."""
        return self.env, self.journey, self.row

    @property
    def bad(self) -> bool:
        """Whether somebody must look: the customer did not get through, or nobody could tell."""
        return self.last.verdict in BAD

    @property
    def passed(self) -> float:
        """The share of the strip in which the customer got through."""
        good = sum(one.verdict in ("passed", "degraded") for one in self.strip)
        return good / len(self.strip) if self.strip else 0.0


@dataclass(frozen=True, slots=True)
class Ahead:
    """A peak to come, and what was last decided about it."""

    peak: Peak
    start: datetime
    end: datetime
    decided: Readiness | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """What is known at `at`; `trouble` says why it is not newer. `version` counts its changes."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    version: int = 0
    trouble: str = ""
    standings: tuple[Standing, ...] = ()
    incidents: tuple[Incident, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    ahead: tuple[Ahead, ...] = ()
    probes: tuple[Probe, ...] = ()
    days: Mapping[date, Tallies] = field(default_factory=dict)

    @property
    def failing(self) -> list[Standing]:
        """What is broken, the most severe first and of those the longest broken."""
        bad = [one for one in self.standings if one.bad and not one.gone]
        return sorted(bad, key=lambda one: (_RANK.get(one.severity, 1), one.since or self.at))

    @property
    def watched(self) -> list[Standing]:
        """Those that count: whose journey is there."""
        return [one for one in self.standings if not one.gone]

    @property
    def left(self) -> list[Standing]:
        """What was broken when its journey was taken away."""
        return [one for one in self.standings if one.bad and one.gone]

    @property
    def open(self) -> list[Incident]:
        """Incidents that have not ended, the most severe first."""
        found = [one for one in self.incidents if one.ended is None]
        return sorted(found, key=lambda one: (_RANK.get(one.severity, 1), one.since))

    def failing_of(self, incident: Incident) -> list[Standing]:
        """The failing journeys that an incident touches."""
        env, names = incident.fault.env, incident.names
        return [one for one in self.failing if one.name in names and env in ("", one.env)]

    @property
    def alone(self) -> list[Standing]:
        """The failing journeys that no open incident touches."""
        told = {one.line for incident in self.open for one in self.failing_of(incident)}
        return [one for one in self.failing if one.line not in told]

    @property
    def environments(self) -> list[str]:
        """Those that anything ran in."""
        return sorted({one.env for one in self.standings})


_RANK = {"critical": 0, "major": 1, "minor": 2}


@dataclass(frozen=True, slots=True)
class Covered:
    """When a journey was last looked at over a channel: never where `last` is None."""

    journey: str
    severity: str
    owner: str
    cells: tuple[tuple[str, datetime | None, Verdict | None], ...]


def coverage(picture: Picture) -> tuple[list[str], list[Covered]]:
    """The channels, and for every journey when it was last looked at over each that it uses."""
    used: dict[str, set[str]] = {}
    about: dict[str, Probe] = {}
    for probe in picture.probes:
        used.setdefault(probe.journey, set()).update(p.channel for p in probe.parties.values())
        about.setdefault(probe.journey, probe)
    newest = _newest(picture.standings)
    for journey in newest:
        used.setdefault(journey, set())
    channels = sorted({channel for names in used.values() for channel in names})
    return channels, [
        _covered(journey, about.get(journey), newest.get(journey), channels, used[journey])
        for journey in sorted(used)
    ]


def _newest(standings: Iterable[Standing]) -> dict[str, PastRun]:
    found: dict[str, PastRun] = {}
    for one in standings:
        if one.journey not in found or found[one.journey].started < one.last.started:
            found[one.journey] = one.last
    return found


def _covered(
    journey: str,
    probe: Probe | None,
    last: PastRun | None,
    channels: Sequence[str],
    used: set[str],
) -> Covered:
    looked = (last.started, last.verdict) if last else (None, None)
    return Covered(
        journey=journey,
        severity=probe.severity if probe else "",
        owner=probe.owner if probe else "",
        cells=tuple((channel, *looked) for channel in channels if channel in used),
    )
