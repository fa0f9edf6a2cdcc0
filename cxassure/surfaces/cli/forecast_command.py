"""`cxassure forecast`: the peaks that nobody wrote down, from hourly traffic of the past."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cxassure.surfaces.cli import options

if TYPE_CHECKING:
    from cxassure.forecast import Service, Traffic
    from cxassure.workspace import Workspace


class _Handle(click.ParamType):  # type: ignore[type-arg]
    """`ivr=4m30s`."""

    name = "channel=duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, float]:
        from cxassure.errors import Misread
        from cxassure.text import seconds

        if isinstance(value, tuple):
            return value
        channel, equals, length = str(value).partition("=")
        try:
            found = seconds(length)
        except Misread as misread:
            self.fail(f"{misread.what}; write {channel or 'ivr'}=4m30s", param, ctx)
        if not channel or not equals or found <= 0:
            self.fail(f"«{value}» is no length of a contact; write ivr=4m30s", param, ctx)
        return channel, found


@click.command("forecast")
@click.argument("file", required=False, type=click.Path(path_type=Path, exists=True))
@click.option("--prometheus", default="", metavar="TARGET", help="Ask this target instead.")
@click.option("--query", default="", help="What to ask it: counts of an hour, by channel.")
@click.option("--days", type=click.IntRange(1, 3660), default=760, help="How far back to ask.")
@click.option("--zone", default="", help="Zone of days and times (default: the calendar's).")
@click.option(
    "--handle", multiple=True, type=_Handle(), help="How long a contact takes: ivr=4m30s."
)
@click.option(
    "--staffed", multiple=True, help="Channels that people answer: Erlang C (default: agent)."
)
@click.option(
    "--from",
    "since",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Peaks after this day (default: today).",
)
@click.option("--yaml", type=click.Path(path_type=Path), help="Also write the proposals here.")
@options.root
@options.env
@options.as_json
def command(
    file: Path | None,
    zone: str,
    handle: tuple[tuple[str, float], ...],
    staffed: tuple[str, ...],
    since: datetime | None,
    yaml: Path | None,
    root: Path,
    env: str,
    as_json: bool,
    **ask: Any,
) -> int:
    """Find peaks in past traffic, and tell how many customers will come at once.

    FILE is CSV by the hour: a first line such as time,web,ivr and then a time and counts a line.
    With --prometheus the traffic is asked of a target that the settings list. What is found is
    proposed as peaks: for cxassure.yaml and kept for `cxassure ready`. Too little data is exit 3.
    """
    from cxassure.report import forecast as telling

    workspace = options.open_workspace(root, env)
    where = zone or workspace.settings.calendar.zone
    now = datetime.now(UTC)
    traffic = _traffic(workspace, file, where, now, ask)
    _known([*staffed, *(channel for channel, _ in handle)], traffic)
    day = since.date() if since else _today(now, where)
    told = workspace.outlook().forecast(traffic, _service(handle, staffed), day, now)
    taken = [peak.name for peak in workspace.settings.calendar.peaks]
    proposed = telling.proposals(told, taken)
    if yaml and proposed:
        yaml.parent.mkdir(parents=True, exist_ok=True)
        yaml.write_text(proposed, "utf-8")
    if as_json:
        click.echo(json.dumps(telling.document(told, taken), indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(telling.lines(told)))
        click.echo(f"\n{proposed}" if proposed else "\nnothing to add to peaks:")
    return 0 if told.enough else 3


def _traffic(
    workspace: Workspace, file: Path | None, zone: str, now: datetime, ask: dict[str, Any]
) -> Traffic:
    from cxassure.errors import Misread, UsageError

    if bool(file) == bool(ask["prometheus"]) or bool(ask["prometheus"]) != bool(ask["query"]):
        what = "traffic comes from a FILE, or from --prometheus TARGET with --query"
        raise UsageError(what, "cxassure forecast traffic.csv")
    outlook = workspace.outlook()
    try:
        if file:
            return outlook.traffic(file, zone)
        begin = now - timedelta(days=ask["days"])
        lookup = workspace.reference
        return outlook.ask(ask["prometheus"], ask["query"], begin, now, zone, lookup)
    except Misread as wrong:
        raise UsageError(wrong.what, wrong.hint) from None


def _known(channels: list[str], traffic: Traffic) -> None:
    """Raises `UsageError` for a channel of which the traffic tells nothing."""
    from cxassure.errors import UsageError
    from cxassure.text import clip, guess

    for channel in channels:
        if channel not in traffic.channels:
            what = f"the traffic tells nothing of a channel «{clip(channel, 60)}»"
            raise UsageError(what, guess(channel, traffic.channels))


def _today(now: datetime, zone_name: str) -> date:
    from cxassure.peak import zone

    return now.astimezone(zone(zone_name)).date()


def _service(handle: tuple[tuple[str, float], ...], staffed: tuple[str, ...]) -> Service:
    from cxassure.forecast import Service

    plain = Service(seconds=dict(handle))
    return Service(seconds=dict(handle), staffed=staffed) if staffed else plain
