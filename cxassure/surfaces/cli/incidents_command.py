"""`cxassure incidents`: what is wrong, since when, who has it, and what could not be told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cxassure.surfaces.cli import options

if TYPE_CHECKING:
    from cxassure.incident import Incident, Posting


@click.command("incidents")
@click.option("--all", "ended_too", is_flag=True, help="Also those that have just ended.")
@options.report_dir
@options.root
@options.env
@options.as_json
def command(ended_too: bool, report_dir: Path | None, root: Path, env: str, as_json: bool) -> int:
    """Tell what is wrong, since when, who has it, and which messages wait to be sent.

    Incidents are those of `cxassure schedule`. Exit code 0 whatever is open, 3 when it cannot be
    read. With --json: an object with `incidents` and `outbox`.
    """
    workspace = options.open_workspace(root, env, report_dir)
    duty = workspace.duty()
    state = duty.state()
    found = list(state.incidents.values()) if ended_too else state.open()
    waiting = duty.kept.waiting()
    if as_json:
        told = {
            "incidents": [_row(one, _unheard(one, waiting)) for one in found],
            "outbox": [_way(one) for one in waiting],
        }
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return 0
    for incident in found:
        _tell(incident, _unheard(incident, waiting))
    if not found:
        click.echo("nothing is wrong that is known")
    for posting in waiting:
        _wait(posting)
    return 0


_FIRST = ("opened", "reopened", "escalated")


def _unheard(one: Incident, waiting: Sequence[Posting]) -> list[str]:
    """Whom the first that is said of an incident has not reached yet."""
    mine = [w.message for w in waiting if w.message.incident == one.id]
    return sorted({m.to for m in mine if m.word in _FIRST} & one.told.keys())


def _row(one: Incident, unheard: Sequence[str]) -> dict[str, Any]:
    return {
        "incident": one.id,
        "kind": one.fault.kind,
        "env": one.fault.env,
        "severity": one.severity,
        "since": _utc(one.since),
        "opened": _utc(one.opened),
        "ended": _utc(one.ended),
        "times": one.times,
        "acknowledged": one.acknowledged or None,
        "told": sorted(one.told.keys() - set(unheard)),
        "untold": list(unheard),
        "step": one.lead.account.step,
        "again": one.lead.account.again,
        "journeys": [
            {
                "name": each.name,
                "vantage": each.vantage or None,
                "severity": each.severity,
                "owner": each.owner or None,
                "since": _utc(each.since),
                "until": _utc(each.until),
                "waived": each.waived or None,
            }
            for each in one.affected.values()
        ],
    }


def _way(posting: Posting) -> dict[str, Any]:
    message = posting.message
    return {
        "message": message.id,
        "word": message.word,
        "to": message.to,
        "at": _utc(message.at),
        "tries": posting.tries,
        "next": _utc(posting.next),
        "why": posting.why or None,
    }


def _utc(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if at else None


def _tell(one: Incident, unheard: Sequence[str]) -> None:
    from cxassure.report.tally import MARKS, visible
    from cxassure.text import clip, span

    until = one.ended or datetime.now(UTC)
    lasted = span(max(0.0, (until - one.since).total_seconds()))
    over = f"ended after {lasted}" if one.ended else f"for {lasted}"
    mark = "✓" if one.ended else MARKS[one.fault.kind]
    since = f"since {one.since:%F %T}Z, {over}"
    click.echo(f"{mark} {one.id}  {one.severity} {one.fault.kind}  {since}")
    click.echo(f"    journeys  {visible(', '.join(one.names))}")
    click.echo(f"    step      {clip(visible(one.lead.account.step), 160)}")
    heard = sorted(one.told.keys() - set(unheard))
    click.echo(f"    told      {', '.join(heard) or 'nobody'}")
    if unheard:
        click.echo(f"    not yet   {', '.join(unheard)}")
    if one.acknowledged:
        click.echo(f"    taken by  {visible(one.acknowledged)}")
    elif not one.ended:
        click.echo(f"    take it   cxassure ack {one.id}")


def _wait(posting: Posting) -> None:
    from cxassure.report.tally import visible
    from cxassure.text import clip

    message = posting.message
    tried = f"tried {posting.tries} times, " if posting.tries else ""
    why = f": {clip(visible(posting.why), 160)}" if posting.why else ""
    click.echo(f"! «{message.word}» to {message.to} waits, {tried}next {posting.next:%F %T}Z{why}")
