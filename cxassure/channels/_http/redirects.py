"""Where a socket's opening (RFC 6455, 4.1) may be sent on to: listed origins, and no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar


class Connecting(Protocol):
    """What of websockets' `connect` matters here: how it tells where a redirect leads."""

    def process_redirect(self, exc: Exception, /) -> Exception | str: ...


C = TypeVar("C", bound=Connecting)


def guarded(connecting: C, guard: Callable[[str], None]) -> C:
    """`connecting`, which asks `guard` before it follows a redirect and raises as that does.

    A redirect to what is no address is not followed.
    """
    follow = connecting.process_redirect

    def listed(refused: Exception) -> Exception | str:
        try:
            there = follow(refused)
        except ValueError:
            return refused
        if isinstance(there, str):
            guard(there)
        return there

    # on the object, not in a subclass: the kit does not import websockets
    connecting.process_redirect = listed  # type: ignore[method-assign]
    return connecting
