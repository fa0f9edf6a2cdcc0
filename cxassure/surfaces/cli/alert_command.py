"""`cxassure alert test`: whether those who would be told can be reached, tried for real."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cxassure.surfaces.cli import options

if TYPE_CHECKING:
    from cxassure.incident import Message, Recipient
    from cxassure.workspace import Workspace


@click.command("alert")
@click.argument("what", type=click.Choice(["test"]))
@options.root
@options.env
@click.option("--to", "names", multiple=True, help="Only these recipients (default: all).")
@options.as_json
def command(what: str, root: Path, env: str, names: tuple[str, ...], as_json: bool) -> int:
    """Send a message that is marked as a test to those in `alerts:`, and tell who got it."""
    workspace = options.open_workspace(root, env)
    chosen = _chosen(workspace, names)
    answers = [_tried(workspace, one) for one in chosen]
    if as_json:
        click.echo(json.dumps(answers, indent=2, ensure_ascii=False))
    else:
        for answer in answers:
            _tell(answer)
    return 0 if all(answer["sent"] for answer in answers) else 3


def _chosen(workspace: Workspace, names: tuple[str, ...]) -> list[Recipient]:
    from cxassure.errors import UsageError
    from cxassure.text import guess

    known = workspace.settings.alerts.recipients
    if not known:
        raise UsageError("nobody can be told", "write alerts: with to: in cxassure.yaml")
    for name in names:
        if name not in known:
            what = f"there is nobody called «{name}» under alerts: to:"
            raise UsageError(what, guess(name, known))
    return [known[name] for name in names or known]


def _tried(workspace: Workspace, recipient: Recipient) -> Mapping[str, str | bool]:
    from cxassure.errors import CannotLook
    from cxassure.report.senders import NotSent, make
    from cxassure.text import fill

    told = {"to": recipient.name, "sender": recipient.sender}
    try:
        given = {k: fill(text, workspace.reference) for k, text in recipient.options.items()}
        make(recipient, given).send(_message(recipient.name))
    except (NotSent, CannotLook) as wrong:
        return {**told, "sent": False, "why": wrong.what, "hint": wrong.hint}
    return {**told, "sent": True}


def _message(to: str) -> Message:
    from cxassure.incident import Message

    now = datetime.now(UTC)
    return Message(
        id=f"test-{secrets.token_hex(6)}", to=to, word="test", at=now, severity="minor",
        loud="quiet", why="somebody tries whether alerts arrive: cxassure alert test",
    )  # fmt: skip


def _tell(answer: Mapping[str, str | bool]) -> None:
    if answer["sent"]:
        click.echo(f"✓ {answer['to']}: sent by {answer['sender']}")
        return
    click.echo(f"✗ {answer['to']}: {answer['why']}")
    if answer["hint"]:
        click.echo(f"    hint: {answer['hint']}")
