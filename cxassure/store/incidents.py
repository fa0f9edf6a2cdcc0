"""The state of incidents and the outbox beside it: both change in one transaction, or neither.

They stand in a database of their own, since the index of runs may be thrown away and made anew.
"""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from cxassure.errors import CannotLook
from cxassure.incident import Message, Posting, State, decode, encode
from cxassure.store.annals import Annals, remember
from cxassure.store.database import connect, in_a_line, insert, lock, named, opened, remedy
from cxassure.store.tables import outbox, states

Change: TypeAlias = Callable[[State], tuple[State, tuple[Message, ...]]]
"""What makes a state and its messages of the state before: `decide` with its other arguments."""

_ONLY = 1
_LOCK = 7_238_115
"""The number of PostgreSQL's advisory lock that a deliverer holds."""


class Incidents:
    """At `url`, a SQLAlchemy URL; it is an outbox too. Everything raises `CannotLook`."""

    def __init__(self, url: str) -> None:
        self._engine = connect(url)
        self._sqlite = self._engine.dialect.name == "sqlite"
        self._writing = self._engine.execution_options(writing=True)
        with self._told():
            opened(url, "incidents")
        with self._transaction(self._writing) as writing:
            first = insert(writing, states).values(id=_ONLY, state=encode(State()))
            writing.execute(first.on_conflict_do_nothing())

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Trouble is told in our words; an address with its password is not."""
        try:
            yield
        except SQLAlchemyError as wrong:
            what = f"what is known of incidents ({named(self._engine)}) cannot be used"
            hint = remedy(self._engine, wrong)
            raise CannotLook(f"{what}: {in_a_line(wrong)}", hint) from None

    @contextlib.contextmanager
    def _transaction(self, engine: sa.Engine) -> Iterator[sa.Connection]:
        with self._told(), engine.begin() as connection:
            yield connection

    # State

    def state(self) -> State:
        """What is remembered now."""
        with self._transaction(self._engine) as asked:
            return self._state(asked)

    def change(self, change: Change) -> tuple[Message, ...]:
        """Carries out one decision; what it says is in the outbox when this returns.

        Several processes take turns. When it fails nothing has changed, and nothing is said.
        """
        with self._transaction(self._writing) as writing:
            before = self._state(writing, lock=True)
            after, said = change(before)
            if after != before:
                writing.execute(sa.update(states).values(state=encode(after)))
                remember(writing, before, after)
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
        with self._transaction(self._writing) as writing:
            self._put(writing, messages)

    def _put(self, writing: sa.Connection, messages: Iterable[Message]) -> None:
        for message in messages:
            posting = encode(Posting(message=message, next=message.at))
            row = insert(writing, outbox).values(message=message.id, posting=posting, done=False)
            writing.execute(row.on_conflict_do_nothing(index_elements=["message"]))

    def waiting(self) -> list[Posting]:
        """What has not got through, in the order in which it was taken in."""
        wanted = sa.select(outbox.c.posting).where(~outbox.c.done).order_by(outbox.c.number)
        with self._transaction(self._engine) as asked:
            return [decode(found, Posting) for found in asked.scalars(wanted)]

    def keep(self, posting: Posting) -> None:
        """Notes that it was tried and did not get through."""
        self._note(posting.message.id, posting=encode(posting))

    def done(self, message: str) -> None:
        """Forgets the message of this id: it got through."""
        self._note(message, posting=b"", done=True)

    def _note(self, message: str, **values: object) -> None:
        with self._transaction(self._writing) as writing:
            writing.execute(sa.update(outbox).where(outbox.c.message == message).values(values))

    @cached_property
    def annals(self) -> Annals:
        """Incidents of the past, and what people noted of them."""
        return Annals(self._transaction, self._engine, self._writing)

    @contextlib.contextmanager
    def turn(self) -> Iterator[bool]:
        """Whether it is ours to deliver. Whoever held it and died holds it no more."""
        if self._sqlite:
            with _file_lock(self._engine.url.database) as ours:
                yield ours
            return
        with self._told(), lock(self._engine, _LOCK) as ours:
            yield ours


@contextlib.contextmanager
def _file_lock(database: str | None) -> Iterator[bool]:
    with Path(f"{database}.turn").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
