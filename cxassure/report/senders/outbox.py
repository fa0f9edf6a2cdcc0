"""The outbox: messages that have not got through yet; `store.incidents.Incidents` is one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

from cxassure.incident import Message, Posting


class Outbox(Protocol):
    """Where messages wait. A message is known by its id and taken in once, ever."""

    def put(self, messages: Iterable[Message]) -> None:
        """Takes messages in; when it returns they are safe."""
        ...

    def waiting(self) -> list[Posting]:
        """What has not got through, in the order in which it was taken in."""
        ...

    def keep(self, posting: Posting) -> None:
        """Notes that it was tried and did not get through."""
        ...

    def done(self, message: str) -> None:
        """Forgets the message of this id: it got through."""
        ...

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Whether it is ours to deliver: one at a time, so that nothing is sent twice."""
        ...


def due(posting: Posting, now: datetime) -> bool:
    """Whether it is time to try."""
    return posting.next <= now
