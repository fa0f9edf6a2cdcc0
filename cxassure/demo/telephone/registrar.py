"""Where the desks' telephones are: REGISTER with digest (RFC 3261 section 10)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from cxassure.demo.telephone.digest import Gate
from cxassure.demo.telephone.message import Message, Uri, address, response, token
from cxassure.demo.telephone.transactions import Served
from cxassure.demo.telephone.transport import Flow

DESKS = ("billing-desk", "returns-desk", "overflow-desk")
PASSWORD = "desk-please"
LONGEST = 3600


@dataclass(frozen=True, eq=False)
class Seat:
    """One registered telephone; `wanted` is the caller, case or order it takes, "" for any."""

    desk: str
    contact: Uri
    flow: Flow
    wanted: str
    until: float

    def takes(self, keys: Iterable[str]) -> bool:
        return self.until > time.monotonic() and (not self.wanted or self.wanted in keys)


class Registrar:
    """All seats; `changed` is set anew whenever somebody comes."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.came = asyncio.Event()
        self._seats: dict[tuple[str, str], Seat] = {}

    def seats(self, desk: str, keys: Iterable[str]) -> list[Seat]:
        """The telephones of a desk that take a call with these keys."""
        known = tuple(keys)
        return [seat for seat in self._seats.values() if seat.desk == desk and seat.takes(known)]

    def asked(self, served: Served) -> None:
        """Answer a REGISTER: 401 first, 404 for who has no desk here."""
        request = served.request
        desk = address(request.get("to")).uri.user
        user = self.gate.user(request, PASSWORD)
        if desk not in DESKS:
            served.refuse(404)
        elif not user:
            served.respond(self.gate.challenge(request))
        elif user != desk:
            served.refuse(403)
        else:
            self._keep(desk, request, served.flow)
            served.respond(self._told(desk, request))

    def _keep(self, desk: str, request: Message, flow: Flow) -> None:
        told = address(request.get("to")).uri.params.get("for", "")
        wanted = request.get("x-for") or unquote(told)
        for contact in request.all("contact"):
            if contact.strip() == "*":
                self._seats = {k: seat for k, seat in self._seats.items() if seat.desk != desk}
                continue
            at = address(contact)
            seconds = at.params.get("expires") or request.get("expires") or str(LONGEST)
            lasting = min(int(seconds), LONGEST) if seconds.isdecimal() else LONGEST
            self._seats.pop((desk, str(at.uri)), None)
            if lasting:
                until = time.monotonic() + lasting
                self._seats[desk, str(at.uri)] = Seat(desk, at.uri, flow, wanted, until)
        self.came.set()
        self.came = asyncio.Event()

    def _told(self, desk: str, request: Message) -> Message:
        answer = response(request, 200, token())
        for (name, contact), seat in self._seats.items():
            if name == desk and seat.until > time.monotonic():
                left = round(seat.until - time.monotonic())
                answer.headers.append(("Contact", f"<{contact}>;expires={left}"))
        return answer
