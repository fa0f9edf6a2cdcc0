"""`cxassure report`: a stored run told again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cxassure.surfaces.cli import options


@click.command("report")
@click.argument("ref", default="")
@options.root
@options.telling
def command(ref: str, root: Path, **how: Any) -> int:
    """Tell stored runs again: the latest, or those that REF names.

    REF is a campaign's id or the beginning of it, a run's id, a journey's name, or a folder.
    """
    from cxassure.errors import UsageError
    from cxassure.surfaces.cli import telling

    workspace = options.open_workspace(root, reports=how["report_dir"])
    stored = workspace.store.find(ref)
    if not stored:
        what = f"«{ref}» names no stored run" if ref else "there are no stored runs"
        raise UsageError(f"{what} in {workspace.store.reports}", "cxassure run makes some")
    runs = [one.run for one in stored]
    folders = {one.run.id: one.folder for one in stored}
    folder = stored[0].folder.parent
    env = runs[0].env if runs[0].env != workspace.environment.name else ""
    context = workspace.context_of(runs, folders, folder, options.again(root, env))
    _, troubles = telling.write(runs, context, folder, how)
    to_stdout = how["json_to"] == options.STDOUT
    if to_stdout:
        click.echo(telling.as_json(runs, Path(context.page), context))
    telling.lines(runs, context, err=to_stdout)
    click.echo(f"page   {context.page}", err=True)
    for trouble in troubles:
        click.echo(trouble, err=True)
    return telling.code(runs, strict=how["strict"], whole=not troubles)
