"""The page: one self-contained HTML file, without scripts and without the network.

Everything from outside is data: Jinja2 escapes it, control characters are shown, addresses are only
linked when they are http or lie beside the page, and the content security policy allows neither
scripts nor any source but the page itself (CSP Level 3).
"""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cxassure.report.answers import Answer, answers
from cxassure.report.cause import Cause, called, causes
from cxassure.report.changes import since_good
from cxassure.report.context import Context
from cxassure.report.story import Budget, clock, story
from cxassure.report.tally import (
    MARKS,
    blaming,
    figures,
    last_attempts,
    totals,
    visible,
    worst_first,
)
from cxassure.report.templating import TEMPLATES, environment
from cxassure.report.text import entries, headline
from cxassure.run import Run
from cxassure.text import clip, span
from cxassure.verdict import worst

if TYPE_CHECKING:
    from jinja2 import Environment

FRAGMENT = 4_000_000
"""Bytes of pictures that stand in a fragment itself."""

_LOUD = ("failed", "error", "missed", "degraded")
_ITSELF = ("journey", "page")
"""What stands on the page anyway."""

_SHORT, _FELT = 100, 60
"""Characters of an answer in the page's head: all six fit a telephone's screen (360 by 640)."""


def page(runs: Sequence[Run], context: Context | None = None, *, title: str = "") -> str:
    """The HTML of all `runs`, failures first; it belongs beside the folders of the runs.

    Steps are reached by `#step-8`, or where there are several runs by `#journey-row-step-8`.
    """
    context = context or Context(runs=tuple(runs))
    counted = worst_first(last_attempts(runs))
    tried = [run for run in runs if run not in counted]
    verdict = worst(run.verdict for run in counted)
    sheet = style()
    budget = Budget()
    return (
        _templates()
        .get_template("page.html")
        .render(
            title=title
            or (counted[0].title or counted[0].name if len(counted) == 1 else "cxassure"),
            style=sheet,
            policy=_policy(sheet),
            verdict=verdict,
            totals=totals(runs),
            when=min((run.started for run in counted if run.started), default=""),
            causes=[(one, _explained(one, counted)) for one in causes(counted, context)],
            first=_first(counted[0], context) if counted else None,
            runs=[_shown(run, context, budget) for run in [*counted, *tried]],
        )
    )


def fragment(run: Run, context: Context) -> str:
    """The HTML of one run, opened, for a page of somebody else's with the sheet of `style`."""
    shown = _shown(run, replace(context, alone=True), Budget(FRAGMENT)) | {"open": True}
    return _templates().get_template("run.html").render(shown=shown, runs=[run])


def first_screen(run: Run, context: Context) -> str:
    """The HTML of the six answers alone, for the head of such a page; nothing where all is well."""
    first = _first(run, replace(context, alone=True))
    return _templates().get_template("first.html").render(first=first) if first else ""


def style() -> str:
    """The style sheet that pages and fragments need."""
    return (TEMPLATES / "page.css").read_text("utf-8")


def _policy(style: str) -> str:
    """Nothing from anywhere: this very style sheet by its hash, pictures from the page itself,
    sound from it or from beside it."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; media-src data: 'self'; "
        "base-uri 'none'; form-action 'none'"
    )


def _first(run: Run, context: Context) -> dict[str, Any] | None:
    """The first screen: the six answers for what most needs a person, short; None when all is
    well."""
    if run.verdict not in _LOUD:
        return None
    told = blaming(run)
    bad = told.first_bad
    return {
        "run": told,
        "headline": headline(run),
        "answers": [(a.question, _short(a)) for a in answers(run, context)],
        "anchor": context.anchor(run, bad.index) if bad else context.anchor(run),
    }


def _short(one: Answer) -> str:
    """What is said, and what a customer would feel with it; the rest stands in the run's own."""
    felt = [said for label, said in one.more if label == "customer"]
    most = _SHORT + (_FELT if felt else 0)
    return clip(visible("; ".join([one.said, *felt])), most)


def _shown(run: Run, context: Context, budget: Budget) -> dict[str, Any]:
    told = blaming(run)
    loud = run.verdict in _LOUD
    return {
        "run": told,
        "anchor": context.anchor(run),
        "headline": headline(run, context),
        "open": loud,
        "trouble": [one for one in entries(run, context) if one[0] not in _ITSELF] if loud else [],
        "figures": figures(run),
        "changes": since_good(run, context),
        "prefix": context.anchor(run, 0).removesuffix("0"),
        "story": story(told, context, budget),
    }


def _explained(one: Cause, runs: Sequence[Run]) -> list[str]:
    return [run.name for run in runs if run.id in one.runs]


def _linkable(address: str) -> bool:
    """Whether a link may lead there: the web only, never `javascript:` and its like."""
    try:
        return urlsplit(address.strip()).scheme in ("http", "https")
    except ValueError:
        return False


@functools.cache
def _templates() -> Environment:
    made = environment()
    made.filters.update(span=span, clock=clock, called=called)
    made.tests["linkable"] = _linkable
    made.globals["MARKS"] = MARKS
    return made
