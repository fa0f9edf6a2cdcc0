"""Rendering: templates to pages. Everything is escaped; what would steer a reader is shown."""

from __future__ import annotations

import functools
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from cxassure.report.tally import MARKS
from cxassure.report.templating import environment
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
_UNITS = (("GB", 10**9), ("MB", 10**6), ("kB", 10**3))
FOR_ADMINS = (("/people", "People"), ("/keeping", "Keeping"))


class Rendering:
    """Makes pages with what every one of them holds: where one can go, and who is looking."""

    def page(
        self, request: Request, template: str, *, status: int = 200, **told: Any
    ) -> HTMLResponse:
        """An HTML page."""
        who = request.scope.get("visitor")
        nav = NAV + FOR_ADMINS if who and may(who.role, "admin") else NAV
        html = self.html(template, who=who, here=request.url.path, nav=nav, **told)
        return HTMLResponse(html, status)

    def warm(self) -> None:
        """Reads every template, so that nobody waits for it."""
        for path in TEMPLATES.glob("*.html"):
            _templates().get_template(path.name)

    def html(self, template: str, **told: Any) -> str:
        """A template's text."""
        return _templates().get_template(template).render(now=datetime.now(UTC), **told)


@functools.cache
def _templates() -> Environment:
    made = environment(TEMPLATES)
    made.filters |= {"span": span, "clip": clip, "utc": utc, "day": day}
    made.filters |= {"since": since, "epoch": epoch, "sized": sized}
    made.globals |= {"MARKS": MARKS, "strip": strip, "may": may}
    return made


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


def sized(size: int) -> str:
    """Bytes as people read them."""
    unit, bytes_ = next(((u, b) for u, b in _UNITS if size >= b), ("B", 1))
    return f"{size / bytes_:.1f} {unit}" if bytes_ > 1 else f"{size} B"


def epoch(seconds: float) -> datetime:
    """The moment so many seconds after 1970."""
    return datetime.fromtimestamp(seconds, UTC)


def since(at: datetime | None, now: datetime) -> str:
    """`for 3 h 4 min`: how long it has been."""
    return f"for {lasting(max(0.0, (now - at).total_seconds()))}" if at else ""


def lasting(seconds: float) -> str:
    """A length of time as people tell how long ago something was: `40 s`, `11 min`, `3 days`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes < 2880 else f"{minutes // 1440} days"
