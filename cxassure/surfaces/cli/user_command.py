"""`cxassure user`: who may look at the dashboard, and programs with tokens."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import click

from cxassure.surfaces.cli import options

ROLES = click.Choice(["viewer", "operator", "admin"])

PEOPLE = "cxassure.surfaces.dashboard.people"
"""Where the dashboard keeps who may sign in."""


@click.group("user")
def command() -> None:
    """Who may look at the dashboard: people with passwords, and programs with tokens.

    A viewer reads, an operator takes incidents, notes and waives, an admin manages people too. All
    is kept in the folder `dashboard` of the reports, which only its owner reads.
    """


@command.command()
@click.argument("name")
@click.option("--role", type=ROLES, default="viewer", show_default=True)
@click.option("--sign-in", is_flag=True, help="Without a password: by the company's sign-in only.")
@options.report_dir
@options.root
def add(name: str, role: str, sign_in: bool, report_dir: Path | None, root: Path) -> int:
    """Let NAME in, or change their role or password.

    The password is asked for; a program gives it on standard input.
    """
    known = _people(root, report_dir)
    known.add(name, role, "" if sign_in else _password())
    click.echo(f"{name} is a {role}")
    return 0


@command.command()
@click.argument("name")
@click.option("--role", type=ROLES, default="viewer", show_default=True)
@options.report_dir
@options.root
def token(name: str, role: str, report_dir: Path | None, root: Path) -> int:
    """Make a token for a program called NAME. It is told this once."""
    click.echo(_people(root, report_dir).token(name, role))
    return 0


@command.command()
@click.argument("name")
@options.report_dir
@options.root
def remove(name: str, report_dir: Path | None, root: Path) -> int:
    """Let NAME in no more: a person or a token. Exit code 2 where there is none."""
    _people(root, report_dir).remove(name)
    click.echo(f"{name} is let in no more")
    return 0


@command.command("list")
@options.report_dir
@options.root
@options.as_json
def tell(report_dir: Path | None, root: Path, as_json: bool) -> int:
    """Tell who may look, and as what."""
    known = _people(root, report_dir).known()
    rows = [
        *(
            {"name": p.name, "role": p.role, "by": "password" if p.password else "sign-in"}
            for p in known.people.values()
        ),
        *({"name": t.name, "role": t.role, "by": "token"} for t in known.tokens.values()),
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return 0
    for row in rows:
        click.echo(f"{row['name']}  {row['role']}, by {row['by']}")
    if not rows:
        click.echo("nobody: on this machine the link of cxassure serve lets you in")
    return 0


def _password() -> str:
    if sys.stdin.isatty():
        asked: str = click.prompt("password", hide_input=True, confirmation_prompt=True)
        return asked
    return sys.stdin.readline().rstrip("\n")


def _people(root: Path, report_dir: Path | None) -> Any:
    folder = options.open_workspace(root, "", report_dir).store.reports / "dashboard"
    people: Any = importlib.import_module(PEOPLE)
    return people.People(folder)
