"""The API: what the pages tell and do, for programs. Its document is made of the same table."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cxassure.report.trend import BY
from cxassure.surfaces.dashboard import told
from cxassure.surfaces.dashboard.forms import check, visitor
from cxassure.surfaces.dashboard.incidents import Deeds
from cxassure.surfaces.dashboard.looking import Looking
from cxassure.surfaces.dashboard.openapi import ROOT, Call, Query, document
from cxassure.surfaces.dashboard.people import Role
from cxassure.surfaces.dashboard.runs import VERDICTS, Asked, page
from cxassure.surfaces.dashboard.trends import LENGTHS, Trends

_T = TypeVar("_T")
MOST = 200
"""Runs at once."""

DAY = "A day (2026-11-30) or a moment (2026-11-30T12:00:00Z), in UTC."


@dataclass(frozen=True, slots=True)
class Answer:
    """A document, and the status that goes with it."""

    document: msgspec.Struct
    status: int = 200


class Api:
    """All calls. What is wrong is answered by `Wrong`, with 400 to 422 or 503."""

    def __init__(self, looking: Looking, deeds: Deeds, trends: Trends) -> None:
        self._looking, self._deeds, self._trends = looking, deeds, trends

    def calls(self) -> list[tuple[Call, Callable[[Request], Awaitable[Answer]]]]:
        """Every call and what answers it."""
        read, write = ("GET", "viewer"), ("POST", "operator")
        one = "/incidents/{id}"
        return [
            (_call(read, "/now", "What is broken now.", told.NowTold), self.now),
            (_call(read, "/journeys", "All journeys.", told.JourneysTold), self.journeys),
            (_call(read, "/runs", "Runs, the newest first.", told.RunsTold, RUNS), self.runs),
            (_call(read, "/runs/{campaign}/{folder}", "One run.", told.RunTold), self.run),
            (_call(read, "/incidents", "Incidents.", told.IncidentsTold, ALL), self.incidents),
            (_call(read, one, "One incident, with its notes.", told.IncidentTold), self.incident),
            (
                _call(write, f"{one}/acknowledge", "Take it.", told.IncidentTold, body=ACK),
                self.acknowledge,
            ),
            (
                _call(write, f"{one}/notes", "Note something.", told.IncidentTold, body=NOTE),
                self.note,
            ),
            (_call(read, "/peaks", "Peaks to come.", told.PeaksTold), self.peaks),
            (_call(read, "/readiness/{peak}", "Decisions.", told.ReadinessTold), self.readiness),
            (_call(read, "/trends", "Figures over time.", told.TrendTold, TRENDS), self.trends),
            (_call(read, "/waivers", "What is borne.", told.WaiversTold), self.waivers),
            (_call(write, "/waivers", "Bear failures.", told.WaiversTold, body=WAIVE), self.waive),
        ]

    def routes(self) -> list[Route]:
        """Where they are, and their document."""
        paths: dict[str, dict[str, tuple[Call, Callable[[Request], Awaitable[Answer]]]]] = {}
        for call, work in self.calls():
            paths.setdefault(call.path, {})[call.method] = call, work
        described = msgspec.json.encode(document([call for call, _ in self.calls()]))

        async def openapi(request: Request) -> Response:
            visitor(request)
            return Response(described, media_type="application/json")

        routes = [Route(ROOT + path, _answering(known)) for path, known in paths.items()]
        for route, known in zip(routes, paths.values(), strict=True):
            route.methods = {*known, "HEAD"} if "GET" in known else set(known)
        return [Route("/api/openapi.json", openapi), *routes]

    # Reading

    async def now(self, request: Request) -> Answer:
        """What is broken now."""
        return Answer(told.now(self._looking.picture))

    async def journeys(self, request: Request) -> Answer:
        """All journeys."""
        found = [told.journey(one) for one in self._looking.picture.standings]
        return Answer(told.JourneysTold(journeys=found))

    async def runs(self, request: Request) -> Answer:
        """Runs by journey, environment, verdict and time."""
        given = request.query_params
        limit = given.get("limit", "50")
        if not (limit.isascii() and limit.isdecimal() and 1 <= int(limit[:9]) <= MOST):
            raise HTTPException(400, f"limit is 1 to {MOST}")
        asked, after = Asked.of(given), given.get("after", "")
        try:
            work = asyncio.to_thread(page, self._looking, asked, after, int(limit))
            found, following = await work
        except ValueError as wrong:
            raise HTTPException(400, str(wrong)) from None
        runs = [told.run(one) for one in found]
        return Answer(told.RunsTold(runs=runs, after=following or None))

    async def run(self, request: Request) -> Answer:
        """One run."""
        place = request.path_params["campaign"], request.path_params["folder"]
        if "\0" in "".join(place):
            raise HTTPException(404, "there is no such run")
        found = await asyncio.to_thread(self._looking.views.one, *place)
        if found is None:
            raise HTTPException(404, "there is no such run")
        return Answer(told.run(found))

    async def incidents(self, request: Request) -> Answer:
        """Those that are open; all of the last months with `all=true`."""
        wanted = request.query_params.get("all", "false")
        if wanted not in ("true", "false"):
            raise HTTPException(400, "all is true or false")
        picture = self._looking.picture
        found = picture.incidents if wanted == "true" else picture.open
        return Answer(told.IncidentsTold(incidents=[told.incident(one) for one in found]))

    async def incident(self, request: Request) -> Answer:
        """One of them."""
        return await self._told(_incident(request))

    async def peaks(self, request: Request) -> Answer:
        """Peaks to come."""
        found = [told.peak(one) for one in self._looking.picture.ahead]
        return Answer(told.PeaksTold(peaks=found))

    async def readiness(self, request: Request) -> Answer:
        """All that was decided about a peak."""
        name = request.path_params["peak"]
        if name not in {one.name for one in self._looking.workspace.settings.calendar.peaks}:
            raise HTTPException(404, "there is no such peak")

        def kept(workspace: Any) -> list[Any]:
            return list(workspace.store.readiness_of(name))

        found = await asyncio.to_thread(self._looking.with_store, kept)
        return Answer(told.ReadinessTold(decisions=found[::-1]))

    async def trends(self, request: Request) -> Answer:
        """Success, time to a human, effort and the other figures, in groups."""
        try:
            found = await self._trends.told(request.query_params)
        except ValueError as wrong:
            raise HTTPException(400, str(wrong)) from None
        return Answer(told.trend(found))

    async def waivers(self, request: Request) -> Answer:
        """What is borne."""
        found = [told.waiver(one) for one in self._looking.picture.waivers]
        return Answer(told.WaiversTold(waivers=found))

    # Doing

    async def acknowledge(self, request: Request) -> Answer:
        """Takes an incident."""
        name, who = _incident(request), visitor(request).name
        given = await _body(request, told.Acknowledging)
        await self._told(name)
        await asyncio.to_thread(self._deeds.acknowledge, name, who, given.note)
        await self._looking.refresh()
        return await self._told(name)

    async def note(self, request: Request) -> Answer:
        """Notes something of an incident."""
        name, who = _incident(request), visitor(request).name
        given = await _body(request, told.Noting)
        await self._told(name)
        await asyncio.to_thread(self._deeds.note, name, who, given.text, public=given.public)
        return Answer((await self._told(name)).document, 201)

    async def waive(self, request: Request) -> Answer:
        """Bears failures until a day."""
        who = visitor(request).name
        given = await _body(request, told.Waiving)
        await asyncio.to_thread(self._deeds.waive, given.journeys, who, given.reason, given.until)
        await self._looking.refresh()
        return Answer((await self.waivers(request)).document, 201)

    async def _told(self, name: str) -> Answer:
        found = await asyncio.to_thread(self._deeds.find, name)
        if found is None:
            raise HTTPException(404, "there is no such incident")
        notes = await asyncio.to_thread(self._deeds.notes, name)
        return Answer(told.incident(found, notes))


ACK, NOTE, WAIVE = told.Acknowledging, told.Noting, told.Waiving
ALL = (Query("all", "Also those that have ended.", {"type": "boolean"}),)
RUNS = (
    Query("journey", "The journey's name."),
    Query("env", "The environment."),
    Query("verdict", "A verdict.", {"type": "string", "enum": list(VERDICTS)}),
    Query("since", DAY),
    Query("until", DAY),
    Query("after", "Where an earlier page ended."),
    Query("limit", "How many.", {"type": "integer", "minimum": 1, "maximum": MOST}),
)


TRENDS = (
    Query("journey", "The journey's name."),
    Query("env", "The environment."),
    Query("by", "What makes a group: day when left out.", {"type": "string", "enum": list(BY)}),
    Query(
        "days",
        "So many days until today: 30 when left out.",
        {"type": "integer", "enum": list(LENGTHS)},
    ),
)


def _call(
    how: tuple[str, str],
    path: str,
    words: str,
    answer: type[msgspec.Struct],
    queries: tuple[Query, ...] = (),
    body: type[msgspec.Struct] | None = None,
) -> Call:
    method, role = how
    needed: Role = "operator" if role == "operator" else "viewer"
    return Call(method, path, needed, words, answer, queries, body)


def _answering(
    known: dict[str, tuple[Call, Callable[[Request], Awaitable[Answer]]]],
) -> Callable[[Request], Awaitable[Response]]:
    """What answers at a path: who may, in JSON."""

    async def answer(request: Request) -> Response:
        call, work = known["GET" if request.method == "HEAD" else request.method]
        who = visitor(request, call.role)
        if call.method == "POST":
            check(request, who)
        made = await work(request)
        data = msgspec.json.encode(made.document)
        return Response(data, made.status, media_type="application/json")

    return answer


async def _body(request: Request, kind: type[_T]) -> _T:
    """What was sent, as what it must be. Raises 400."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json":
        raise HTTPException(415, "send application/json")
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise HTTPException(400, str(wrong)) from None


def _incident(request: Request) -> str:
    name: str = request.path_params["id"]
    if "\0" in name:
        raise HTTPException(404, "there is no such incident")
    return name
