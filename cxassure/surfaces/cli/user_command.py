"""`cxassure user`: who may look at the dashboard, and programs with tokens."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import click

from cxassure.surfaces.cli import options

PEOPLE = "cxassure.surfaces.dashboard.people"


@click.command("user")
@click.argument("what", type=click.Choice(["add", "token", "remove", "list"]))
@click.argument("name", required=False, default="")
@click.option(
    "--role",
    type=click.Choice(["viewer", "operator", "admin"]),
    default="viewer",
    show_default=True,
    help="What they may do.",
)
@click.option("--sign-in", is_flag=True, help="Without a password: by the company's sign-in only.")
@options.report_dir
@options.root
@options.as_json
def command(
    what: str,
    name: str,
    role: str,
    sign_in: bool,
    report_dir: Path | None,
    root: Path,
    as_json: bool,
) -> int:
    """Say who may look at the dashboard: people with passwords, and programs with tokens.

    `add` lets NAME in or changes them: the password is asked for, or read from standard input; who
    is kept out stays so. `token` makes a token for a program called NAME, a name not taken yet, and
    tells it this once. `remove` lets NAME in no more, `list` tells all. A viewer reads, an operator
    also takes incidents, notes and waives, an admin may all. It is kept in the folder `dashboard`
    of the reports, which only its owner reads.
    Exit code 2 for a name or password that is none, nobody's, or taken.
    """
    folder = options.open_workspace(root, "", report_dir).store.reports / "dashboard"
    people: Any = importlib.import_module(PEOPLE).People(folder)
    if what == "list":
        _tell(people.known(), as_json)
    elif what == "token":
        click.echo(people.token(name, role))
    elif what == "remove":
        people.remove(name)
        click.echo(f"{name} is let in no more")
    else:
        people.add(name, role, "" if sign_in else _password())
        click.echo(f"{name} is {'an' if role[0] in 'ao' else 'a'} {role}")
    return 0


def _tell(known: Any, as_json: bool) -> None:
    rows = [{"name": one.name, "role": one.role, "by": _way(one)} for one in known.people.values()]
    rows += [{"name": t.name, "role": t.role, "by": "token"} for t in known.tokens.values()]
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for row in rows:
        click.echo(f"{row['name']}  {row['role']}, by {row['by']}")
    if not rows:
        click.echo("nobody: on this machine the link of cxassure serve lets you in")


def _way(one: Any) -> str:
    way = "password" if one.password else "sign-in"
    return f"{way}, kept out" if one.disabled else way


def _password() -> str:
    if sys.stdin.isatty():
        asked: str = click.prompt("password", hide_input=True, confirmation_prompt=True)
        return asked
    return sys.stdin.readline().rstrip("\n")
