"""What is told of runs beside the runs themselves: the good run before each, as it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cxassure.errors import UsageError

if TYPE_CHECKING:
    from cxassure.report.context import Context, Past
    from cxassure.run import Run
    from cxassure.store import Store
    from cxassure.store.reading import PastRun

PAGE = "index.html"
"""The page of a campaign, in its folder."""


def context_of(
    store: Store,
    runs: Sequence[Run],
    folders: Mapping[str, Path],
    campaign: Path,
    again: str,
) -> Context:
    """What reports of `runs` need; `campaign` is the folder of their page, `again` the command
    that drives a journey, named after it, once more."""
    from cxassure.report.context import Context

    return Context(
        runs=runs,
        past={run.id: _past(store, run) for run in runs},
        folders=folders,
        page=str(campaign / PAGE),
        again=again,
    )


def _past(store: Store, run: Run) -> Past:
    from cxassure.report.context import Past

    before = datetime.fromisoformat(run.started) if run.started else None
    good = store.last_good(run.journey, run.row, run.env, before)
    return Past(good.started, _kept(store, good)) if good else Past()


def _kept(store: Store, past: PastRun) -> Run | None:
    """A run of the past as its lines tell it; None where they are gone or elsewhere."""
    from cxassure.store.reading import read

    folder = store.runs / past.campaign / past.folder
    here = not store.elsewhere(past) and (folder / "events.jsonl").is_file()
    return read(folder).run if here else None


def probe_path(store: Store, run: Run) -> Path:
    """The probe that a stored run was made of. Raises `UsageError` where it was not kept."""
    from cxassure.campaign import PROBE

    campaign, _, folder = run.id.partition("/")
    path = store.runs / campaign / folder / PROBE
    if not path.is_file():
        raise UsageError(
            f"no probe was kept with run {run.id}", f"run the journey as it is now: {run.name}"
        )
    return path


MOST = 1_000_000
"""Runs of the past that are read at most."""


def past(
    store: Store, since: datetime, until: datetime, journey: str = "", row: str = "", env: str = ""
) -> list[PastRun]:
    """The runs that began from `since` until before `until`, the oldest first; what is empty is not
    asked after. Raises `CannotLook`."""
    from cxassure.store.views import Wanted

    store.views.latest()
    wanted = Wanted(journey=journey, row=row or None, env=env, since=since, until=until)
    return store.views.page(wanted, limit=MOST)[::-1]
