"""What a telephone line is to a caller: the way a call goes, whatever it goes over."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any, Protocol

from cxassure.channel import Clock


class Line(Protocol):
    """A line is made with the session that it serves, and records what is heard in it.

    Lengths are seconds of `clock`; `patience` is how long to wait for the company before
    `errors.Broken`. `Broken` is raised where the company breaks the call, `errors.CannotLook`
    where this side cannot go on.
    """

    clock: Clock

    async def open(self, caller: str, headers: Mapping[str, str]) -> None: ...

    async def dial(
        self, number: str, caller: str, data: Mapping[str, str], patience: float
    ) -> None: ...

    async def press(self, keys: str, at_once: bool, patience: float) -> None: ...

    async def say(self, text: str, at_once: bool, patience: float) -> None: ...

    async def hang_up(self) -> None: ...

    async def attend(self, until: float) -> None: ...

    @property
    def settled(self) -> bool: ...

    @property
    def call(self) -> Mapping[str, Any] | None:
        """The fields of the call, None when none was placed."""

    @property
    def quiet_for(self) -> float:
        """Seconds of dead air that has not ended yet."""

    def audio(self) -> str | Awaitable[str | None] | None:
        """Whether sound goes `both ways`; raises `Unseen` where a line carries none."""

    async def witness(self) -> None: ...

    async def close(self) -> None: ...
