"""What signalling asks of media: session descriptions in and out, as opaque bytes."""

from __future__ import annotations

import re
from typing import Protocol

from cxassure.errors import CxassureError


class NotAcceptable(CxassureError):
    """A session description holds nothing that this media can do; on the wire a 488."""


class Media(Protocol):
    """One call leg's media: SDP (RFC 4566) by offer and answer (RFC 3264).

    `offer` describes us, for a new call or a change (`hold`: we stop listening). `answer` takes
    the far end's offer and gives ours, `accept` takes the answer to our offer; both raise an
    error whose class is called `NotAcceptable` where nothing fits. `close` ends all.
    """

    def offer(self, *, hold: bool = False) -> bytes: ...

    def answer(self, offer: bytes) -> bytes: ...

    def accept(self, answer: bytes) -> None: ...

    async def close(self) -> None: ...


def refused(error: Exception) -> bool:
    """Whether `error` is media's way to say that nothing fits, whoever defined the class."""
    return any(kind.__name__ == "NotAcceptable" for kind in type(error).__mro__)


def held(sdp: bytes) -> bool:
    """Whether this description puts the other side on hold: it sends no sound of a talk, by
    `a=sendonly`, `a=inactive`, or a zero address (RFC 3264 section 8.4)."""
    if re.search(rb"^a=(sendonly|inactive)\s*$", sdp, re.M):
        return True
    return re.search(rb"^c=IN IP4 0\.0\.0\.0\s*$", sdp, re.M) is not None
