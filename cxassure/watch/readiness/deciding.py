"""GO, CONDITIONAL or NO-GO for a peak: a pure function of journeys, evidence, waivers and rules."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from itertools import groupby

from cxassure.incident import Waiver
from cxassure.journey import SEVERITIES, Severity
from cxassure.peak import MONTHS, Peak
from cxassure.probe import Probe
from cxassure.readiness import (
    ANSWERS,
    Answer,
    Change,
    Evidence,
    Readiness,
    Rules,
    Seen,
    Standing,
    State,
)
from cxassure.watch.readiness import score as scoring
from cxassure.watch.readiness import state as stating
from cxassure.watch.readiness.table import STATES, WHOLE, Whole, answer, worst

REASONS = 3
_NAMED = 4


def decide(
    peak: Peak,
    journeys: Sequence[Probe],
    evidence: Evidence,
    waivers: Sequence[Waiver],
    rules: Rules,
    now: datetime,
    starts: datetime | None,
) -> Readiness:
    """The answer for `peak` at `now`, which has a zone: the worst that any part of it allows.

    `starts` is when the peak is next, or began if it is now; None when no date of it is to come.
    """
    now = now.astimezone(UTC)
    standings = sorted((judge(p, evidence, waivers, rules, now) for p in journeys), key=_order)
    score = _score(standings, rules)
    whole = [*_dated(starts), *_whole(standings, evidence, rules, score)]
    told = [(WHOLE[kind], why, change) for kind, why, change in whole] + list(_groups(standings))
    told.sort(key=lambda row: ANSWERS.index(row[0]))
    total = worst([*(WHOLE[kind] for kind, _, _ in whole), *(s.answer for s in standings)])
    return Readiness(
        peak=peak.name,
        title=peak.title,
        answer=total,
        at=now,
        reasons=tuple(why for _, why, _ in told[:REASONS]),
        changes=tuple(_changes(whole, standings)),
        journeys=tuple(standings),
        tested=evidence.tested,
        score=score,
        uplift=peak.uplift,
        starts=starts,
        zone=peak.zone,
    )


def judge(
    probe: Probe, evidence: Evidence, waivers: Sequence[Waiver], rules: Rules, now: datetime
) -> Standing:
    """How one journey stands. A severity that is not known is taken for critical."""
    severity = next((s for s in SEVERITIES if s == probe.severity), SEVERITIES[0])
    runs, need = evidence.runs.get(probe.name, ()), rules.need(severity)
    state, why = stating.state(runs, need, now)
    waiver = waived(waivers, probe, now)
    allowed = answer(severity, state, waiver is not None)
    bears = waiver if state == "failing" and allowed != "NO-GO" else None
    return Standing(
        journey=probe.journey,
        row=probe.row,
        severity=severity,
        owner=probe.owner,
        state=state,
        answer=allowed,
        why=why,
        change=_change(probe, severity, state, allowed, bears),
        passes=stating.passes(runs),
        places=stating.places(runs, need, now),
        newest=stating.last_at(runs) if runs else None,
        waiver=_said(bears),
        points=_points(state, runs, rules),
    )


def waived(waivers: Sequence[Waiver], probe: Probe, now: datetime) -> Waiver | None:
    """The waiver that bears a failure of this probe now: of several the one that lasts longest."""
    names = (probe.journey, probe.name)
    found = [
        w
        for w in waivers
        if now < w.until and any(g == n or fnmatchcase(n, g) for g in w.journeys for n in names)
    ]
    return max(found, key=lambda w: w.until, default=None)


def since(earlier: Readiness, now: Readiness) -> list[Change]:
    """What is otherwise than at an earlier decision: the answer first, then journeys by name."""
    found = [Change(what="answer", before=earlier.answer, now=now.answer)]
    before = {s.name: s.state for s in earlier.journeys}
    after = {s.name: s.state for s in now.journeys}
    for name in sorted(before.keys() | after.keys()):
        was, new = before.get(name, "not asked for"), after.get(name, "not asked for")
        found.append(Change(what=name, before=was, now=new))
    return [change for change in found if change.before != change.now]


# The peak as a whole


def _dated(starts: datetime | None) -> Iterator[tuple[Whole, str, str]]:
    """Nobody is ready for a day that nobody knows: a year that was not put forward, a calendar
    that is not there any more."""
    if starts is None:
        change = "write its next date: cxassure peaks tells the dates that are known"
        yield "no date to come", "no date of the peak comes within a year", change


def _whole(
    standings: list[Standing], evidence: Evidence, rules: Rules, score: float | None
) -> Iterator[tuple[Whole, str, str]]:
    """(what, why, what would change it) of all that is amiss with the peak as a whole."""
    if not standings:
        yield "no journeys", "the peak has no journeys", "name some under journeys: of the peak"
    elif not any(s.severity == "critical" for s in standings):
        change = "say severity: critical in the journeys that must not fail"
        yield "no critical journey", "no journey of the peak is critical", change
    if standings and all(s.state == "missing" for s in standings):
        yield "no evidence", "nothing has ever been run", "run the journeys: cxassure run"
    if rules.share > 0:
        yield from _share(evidence, rules)
    if score is not None:
        yield from _scored(score, rules)


def _scored(score: float, rules: Rules) -> Iterator[tuple[Whole, str, str]]:
    """The floor first, and by itself: it holds whatever is aimed at."""
    limits: dict[Whole, float] = {"score below floor": rules.floor, "score below aim": rules.aim}
    kind = next((kind for kind, limit in limits.items() if score < limit), None)
    if kind:
        why = f"{score:.0f} points of 100, asked are {limits[kind]:.0f}"
        yield kind, why, "see the journeys' points"


def _share(evidence: Evidence, rules: Rules) -> Iterator[tuple[Whole, str, str]]:
    if not evidence.tested:
        why = "nobody knows to what share of the forecast was tested"
        yield "share not known", why, "make a forecast: cxassure forecast FILE"
    for tested in evidence.tested:
        if tested.needed < 1:
            why = f"{tested.channel}: nobody knows how many customers will come at once"
            yield "share not known", why, "make a forecast: cxassure forecast FILE"
        elif tested.share < rules.share:
            part = f"{tested.driven} of {tested.needed} customers at once"
            why = f"{tested.channel} was tested with {part}, asked are {rules.share:.0%}"
            yield "share too small", why, f"drive more customers at once on {tested.channel}"


def _score(standings: list[Standing], rules: Rules) -> float | None:
    if not rules.score:
        return None
    return scoring.total(((s.severity, s.points or 0.0) for s in standings), rules)


def _points(state: State, runs: Sequence[Seen], rules: Rules) -> float | None:
    return scoring.points(state, runs, rules.score) if rules.score else None


# In words


def _order(standing: Standing) -> tuple[int, int, int, str]:
    """The worst first, then the gravest severity, then alike states together."""
    severities: tuple[str, ...] = SEVERITIES
    return (
        ANSWERS.index(standing.answer),
        severities.index(standing.severity),
        STATES.index(standing.state),
        standing.name,
    )


def _groups(standings: list[Standing]) -> Iterator[tuple[Answer, str, str]]:
    """Journeys of one severity and state make one reason."""
    for (allowed, severity, state), group in groupby(
        standings, key=lambda s: (s.answer, s.severity, s.state)
    ):
        alike = list(group)
        yield allowed, _reason(severity, state, alike), ""


def _reason(severity: str, state: str, alike: list[Standing]) -> str:
    if len(alike) == 1:
        waiver = f" ({alike[0].waiver})" if alike[0].waiver else ""
        return f"{severity} {alike[0].name}: {alike[0].why}{waiver}"
    names = ", ".join(s.name for s in alike[:_NAMED])
    more = f" and {len(alike) - _NAMED} more" if len(alike) > _NAMED else ""
    return f"{len(alike)} {severity} journeys {_BE[state]}: {names}{more}"


_BE = {
    "passing": "pass",
    "degraded": "pass, but not as they should",
    "failing": "fail",
    "missing": "never ran",
    "stale": "did not run for too long",
    "scant": "passed too seldom or from too few places",
    "unclear": "told nothing when they last ran",
}


def _changes(whole: list[tuple[Whole, str, str]], standings: list[Standing]) -> Iterator[str]:
    """What would make the answer better, each said once."""
    said = [change for _, _, change in whole]
    said += [f"{s.name}: {s.change}" for s in standings if s.change]
    yield from dict.fromkeys(said)


def _change(
    probe: Probe, severity: Severity, state: str, allowed: Answer, waiver: Waiver | None
) -> str:
    if state == "passing":
        return ""
    row = f" --row {shlex.quote(probe.row)}" if probe.row else ""
    run = f"cxassure run {shlex.quote(probe.journey)}{row}"
    if state == "failing":
        owner = f" ({probe.owner})" if probe.owner else ""
        bear = ", or a waiver by its owner" if severity == "major" and allowed == "NO-GO" else ""
        ends = f" before the waiver ends on {_day(waiver.until)}" if waiver else ""
        return f"mend it{owner}{ends}{bear}, then {run}"
    if state == "degraded":
        return f"a run that passes in full: {run}"
    return {"missing": run, "stale": f"run it again: {run}"}.get(state, f"a run that passes: {run}")


def _said(waiver: Waiver | None) -> str:
    if waiver is None:
        return ""
    return f"borne by {waiver.owner} until {_day(waiver.until)}: {waiver.reason}"


def _day(moment: datetime) -> str:
    """`30 Nov 18:00 EST`, whatever the machine's language."""
    return f"{moment.day} {MONTHS[moment.month - 1][:3]} {moment:%H:%M} {moment.tzname() or ''}"
