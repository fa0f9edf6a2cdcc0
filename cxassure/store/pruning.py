"""Pruning: finds what is kept on this machine's disk, and lets go of what has had its time.

What goes is first forgotten by the index, then moved out of the runs in one go, then deleted: a
kill leaves a run whole or gone, and the next pruning finishes what is left.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from cxassure.settings import Keep
from cxassure.store.reading import PastRun, campaigns, leave_rows, rows_of, started
from cxassure.store.recorder import EVIDENCE, running
from cxassure.store.retention import File, Going, Held, going
from cxassure.store.store import Store

GOING = ".going"
"""The folder beside `runs` in which what is being deleted lies."""
PRUNED = "pruned.jsonl"
"""In a run's folder: what evidence it had."""


def prune(store: Store, keep: Keep, now: datetime, *, dry_run: bool = False) -> Going:
    """Lets go of what has had its time under `keep`; tells what, and does nothing on `dry_run`.

    Runs under way, incidents, decisions and the ledger stay as they are. Raises `OSError`.
    """
    if dry_run or not store.runs.is_dir():
        return going(held(store.runs), keep, now)
    with (store.reports / "prune.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _finish(store.reports / GOING)
        found = going(held(store.runs), keep, now)
        for campaign in sorted({run.campaign for run in found.runs}):
            _drop(store, campaign, {run.folder for run in found.runs if run.campaign == campaign})
        for run, file in found.evidence:
            _drop_file(store.runs / run.campaign / run.folder, file, now)
    return found


def held(runs: Path) -> Iterator[Held]:
    """Every run under `runs` that has ended, with what it takes on the disk."""
    for campaign in campaigns(runs):
        if not running(campaign):
            rows = rows_of(campaign)
            yield from (_held(campaign, row) for row in rows)
            if not rows:
                yield _no_history(campaign)


def _held(campaign: Path, row: PastRun) -> Held:
    folder = campaign / row.folder
    files = _files(folder) if row.folder else []
    return Held(
        campaign.name,
        row.folder,
        (row.journey, row.row, row.env),
        row.verdict,
        row.started,
        sum(file.size for file in files),
        tuple(file for file in files if file.path.startswith(f"{EVIDENCE}/")),
    )


def _no_history(campaign: Path) -> Held:
    """A campaign of rehearsals goes as a whole; no last good run is in it."""
    from cxassure.run import Run

    when = started(Run(id="", journey=""), campaign.name)
    size = sum(file.size for file in _files(campaign))
    return Held(campaign.name, "", None, "passed", when, size)


def _files(folder: Path) -> list[File]:
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return [File(path.relative_to(folder).as_posix(), path.stat().st_size) for path in found]


def _drop(store: Store, campaign: str, folders: set[str]) -> None:
    """The runs of a campaign, and the campaign itself where nothing is left of it."""
    path = store.runs / campaign
    rows = rows_of(path)
    left = [row for row in rows if row.folder not in folders]
    store.forget(campaign, folders, whole=not left)
    if not left:
        _remove(store.reports, path)
        return
    leave_rows(path, left)
    for folder in sorted(folders):
        _remove(store.reports, path / folder)


def _remove(reports: Path, path: Path) -> None:
    if not path.is_dir():
        return
    aside = reports / GOING / f"{path.parent.name}-{path.name}"
    aside.parent.mkdir(exist_ok=True)
    shutil.rmtree(aside, ignore_errors=True)
    path.rename(aside)
    shutil.rmtree(aside)


def _finish(aside: Path) -> None:
    if aside.is_dir():
        shutil.rmtree(aside)


def _drop_file(folder: Path, file: File, now: datetime) -> None:
    """Told in the run's folder first: what is no longer there was there."""
    said = {"path": file.path, "size": file.size, "pruned": now.astimezone(UTC).isoformat()}
    with (folder / PRUNED).open("ab") as told:
        told.write(msgspec.json.encode(said) + b"\n")
    (folder / file.path).unlink(missing_ok=True)
