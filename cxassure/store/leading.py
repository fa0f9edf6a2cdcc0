"""Whose turn it is among machines: an advisory lock of PostgreSQL on a connection that is kept."""

from __future__ import annotations

import contextlib
import zlib

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from cxassure.errors import CannotLook
from cxassure.store.database import connect, in_a_line, named, remedy

_CLASS = 7_238_117
"""The first half of the lock's number; the second stands for its name."""


class Leading:
    """The turn called `name` in the database at `url`; the server frees it with the connection.

    Whoever holds it and is cut off from the server no longer does, and must ask again.
    """

    def __init__(self, url: str, name: str) -> None:
        self._engine = connect(url)
        self._name = name
        self._key = zlib.crc32(name.encode()) - 2**31
        self._held: sa.Connection | None = None

    def take(self) -> bool:
        """Whether it is ours from now on. Raises `CannotLook` where the server does not answer."""
        if self.held():
            return True
        try:
            held = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            if held.scalar(sa.select(sa.func.pg_try_advisory_lock(_CLASS, self._key))):
                self._held = held
                return True
            held.close()
        except SQLAlchemyError as wrong:
            what = f"no turn can be had at {named(self._engine)}: {in_a_line(wrong)}"
            raise CannotLook(what, remedy(self._engine, wrong)) from None
        return False

    def held(self) -> bool:
        """Whether it is still ours: the server is asked."""
        if self._held is None:
            return False
        try:
            self._held.scalar(sa.select(1))
        except SQLAlchemyError:
            self.give_back()
            return False
        return True

    def give_back(self) -> None:
        """Lets the next one have it."""
        if self._held is not None:
            with contextlib.suppress(SQLAlchemyError):
                self._held.close()
            self._held = None
