"""`cxassure new`: a workspace with a first journey that runs at once."""

from __future__ import annotations

from pathlib import Path

import click

SETTINGS = """\
# Where your journeys lead. `address: demo` is the built-in company, started for each run:
# put your own addresses in its place, or set CXASSURE_TARGET_SHOP=https://…
environments:
  rehearsal:
    rehearsal: true
    targets:
      shop: {address: demo}
      help-bot: {address: demo, over: http}
"""

JOURNEY = """\
journey: first-look
title: A shopper looks at the gift cards and asks the bot when it is open
severity: minor
owner: me
tags: [smoke]
budget: 1m
parties:
  shopper: {channel: web,  target: shop}
  asker:   {channel: chat, target: help-bot}
steps:
  - shopper: {open: /gift-cards}
    expect: {page: {contains: gift card}, console: {no_errors: true}}
    within: 10s
  - asker: {say: When are you open?}
    expect: {reply: {matches: "[0-9]"}}
    within: 5s
    aim: 2s
"""

IGNORED = "/reports/\n"

FILES = {"cxassure.yaml": SETTINGS, "journeys/first-look.yaml": JOURNEY, ".gitignore": IGNORED}


@click.command("new")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--force", is_flag=True, help="Write beside what is there; replaced files are kept.")
def command(folder: Path, force: bool) -> int:
    """Make a workspace in DIR: settings, a first journey, what to type next."""
    taken = sorted(name for name in FILES if (folder / name).exists())
    if taken and not force:
        click.echo(
            f"{folder} already has {', '.join(taken)}; nothing was written\n"
            "    hint: --force replaces them and keeps each old one as NAME.orig",
            err=True,
        )
        return 2
    for name, text in FILES.items():
        _write(folder / name, text)
    click.echo(f"made {folder}", err=True)
    click.echo(f"next: cd {folder}; cxassure check; cxassure compile; cxassure run", err=True)
    return 0


def _write(path: Path, text: str) -> None:
    """Writes `text`; a different file that is there is moved aside under a free name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.read_bytes() != text.encode():
        aside = path.with_name(path.name + ".orig")
        number = 1
        while aside.exists():
            number += 1
            aside = path.with_name(f"{path.name}.orig{number}")
        path.rename(aside)
        click.echo(f"kept {aside}", err=True)
    path.write_text(text)
