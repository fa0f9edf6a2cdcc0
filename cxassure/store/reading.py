"""Reading runs back: folders of event lines become `Stored` runs, whole or cut off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from cxassure.events import AnyEvent, RunStarted, decode_all
from cxassure.run import Fold, Run, StepRun
from cxassure.store.recorder import EVENTS, running
from cxassure.verdict import Verdict

HISTORY = "history.json"
"""A finished campaign's rows of history, in its folder."""

STAMP = "%Y%m%dT%H%M%SZ"
GOOD: tuple[Verdict, ...] = ("passed", "degraded")


@dataclass(slots=True)
class Stored:
    """A run as it lies on disk: its fold, its events, its folder."""

    run: Run
    events: list[AnyEvent]
    folder: Path


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run of the past in a row: `started` in UTC, `took` customer seconds, `wall` ours.

    `unseen` expectations, -1 where not counted; its files are at `host` (`machine:folder`).
    `release` is what was in place, "" where nobody said; `channels` in order, a space between.
    """

    id: str
    campaign: str
    folder: str
    journey: str
    row: str
    env: str
    verdict: Verdict
    why: str
    started: datetime
    took: float
    wall: float
    flaky: bool
    measures: dict[str, float] = field(default_factory=dict)
    unseen: int = -1
    host: str = ""
    release: str = ""
    channels: str = ""

    @property
    def good(self) -> bool:
        """Whether the customer got through: passed, be it late."""
        return self.verdict in GOOD


def read(folder: Path) -> Stored:
    """The run in `folder`; one that was cut off is an error, one still going on says so."""
    run, events = _fold(decode_all((folder / EVENTS).read_bytes()))
    if not any(isinstance(event, RunStarted) for event in events):
        run.id = run.journey = folder.name
    if not run.finished and running(folder.parent):
        run.why = "the run has not ended yet"
        for step in run.steps[-1:]:
            if step.why == StepRun(index=0).why:  # cut off in the middle, as it seemed
                step.why = run.why
    return Stored(run, events, folder)


def _fold(events: list[AnyEvent]) -> tuple[Run, list[AnyEvent]]:
    """Folds as far as the events make a stream: a spoilt file must not stop the others."""
    folding = Fold()
    for count, event in enumerate(events):
        try:
            folding.add(event)
        except KeyError:
            return folding.run, events[:count]
    return folding.run, events


def run_folders(campaign: Path) -> list[Path]:
    """The folders in `campaign` that hold a run."""
    return sorted(path.parent for path in campaign.glob(f"*/{EVENTS}"))


def read_campaign(campaign: Path) -> list[Stored]:
    """All runs of a campaign in the order they started."""
    return sorted((read(f) for f in run_folders(campaign)), key=lambda s: s.run.started)


def campaigns(runs: Path) -> list[Path]:
    """The campaigns under `runs` that hold a run, the newest first."""
    if not runs.is_dir():
        return []
    found = (path for path in runs.iterdir() if path.is_dir() and run_folders(path))
    return sorted(found, key=lambda path: path.name, reverse=True)


def started(run: Run, campaign: str) -> datetime:
    """When `run` began, in UTC; when it does not say, when its campaign did."""
    with suppress(ValueError):
        when = datetime.fromisoformat(run.started)
        return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
    with suppress(ValueError):
        return datetime.strptime(campaign[:16], STAMP).replace(tzinfo=UTC)
    return datetime.fromtimestamp(0, UTC)


def past(run: Run, campaign: str, folder: str) -> PastRun:
    """`run` as a row of history."""
    return PastRun(
        id=run.id,
        campaign=campaign,
        folder=folder,
        journey=run.journey,
        row=run.row,
        env=run.env,
        verdict=run.verdict,
        why=run.why,
        started=started(run, campaign),
        took=run.took,
        wall=run.wall,
        flaky=run.flaky,
        measures=dict(run.measures),
        unseen=len(run.unseen),
        release=run.release,
        channels=" ".join(dict.fromkeys(run.parties.values())),
    )


def last_attempts(runs: Iterable[tuple[Run, str]]) -> list[tuple[Run, str]]:
    """The runs without those that were tried again: history counts what it came to.

    A run rehearsed for another instant says nothing of the day it was made on, and one at another
    address nothing of the environment: they are no history.
    """
    known = [(run, folder) for run, folder in runs if not (run.rehearsed or run.overridden)]
    last: dict[tuple[str, str, str], int] = {}
    for run, _ in known:
        key = (run.journey, run.row, run.env)
        last[key] = max(last.get(key, 0), run.attempt)
    return [(r, f) for r, f in known if r.attempt == last[r.journey, r.row, r.env]]


def rows_of(campaign: Path) -> list[PastRun]:
    """The campaign's rows as it left them; from its events where it did not live to."""
    with suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode((campaign / HISTORY).read_bytes(), type=list[PastRun])
    stored = [(one.run, one.folder.name) for one in read_campaign(campaign)]
    return [past(run, campaign.name, folder) for run, folder in last_attempts(stored)]


def leave_rows(campaign: Path, rows: Iterable[PastRun]) -> None:
    """Puts the campaign's rows beside its events, all or none. Raises `OSError`."""
    scratch = campaign / (HISTORY + ".part")
    scratch.write_bytes(msgspec.json.encode(list(rows)))
    scratch.replace(campaign / HISTORY)


def scan(runs: Path) -> Iterator[PastRun]:
    """History straight from the files, newest campaign first: slow, and never out of order."""
    for campaign in campaigns(runs):
        stored = [(s.run, s.folder.name) for s in read_campaign(campaign)]
        rows = [past(run, campaign.name, folder) for run, folder in last_attempts(stored)]
        yield from sorted(rows, key=lambda row: row.started, reverse=True)
