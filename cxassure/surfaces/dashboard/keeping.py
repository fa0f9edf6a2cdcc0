"""Keeping: how long runs and evidence are kept, what has had its time, and letting go of it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cxassure.settings import Keep
from cxassure.surfaces.dashboard.forms import filled, visitor
from cxassure.surfaces.dashboard.logbook import Logbook
from cxassure.surfaces.dashboard.looking import Looking
from cxassure.surfaces.dashboard.rendering import Rendering, lasting, sized

if TYPE_CHECKING:
    from cxassure.store.retention import Going


class Keeping:
    """Of one workspace. One at a time looks through its files, which takes long where many are."""

    def __init__(self, looking: Looking, logbook: Logbook, rendering: Rendering) -> None:
        self._looking, self._logbook, self._rendering = looking, logbook, rendering
        self._one = asyncio.Lock()

    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route("/keeping", self.page, methods=["GET"]),
            Route("/keeping", self.look, methods=["POST"]),
            Route("/keeping/prune", self.prune, methods=["POST"]),
        ]

    async def page(self, request: Request) -> Response:
        """The rules, and what was let go of from here."""
        visitor(request, "admin")
        return self._page(request)

    async def look(self, request: Request) -> Response:
        """What would go now."""
        await filled(request, "admin")
        return self._page(request, await self._going(dry_run=True))

    async def prune(self, request: Request) -> Response:
        """Lets go of it."""
        who, _ = await filled(request, "admin")
        gone = await self._going(dry_run=False)
        runs, files = len(gone.runs), len(gone.evidence)
        self._logbook.write(who.name, f"let go of {runs} runs, {files} files, {sized(gone.size)}")
        await self._looking.refresh()
        return RedirectResponse("/keeping", 303)

    async def _going(self, *, dry_run: bool) -> Going:
        def work() -> Going:
            workspace = self._looking.workspace.afresh()  # with a hand of its own on the store
            tending = workspace.store.tending
            return tending.prune(workspace.settings.keep, datetime.now(UTC), dry_run=dry_run)

        async with self._one:
            return await asyncio.to_thread(work)

    def _page(self, request: Request, going: Going | None = None) -> Response:
        keep = self._looking.workspace.settings.keep
        return self._rendering.page(
            request,
            "keeping.html",
            rules=rules(keep),
            going=going,
            book=[o for o in self._logbook.newest(200) if o.what.startswith("let go of")][:20],
        )


def rules(keep: Keep) -> list[tuple[str, str]]:
    """What `keep:` says, in words."""
    found = [("runs", lasting(keep.runs) if keep.runs is not None else "for ever")]
    if keep.failed is not None:
        found.append(("runs that failed", lasting(keep.failed)))
    found += [(f"evidence: {kind}", lasting(age)) for kind, age in keep.evidence.items()]
    if keep.count is not None:
        found.append(("runs in all", f"{keep.count}"))
    if keep.size is not None:
        found.append(("bytes in all", sized(keep.size)))
    return found
