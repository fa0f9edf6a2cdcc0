"""Rendering: templates to pages. Everything is escaped; what would steer a reader is shown."""

from __future__ import annotations

import functools
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from cxassure.report.tally import MARKS, visible
from cxassure.surfaces.dashboard.charts import strip
from cxassure.surfaces.dashboard.people import may
from cxassure.text import clip, span

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
NAV = (
    ("/", "Now"),
    ("/journeys", "Journeys"),
    ("/incidents", "Incidents"),
    ("/peaks", "Peaks"),
    ("/trends", "Trends"),
    ("/runs", "Runs"),
    ("/coverage", "Coverage"),
)


class Rendering:
    """Makes pages with what every one of them holds: where one can go, and who is looking."""

    def page(
        self, request: Request, template: str, *, status: int = 200, **told: Any
    ) -> HTMLResponse:
        """An HTML page."""
        who = request.scope.get("visitor")
        html = self.html(template, who=who, here=request.url.path, nav=NAV, **told)
        return HTMLResponse(html, status)

    def html(self, template: str, **told: Any) -> str:
        """A template's text."""
        return _templates().get_template(template).render(now=datetime.now(UTC), **told)


@functools.cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
        cache_size=-1,
    )
    made.filters |= {"span": span, "clip": clip, "utc": utc, "day": day, "since": since}
    made.globals |= {"MARKS": MARKS, "strip": strip, "may": may}
    return made


def _finalize(value: Any) -> Any:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def utc(at: datetime | None) -> Markup:
    """A moment as people read it, and as programs do."""
    if at is None:
        return Markup('<span class="never">never</span>')
    there = at.astimezone(UTC)
    return Markup('<time datetime="{}">{}</time>').format(
        there.isoformat(timespec="seconds"), f"{there:%F %H:%M}Z"
    )


def day(at: datetime) -> str:
    """A day of UTC."""
    return f"{at.astimezone(UTC):%F}"


def since(at: datetime | None, now: datetime) -> str:
    """`for 3 h 4 min`: how long it has been."""
    return f"for {span(max(0.0, (now - at).total_seconds()))}" if at else ""
