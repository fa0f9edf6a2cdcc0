"""What an inbox connector is: where a customer's mail arrives, and how it is fetched from there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from cxassure.channel import Opening
from cxassure.channels.inbox.mail import Mail


class InboxConnector(ABC):
    """One kind of mailbox. A subclass is registered as entry point `inbox.<name>`.

    A mailbox is ours: one that cannot be reached raises `errors.CannotLook`.
    """

    rehearses: ClassVar[bool] = True
    """Mail bears the date on which it is sent, whatever is rehearsed."""

    def __init__(self, opening: Opening, address: str) -> None:
        self.opening = opening
        self.address = address

    @abstractmethod
    async def open(self) -> None:
        """Gets through to the mailbox. Mail that is there already is no news."""

    @abstractmethod
    async def new(self, patience: float) -> list[Mail]:
        """Mail to `address` that has come since it was last asked, oldest first.

        Waits for one at most `patience` seconds, and may return without any before.
        """

    @abstractmethod
    async def close(self) -> None:
        """Leaves nothing behind. May be called twice, before `open`, or while `new` waits."""
