"""What the API tells: documents of JSON, made of the picture and of rows. Moments are in UTC."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from cxassure.incident import Incident, Waiver
from cxassure.readiness import Readiness
from cxassure.report.trend import Trend
from cxassure.report.trend.telling import document
from cxassure.surfaces.dashboard.picture import Ahead, Picture, Standing

if TYPE_CHECKING:
    from cxassure.store.annals import Note
    from cxassure.store.reading import PastRun


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """Shared options."""


class Wrong(Document, frozen=True):
    """What was wrong with a request."""

    error: str
    hint: str = ""


class RunTold(Document, frozen=True):
    """A run; `took` is seconds of the customer's time, `page` where its story is."""

    id: str
    journey: str
    row: str
    env: str
    verdict: str
    why: str
    started: datetime
    took: float
    flaky: bool
    measures: dict[str, float]
    page: str


class RunsTold(Document, frozen=True):
    """A page of runs, the newest first; the next page is asked for with `after`."""

    runs: list[RunTold]
    after: str | None = None


class JourneyTold(Document, frozen=True):
    """A journey, row and environment as it stands; `history` is verdicts, the newest first, `gone`
    says that there is no such journey any more."""

    journey: str
    row: str
    env: str
    title: str
    severity: str
    owner: str
    channels: list[str]
    last: RunTold
    history: list[str]
    last_good: datetime | None = None
    since: datetime | None = None
    waived: str | None = None
    gone: bool = False


class NoteTold(Document, frozen=True):
    """A note of an incident."""

    at: datetime
    by: str
    text: str
    public: bool


class AffectedTold(Document, frozen=True):
    """A journey that an incident touches."""

    name: str
    severity: str
    owner: str
    since: datetime
    until: datetime | None = None
    waived: str | None = None


class IncidentTold(Document, frozen=True):
    """An incident; `notes` only where it is asked for alone."""

    id: str
    kind: str
    env: str
    severity: str
    since: datetime
    opened: datetime
    ended: datetime | None
    acknowledged: str | None
    step: str
    cause: str
    journeys: list[AffectedTold]
    notes: list[NoteTold] = []


class PeakTold(Document, frozen=True):
    """A peak to come, and the last answer about it."""

    name: str
    title: str
    starts: datetime
    ends: datetime
    uplift: float
    answer: str | None = None
    decided: datetime | None = None
    reasons: list[str] = []


class WaiverTold(Document, frozen=True):
    """Failures that are borne until a day."""

    journeys: list[str]
    owner: str
    reason: str
    until: datetime


class NowTold(Document, frozen=True):
    """What is broken now; `trouble` says why it is not newer than `at`."""

    at: datetime
    trouble: str
    failing: list[JourneyTold]
    incidents: list[IncidentTold]


class JourneysTold(Document, frozen=True):
    """All journeys."""

    journeys: list[JourneyTold]


class IncidentsTold(Document, frozen=True):
    """Incidents, the newest first."""

    incidents: list[IncidentTold]


class PeaksTold(Document, frozen=True):
    """Peaks, the next first."""

    peaks: list[PeakTold]


class ReadinessTold(Document, frozen=True):
    """All that was decided about a peak, the newest first."""

    decisions: list[Readiness]


class WaiversTold(Document, frozen=True):
    """The waivers that hold or held, as `cxassure.yaml` has them."""

    waivers: list[WaiverTold]


class FigureTold(Document, frozen=True):
    """A figure: a rate from 0 to 1 with its 95 % interval (`low`, `high`), or a median with the
    95th percentile (`high`), of `n` runs; `few` says that chance may be all there is to it."""

    value: float
    n: int
    few: bool
    high: float
    unit: str
    better: int
    low: float | None = None


class ScoreTold(Document, frozen=True):
    """What `n` customers answered themselves."""

    value: float
    n: int


class GroupTold(Document, frozen=True):
    """The runs of a day, week, journey, channel, row or release."""

    name: str
    runs: int
    verdicts: dict[str, int]
    figures: dict[str, FigureTold]
    scores: dict[str, ScoreTold]


class TrendTold(Document, frozen=True):
    """What `cxassure trend --json` tells; groups of fewer than `few` runs are counted only."""

    schema: int
    by: str
    since: datetime
    until: datetime
    few: int
    groups: list[GroupTold]
    total: GroupTold


class Acknowledging(Document, frozen=True, forbid_unknown_fields=True):
    """Taking an incident."""

    note: str = ""


class Noting(Document, frozen=True, forbid_unknown_fields=True):
    """A note; `public` ones stand on the status page."""

    text: str
    public: bool = False


class Waiving(Document, frozen=True, forbid_unknown_fields=True):
    """A waiver: `journeys` is a name or glob, `until` a day or a moment."""

    journeys: str
    reason: str
    until: str


def run(one: PastRun) -> RunTold:
    """A row of history."""
    return RunTold(
        id=one.id,
        journey=one.journey,
        row=one.row,
        env=one.env,
        verdict=one.verdict,
        why=one.why,
        started=one.started,
        took=one.took,
        flaky=one.flaky,
        measures=one.measures,
        page=f"/runs/{one.campaign}/{one.folder}/",
    )


def journey(one: Standing) -> JourneyTold:
    """A standing."""
    return JourneyTold(
        journey=one.journey,
        row=one.row,
        env=one.env,
        title=one.title,
        severity=one.severity,
        owner=one.owner,
        channels=list(one.channels),
        last=run(one.last),
        history=[each.verdict for each in one.strip],
        last_good=one.last_good,
        since=one.since,
        waived=one.waiver or None,
        gone=one.gone,
    )


def incident(one: Incident, notes: list[Note] | None = None) -> IncidentTold:
    """An incident, with what was noted of it."""
    return IncidentTold(
        id=one.id,
        kind=one.fault.kind,
        env=one.fault.env,
        severity=one.severity,
        since=one.since,
        opened=one.opened,
        ended=one.ended,
        acknowledged=one.acknowledged or None,
        step=one.lead.account.step,
        cause=one.lead.account.cause,
        journeys=[
            AffectedTold(
                name=each.name,
                severity=each.severity,
                owner=each.owner,
                since=each.since,
                until=each.until,
                waived=each.waived or None,
            )
            for each in one.affected.values()
        ],
        notes=[NoteTold(at=n.at, by=n.by, text=n.text, public=n.public) for n in notes or ()],
    )


def peak(one: Ahead) -> PeakTold:
    """A peak to come."""
    return PeakTold(
        name=one.peak.name,
        title=one.peak.title,
        starts=one.start,
        ends=one.end,
        uplift=one.peak.uplift,
        answer=one.decided.answer if one.decided else None,
        decided=one.decided.at if one.decided else None,
        reasons=list(one.decided.reasons) if one.decided else [],
    )


def waiver(one: Waiver) -> WaiverTold:
    """A waiver."""
    return WaiverTold(
        journeys=list(one.journeys), owner=one.owner, reason=one.reason, until=one.until
    )


def trend(one: Trend) -> TrendTold:
    """A trend."""
    return msgspec.convert(document(one), TrendTold)


def now(picture: Picture) -> NowTold:
    """The first page as data."""
    return NowTold(
        at=picture.at,
        trouble=picture.trouble,
        failing=[journey(one) for one in picture.failing],
        incidents=[incident(one) for one in picture.open],
    )
