"""The state of incidents and the outbox beside it: both change in one transaction, or neither.

They stand in a database of their own, since the index of runs may be thrown away and made anew.
"""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.pool import NullPool

from cxassure.incident import Message, Posting, State, decode, encode
from cxassure.store.index import _tune

Change: TypeAlias = Callable[[State], tuple[State, tuple[Message, ...]]]
"""What makes a state and its messages of the state before: `decide` with its other arguments."""

metadata = sa.MetaData()

states = sa.Table(
    "incident_state",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("state", sa.LargeBinary, nullable=False),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("message", sa.String(160), nullable=False, unique=True),
    sa.Column("posting", sa.LargeBinary, nullable=False),
    sa.Column("done", sa.Boolean, nullable=False, index=True),
)
"""What got through stays, without its text, so that it is never taken in twice."""

_ONLY = 1
_LOCK = 7_238_115
"""The number of PostgreSQL's advisory lock that a deliverer holds."""


class Incidents:
    """At `url`, a SQLAlchemy URL; it is an outbox too. Raises `SQLAlchemyError`."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url, poolclass=NullPool)
        self._sqlite = self._engine.dialect.name == "sqlite"
        if self._sqlite:
            _tune(self._engine)
        self._writing = self._engine.execution_options(writing=True)
        with self._writing.begin() as writing:
            metadata.create_all(writing)
            first = self._insert(states).values(id=_ONLY, state=encode(State()))
            writing.execute(first.on_conflict_do_nothing())

    def _insert(self, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
        return sqlite.insert(table) if self._sqlite else postgresql.insert(table)

    # State

    def state(self) -> State:
        """What is remembered now."""
        with self._engine.begin() as asked:
            return self._state(asked)

    def change(self, change: Change) -> tuple[Message, ...]:
        """Carries out one decision; what it says is in the outbox when this returns.

        Several processes take turns. When it fails nothing has changed, and nothing is said.
        """
        with self._writing.begin() as writing:
            before = self._state(writing, lock=True)
            after, said = change(before)
            if after != before:
                writing.execute(sa.update(states).values(state=encode(after)))
            self._put(writing, said)
        return said

    @staticmethod
    def _state(connection: sa.Connection, lock: bool = False) -> State:
        wanted = sa.select(states.c.state).where(states.c.id == _ONLY)
        found = connection.scalar(wanted.with_for_update() if lock else wanted)
        return decode(found, State) if found else State()

    # Outbox

    def put(self, messages: Iterable[Message]) -> None:
        """Takes messages in, each once."""
        with self._writing.begin() as writing:
            self._put(writing, messages)

    def _put(self, writing: sa.Connection, messages: Iterable[Message]) -> None:
        for message in messages:
            posting = encode(Posting(message=message, next=message.at))
            row = self._insert(outbox).values(message=message.id, posting=posting, done=False)
            writing.execute(row.on_conflict_do_nothing(index_elements=["message"]))

    def waiting(self) -> list[Posting]:
        """What has not got through, in the order in which it was taken in."""
        wanted = sa.select(outbox.c.posting).where(~outbox.c.done).order_by(outbox.c.number)
        with self._engine.begin() as asked:
            return [decode(found, Posting) for found in asked.scalars(wanted)]

    def keep(self, posting: Posting) -> None:
        """Notes that it was tried and did not get through."""
        self._note(posting.message.id, posting=encode(posting))

    def done(self, message: str) -> None:
        """Forgets the message of this id: it got through."""
        self._note(message, posting=b"", done=True)

    def _note(self, message: str, **values: object) -> None:
        with self._writing.begin() as writing:
            writing.execute(sa.update(outbox).where(outbox.c.message == message).values(values))

    @contextlib.contextmanager
    def turn(self) -> Iterator[bool]:
        """Whether it is ours to deliver. Whoever held it and died holds it no more."""
        if self._sqlite:
            with _file_lock(self._engine.url.database) as ours:
                yield ours
            return
        with self._engine.connect() as held:
            yield bool(held.scalar(sa.select(sa.func.pg_try_advisory_lock(_LOCK))))
            held.scalar(sa.select(sa.func.pg_advisory_unlock(_LOCK)))


@contextlib.contextmanager
def _file_lock(database: str | None) -> Iterator[bool]:
    with Path(f"{database}.turn").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
