"""Answers: what customers say themselves (CSAT, NPS), brought in as a CSV file and kept here."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cxassure.errors import SpecError
from cxassure.report.trend import Survey
from cxassure.report.trend.survey import read
from cxassure.surfaces.dashboard.forms import filled, uploaded
from cxassure.surfaces.dashboard.people import private, write_privately
from cxassure.text import clip

FILE = "answers.json"


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was brought in: its name, by whom and when, how many answers, and its text."""

    name: str
    by: str
    at: datetime
    count: int
    csv: str


class Answers:
    """The one file that lies in `folder`; another takes its place."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._known: tuple[object, Imported | None] = (None, None)
        self._read: tuple[object, Sequence[Survey]] = (None, ())

    def routes(self) -> list[Route]:
        """Where it is brought in, and taken away."""
        return [
            Route("/answers", self.bring, methods=["POST"]),
            Route("/answers/remove", self.remove, methods=["POST"]),
        ]

    def known(self) -> Imported | None:
        """What was brought in; a spoilt file is as none."""
        try:
            found = self._path.stat()
            stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
            if stamp != self._known[0]:
                self._known = stamp, msgspec.json.decode(self._path.read_bytes(), type=Imported)
        except (OSError, msgspec.DecodeError):
            self._known = None, None
        return self._known[1]

    def read(self, zone: tzinfo) -> Sequence[Survey]:
        """The answers; the same list as before where nothing changed. Days are in `zone`."""
        imported = self.known()
        key = (id(imported), zone) if imported else None
        if key != self._read[0]:
            self._read = key, read(imported.csv, imported.name, zone) if imported else ()
        return self._read[1]

    async def bring(self, request: Request) -> Response:
        """Takes a file in, once every line of it is understood."""
        who, file = await uploaded(request, "operator")
        name = clip(file.name or "answers.csv", 80)
        try:
            text = file.data.decode("utf-8")
        except UnicodeDecodeError:
            raise HTTPException(422, f"{name} is no text in UTF-8: save it as CSV") from None
        try:
            found = await asyncio.to_thread(read, text, name)
        except SpecError as wrong:
            what, more = wrong.problems[0], len(wrong.problems) - 1
            said = f"{what.place.path}, line {what.place.line}: {what.what} ({what.hint})"
            raise HTTPException(422, said + (f", and {more} more" if more else "")) from None
        at = datetime.now(UTC)
        made = Imported(name=name, by=clip(who.name, 80), at=at, count=len(found), csv=text)
        private(self._path.parent)
        await asyncio.to_thread(write_privately, self._path, msgspec.json.encode(made))
        return RedirectResponse("/trends#answers", 303)

    async def remove(self, request: Request) -> Response:
        """Takes it away."""
        await filled(request, "operator")
        self._path.unlink(missing_ok=True)
        return RedirectResponse("/trends#answers", 303)
