"""`--at`: for which instant runs are rehearsed, and the command that does so once more."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cxassure.errors import Misread, UsageError
from cxassure.surfaces.cli.peaks_command import TIME

if TYPE_CHECKING:
    from cxassure.probe import Probe
    from cxassure.workspace import Workspace

_F = TypeVar("_F", bound=Callable[..., Any])

EDGES = "edges"
"""The value of `--at` for the edges of all message windows."""

_WRITTEN = ("junit", "ctrf", "allure", "html", "json_to", "summary", "codequality", "gate")
"""Options that write one file, or judge one campaign."""


class _When(click.ParamType):  # type: ignore[type-arg]
    """A time, or `edges`."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime | str:
        return EDGES if value == EDGES else TIME.convert(value, param, ctx)


def options(command: _F) -> _F:
    """`--at` and `--zone`."""
    for option in (
        click.option("--zone", default="", help="Zone of --at (default: zone: of cxassure.yaml)."),
        click.option(
            "--at",
            type=_When(),
            help="Rehearse for this time (2026-12-24T13:00), or at the edges of message windows.",
        ),
    ):
        command = option(command)
    return command


def go(
    workspace: Workspace,
    probes: Sequence[Probe],
    how: dict[str, Any],
    again: Callable[[str], str],
    broken: Sequence[str] = (),
) -> int:
    """Drives `probes` for each instant that is asked for; the worst exit code.

    `again` gives the command to run a journey once more, from the options to be added to it.
    """
    from cxassure.surfaces.cli import driving

    if how["zone"] and not how["at"]:
        raise UsageError("--zone without --at", "say for when: --at 2026-12-24T13:00")
    if how["at"] != EDGES:
        instant = _instant(workspace, how["at"], how["zone"]) if how["at"] else None
        how |= {"rehearsed": instant, "again": again(words(workspace, instant))}
        return driving.go(workspace, probes, how, broken)
    codes: list[int] = []
    with driving.company(workspace, broken):
        for instant, concerned in _edges(workspace, probes, how):
            click.echo(f"rehearsing for {_shown(instant)}", err=True)
            how |= {"rehearsed": instant, "again": again(words(workspace, instant))}
            codes.append(driving.go(workspace, concerned, how))
            if codes[-1] not in _SEVERITY:
                return codes[-1]  # stopped by hand: the rest is not wanted either
    return max(codes, key=_SEVERITY.index)


_SEVERITY = (0, 3, 1)
"""Exit codes after which it goes on, the worst last."""


def _instant(workspace: Workspace, wall: datetime, zone: str) -> datetime:
    try:
        instant, note = workspace.instant(wall, zone)
    except Misread as wrong:
        raise UsageError(wrong.what, wrong.hint) from None
    if note:
        click.echo(note, err=True)
    return instant


def _edges(
    workspace: Workspace, probes: Sequence[Probe], how: dict[str, Any]
) -> list[tuple[datetime, list[Probe]]]:
    """The instants, each with the probes that have something to hear or not to hear then."""
    asked = [name for name in _WRITTEN if how.get(name)]
    if asked:
        raise UsageError(
            f"--at {EDGES} is several runs, and --{asked[0].removesuffix('_to')} tells one",
            "write it for one time: --at 2026-12-24T13:00",
        )
    if how["zone"]:
        raise UsageError(f"--zone with --at {EDGES}", "each message window has its own zone")
    messages = workspace.messages()
    found = messages.edges(probes, datetime.now(UTC))
    if not found:
        raise UsageError(
            "no message window that is to come concerns these journeys",
            "docs/rehearsing.md shows how to write message_windows:",
        )
    return [(at, [p for p in probes if messages.announced(p, at)]) for at in found]


def words(workspace: Workspace, instant: datetime | None) -> str:
    """The options that rehearse for `instant` again, "" for none."""
    if instant is None:
        return ""
    zone = getattr(instant.tzinfo, "key", "")
    wall = instant.replace(tzinfo=None)
    plain = bool(zone) and _same(workspace.instant(wall, zone)[0], instant)
    said = _written(wall if plain else instant)
    return shlex.join(["--at", said, *(["--zone", zone] if zone else [])])


def _same(one: datetime, other: datetime) -> bool:
    """Two times of one zone are compared by their walls, which show one hour twice."""
    return one.astimezone(UTC) == other.astimezone(UTC)


def _written(time: datetime) -> str:
    return time.isoformat(timespec="seconds" if time.second else "minutes")


def _shown(instant: datetime) -> str:
    return f"{instant:%F %R} {getattr(instant.tzinfo, 'key', '')}"
