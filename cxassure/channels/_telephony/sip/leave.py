"""Who is asked before a telephone is rung: every call that is placed, redirected or referred."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from cxassure.channels._telephony.sip.call import Call
    from cxassure.channels._telephony.sip.events import Happened


class Watcher(Protocol):
    """Minds one call that has leave: is told all that happens to it."""

    def __call__(self, call: Call, event: Happened) -> None: ...

    def never_placed(self) -> None: ...


class Gate(Protocol):
    """Both raise `CannotLook` for an address that may not be rung."""

    async def leave(self, uri: str) -> Watcher | None:
        """The leave to call `uri`; None where nobody needs to mind that call."""

    def check(self, uri: str) -> None:
        """Whether a call that is under way may be led on to `uri`."""
