"""`cxassure compare`: two runs laid side by side."""

from __future__ import annotations

from pathlib import Path

import click

from cxassure.surfaces.cli import options, telling_again


@click.command("compare")
@click.argument("before")
@click.argument("after")
@options.root
@options.json_to
@options.report_dir
def command(
    before: str, after: str, root: Path, json_to: str | None, report_dir: Path | None
) -> int:
    """Tell what is otherwise in the run AFTER than in BEFORE: prompts, menus, requests, times."""
    from cxassure.report.changes import changes, other_lines
    from cxassure.report.explain import compared

    workspace = options.open_workspace(root, reports=report_dir)
    one, _ = telling_again.one(workspace, before, root)
    other, _ = telling_again.one(workspace, after, root)
    if one.name != other.name:
        whose = f"{one.name} beside {other.name}, step by step"
        click.echo(f"! these are not runs of one probe: {whose}", err=True)
    if moved := other_lines(other, one):
        what = ", ".join(f"{p} over {one.lines[p]}, then over {other.lines[p]}" for p in moved)
        click.echo(f"! what is said is not compared: {what}", err=True)
    if json_to is None:
        click.echo("\n".join(compared(one, other)))
        return 0
    found = [
        {"kind": c.kind, "step": c.step, "what": c.sentence, "before": c.before, "after": c.after}
        for c in changes(other, one)
    ]
    options.answer({"before": one.id, "after": other.id, "changes": found}, json_to)
    return 0
