"""Incidents: the list, one of them, and what people do about it."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cxassure.errors import UsageError
from cxassure.incident import Incident, Waiver
from cxassure.report.answers import PLACES
from cxassure.surfaces.dashboard.forms import filled, visitor
from cxassure.surfaces.dashboard.looking import Looking
from cxassure.surfaces.dashboard.rendering import Rendering
from cxassure.text import clip

if TYPE_CHECKING:
    from cxassure.store.annals import Note

FIRST = ("opened", "reopened", "escalated")
"""What is said first of an incident: whom that has not reached was not told."""

LONGEST = 2000
"""Characters of a note."""


class Deeds:
    """What people do about incidents, by page or by program. Errors are `CxassureError`s."""

    def __init__(self, looking: Looking) -> None:
        self._looking = looking
        self._writing = threading.Lock()

    def find(self, name: str) -> Incident | None:
        """An incident of the last months, or an older one."""
        known = (one for one in self._looking.picture.incidents if one.id == name)
        return next(known, None) or self._looking.duty.kept.annals.find(name)

    def notes(self, name: str) -> list[Note]:
        """What was noted of it, the oldest first."""
        return self._looking.duty.kept.annals.notes([name])[name]

    def untold(self, name: str) -> set[str]:
        """Whom what was said first of it has not reached yet."""
        waiting = (one.message for one in self._looking.duty.kept.waiting())
        return {one.to for one in waiting if one.incident == name and one.word in FIRST}

    def acknowledge(self, name: str, who: str, note: str) -> None:
        """`who` has it. Raises `UsageError` where it is not open."""
        self._looking.duty.acknowledge(name, clip(who, 80), datetime.now(UTC), clip(note, 200))
        if note:
            self.note(name, who, f"taken: {note}", public=False)

    def note(self, name: str, who: str, text: str, *, public: bool) -> None:
        """Keeps a note. Raises `UsageError` for an empty one, or no such incident."""
        from cxassure.store.annals import Note

        if not text.strip() or len(text) > LONGEST:
            raise UsageError(f"a note has 1 to {LONGEST} characters", "write what is known")
        if self.find(name) is None:
            raise UsageError("there is no such incident", "/incidents lists them")
        note = Note(name, datetime.now(UTC), clip(who, 80), text, public)
        self._looking.duty.kept.annals.note(note)

    def waive(self, journeys: str, who: str, reason: str, until: str) -> Waiver:
        """Bears failures of `journeys` until a day, in `cxassure.yaml`. Raises `UsageError`,
        `SpecError`."""
        given = {"journeys": journeys, "owner": who, "reason": reason, "until": until}
        with self._writing:
            return self._looking.workspace.waive(given)


def where(incident: Incident) -> str:
    """On which channel, at which host, in which environment, seen from where."""
    fault, vantage = incident.fault, str(incident.lead.vantage)
    channel = (fault.step or fault.connector).partition(" ")[0].partition(".")[0]
    place = PLACES.get(channel, "")
    env = f"environment {fault.env}" if fault.env else ""
    seen = f"seen from {vantage}" if vantage else ""
    return ", ".join(filter(None, (place, fault.host, env, seen))) or "nobody could tell"


def moment(incident: Incident) -> str:
    """Where in a run's story it broke: `#step-4`; nothing where no step did."""
    found = re.search(r"step-\d+$", incident.lead.account.link)
    return f"#{found[0]}" if found else ""


class Incidents:
    """The pages and their forms."""

    def __init__(self, looking: Looking, deeds: Deeds, rendering: Rendering) -> None:
        self._looking, self._deeds, self._rendering = looking, deeds, rendering

    def routes(self) -> list[Route]:
        """Where they are."""
        one = "/incidents/{id}"
        return [
            Route("/incidents", self.list),
            Route(one, self.one, methods=["GET"]),
            Route(f"{one}/acknowledge", self.acknowledge, methods=["POST"]),
            Route(f"{one}/notes", self.note, methods=["POST"]),
            Route(f"{one}/waive", self.waive, methods=["POST"]),
        ]

    async def list(self, request: Request) -> Response:
        """What is open, and what was."""
        visitor(request)
        return self._rendering.page(request, "incidents.html", picture=self._looking.picture)

    async def one(self, request: Request, wrong: str = "", status: int = 200) -> Response:
        """One incident, with the forms that its reader may use."""
        visitor(request)
        incident = await self._found(request)
        notes = await asyncio.to_thread(self._deeds.notes, incident.id)
        untold = await asyncio.to_thread(self._deeds.untold, incident.id)
        lead = await asyncio.to_thread(self._looking.views.named, incident.lead.run)
        longest = timedelta(seconds=self._looking.workspace.settings.longest_waiver)
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        return self._rendering.page(
            request,
            "incident.html",
            status=status,
            incident=incident,
            notes=notes,
            told=sorted(incident.told.keys() - untold),
            untold=sorted(incident.told.keys() & untold),
            where=where(incident),
            failing=self._looking.picture.failing_of(incident),
            lead=f"/runs/{lead.campaign}/{lead.folder}/" if lead else "",
            moment=moment(incident),
            wrong=wrong,
            tomorrow=f"{tomorrow:%F}",
            today=f"{datetime.now(UTC):%F}",
            last_day=f"{datetime.now(UTC) + longest:%F}",
        )

    async def acknowledge(self, request: Request) -> Response:
        """Takes it."""
        who, fields = await filled(request)
        name, note = request.path_params["id"], fields.get("note", "")
        return await self._do(request, lambda: self._deeds.acknowledge(name, who.name, note))

    async def note(self, request: Request) -> Response:
        """Notes something, for us or for customers too."""
        who, fields = await filled(request)
        name, public = request.path_params["id"], fields.get("public") == "yes"
        text = fields.get("text", "")
        return await self._do(
            request, lambda: self._deeds.note(name, who.name, text, public=public)
        )

    async def waive(self, request: Request) -> Response:
        """Bears the failures of one of its journeys until a day."""
        who, fields = await filled(request)
        journey, names = fields.get("journey", ""), (await self._found(request)).names
        if journey not in names:
            return await self.one(request, "choose one of its journeys", 422)
        reason, until = fields.get("reason", ""), fields.get("until", "")
        return await self._do(request, lambda: self._deeds.waive(journey, who.name, reason, until))

    async def _found(self, request: Request) -> Incident:
        found = await asyncio.to_thread(self._deeds.find, request.path_params["id"])
        if found is None:
            raise HTTPException(404, "there is no such incident")
        return found

    async def _do(self, request: Request, deed: Callable[[], object]) -> Response:
        """The incident's page again, as it is after the deed, or with what was wrong."""
        incident = await self._found(request)
        try:
            await asyncio.to_thread(deed)
        except UsageError as wrong:
            return await self.one(request, f"{wrong.what}: {wrong.hint}", 422)
        await self._looking.refresh()
        return RedirectResponse(f"/incidents/{incident.id}", 303)
