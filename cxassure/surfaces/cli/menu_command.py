"""`cxassure menu`: a phone menu as a whole, every path and every way out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cxassure.errors import UsageError
from cxassure.surfaces.cli import options
from cxassure.verdict import EXIT_FAILED, EXIT_PASSED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxassure.menu import Menu
    from cxassure.report.menu import Tree
    from cxassure.run import Run
    from cxassure.workspace import Workspace


@click.command("menu")
@click.argument("name", required=False)
@options.root
@options.env
@options.json_to
@click.option("--seed", type=int, help="Seed of generated people (default: drawn, shown).")
@click.option("--workers", type=click.IntRange(1), help="Runs at once.")
@click.option("--timeout", type=options.DURATION, help="Longest time for one run (90s, 5m).")
@click.option("--strict", is_flag=True, help="Degraded, flaky, unseen and drift are failures.")
@click.option(
    "--report-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for runs and reports (default: reports).",
)
def command(
    name: str | None, root: Path, env: str, json_to: str | None, strict: bool, **how: Any
) -> int:
    """Drive every path of the phone menu NAME and tell it as a tree.

    What was reached, in how many keys and seconds, which ways out work, and where what is
    announced differs from what is declared. NAME can be left out where there is one menu.
    """
    from cxassure.selection import Selection
    from cxassure.surfaces.cli import driving

    workspace = options.open_workspace(root, env, how.pop("report_dir"))
    menu = _chosen(workspace, name)
    probes = [p for p in workspace.select(Selection(tags=(menu.name,))) if _of(menu, p.source)]
    found: list[Tree] = []
    how |= {"strict": strict, "again": options.again(root, env), **_PLAIN}
    how["instead"] = lambda runs: _told(menu, runs, json_to, found)
    code = driving.go(workspace, probes, how)
    drifted = strict and code == EXIT_PASSED and found[0].drift
    return EXIT_FAILED if drifted else code


_PLAIN: dict[str, Any] = {
    "retry": 0, "fail_fast": False, "trace": False, "json_to": None, "html": None, "junit": None,
}  # fmt: skip


def _told(menu: Menu, runs: Sequence[Run], json_to: str | None, found: list[Tree]) -> str:
    """What stands on stdout: the tree in lines, or as JSON."""
    from cxassure.report import menu as report

    found.append(report.tree(menu, runs))
    if json_to is None:
        return "\n".join(report.told(found[0]))
    text = json.dumps(report.document(found[0]), indent=2, ensure_ascii=False)
    if json_to != options.STDOUT:
        Path(json_to).write_text(text + "\n", "utf-8")
        return "\n".join(report.told(found[0]))
    return text


def _of(menu: Menu, source: str) -> bool:
    """Whether a journey comes from the menu's file: others may carry a tag of that name."""
    return source == menu.places.path


def _chosen(workspace: Workspace, name: str | None) -> Menu:
    from cxassure.text import guess

    menus = workspace.menus()
    if not menus:
        raise UsageError("no file declares a menu", "docs/menus.md shows how one is written")
    if name is None and len(menus) == 1:
        return next(iter(menus.values()))
    if name not in menus:
        what = f"there is no menu «{name}»" if name else "which menu?"
        raise UsageError(what, guess(name or "", menus))
    return menus[name]
