"""The pages that only read the picture: now, journeys, peaks, trends, coverage."""

from __future__ import annotations

from collections.abc import Collection
from statistics import median
from typing import TYPE_CHECKING, Any, TypeAlias

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cxassure.measures import UNITS
from cxassure.report.tally import figure
from cxassure.surfaces.dashboard.charts import by_day
from cxassure.surfaces.dashboard.forms import visitor
from cxassure.surfaces.dashboard.looking import Looking
from cxassure.surfaces.dashboard.picture import Picture, Standing, coverage
from cxassure.surfaces.dashboard.rendering import Rendering
from cxassure.verdict import Verdict

if TYPE_CHECKING:
    from cxassure.store.views import Daily, Line

GOOD: tuple[Verdict, ...] = ("passed", "degraded")
PER_PAGE = 100
FIGURES = ("took", *UNITS)
LENGTHS = (7, 30, 90)
MOST_DAYS = 5000
Day: TypeAlias = tuple[float | None, dict[str, float | None]]
"""A day's share of good runs, and the median of each figure; None where nothing was looked at."""


class Pages:
    """All of them; each is as fast as its template."""

    def __init__(self, looking: Looking, rendering: Rendering) -> None:
        self._looking, self._rendering = looking, rendering
        self._now: tuple[int, str] = (-1, "")
        self._days: dict[tuple[str, str, str], tuple[Any, Day]] = {}

    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route("/", self.now),
            Route("/journeys", self.journeys),
            Route("/peaks", self.peaks),
            Route("/peaks/{name}", self.peak),
            Route("/trends", self.trends),
            Route("/coverage", self.coverage),
        ]

    def _page(self, request: Request, template: str, **told: Any) -> Response:
        visitor(request)
        picture = self._looking.picture
        return self._rendering.page(request, template, picture=picture, **told)

    async def now(self, request: Request) -> Response:
        """What is broken now."""
        return self._page(request, "now.html", fragment=Markup(self.fragment()))

    def fragment(self) -> str:
        """The part of the first page that changes, rendered once for all who look at it."""
        picture = self._looking.picture
        if self._now[0] != picture.version:
            html = self._rendering.html("now_fragment.html", picture=picture)
            self._now = picture.version, html
        return self._now[1]

    async def journeys(self, request: Request) -> Response:
        """Every journey with its history."""
        asked = request.query_params
        word, env = asked.get("q", "").strip().casefold(), asked.get("env", "")
        found = [one for one in self._looking.picture.standings if _fits(one, word, env)]
        page = max(1, int(asked["page"])) if asked.get("page", "").isdecimal() else 1
        pages = max(1, -(-len(found) // PER_PAGE))
        page = min(page, pages)
        shown = found[(page - 1) * PER_PAGE : page * PER_PAGE]
        told = {"shown": shown, "count": len(found), "page": page, "pages": pages}
        return self._page(request, "journeys.html", word=asked.get("q", ""), env=env, **told)

    async def peaks(self, request: Request) -> Response:
        """Peaks to come, and whether we are ready."""
        return self._page(request, "peaks.html")

    async def peak(self, request: Request) -> Response:
        """One peak: the last decision about it, journey by journey."""
        name = request.path_params["name"]
        ahead = next((a for a in self._looking.picture.ahead if a.peak.name == name), None)
        if ahead is None:
            raise HTTPException(404, "there is no such peak to come")
        return self._page(request, "peak.html", ahead=ahead)

    async def coverage(self, request: Request) -> Response:
        """Journeys by channels: when each was last looked at."""
        channels, rows = coverage(self._looking.picture)
        return self._page(request, "coverage.html", channels=channels, rows=rows)

    async def trends(self, request: Request) -> Response:
        """Success, time to a human and effort, by day."""
        picture, asked = self._looking.picture, request.query_params
        journey, env = asked.get("journey", ""), asked.get("env", "")
        number = (
            int(asked["days"]) if asked.get("days", "") in {str(one) for one in LENGTHS} else 30
        )
        known = sorted({one.journey for one in picture.standings})
        days = sorted(picture.days)[-number:]
        if not _known(journey, known) or not _known(env, picture.environments):
            mine: list[Day] = [(None, {}) for _ in days]
        else:
            mine = [self._day(picture, day, journey, env) for day in days]
        told = {"journey": journey, "env": env, "days": number, "lengths": LENGTHS}
        return self._page(request, "trends.html", charts=charts(days, mine), journeys=known, **told)

    def _day(self, picture: Picture, day: str, journey: str, env: str) -> Day:
        """What a day came to; days that are over are counted once."""
        key, lines = (day, journey, env), picture.days[day]
        found = self._days.get(key)
        if found is None or found[0] is not lines:
            mine = _of(lines, journey, env)
            medians = {name: _median(mine, name) for name in FIGURES}
            found = self._days[key] = lines, (_share(mine), medians)
            while len(self._days) > MOST_DAYS:
                del self._days[next(iter(self._days))]
        return found[1]


def _known(name: str, names: Collection[str]) -> bool:
    """Only what there is gets a place among what is remembered."""
    return not name or name in names


def _fits(one: Standing, word: str, env: str) -> bool:
    text = f"{one.name} {one.title} {one.owner} {' '.join(one.channels)}".casefold()
    return word in text and (not env or one.env == env)


def charts(
    days: list[str], mine: list[Day]
) -> list[tuple[str, str, Markup, list[tuple[str, str]]]]:
    """Charts as (title, the newest value, SVG, rows of day and value)."""
    shares = [None if share is None else share * 100 for share, _ in mine]
    found = [_chart("success rate", days, shares, "%", 100)]
    for name in FIGURES:
        values = [medians.get(name) for _, medians in mine]
        if any(values):
            title = "customer time" if name == "took" else name.replace("_", " ")
            found.append(_chart(f"{title}, median", days, values, name))
    return found


def _of(day: Any, journey: str, env: str) -> list[Daily]:
    def fits(line: Line) -> bool:
        return (not env or line[0] == env) and (not journey or line[1] == journey)

    return [daily for line, daily in day.items() if fits(line)]


def _share(lines: list[Daily]) -> float | None:
    """Of the runs that could tell, how many got through."""
    good = sum(one.verdicts.get(v, 0) for one in lines for v in GOOD)
    bad = sum(one.verdicts.get("failed", 0) for one in lines)
    return good / (good + bad) if good + bad else None


def _median(lines: list[Daily], name: str) -> float | None:
    values = [value for one in lines for value in one.figures.get(name, ())]
    return median(values) if values else None


def _chart(
    title: str, days: list[str], values: list[float | None], kind: str, top: float | None = None
) -> tuple[str, str, Markup, list[tuple[str, str]]]:
    def said(value: float | None) -> str:
        if value is None:
            return "–"
        return f"{value:.1f} %" if kind == "%" else figure(_named(kind), value)

    newest = next((value for value in reversed(values) if value is not None), None)
    words = f"{title} by day, the newest {said(newest)}"
    rows = [(day, said(value)) for day, value in zip(days, values, strict=True)]
    return title, said(newest), by_day(days, values, words, top), rows[::-1]


def _named(kind: str) -> str:
    return "waited" if kind == "took" else kind
