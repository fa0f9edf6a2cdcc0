"""`cxassure peaks`: the coming ladder, as text, due times or a calendar."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cxassure.surfaces.cli import options

if TYPE_CHECKING:
    from cxassure.peak import Due

YEAR = timedelta(days=365)
LONGEST = 20 * YEAR


class _Time(click.ParamType):  # type: ignore[type-arg]
    """`2026-11-27`, `2026-11-27T06:00`, with `Z`, an offset or, without, in the reader's zone."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        try:
            found = datetime.fromisoformat(str(value))
        except ValueError:
            found = datetime.min
        if not 1980 <= found.year <= 2100:
            self.fail(f"«{value}» is no time; write 2026-11-27 or 2026-11-27T06:00Z", param, ctx)
        return found


TIME = _Time()


@click.command("peaks")
@click.option("--from", "since", type=TIME, help="From this time on (default: now).")
@click.option(
    "--until",
    type=TIME,
    help="Until before this time (default: a year; with --json, the end of the next ladder).",
)
@click.option("--zone", "reader", default="", help="Your zone (default: the machine's).")
@click.option(
    "--ics", type=click.Path(path_type=Path, allow_dash=True), help="Export to this file."
)
@click.option("--fetch", is_flag=True, help="First fetch the calendars that have an address.")
@options.root
@options.env
@options.as_json
def command(
    since: datetime | None,
    until: datetime | None,
    reader: str,
    ics: Path | None,
    fetch: bool,
    root: Path,
    env: str,
    as_json: bool,
) -> int:
    """Tell the coming peaks and how often it is looked before, during and after each.

    With --json: every run that is due, as a list of objects with `at` (UTC), `journey`, `row`,
    `peak`, `why` and `window`, the maintenance window it falls into. Nothing is fetched but by
    --fetch.
    """
    from cxassure.errors import UsageError

    here = _reader(reader)
    workspace = options.open_workspace(root, env)
    if fetch:
        for path in workspace.fetch_calendars():
            click.echo(f"fetched {path}", err=True)
    begin = _settled(since, here) if since else datetime.now(UTC)
    end = _settled(until, here) if until else begin + YEAR
    if end <= begin or end - begin > LONGEST:
        raise UsageError(f"nothing lies from {begin:%F %R} to {end:%F %R}", "twenty years at most")
    schedule = workspace.schedule()
    schedule.check(begin, end)
    comings = schedule.coming(begin, end)
    if ics:
        _write(ics, schedule.ics(comings, begin))
    if not ics and not (workspace.settings.calendar.peaks or (as_json and schedule.ordinary)):
        raise UsageError("cxassure.yaml has no peaks", "docs/calendar.md shows how to write them")
    if as_json:
        _print(schedule.due(begin, end if until or not comings else comings[0].over))
    elif not ics:
        click.echo(
            "\n".join(schedule.lines(comings, here)).rstrip() or "no peak comes in that time"
        )
    return 0


def _reader(name: str) -> Callable[[datetime], datetime]:
    """Puts an aware time into the reader's zone, a naive one being meant in it."""
    from cxassure.errors import Misread, UsageError
    from cxassure.peak import zone

    if not name:
        return lambda at: at.astimezone()
    try:
        where = zone(name)
    except Misread as wrong:
        raise UsageError(wrong.what, wrong.hint) from None
    return lambda at: at.astimezone(where) if at.tzinfo else at.replace(tzinfo=where)


def _settled(at: datetime, here: Callable[[datetime], datetime]) -> datetime:
    return here(at).astimezone(UTC)


def _write(path: Path, data: bytes) -> None:
    if str(path) == options.STDOUT:
        click.echo(data, nl=False)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        click.echo(f"written to {path}", err=True)


def _print(found: Iterable[Due]) -> None:
    """A JSON list, an object a line, written as it is computed: a year of it is long."""
    import json

    separator = "["
    for one in found:
        row = {
            "at": one.at.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "journey": one.journey,
            "row": one.row,
            "peak": one.peak or None,
            "why": one.why,
            "window": one.window or None,
        }
        click.echo(f"{separator}\n{json.dumps(row, ensure_ascii=False)}", nl=False)
        separator = ","
    click.echo("\n]" if separator == "," else "[]")
