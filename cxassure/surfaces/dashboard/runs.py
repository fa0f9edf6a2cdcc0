"""Runs: the list with its filter, one run as a story, and its evidence, which can do no harm."""

from __future__ import annotations

import asyncio
import mimetypes
import re
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, get_args
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from cxassure.report.page import first_screen, fragment
from cxassure.retelling import context_of
from cxassure.run import Run
from cxassure.surfaces.dashboard.forms import visitor
from cxassure.surfaces.dashboard.gone import gone, lost
from cxassure.surfaces.dashboard.keeping import rules
from cxassure.surfaces.dashboard.looking import Looking
from cxassure.surfaces.dashboard.rendering import Rendering
from cxassure.verdict import Verdict

if TYPE_CHECKING:
    from cxassure.store.reading import PastRun, Stored
    from cxassure.store.views import Mark

PER_PAGE = 50
AGAIN = "cxassure run"
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,250}")
SHOWN = frozenset(
    "image/png image/jpeg image/webp image/gif audio/wav audio/x-wav audio/mpeg audio/ogg "
    "video/webm video/mp4".split()
)
"""Media that a browser only draws or plays."""

SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""A page of the company's is drawn as it was kept, without scripts, forms, links or the network."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list of runs was asked for, as it was written."""

    journey: str = ""
    env: str = ""
    verdict: str = ""
    since: str = ""
    until: str = ""

    @classmethod
    def of(cls, given: QueryParams) -> Asked:
        """From an address."""
        return cls(**{f.name: given.get(f.name, "").strip()[:200] for f in fields(cls)})

    def address(self, after: str) -> str:
        """Where the list goes on."""
        told = {f.name: getattr(self, f.name) for f in fields(self)}
        return "/runs?" + urlencode({k: v for k, v in {**told, "after": after}.items() if v})


class Runs:
    """The list and its runs."""

    def __init__(self, looking: Looking, rendering: Rendering) -> None:
        self._looking, self._rendering = looking, rendering

    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route("/runs", self.list),
            Route("/runs/{campaign}/{folder}/", self.one),
            Route("/runs/{campaign}/{folder}/{path:path}", self.evidence),
        ]

    async def list(self, request: Request) -> Response:
        """The newest runs that were asked for."""
        visitor(request)
        asked = Asked.of(request.query_params)
        after = request.query_params.get("after", "")
        try:
            found = await asyncio.to_thread(page, self._looking, asked, after, PER_PAGE)
        except ValueError as wrong:
            raise HTTPException(400, str(wrong)) from None
        runs, following = found
        return self._rendering.page(
            request,
            "runs.html",
            picture=self._looking.picture,
            asked=asked,
            runs=runs,
            more=asked.address(following) if following else "",
            verdicts=VERDICTS,
            journeys=sorted({one.journey for one in self._looking.picture.standings}),
        )

    async def one(self, request: Request) -> Response:
        """One run as a story; of another machine's, where it is."""
        visitor(request)
        folder = self._folder(request)
        campaign, name = folder.parent.name, folder.name
        past = await asyncio.to_thread(self._looking.views.one, campaign, name)
        stored = await asyncio.to_thread(self._looking.views.read, campaign, name)
        if stored is None:
            return self._gone(request, past)
        first, html = await asyncio.to_thread(self._story, stored.run, folder)
        return self._rendering.page(
            request,
            "run.html",
            first=Markup(first),
            story=Markup(html),
            run=stored.run,
            lost=await asyncio.to_thread(lost, stored.run, folder),
        )

    def _story(self, run: Run, folder: Path) -> tuple[str, str]:
        """The six answers, and the whole of it."""
        reader, deploys = self._looking.views.reader, self._looking.duty.state().deploys
        folders = {run.id: folder}
        context = context_of(reader, [run], folders, folder.parent, AGAIN, deploys)
        return first_screen(run, context), fragment(run, context)

    def _gone(self, request: Request, past: PastRun | None) -> Response:
        """What is still known of a run whose files are not here."""
        places = request.path_params["campaign"], request.path_params["folder"]
        known = gone(self._looking.picture, past, *places)
        away = past is not None and self._looking.views.reader.elsewhere(past)
        if not away and known.began is None:
            raise HTTPException(404, "there is no such run")
        keep = rules(self._looking.workspace.settings.keep)
        status = 200 if away else 404
        told = {"gone": known, "away": away, "keep": keep}
        return self._rendering.page(request, "run_gone.html", status=status, **told)

    async def evidence(self, request: Request) -> Response:
        """A file that the run's events name, or the events; nothing else in the folder. Of one that
        is gone it is said what it was."""
        visitor(request)
        folder, path = self._folder(request), request.path_params["path"]
        stored = await asyncio.to_thread(self._looking.views.read, folder.parent.name, folder.name)
        if stored is None:
            one = await asyncio.to_thread(self._looking.views.one, folder.parent.name, folder.name)
            return self._gone(request, one)
        media, file = _media(stored, path), _within(folder, path)
        if media and file:
            return served(file, media)
        missed = next((one for one in lost(stored.run, folder) if one.path == path), None)
        if missed is None:
            raise HTTPException(404, "there is no such evidence")
        told = {"run": stored.run, "lost": missed, "place": (folder.parent.name, folder.name)}
        return self._rendering.page(request, "evidence_gone.html", status=404, **told)

    def _folder(self, request: Request) -> Path:
        """The run's folder, which is exactly two below the runs. Raises 404."""
        names = request.path_params["campaign"], request.path_params["folder"]
        runs = self._looking.workspace.store.runs
        if not all(_NAME.fullmatch(name) for name in names):
            raise HTTPException(404, "there is no such run")
        return runs.joinpath(*names)


