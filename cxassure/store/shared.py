"""A database that machines share: told of everything by way of the spool, asked for history."""

from __future__ import annotations

import dataclasses
import socket
import time
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import DataError, IntegrityError

from cxassure.store.database import address, connect, in_a_line, insert, named, opened
from cxassure.store.index import Index
from cxassure.store.reading import PastRun
from cxassure.store.spool import Entry, Refused, Spool
from cxassure.store.tables import decisions

PAUSE = 2.0
"""Seconds for which a database that did not answer is not asked again."""


class Away(Exception):
    """The database did not answer a moment ago."""


class Decided(msgspec.Struct, frozen=True):
    """A decision as it is kept: `kind` is `readiness` or `forecast`, `document` its JSON."""

    id: str
    kind: str
    name: str
    at: datetime
    document: msgspec.Raw


class Shared:
    """At `url`; what it has not taken yet waits in `spool`.

    Making one raises `UsageError` and connects to nothing. What asks raises `SQLAlchemyError`,
    `Outdated`, and for a while after those `Away`.
    """

    def __init__(self, url: str, spool: Spool) -> None:
        address(url)
        self._url, self.spool = url, spool
        self.host = f"{socket.gethostname()}:{spool.folder.parent.resolve()}"
        self.refused: list[str] = []
        self._pause = 0.0

    @property
    def name(self) -> str:
        """Where it is, without the password."""
        return named(connect(self._url))

    @cached_property
    def index(self) -> Index:
        """Runs, as the database has been told of them so far."""
        return Index(self._url)

    @cached_property
    def _engine(self) -> sa.Engine:
        return opened(self._url, "decisions")

    # Telling

    def keep_runs(self, campaign: str, rows: Sequence[PastRun]) -> None:
        """Puts the runs of a campaign where `told` finds them. Raises only `OSError`."""
        mine = [dataclasses.replace(row, host=self.host) for row in rows]
        self.spool.put("runs", campaign, msgspec.json.encode(mine))

    def keep_decision(self, decided: Decided) -> None:
        """Puts a decision where `told` finds it. Raises only `OSError`."""
        self.spool.put("decision", decided.id, msgspec.json.encode(decided))

    def told(self) -> Index:
        """The index, now that the database has been told everything that waited."""
        if time.monotonic() < self._pause:
            raise Away("it did not answer a moment ago")
        try:
            index = self.index
            self.refused += self.spool.replay(self._take)
        except Exception:
            self._pause = time.monotonic() + PAUSE
            raise
        return index

    def _take(self, entry: Entry) -> None:
        """One entry, in one transaction; one that is known already is left as it is."""
        try:
            if entry.kind == "runs":
                rows = msgspec.json.decode(entry.document, type=list[PastRun])
                self.index.add(entry.key, rows)
            else:
                self._decide(msgspec.json.decode(entry.document, type=Decided))
        except (DataError, IntegrityError) as wrong:
            raise Refused(in_a_line(wrong)) from None

    def _decide(self, decided: Decided) -> None:
        values: dict[str, Any] = msgspec.structs.asdict(decided)
        with self._engine.begin() as writing:
            row = insert(writing, decisions).values(values | {"document": bytes(decided.document)})
            writing.execute(row.on_conflict_do_nothing())

    # Asking

    def decisions(self, kind: str, name: str) -> list[bytes]:
        """The documents of a kind about a name, the oldest first."""
        self.told()
        its = (decisions.c.kind == kind, decisions.c.name == name)
        wanted = sa.select(decisions.c.document).where(*its)
        with self._engine.begin() as asked:
            return list(asked.scalars(wanted.order_by(decisions.c.at, decisions.c.id)))
