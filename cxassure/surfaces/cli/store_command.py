"""`cxassure store`: how the store is, bringing it up to date, pruning it, copying it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cxassure.surfaces.cli import options
from cxassure.verdict import EXIT_ERROR

if TYPE_CHECKING:
    from cxassure.workspace import Workspace


@click.command("store")
@click.argument("what", type=click.Choice(["status", "upgrade", "prune", "backup"]))
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@options.root
@options.env
@click.option(
    "--report-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of runs and reports (default: reports).",
)
@click.option("--dry-run", is_flag=True, help="Prune: tell what would go, and leave it.")
@options.as_json
def command(
    what: str,
    file: Path | None,
    root: Path,
    env: str,
    report_dir: Path | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Look after what is kept.

    status tells which database it is, its version and size, and what waits to be told to it;
    upgrade makes its tables or brings them up to date; prune lets go of what has had its time by
    keep: in cxassure.yaml; backup FILE copies a store on SQLite into a new ZIP file. Exit code 2
    when there is such a file already, 3 when the store cannot be used.
    """
    if (what == "backup") != (file is not None):
        raise click.UsageError("backup, and only backup, wants a FILE")
    if dry_run and what != "prune":
        raise click.UsageError("--dry-run belongs to prune")
    workspace = options.open_workspace(root, env, report_dir)
    if file is not None:
        told = _backup(workspace, file)
    else:
        told = _prune(workspace, dry_run) if what == "prune" else _ASKED[what](workspace)
    lines, unfit = told.pop("lines"), told.pop("unfit", ())
    click.echo(json.dumps(told, indent=2, ensure_ascii=False) if as_json else "\n".join(lines))
    for trouble in [*workspace.store.troubles, *unfit]:
        click.echo(trouble, err=True)
    return EXIT_ERROR if unfit else 0


def _status(workspace: Workspace) -> dict[str, Any]:
    import msgspec

    found = workspace.store.tending.status()
    lines = []
    for one in found.databases:
        fits = "" if one.version == found.needs else f" (this cxassure needs {found.needs})"
        version = f"version {one.version}" if one.version else "not set up"
        lines.append(f"{one.name}: {version}{fits}, {_bytes(one.size)}")
        lines += [f"  {table}: {options.count(rows, 'row')}" for table, rows in one.rows.items()]
    lines += [] if found.databases else ["no database yet: the first run makes one"]
    lines.append(f"{workspace.store.runs}: {options.count(found.campaigns, 'campaign')}")
    if found.shared:
        lines.append(f"{workspace.store.spool.folder}: {found.waiting} waiting to be told")
    if found.refused:
        lines.append(f"{workspace.store.spool.folder / 'refused'}: {found.refused} put aside")
    unfit = [why for one in found.databases if (why := one.unfit(found.shared))]
    return {**msgspec.to_builtins(found), "lines": lines, "unfit": unfit}


def _upgrade(workspace: Workspace) -> dict[str, Any]:
    found, runs = workspace.store.tending.upgrade()
    status = workspace.store.tending.status()
    was = f"was of version {found}" if found else "was not set up"
    told = f"the store {was}, and is of version {status.needs}; runs told: {runs}"
    return {"before": found or None, "version": status.needs, "runs": runs, "lines": [told]}


_ASKED = {"status": _status, "upgrade": _upgrade}


def _prune(workspace: Workspace, dry_run: bool) -> dict[str, Any]:
    keep = workspace.settings.keep
    found = workspace.store.tending.prune(keep, datetime.now(UTC), dry_run=dry_run)
    told: Mapping[str, Any] = {
        "dry_run": dry_run,
        "runs": [f"{run.campaign}/{run.folder}" for run in found.runs],
        "evidence": [f"{run.campaign}/{run.folder}/{file.path}" for run, file in found.evidence],
        "bytes": found.size,
    }
    verb = "would go" if dry_run else "went"
    runs, files = len(found.runs), len(found.evidence)
    line = (
        f"{options.count(runs, 'run')} and {options.count(files, 'file')} of evidence of other "
        f"runs {verb}: {_bytes(found.size)}"
    )
    named = [*told["runs"], *told["evidence"]] if dry_run else []
    return {**told, "lines": [*named, line]}


def _backup(workspace: Workspace, file: Path) -> dict[str, Any]:
    size = workspace.store.tending.backup(file)
    told = f"{file}: {_bytes(size)}; the runs themselves are in {workspace.store.runs}"
    return {"file": str(file), "bytes": size, "lines": [told]}


def _bytes(size: int) -> str:
    for unit, bytes_ in (("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if size >= bytes_:
            return f"{size / bytes_:.1f} {unit}"
    return f"{size} B"
