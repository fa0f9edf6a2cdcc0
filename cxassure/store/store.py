"""The store: makes campaigns, finds what they left behind, and keeps the index beside them true."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from cxassure.errors import CannotLook
from cxassure.forecast import Forecast
from cxassure.readiness import Readiness
from cxassure.run import Run
from cxassure.store import decisions
from cxassure.store.decisions import look
from cxassure.store.finding import by_name, by_path, by_prefix
from cxassure.store.reading import (
    HISTORY,
    STAMP,
    PastRun,
    Stored,
    campaigns,
    last_attempts,
    leave_rows,
    past,
    read,
    read_campaign,
    rows_of,
    run_folders,
    scan,
)
from cxassure.store.recorder import EVENTS, Campaign, running
from cxassure.store.spool import Spool

if TYPE_CHECKING:
    from cxassure.store.index import Index
    from cxassure.store.leading import Leading
    from cxassure.store.shared import Shared
    from cxassure.store.tending import Tending
    from cxassure.store.views import Views

_LOG = logging.getLogger("cxassure.store")
_LOG.addHandler(logging.NullHandler())  # who lists `troubles` tells them: not twice on stderr
_T = TypeVar("_T")
_U = TypeVar("_U")


class Store:
    """What is kept under the folder `reports`: runs in `runs/`, their index in `index.db`.

    `url` is a PostgreSQL that several machines share; it is told of runs as they end. Trouble with
    either never loses a run and never raises: it is logged, listed in `troubles`, and answers come
    from the files. Making one raises `UsageError` for a `url` that is none of ours.
    """

    def __init__(self, reports: Path, url: str = "") -> None:
        self.reports = reports
        self.runs = reports / "runs"
        self.url = url
        self.troubles: list[str] = []
        self.spool = Spool(reports / "spool")
        self._file = reports / "index.db"
        self._index: Index | None = None
        self._indexed: set[str] = set()
        self._guessed = self._away = False
        if url:
            _ = self.shared  # which refuses what is none of ours before anything is run

    @cached_property
    def shared(self) -> Shared | None:
        """The database that several machines share, where there is one."""
        from cxassure.store.shared import Shared

        return Shared(self.url, self.spool) if self.url else None

    def campaign(self, stamp: datetime | None = None) -> Campaign:
        """A new folder for the runs of one command. Raises `OSError` when there is no room."""
        at = (stamp or datetime.now(UTC)).astimezone(UTC)
        when = f"{at.strftime(STAMP)}-{at.microsecond // 1000:03}"  # names sort as runs began
        while True:
            with contextlib.suppress(FileExistsError):
                return Campaign(self.runs / f"{when}{secrets.token_hex(4)}", self._add)

    def history(
        self, journey: str, row: str, env: str, before: datetime | None = None, limit: int = 20
    ) -> list[PastRun]:
        """Runs of a journey, the newest first; of a run tried again only the last attempt."""
        return self._past(journey, row, env, before, limit, good=False)

    def last_good(
        self, journey: str, row: str, env: str, before: datetime | None = None
    ) -> PastRun | None:
        """The newest run before `before` in which the customer got through."""
        return next(iter(self._past(journey, row, env, before, 1, good=True)), None)

    def _past(
        self, journey: str, row: str, env: str, before: datetime | None, limit: int, *, good: bool
    ) -> list[PastRun]:
        if not self.runs.is_dir() and not self.url:
            return []
        if before is not None and before.tzinfo is None:
            raise ValueError(f"{before} has no time zone: give a moment in UTC")

        def files() -> Iterator[PastRun]:
            for one in scan(self.runs):
                same = (one.journey, one.row, one.env) == (journey, row, env)
                if same and (one.good or not good) and (not before or one.started < before):
                    yield one

        return self._ask(
            lambda index: index.history(journey, row, env, before, limit, good=good),
            lambda: list(islice(files(), limit)),
        )

    def elsewhere(self, past: PastRun) -> bool:
        """Whether the files of a run are kept by another machine, or in another folder."""
        return self.shared is not None and past.host != self.shared.host

    def latest(self, env: str | None = None) -> list[PastRun]:
        """The latest state of every journey and row."""
        if not self.runs.is_dir() and not self.url:
            return []
        return self._ask(lambda index: index.latest(env), lambda: self._latest_of_files(env))

    def _latest_of_files(self, env: str | None) -> list[PastRun]:
        found: dict[tuple[str, str, str], PastRun] = {}
        for one in scan(self.runs):
            if env is None or one.env == env:
                found.setdefault((one.env, one.journey, one.row), one)
        return [found[key] for key in sorted(found)]

    def find(self, ref: str = "") -> list[Stored]:
        """The runs that `ref` means, nothing when there are none.

        `ref` is nothing (the latest campaign), a campaign or the beginning of its id, a run's id,
        a journey or `journey[row]` (its latest campaign), or the path of a run or campaign. Raises
        `UsageError` for a beginning that fits several campaigns.
        """
        known = campaigns(self.runs)
        if not ref:
            return read_campaign(known[0]) if known else []
        exact = [path for path in known if path.name == ref]
        return (
            (read_campaign(exact[0]) if exact else [])
            or (self._by_id(ref, known) if known else [])
            or by_name(ref, known)
            or by_path(Path(ref))
            or by_prefix(ref, known)
        )

    def of_campaign(self, name: str) -> list[Stored]:
        """The runs of one campaign, straight from its files, in the order they started."""
        return read_campaign(self.runs / name)

    def look(self) -> None:
        """Raises `CannotLook` where what is kept cannot be read, or only in part: a shared store
        that does not answer, or did not since this was made. None at all is no trouble."""
        look(self.reports, self.runs)
        if not self.url:
            return
        self._ask(lambda index: index.campaigns({""}), set)
        if self._guessed:
            hint = "what was run is kept; see what is wrong: cxassure store status"
            raise CannotLook(self.troubles[-1], hint)

    def rows_of(self, campaign: str) -> list[PastRun]:
        """History of one campaign, also one that another machine ran."""
        return self._ask(lambda index: index.of_campaign(campaign), list)

    def reindex(self) -> int:
        """Tells the index all over again what the event files say; gives the number of runs in
        them. A shared one keeps what it knows of other machines."""
        ended = [path for path in reversed(campaigns(self.runs)) if not running(path)]
        rows = [(path.name, rows_of(path)) for path in ended]
        if self.shared:
            for campaign, told in rows:
                self.shared.keep_runs(campaign, told)
            self.shared.told()
            return sum(len(told) for _, told in rows)
        return self._open().replace(rows)

    def _by_id(self, ref: str, known: list[Path]) -> list[Stored]:
        def files() -> list[Path]:
            every = (folder for campaign in known for folder in run_folders(campaign))
            return [folder for folder in every if read(folder).run.id == ref][:1]

        found = self._ask(
            lambda index: [self.runs / r.campaign / r.folder for r in index.by_id(ref)], files
        )
        with contextlib.suppress(OSError, ValueError):  # no name of a file at all
            found.append(self.runs / ref)  # what is no history, as it was rehearsed, is in no index
            there = [folder for folder in found if (folder / EVENTS).is_file()]
            return [one for folder in there[:1] if (one := read(folder)).run.id == ref]
        return []

    def leading(self, scope: str) -> Leading | None:
        """The turn that schedulers of a shared store take; None where there is none."""
        from cxassure.store.leading import Leading

        return Leading(self.url, f"scheduler of {scope}") if self.url else None

    def forget(self, campaign: str, folders: Iterable[str], *, whole: bool) -> None:
        """Takes runs of a campaign out of history. Where the index cannot, it may still tell of
        them until it is made anew."""
        gone = [(campaign, folder) for folder in folders]
        empty = [campaign] if whole else []
        self._ask(lambda index: index.remove(gone, empty), lambda: None)

    @cached_property
    def tending(self) -> Tending:
        """What is done to the store itself: status, upgrade, backup, pruning."""
        from cxassure.store.tending import Tending

        return Tending(self)

    @cached_property
    def views(self) -> Views:
        """What people look at: latest states, histories, runs by time, figures by day."""
        from cxassure.store.views import Views

        return Views(self)

    # Decisions, for the review afterwards

    def keep_readiness(self, decided: Readiness) -> None:
        """Keeps what was decided about a peak. Raises `OSError`."""
        decisions.keep_readiness(self.reports, decided)
        self._share("readiness", decided.peak, decided.at, decided)

    def readiness_of(self, peak: str) -> list[Readiness]:
        """All that was decided about a peak, on all machines, the oldest first."""
        found = self._decided("readiness", peak, Readiness)
        return decisions.readiness_of(self.reports, peak) if found is None else found

    def keep_forecast(self, told: Forecast) -> None:
        """Puts the forecast in the place of the last one. Raises `OSError`."""
        decisions.keep_forecast(self.reports, told)
        self._share("forecast", "", told.made, told)

    def last_forecast(self) -> Forecast | None:
        """The forecast that was kept last, on whatever machine."""
        found = self._decided("forecast", "", Forecast)
        return (
            decisions.last_forecast(self.reports) if found is None else next(iter(found[-1:]), None)
        )

    def _share(self, kind: str, name: str, at: datetime, document: msgspec.Struct) -> None:
        if self.shared:
            from cxassure.store.shared import Decided

            raw = msgspec.Raw(msgspec.json.encode(document))
            self.shared.keep_decision(Decided(secrets.token_hex(16), kind, name, at, raw))
            self._ask(lambda index: None, lambda: None)

    def _decided(self, kind: str, name: str, form: type[_T]) -> list[_T] | None:
        """What a shared store holds of a kind; None where there is none, or it does not answer."""
        shared = self.shared
        if shared is None:
            return None
        found = self._ask(lambda index: shared.decisions(kind, name), lambda: None)
        if found is None:
            return None
        return [msgspec.json.decode(document, type=form) for document in found]

    # The index

    def _add(self, campaign: str, rows: list[tuple[Run, str]]) -> None:
        """Leaves the campaign's rows beside its events, and in the index where that is open.

        An index that this command has not opened catches up when it is next asked: a command in
        which all went well need not load a database for it. A shared one is told at once.
        """
        last = [past(run, campaign, folder) for run, folder in last_attempts(rows)]
        self._leave(campaign, last)
        if self.shared:
            self._ask(lambda index: None, lambda: None)
        elif self._index is not None:
            self._ask(lambda index: index.add(campaign, last), lambda: None)

    def _leave(self, campaign: str, rows: list[PastRun]) -> None:
        """Into the spool first: what has a history of its own is not looked at again."""
        if self.shared and rows:
            self.shared.keep_runs(campaign, rows)
        leave_rows(self.runs / campaign, rows)

    def _ask(self, question: Callable[[Index], _T], otherwise: Callable[[], _U]) -> _T | _U:
        """What the index says; when it cannot, it is mended if it is broken, else told about."""
        from sqlalchemy.exc import DatabaseError, OperationalError, SQLAlchemyError

        from cxassure.store.database import Outdated, in_a_line
        from cxassure.store.shared import Away

        try:
            try:
                return question(self._caught_up())
            except (DatabaseError, Outdated) as wrong:
                busy = isinstance(wrong, OperationalError)
                if busy or getattr(wrong, "newer", False) or self.url:
                    raise
                self._mend(wrong)
                return question(self._caught_up())
        except Outdated as wrong:
            self._tell(self._cannot(f"{wrong.what}; {wrong.hint}"))
        except (SQLAlchemyError, OSError) as wrong:
            if not (self.url and self._away):
                self._tell(self._cannot(in_a_line(wrong)))
            self._away = True
        except Away:
            pass  # and that is told already
        self._guessed = True
        return otherwise()

    def _cannot(self, why: str) -> str:
        if self.shared:
            return (
                f"the store {self.shared.name} cannot be used: {why} (what was run waits in "
                f"{self.spool.folder} and is told when it is back)"
            )
        hint = "it may be deleted: it is built anew from the event files"
        return f"the index of runs cannot be used: {why} ({hint})"

    def _open(self) -> Index:
        from cxassure.store.index import Index

        if self._index is None:
            self.reports.mkdir(parents=True, exist_ok=True)
            self._index = Index(f"sqlite:///{self._file}")
        return self._index

    def _caught_up(self) -> Index:
        """The index with the campaigns that nobody lived to put in it."""
        if self.shared:
            self._leave_what_was_cut_off()
            return self._told(self.shared)
        index = self._open()
        unsure = self._campaigns() - self._indexed
        known = index.campaigns(unsure) if unsure else set()
        for name in sorted(unsure - known):
            path = self.runs / name
            if not running(path) and run_folders(path):
                index.add(name, rows_of(path))
                known.add(name)
        self._indexed |= known
        return index

    def _told(self, shared: Shared) -> Index:
        index = shared.told()
        self._away = False
        for refused in shared.refused:
            self._tell(f"the store {shared.name} takes this never, it is put aside: {refused}")
        return index

    def _leave_what_was_cut_off(self) -> None:
        """A campaign without its history was killed before it could be told."""
        for name in sorted(self._campaigns() - self._indexed):
            path = self.runs / name
            if (path / HISTORY).exists():
                self._indexed.add(name)
            elif not running(path) and run_folders(path):
                self._leave(name, rows_of(path))

    def _campaigns(self) -> set[str]:
        return set(os.listdir(self.runs)) if self.runs.is_dir() else set()  # noqa: PTH208 - fast

    def _mend(self, wrong: Exception) -> None:
        """Puts a broken index aside and builds it anew, unless another process just has."""
        from sqlalchemy.exc import DatabaseError

        from cxassure.store.database import Outdated, in_a_line

        self._tell(f"the index of runs is built anew from the files: {in_a_line(wrong)}")
        with (self.reports / "index.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._index, self._indexed = None, set()
            try:
                self._open().latest()
            except (DatabaseError, Outdated):
                self._index = None
                for suffix in ("", "-wal", "-shm"):
                    Path(f"{self._file}{suffix}").unlink(missing_ok=True)
                self.reindex()

    def _tell(self, what: str) -> None:
        if what not in self.troubles:
            self.troubles.append(what)
            _LOG.warning(what)