def page(looking: Looking, asked: Asked, after: str, limit: int) -> tuple[list[PastRun], str]:
    """Runs that were asked for, and where the list goes on. Raises `ValueError`, `CannotLook`."""
    from cxassure.store.views import Wanted

    verdicts = tuple(v for v in VERDICTS if v in asked.verdict.split(","))
    if asked.verdict and not verdicts:
        raise ValueError(f"a verdict is one of: {', '.join(VERDICTS)}")
    until = _moment(asked.until)
    whole_day = until is not None and len(asked.until) == 10
    wanted = Wanted(
        journey=asked.journey,
        env=asked.env,
        verdicts=verdicts,
        since=_moment(asked.since),
        until=until + timedelta(days=1) if until and whole_day else until,
    )
    found = looking.views.page(wanted, _mark(after), limit + 1)
    return found[:limit], cursor(found[limit - 1]) if len(found) > limit else ""


def cursor(run: PastRun) -> str:
    """Where a list goes on after `run`."""
    return f"{run.started.isoformat()}|{run.campaign}|{run.folder}"


def _mark(after: str) -> Mark | None:
    if not after:
        return None
    at, campaign, folder = (*after.split("|"), "", "")[:3]
    found = _moment(at)
    if found is None or not campaign or "\0" in after:
        raise ValueError("«after» is where an earlier page ended")
    return found, campaign, folder


def _moment(text: str) -> datetime | None:
    """A day or a moment of UTC. Raises `ValueError`."""
    if not text:
        return None
    with suppress(ValueError, OverflowError):
        if len(text) == 10:
            found = datetime.combine(date.fromisoformat(text), time(), UTC)
        else:
            found = datetime.fromisoformat(text.replace(" ", "+"))
            found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        if 1970 <= found.year <= 9000:
            return found
    raise ValueError("a day is written 2026-11-30, a moment 2026-11-30T12:00:00Z")


def _media(stored: Stored, path: str) -> str | None:
    """The media type of evidence as the run's events say it; None for what they do not name."""
    from cxassure.events import Kept

    if path == "events.jsonl":
        return "text/plain"
    kept = (e for e in stored.events if isinstance(e, Kept) and e.path == path)
    found = next(kept, None)
    if found is None:
        return None
    return found.media or mimetypes.guess_type(path)[0] or "application/octet-stream"


def _within(folder: Path, path: str) -> Path | None:
    if "\0" in path:
        return None
    inside = folder.resolve()
    with suppress(OSError):
        file = (inside / path).resolve()
        if file.is_relative_to(inside) and file.is_file():
            return file
    return None


def served(file: Path, media: str) -> Response:
    """Evidence: drawn or played, shown as text, a page in a sandbox, or put away as a file."""
    kind = media.partition(";")[0].strip().lower()
    headers = {"cache-control": "private, max-age=3600", "content-security-policy": SANDBOX}
    if kind in SHOWN:
        return FileResponse(file, media_type=kind, headers=headers)
    if kind == "text/html":
        return FileResponse(file, media_type="text/html; charset=utf-8", headers=headers)
    if kind.startswith("text/") or kind in _TEXTS or kind.endswith(("+json", "+xml")):
        return FileResponse(file, media_type="text/plain; charset=utf-8", headers=headers)
    return FileResponse(
        file, media_type="application/octet-stream", headers=headers, filename=file.name
    )


_TEXTS = ("application/json", "application/xml", "application/x-ndjson", "application/sdp")
