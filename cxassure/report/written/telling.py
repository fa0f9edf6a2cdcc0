"""A digest in sentences: sections of lines, as text, Markdown and a page."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from cxassure.incident import Incident
from cxassure.report.markdown import inert
from cxassure.report.tally import listed, number, visible
from cxassure.report.templating import TEMPLATES, environment
from cxassure.report.trend.figures import FIGURES, Cell, Figure, Rate
from cxassure.report.trend.telling import shown
from cxassure.report.written.digest import Digest, Foretold, Outage
from cxassure.text import clip, span

if TYPE_CHECKING:
    pass

MANY = 25


def heading(told: Digest, zone: tzinfo) -> str:
    """`Week of 16 Nov 2026` in words of its own time."""
    when = f"{_clock(told.since, zone)} to {_clock(told.until, zone)}"
    return f"{told.title}: {when}" if told.title else when


def sections(told: Digest, zone: tzinfo) -> Iterator[tuple[str, list[str]]]:
    """Title and lines of each part; a part of which there is nothing to say says so."""
    yield "In short", list(_short(told))
    yield "What broke", _most([_broke(one, told.until, zone) for one in told.outages], "nothing")
    yield "What customers would have felt", _most(list(_felt(told)), "nothing that is known")
    yield "Incidents", _most([_incident(o, told.until, zone) for o in told.incidents], "none")
    yield "What was missed", _most(list(_missed(told, zone)), "nothing: every look was made")
    if told.peaks:
        yield "Readiness and what happened", [_held(one, told, zone) for one in told.peaks]
    yield "Against the time before", list(_against(told))
    if told.deploys:
        rows = [f"{_clock(one.at, zone)}  {one.what}" for one in told.deploys]
        yield "What was deployed", _most(rows, "nothing")


def _most(rows: list[str], nothing: str) -> list[str]:
    if not rows:
        return [nothing]
    more = [f"and {len(rows) - MANY} more"] if len(rows) > MANY else []
    return rows[:MANY] + more


def _short(told: Digest) -> Iterator[str]:
    total = told.now.total
    if not total.n:
        yield "nobody looked at anything: nothing is known of this time"
        return
    yield f"{number(total.n, 'run')} of {number(len(told.now.groups), 'journey')} were made"
    if cell := total.cells.get("success"):
        said = f"in {shown(FIGURES['success'], cell)} the customer got through"
        was = told.before.total.cells.get("success")
        yield said + (f"; the time before {shown(FIGURES['success'], was)}" if was else "")
    else:
        yield "not one of them could look"
    going_on = [one.name for one in told.outages if one.until is None]
    if going_on:
        yield f"still broken: {listed(sorted(set(going_on)))}"


def _broke(one: Outage, now: datetime, zone: tzinfo) -> str:
    long = "" if one.until == one.since else f", {_long(one.lasted(now))}"
    end = f"to {_clock(one.until, zone)}{long}" if one.until else f"and goes on{long}"
    why = f": {one.why}" if one.why else ""
    where = f" ({one.env})" if one.env not in ("", "default") else ""
    return f"{one.name}{where} from {_clock(one.since, zone)} {end}, {number(one.runs, 'run')}{why}"


def _felt(told: Digest) -> Iterator[str]:
    """Each sentence once, for as long as the journeys together were so, the longest first."""
    sentences: dict[str, list[tuple[str, timedelta]]] = {}
    for one in told.outages:
        for felt, lasted in one.parts(told.until):
            sentences.setdefault(felt, []).append((one.name, lasted))
    wholes = {felt: sum((n for _, n in mine), timedelta()) for felt, mine in sentences.items()}
    for felt in sorted(sentences, key=lambda said: (not said, -wholes[said])):
        names = listed(sorted({name for name, _ in sentences[felt]}))
        said = f"a customer {felt}" if felt else "not to be said any more"
        yield f"{said}: {names}, {_long(wholes[felt])}"


def _incident(one: Incident, now: datetime, zone: tzinfo) -> str:
    lasted = (one.ended or now) - one.since
    end = f"lasted {_long(lasted)}" if one.ended else f"open for {_long(lasted)}"
    taken = f"taken by {one.acknowledged}" if one.acknowledged else "taken by nobody"
    what = f"{one.severity} {one.fault.kind} from {_clock(one.since, zone)}"
    return f"{one.id}  {what}, {end}, {taken}: {listed(one.names)}"


def _missed(told: Digest, zone: tzinfo) -> Iterator[str]:
    for name, count in told.missed.items():
        yield f"{name}: {number(count, 'run')} due and not made"
    for name, count in told.unlooked.items():
        yield f"{name}: {number(count, 'run')} could not look"
    for gap in told.gaps:
        long, usual = _long(gap.end - gap.start), _long(gap.usual)
        yield f"{gap.name}: nobody knows of {long} from {_clock(gap.start, zone)} (usual: {usual})"


def _held(one: Foretold, told: Digest, zone: tzinfo) -> str:
    start, end = max(one.start, told.since), min(one.end, told.until)
    broken = [outage for outage in told.outages if outage.touches(start, end)]
    happened = (
        f"{number(len(broken), 'outage')}: {listed(sorted({outage.name for outage in broken}))}"
        if broken
        else "nothing broke that was looked at"
    )
    if one.decided is None:
        return f"{one.peak}: nobody had decided about it; {happened}"
    said = f"{one.decided.answer} on {_clock(one.decided.at, zone)}"
    return f"{one.peak}: {said}; {happened}{_judged(one, bool(broken))}"


def _judged(one: Foretold, broken: bool) -> str:
    go = one.decided is not None and one.decided.answer == "GO"
    if go and broken:
        return " (it was GO and did not hold)"
    return "" if go or broken else " (it was not GO and held)"


def _against(told: Digest) -> Iterator[str]:
    now, before = told.now.total.cells, told.before.total.cells
    if not told.before.total.n:
        yield "nobody looked in the time before"
    for figure in FIGURES.values():
        cell, was = now.get(figure.name), before.get(figure.name)
        if cell and was:
            name, said = figure.name.replace("_", " "), shown(figure, cell)
            yield f"{name}: {said}, before {shown(figure, was)}{_moved(figure, cell, was)}"


def _moved(figure: Figure, now: Cell, was: Cell) -> str:
    """Better or worse, where it is more than chance or a tenth; of few runs nobody says."""
    if now.few or was.few:
        return ""
    if isinstance(now, Rate) and isinstance(was, Rate):
        apart = now.low > was.high or now.high < was.low
    else:
        apart = abs(now.value - was.value) > 0.1 * max(abs(now.value), abs(was.value))
    if not apart:
        return ""
    return " → better" if (now.value > was.value) == (figure.better > 0) else " → worse"


def lines(told: Digest, zone: tzinfo) -> Iterator[str]:
    """For a terminal."""
    yield clip(visible(heading(told, zone)), 300)
    for title, rows in sections(told, zone):
        yield f"  {title}"
        yield from (f"    {clip(visible(row), 400)}" for row in rows)


def markdown(told: Digest, zone: tzinfo) -> str:
    """As Markdown; text from outside stands in it as text."""
    out = [f"# {inert(heading(told, zone))}", ""]
    for title, rows in sections(told, zone):
        out += [f"## {title}", "", *(f"- {inert(row)}" for row in rows), ""]
    return "\n".join(out)


def page(told: Digest, zone: tzinfo) -> str:
    """As one HTML file without scripts and without the network, fit to be printed."""
    style = (TEMPLATES / "written.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    parts = [(title, [clip(row, 400) for row in rows]) for title, rows in sections(told, zone)]
    template = environment().get_template("written.html")
    return template.render(policy=policy, style=style, heading=heading(told, zone), sections=parts)


def _long(length: timedelta) -> str:
    seconds = length.total_seconds()
    return f"{seconds / 86400:.1f} d" if seconds >= 2 * 86400 else span(max(0.0, seconds))


def _clock(at: datetime, zone: tzinfo) -> str:
    """`Mon 16 Nov 2026 10:00`, whatever the machine's language."""
    from cxassure.peak import MONTHS, WEEKDAYS

    here = at.astimezone(zone)
    day = f"{WEEKDAYS[here.weekday()][:3]} {here.day} {MONTHS[here.month - 1][:3]} {here.year}"
    return f"{day} {here:%H:%M}"
