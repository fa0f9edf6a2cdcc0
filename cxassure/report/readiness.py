"""A decision about a peak as one page: lines for a terminal, Markdown, HTML and JSON."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cxassure.peak import MONTHS, WEEKDAYS, zone
from cxassure.readiness import Answer, Load, Readiness, Standing, State, Told
from cxassure.report.markdown import inert
from cxassure.report.tally import visible
from cxassure.report.templating import TEMPLATES, environment
from cxassure.text import clip, span

if TYPE_CHECKING:
    pass

SCHEMA = 1
MARKS: dict[Answer, str] = {"GO": "✓", "CONDITIONAL": "~", "NO-GO": "✗"}
STATE_MARKS: dict[State, str] = {
    "passing": "✓",
    "degraded": "~",
    "failing": "✗",
    "missing": "?",
    "stale": "?",
    "scant": "?",
    "unclear": "!",
}
_MANY = 12


def heading(told: Told) -> str:
    """`✗ NO-GO  black-friday · starts Fri 27 Nov 2026 00:00 EST, in 3 h 4 min`."""
    decided = told.readiness
    title = f" · {_line(decided.title, 80)}" if decided.title else ""
    return f"{MARKS[decided.answer]} {decided.answer}  {decided.peak}{title} · {begins(decided)}"


def begins(decided: Readiness) -> str:
    """When the peak starts, in its own zone, and in how long."""
    if decided.starts is None:
        return "no date of it comes within a year"
    when = _clock(decided.starts.astimezone(zone(decided.zone)))
    left = (decided.starts - decided.at).total_seconds()
    return f"starts {when}, in {_long(left)}" if left > 0 else f"began {when}"


def lines(told: Told) -> Iterator[str]:
    """The page as plain lines: the answer, why, what would change it, what changed, how tested."""
    decided = told.readiness
    yield heading(told)
    yield from _part("because", decided.reasons)
    yield from _part("would change it", decided.changes)
    yield from _part(_since(told), changed(told))
    yield from _part("tested", tested(decided))
    if decided.score is not None:
        yield from _part("score", [f"{decided.score:.0f} points of 100"])
    yield from _part("journeys", [standing_line(one) for one in decided.journeys], len)


def standing_line(one: Standing) -> str:
    """`✗ pay[phone]  failing · critical · owner checkout · the run 2 h ago failed: …`."""
    parts = [f"{STATE_MARKS[one.state]} {one.name}  {one.state}", one.severity]
    parts += [f"owner {one.owner}"] if one.owner else []
    parts += [f"{one.points:.0f} points"] if one.points is not None else []
    parts += [one.why] + ([one.waiver] if one.waiver else [])
    return " · ".join(parts)


def tested(decided: Readiness) -> list[str]:
    """To what share of the forecast each channel was driven; never a share that nobody knows."""
    if not decided.tested:
        return ["nobody knows to what share of the forecast: cxassure forecast FILE makes one"]
    return [_load(one) for one in decided.tested]


def _load(one: Load) -> str:
    if one.needed < 1:
        return f"{one.channel}: {one.driven} at once, of nobody knows how many"
    part = f"{one.driven} of {one.needed} customers at once"
    return f"{one.channel}: to {one.share:.0%} of the forecast, {part}"


def changed(told: Told) -> list[str]:
    """What is otherwise than at the last decision of an earlier day."""
    if told.earlier is None:
        return ["nobody asked before today"]
    found = [f"{one.what}: {one.before} → {one.now}" for one in told.changed]
    return found or ["nothing"]


def _since(told: Told) -> str:
    if told.earlier is None:
        return "changed"
    where = zone(told.readiness.zone)
    return f"changed since {_clock(told.earlier.astimezone(where))}"


def _part(title: str, said: Any, most: Any = None) -> Iterator[str]:
    rows = list(said)
    if not rows:
        return
    yield f"  {title}"
    limit = _MANY if most is None else most(rows)
    yield from (f"    {_line(row)}" for row in rows[:limit])
    if len(rows) > limit:
        yield f"    and {len(rows) - limit} more"


def document(told: Told) -> dict[str, Any]:
    """`{"schema": 1, "peak": …, "verdict": …, "reasons": […], "journeys": […], …}`; times are ISO
    8601 in UTC."""
    decided = told.readiness
    return {
        "schema": SCHEMA,
        "peak": decided.peak,
        "title": decided.title,
        "verdict": decided.answer,
        "at": _iso(decided.at),
        "starts": _iso(decided.starts),
        "uplift": decided.uplift or None,
        "reasons": list(decided.reasons),
        "changes": list(decided.changes),
        "since": {
            "at": _iso(told.earlier),
            "changed": [
                {"what": one.what, "before": one.before, "now": one.now} for one in told.changed
            ],
        },
        "tested": [
            {
                "channel": one.channel,
                "driven": one.driven,
                "needed": one.needed,
                "share": round(one.share, 4) if one.needed else None,
            }
            for one in decided.tested
        ],
        "score": decided.score,
        "journeys": [_standing(one) for one in decided.journeys],
    }


_STANDING = "journey row severity owner state answer why change passes places waiver points".split()


def _standing(one: Standing) -> dict[str, Any]:
    found = {name: getattr(one, name) for name in _STANDING}
    return {**found, "newest": _iso(one.newest)}


def markdown(told: Told) -> str:
    """The page as Markdown; text from outside stands in it as text."""
    decided = told.readiness
    out = [f"# {inert(heading(told))}", ""]
    for title, rows in _sections(told):
        out += [f"## {inert(title)}", "", *(f"- {inert(row)}" for row in rows), ""]
    out += ["## Journeys", "", "| journey | evidence | severity | owner | why |", "|---" * 5 + "|"]
    for one in decided.journeys:
        cells = [one.name, f"{STATE_MARKS[one.state]} {one.state}", one.severity, one.owner]
        out.append("| " + " | ".join(inert(cell) for cell in [*cells, _because(one)]) + " |")
    return "\n".join(out) + "\n"


def _sections(told: Told) -> Iterator[tuple[str, list[str]]]:
    decided = told.readiness
    yield "Because", list(decided.reasons)
    if decided.changes:
        yield "What would change it", list(decided.changes)
    yield _since(told).capitalize(), changed(told)
    yield "Tested", tested(decided)
    if decided.score is not None:
        yield "Score", [f"{decided.score:.0f} points of 100"]


def _because(one: Standing) -> str:
    points = f"{one.points:.0f} points" if one.points is not None else ""
    return " · ".join(filter(None, [one.why, one.waiver, points]))


def page(told: Told) -> str:
    """The page as one HTML file without scripts and without the network."""
    style = (TEMPLATES / "page.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    decided = told.readiness
    kinds = {"GO": "passed", "CONDITIONAL": "degraded", "NO-GO": "failed"}
    states = {"passing": "passed", "degraded": "degraded", "failing": "failed"}
    return (
        environment()
        .get_template("readiness.html")
        .render(
            policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; "
            "form-action 'none'",
            style=style,
            kind=kinds[decided.answer],
            heading=heading(told),
            decided=decided,
            at=_iso(decided.at),
            sections=[(title, rows) for title, rows in _sections(told)],
            rows=[
                (one, states.get(one.state, "error"), STATE_MARKS[one.state], _because(one))
                for one in decided.journeys
            ],
        )
    )


def _line(text: str, length: int = 400) -> str:
    return clip(visible(text), length)


def _iso(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z") if at else None


def _long(seconds: float) -> str:
    return f"{round(seconds / 86400)} d" if seconds >= 2 * 86400 else span(seconds)


def _clock(at: datetime) -> str:
    """`Fri 27 Nov 2026 00:00 EST`, whatever the machine's language."""
    day = f"{WEEKDAYS[at.weekday()][:3]} {at.day} {MONTHS[at.month - 1][:3]} {at.year}"
    return f"{day} {at:%H:%M} {at.tzname()}"
