"""The application: pages, API and live view put together behind the guard."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from cxassure.errors import CannotLook, CxassureError, SpecError, UsageError
from cxassure.report.page import style
from cxassure.report.senders.webpush import Phones
from cxassure.surfaces.dashboard.admin import Admin
from cxassure.surfaces.dashboard.answers import Answers
from cxassure.surfaces.dashboard.api import Api
from cxassure.surfaces.dashboard.entering import Entering
from cxassure.surfaces.dashboard.guard import PUBLIC, Guard
from cxassure.surfaces.dashboard.incidents import Deeds, Incidents
from cxassure.surfaces.dashboard.keeping import Keeping
from cxassure.surfaces.dashboard.live import Live
from cxassure.surfaces.dashboard.logbook import Logbook
from cxassure.surfaces.dashboard.looking import Looking
from cxassure.surfaces.dashboard.metrics import Metrics
from cxassure.surfaces.dashboard.oidc import Oidc, Provider
from cxassure.surfaces.dashboard.pages import Pages
from cxassure.surfaces.dashboard.people import People
from cxassure.surfaces.dashboard.rendering import Rendering
from cxassure.surfaces.dashboard.runs import Runs
from cxassure.surfaces.dashboard.sessions import Sessions
from cxassure.surfaces.dashboard.subscribing import Subscribing
from cxassure.surfaces.dashboard.trends import Trends
from cxassure.workspace import Workspace

FOLDER = "dashboard"
"""Below `reports`: people, tokens, the key that signs sessions, phones that are told."""

STATIC = Path(__file__).parent / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """How it is reached: by which `hosts`, over TLS or not (`secure`), with which `link`'s token,
    and where `provider` signs people in. `near` says that only this machine reaches it; `push`
    lists hosts in our own network that may be push services."""

    hosts: Collection[str]
    secure: bool = False
    link: str = ""
    provider: Provider | None = None
    near: bool = False
    push: Collection[str] = ()


def application(workspace: Workspace, setting: Setting) -> Starlette:
    """The whole dashboard as ASGI. Raises what the workspace raises."""
    looking, rendering = Looking(workspace), Rendering()
    people = People(workspace.store.reports / FOLDER)
    sessions = Sessions(people, setting.secure)
    sign_in = setting.provider.title if setting.provider else ""
    entering = Entering(people, sessions, rendering, setting.link, sign_in)
    oidc = Oidc(setting.provider, people, sessions, entering) if setting.provider else None
    deeds, pages = Deeds(looking), Pages(looking, rendering)
    answers, logbook = Answers(people.folder), Logbook(people.folder)
    trends = Trends(looking, answers, rendering)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await looking.refresh()
        rendering.warm()
        task = asyncio.create_task(looking.keep_looking())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await looking.end()
            looking.views.close()

    async def wrong(request: Request, error: Exception) -> Response:
        status, what, hint = _told(error)
        if request.url.path.startswith("/api/"):
            return JSONResponse({"error": what, "hint": hint}, status)
        return rendering.page(request, "wrong.html", status=status, what=what, hint=hint)

    routes: list[BaseRoute] = [
        *_files(),
        *entering.routes(),
        *(oidc.routes() if oidc else ()),
        *pages.routes(),
        *Incidents(looking, deeds, rendering).routes(),
        *Runs(looking, rendering).routes(),
        *Live(looking, pages.fragment).routes(),
        *trends.routes(),
        *answers.routes(),
        *Metrics(looking).routes(),
        *Admin(people, sessions, logbook, rendering).routes(),
        *Keeping(looking, logbook, rendering).routes(),
        *Subscribing(Phones(people.folder, setting.push), rendering).routes(),
        *Api(looking, deeds, trends).routes(),
    ]
    public = (*PUBLIC, "/metrics") if setting.near else PUBLIC
    guard = Middleware(Guard, hosts=setting.hosts, people=people, sessions=sessions, public=public)
    app = Starlette(
        routes=routes,
        middleware=[guard, *(oidc.middleware() if oidc else ())],
        exception_handlers={HTTPException: wrong, CxassureError: wrong, Exception: wrong},
        lifespan=lifespan,
    )
    app.state.looking = looking
    return app


def _told(error: Exception) -> tuple[int, str, str]:
    """(status, what, hint) of an error; of one that is our own fault nothing is told."""
    match error:
        case HTTPException():
            return error.status_code, error.detail, ""
        case SpecError():
            return 422, "cxassure.yaml would be wrong with that", str(error.problems[0].what)
        case UsageError():
            return 422, error.what, error.hint
        case CannotLook():
            return 503, error.what, error.hint
        case CxassureError():
            return 422, error.what, error.hint
    return 500, "something went wrong here", "the server's log says what"


def _files() -> list[Route]:
    """Style, script, icons: few and small, read from the package."""

    async def static(request: Request) -> Response:
        name = request.path_params["name"]
        if name == "story.css":
            return _fresh(PlainTextResponse(style(), media_type="text/css"))
        if name not in _NAMES:
            raise HTTPException(404, "there is no such file")
        return _file(name)

    async def worker(request: Request) -> Response:
        return _file("worker.js")

    async def manifest(request: Request) -> Response:
        return _file("manifest.webmanifest")

    async def health(request: Request) -> Response:
        return PlainTextResponse("ok\n")

    return [
        Route("/static/{name}", static),
        Route("/sw.js", worker),
        Route("/manifest.webmanifest", manifest),
        Route("/health", health),
    ]


_NAMES = frozenset(path.name for path in STATIC.iterdir()) if STATIC.is_dir() else frozenset()


def _file(name: str) -> Response:
    return _fresh(FileResponse(STATIC / name, media_type=_TYPES[Path(name).suffix]))


def _fresh(response: Response) -> Response:
    response.headers["cache-control"] = "no-cache"
    return response
