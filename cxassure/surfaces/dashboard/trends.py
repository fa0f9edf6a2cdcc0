"""Trends: the figures of `cxassure trend` as charts and tables, with what customers say beside."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from typing import TYPE_CHECKING, Any

from markupsafe import Markup
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cxassure.peak import zone
from cxassure.report.tally import number
from cxassure.report.trend import BY, By, Survey, Tallies, Trend, folded
from cxassure.report.trend.figures import FEW, FIGURES
from cxassure.report.trend.survey import Kind
from cxassure.report.trend.telling import shown
from cxassure.surfaces.dashboard.answers import Answers
from cxassure.surfaces.dashboard.charts import by_day, share
from cxassure.surfaces.dashboard.forms import visitor
from cxassure.surfaces.dashboard.looking import Looking
from cxassure.surfaces.dashboard.rendering import Rendering

if TYPE_CHECKING:
    from cxassure.report.trend import Group

LENGTHS = (7, 30, 90)
MOST = 200
"""Trends that are remembered."""

OLD = 300.0
"""Seconds after which a trend is too old to be told while it is folded anew."""

NAMES: Mapping[By, str] = {
    "day": "day",
    "week": "week",
    "journey": "journey",
    "channel": "channel",
    "row": "device or other row",
    "release": "release",
}
SAID: Mapping[Kind, str] = {"csat": "CSAT", "nps": "NPS"}
Asked = tuple[str, str, By, int]
"""A journey and an environment (or nothing), by what, and of how many days."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """A trend, and what it was folded from."""

    days: object
    answers: object
    at: float
    trend: Trend


class Trends:
    """The page. What was folded once is told again; where other runs have come meanwhile it is
    folded anew beside that, and told the next time."""

    def __init__(self, looking: Looking, answers: Answers, rendering: Rendering) -> None:
        self._looking, self._answers, self._rendering = looking, answers, rendering
        self._known: dict[Asked, Remembered] = {}
        self._folding: dict[tuple[Asked, int], asyncio.Task[Trend]] = {}

    def routes(self) -> list[Route]:
        """Where it is."""
        return [Route("/trends", self.page)]

    async def page(self, request: Request) -> Response:
        """Success, time to a human, effort and all other figures."""
        visitor(request)
        asked, picture = _asked(request.query_params), self._looking.picture
        told = await self._told(asked)
        journey, env, by, days = asked
        return self._rendering.page(
            request,
            "trends.html",
            picture=picture,
            told=told,
            charts=charts(told) if by in ("day", "week") else [],
            table=table(told) if by not in ("day", "week") else None,
            journeys=sorted({one.journey for one in picture.standings}),
            chosen={"journey": journey, "env": env, "by": by, "days": days},
            by=NAMES,
            lengths=LENGTHS,
            few=FEW,
            imported=await asyncio.to_thread(self._answers.known),
        )

    async def told(self, given: QueryParams) -> Trend:
        """What an address asks for. Raises `ValueError` for what makes no sense."""
        for name, known in (("by", BY), ("days", tuple(map(str, LENGTHS)))):
            if given.get(name, known[0]) not in known:
                raise ValueError(f"«{name}» is one of: {', '.join(known)}")
        return await self._told(_asked(given))

    async def _told(self, asked: Asked) -> Trend:
        days, found = self._looking.picture.days, self._known.get(asked)
        answers = await asyncio.to_thread(self._answers.read, self._zone)
        if found and found.answers is answers and found.days is days:
            return found.trend
        key = asked, id(answers)
        if key not in self._folding:
            task = asyncio.create_task(self._remember(asked, days, answers))
            self._folding[key] = task
            task.add_done_callback(lambda _: self._folding.pop(key, None))
        if found and found.answers is answers and time.monotonic() - found.at < OLD:
            return found.trend
        return await asyncio.shield(self._folding[key])

    async def _remember(
        self, asked: Asked, days: Mapping[date, Tallies], answers: Sequence[Survey]
    ) -> Trend:
        trend = await asyncio.to_thread(self._folded, asked, days, answers)
        self._known[asked] = Remembered(days, answers, time.monotonic(), trend)
        while len(self._known) > MOST:
            del self._known[next(iter(self._known))]
        return trend

    def _folded(
        self, asked: Asked, days: Mapping[date, Tallies], answers: Sequence[Survey]
    ) -> Trend:
        journey, env, by, length = asked
        now, zone = datetime.now(UTC), self._zone
        first = now.astimezone(zone).date() - timedelta(days=length - 1)
        counted = {
            kind: tally
            for day, tallies in days.items()
            if day >= first
            for kind, tally in tallies.items()
            if (not journey or kind.journey == journey) and (not env or kind.env == env)
        }
        about = [one for one in answers if not journey or one.journey == journey]
        since = datetime.combine(first, clock(), zone)
        return folded(counted, by, since, now, answers=about, zone=zone)

    @property
    def _zone(self) -> Any:
        return zone(self._looking.workspace.settings.calendar.zone or "UTC")


def _asked(given: QueryParams) -> Asked:
    """What the address asks for; what makes no sense is asked as usual."""
    by = given.get("by", "")
    days = given.get("days", "")
    return (
        given.get("journey", "")[:200],
        given.get("env", "")[:200],
        by if by in BY else "day",
        int(days) if days in {str(one) for one in LENGTHS} else 30,
    )


Chart = tuple[str, str, str, Markup, list[tuple[str, str]]]
"""Title, what it says, the figure of all, a picture, and the same as rows of numbers."""


def charts(told: Trend) -> list[Chart]:
    """A chart of each figure that is known of any day or week, the newest last."""
    names = [one.name for one in told.groups]
    found: list[Chart] = []
    for name, figure in FIGURES.items():
        if name not in told.total.cells:
            continue
        cells = [one.cells.get(name) for one in told.groups]
        scale = 100.0 if figure.unit == "%" else 1.0
        values = [cell.value * scale if cell else None for cell in cells]
        title, all_ = name.replace("_", " "), shown(figure, told.total.cells[name], full=True)
        reach = (0.0, 100.0) if figure.unit == "%" else None
        svg = by_day(names, values, f"{title} by {told.by}, of all {all_}", reach)
        rows = [(one, shown(figure, cell)) for one, cell in zip(names, cells, strict=True)]
        found.append((title, figure.says, all_, svg, rows[::-1]))
    return found + [_answered(kind, names, told) for kind in SAID if kind in told.total.scores]


def _answered(kind: Kind, names: list[str], told: Trend) -> Chart:
    """What customers answered themselves, beside what was measured."""
    scores = [one.scores.get(kind) for one in told.groups]
    values = [found.value if found else None for found in scores]
    all_ = _score(told.total, kind)
    reach = (-100.0, 100.0) if kind == "nps" else (0.0, 100.0)
    svg = by_day(names, values, f"{SAID[kind]} by {told.by}, of all {all_}", reach)
    rows = [(one.name, _score(one, kind)) for one in told.groups]
    return f"{SAID[kind]}", "what customers answered themselves", all_, svg, rows[::-1]


def _score(one: Group, kind: Kind) -> str:
    found = one.scores.get(kind)
    return f"{found.value:.0f} ({number(found.n, 'answer')})" if found else "-"


def table(told: Trend) -> tuple[list[str], list[tuple[Group, Markup, list[str]]]]:
    """Heading, and a row a group: the group, a bar of its success, and every figure; all below."""
    names = [name for name in FIGURES if name in told.total.cells]
    kinds = [kind for kind in SAID if kind in told.total.scores]
    heading = [name.replace("_", " ") for name in names] + [SAID[kind] for kind in kinds]
    rows = []
    for one in (*told.groups, told.total):
        cells = [shown(FIGURES[name], one.cells.get(name)) for name in names]
        success = one.cells.get("success")
        bar = share(success.value) if success else Markup("")
        rows.append((one, bar, cells + [_score(one, kind) for kind in kinds]))
    return heading, rows
