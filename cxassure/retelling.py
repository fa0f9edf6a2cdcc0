"""What is told of runs beside the runs themselves: the good run before each, as it is kept, since
when it goes wrong, and what was deployed meanwhile."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from cxassure.errors import CannotLook, UsageError

if TYPE_CHECKING:
    from cxassure.incident import Deploy
    from cxassure.report.context import Context, Past
    from cxassure.run import Run
    from cxassure.store import Store
    from cxassure.store.reading import PastRun

PAGE = "index.html"
"""The page of a campaign, in its folder."""

LOOKS = 20
"""How many of the newest runs are counted where one goes wrong."""

OTHERS = 500
"""Runs of the same campaign that are looked at beside those that are told."""

PASSED = 20
"""Journeys of which a run is read to see whether they went well since a deployment."""


def context_of(
    store: Store,
    runs: Sequence[Run],
    folders: Mapping[str, Path],
    campaign: Path,
    again: str,
    deploys: Sequence[Deploy] | None = None,
) -> Context:
    """What reports of `runs` need; `campaign` is the folder of their page, `again` the command
    that drives a journey, named after it, once more. Its other runs are read where they lie, and
    `deploys` looked up where they are not given."""
    from cxassure.report.context import Context

    trouble = any(run.verdict in ("failed", "degraded") for run in runs)
    known = (_deploys(store) if deploys is None else deploys) if trouble else ()
    return Context(
        runs=[*runs, *_others(folders, campaign)],
        past={run.id: _past(store, run) for run in runs},
        folders=folders,
        page=str(campaign / PAGE),
        again=again,
        deploys=known,
        passed=_passed(store, runs, known),
    )


def _others(folders: Mapping[str, Path], campaign: Path) -> list[Run]:
    """The runs of `campaign` that have ended and are not among `folders`, which go by run id."""
    from cxassure.store.reading import read, run_folders

    known, found = set(folders.values()), []
    for folder in [one for one in run_folders(campaign) if one not in known][:OTHERS]:
        with contextlib.suppress(OSError, CannotLook):
            found.append(read(folder).run)
    return [run for run in found if run.finished and run.id not in folders]


def _deploys(store: Store) -> tuple[Deploy, ...]:
    """The deployments that are remembered with the incidents; none where nobody keeps any."""
    kept = store.reports / "incidents.db"
    if not store.url and not kept.is_file():
        return ()
    from cxassure.store.incidents import Incidents

    with contextlib.suppress(CannotLook):
        return Incidents(store.url or f"sqlite:///{kept}").state().deploys
    return ()


def _passed(store: Store, runs: Sequence[Run], deploys: Sequence[Deploy]) -> list[Run]:
    """The latest run of each journey, where it went well after a deployment before `runs`."""
    ended = max((run.started for run in runs), default="")
    known = [one.at for one in deploys if ended and one.at <= datetime.fromisoformat(ended)]
    if not known or not any(run.verdict in ("failed", "degraded") for run in runs):
        return []
    envs = {run.env for run in runs}
    since = [one for one in store.latest() if one.good and one.env in envs]
    since = [one for one in since if one.started >= min(known)]
    since.sort(key=lambda one: one.started, reverse=True)
    kept = (_kept(store, one) for one in since[:PASSED])
    return [run for run in kept if run]


def _past(store: Store, run: Run) -> Past:
    from cxassure.report.context import Past

    before = datetime.fromisoformat(run.started) if run.started else None
    good = store.last_good(run.journey, run.row, run.env, before)
    known = Past(good.started, _kept(store, good)) if good else Past()
    if run.verdict in ("passed", "degraded", "skipped"):
        return known
    looks = store.history(run.journey, run.row, run.env, before, LOOKS - 1)
    streak = list(takewhile(lambda one: not one.good, looks))
    return replace(
        known,
        first_bad=streak[-1].started if streak else before,
        streak=len(streak) + 1,
        bad=sum(not one.good for one in looks) + 1,
        looks=len(looks) + 1,
    )


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


def felt(store: Store, failed: Sequence[PastRun], most: int = 100) -> dict[str, str]:
    """What a customer would have felt, by run id, of the first `most` runs whose lines are here."""
    from cxassure.report.customer import consequence
    from cxassure.report.tally import blaming

    found: dict[str, str] = {}
    for one in failed[:most]:
        run = _kept(store, one)
        told = blaming(run) if run else None
        bad = told.first_bad if told else None
        if told and bad and (said := consequence(told, bad)):
            found[one.id] = said
    return found


def printed(html: str, browser: str = "") -> bytes:
    """A page of ours as PDF. Raises `CannotLook` where no browser is found or none prints."""
    from cxassure.channels._browser.printing import printed as by_the_browser

    return by_the_browser(html, browser)
