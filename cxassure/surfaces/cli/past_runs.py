"""Which runs of the past a command is about: a time, an environment, journeys."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cxassure import retelling
from cxassure.errors import UsageError
from cxassure.surfaces.cli.peaks_command import TIME

if TYPE_CHECKING:
    from cxassure.report.trend import Looked
    from cxassure.workspace import Workspace

_F = TypeVar("_F", bound=Callable[..., Any])
_AGO = re.compile(r"(\d{1,4})(h|d|w)")
_LONG = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


class _When(click.ParamType):  # type: ignore[type-arg]
    """`7d`, `12h`, `4w` ago, or a time."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if found := _AGO.fullmatch(str(value).strip()):
            return datetime.now(UTC) - int(found[1]) * _LONG[found[2]]
        at: datetime = TIME.convert(value, param, ctx)
        return at.astimezone(UTC)  # without an offset it is meant where this machine stands


WHEN = _When()


def options(command: _F) -> _F:
    """`--since` and `--until`."""
    for option in (
        click.option("--until", type=WHEN, help="Until before this time (default: now)."),
        click.option("--since", type=WHEN, help="From this time on: 7d, 12h, 2026-11-01."),
    ):
        command = option(command)
    return command


def between(
    since: datetime | None, until: datetime | None, usual: timedelta
) -> tuple[datetime, datetime]:
    """The time that is asked for. Raises `UsageError` where it ends before it begins."""
    end = until or datetime.now(UTC)
    begin = since or end - usual
    if begin >= end:
        raise UsageError(f"nothing lies from {begin:%F %R} to {end:%F %R} UTC", "--since 7d")
    return begin, end


def rows(
    workspace: Workspace, since: datetime, until: datetime, journey: str = "", env: str = ""
) -> Sequence[Looked]:
    """The runs of that time, the oldest first. Raises `CannotLook`, and `UsageError` for a journey
    of which there is none in it."""
    name, _, row = journey.rstrip("]").partition("[")
    found = retelling.past(workspace.store, since, until, name, row, env)
    if journey and not found:
        raise UsageError(*_nobody(name, {one.journey for one in workspace.store.latest()}))
    return found


def _nobody(journey: str, known: set[str]) -> tuple[str, str]:
    from cxassure.text import clip, guess

    if journey in known:
        return f"{clip(journey, 60)} did not run in that time", "look further back: --since 90d"
    hint = guess(journey, known) if known else "cxassure run makes runs"
    return f"there is no run of «{clip(journey, 60)}»", hint
