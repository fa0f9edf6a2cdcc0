"""The company's telephone exchange: takes SIP requests and hands them to whom they concern."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from cxassure.demo.company import Company
from cxassure.demo.telephone import context as contexts
from cxassure.demo.telephone import numbers, sdp
from cxassure.demo.telephone.digest import Gate
from cxassure.demo.telephone.leg import ALLOW, Leg, Wires
from cxassure.demo.telephone.message import Malformed, Message, address, response, token
from cxassure.demo.telephone.registrar import DESKS, Registrar
from cxassure.demo.telephone.ringing import Ringer
from cxassure.demo.telephone.talk import Talk
from cxassure.demo.telephone.transactions import Served, Transactions
from cxassure.demo.telephone.transfer import RINGBACK, Transfer
from cxassure.demo.telephone.transport import Flow, Network
from cxassure.demo.telephone.tree import Tree
from cxassure.demo.telephone.webhooks import Unanswered, Webhooks

MOST_CALLS = 200
PATIENCE, UNANSWERED, EARLY = 20.0, 60.0, 1.0
log = logging.getLogger("cxassure.demo.telephone")


class Exchange:
    """SIP by UDP and TCP on one port of loopback."""

    def __init__(self, company: Company, app: Any, base: str) -> None:
        self.company, self._webhooks = company, Webhooks(app, company, base)
        self._gate = Gate()
        self._registrar = Registrar(self._gate)
        self._transactions = Transactions(self)
        self.network = Network(self._transactions.receive)
        self._wires = Wires(self.network, self._transactions)
        self._ringer = Ringer(self._wires, self._registrar, numbers.NUMBERS)

    async def open(self, host: str, port: int) -> None:
        """Listen; OSError where the port is taken."""
        await self.network.open(host, port)
        self._transactions.via = self._wires.place
        self._pacing = asyncio.create_task(self._wires.pacer.run())

    async def close(self) -> None:
        """Drop every call."""
        await self._transactions.close()
        self._pacing.cancel()
        await asyncio.gather(self._pacing, return_exceptions=True)
        for leg in tuple(self._wires.dialogs.values()):
            leg.line.close()
        await self.network.close()

    # What comes in

    def asked(self, served: Served) -> None:
        """A new request."""
        request = served.request
        try:
            leg = self._wires.dialogs.get((request.get("call-id"), request.tag("to")))
            if leg:
                leg.asked(served)
            elif request.tag("to"):
                served.refuse(481)
            else:
                self._outside(served)
        except (Malformed, ValueError) as problem:
            log.warning("refused: %s", problem)
            served.refuse(400)

    def stray(self, message: Message, flow: Flow) -> None:
        """An ACK, or a 2xx that is heard again, for a dialog that is under way."""
        ours = message.tag("from" if message.status else "to")
        leg = self._wires.dialogs.get((message.get("call-id"), ours))
        if leg and message.status and leg.established:
            self._transactions.later(leg.acknowledge())
        elif leg:
            leg.acknowledged(message)

    def _outside(self, served: Served) -> None:
        """A request that belongs to no dialog."""
        method = served.request.method
        if method == "INVITE":
            self._invited(served)
        elif method == "REGISTER":
            self._registrar.asked(served)
        elif method == "OPTIONS":
            able = response(served.request, 200, token())
            able.headers += [("Allow", ALLOW), ("Accept", "application/sdp")]
            served.respond(able)
        else:
            served.refuse(405 if method in ("MESSAGE", "SUBSCRIBE", "PUBLISH") else 481)

    def _invited(self, served: Served) -> None:
        """Refuse the call, or take it on in a task of its own."""
        invite = served.request
        wanted = invite.uri.user
        number = numbers.NUMBERS.get(wanted)
        if wanted in numbers.REFUSED:
            served.refuse(numbers.REFUSED[wanted])
        elif not number and wanted not in DESKS and wanted != numbers.SILENT:
            served.refuse(404)
        elif number and number.password and not self._gate.user(invite, number.password):
            served.respond(self._gate.challenge(invite))
        elif invite.body and not sdp.parse(invite.body):
            served.refuse(488)
        elif self._wires.busy > 2 * MOST_CALLS:
            served.refuse(503)
        else:
            address(invite.get("contact"))
            served.respond(response(invite, 100))
            self._transactions.later(self._call(served, wanted))

    async def _call(self, served: Served, wanted: str) -> None:
        """One caller's leg from ringing to its end."""
        leg = await Leg.incoming(self._wires, served)
        if served.request.body:
            leg.hears(served.request.body)
        leg.line.garbled = self.company.broken("garbled-audio")
        ways = {numbers.SILENT: self._never, **dict.fromkeys(DESKS, self._desk)}
        business = asyncio.ensure_future(ways.get(wanted, self._tree)(leg, served.request))
        gone = asyncio.ensure_future(leg.ended.wait())
        try:
            await asyncio.wait({business, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            business.cancel()
            gone.cancel()
            (problem, _) = await asyncio.gather(business, gone, return_exceptions=True)
            leg.hang_up()
        if isinstance(problem, Exception):
            log.error("a call failed", exc_info=problem)

    # What a call may be for

    async def _tree(self, leg: Leg, invite: Message) -> None:
        """Answer, unless the tree rejects the call, and walk it."""
        number = numbers.NUMBERS[invite.uri.user]
        caller = address(invite.get("from")).uri.user
        transfer = Transfer(self._ringer, number.way)
        tree = Tree(self.company, self._webhooks, leg, caller, numbers.MAIN, transfer)
        try:
            document = await tree.first(invite.get("x-rehearsal-time"))
        except Unanswered as problem:
            log.info("the tree failed: %s", problem)
            leg.respond(503)
            return
        if len(document) and document[0].tag == "Reject":
            leg.respond(486 if document[0].get("reason") == "busy" else 603)
            return
        await self._ring(leg, number.early)
        leg.respond(200, sound=True)
        try:
            await tree.walk(document)
        finally:
            self._transactions.later(tree.closed())

    async def _ring(self, leg: Leg, early: bool) -> None:
        """Ring, with a tone before the answer where the number has early media."""
        leg.respond(180)
        if early:
            leg.respond(183, sound=True)
            await leg.line.play(RINGBACK[: int(8_000 * EARLY)])

    async def _never(self, leg: Leg, invite: Message) -> None:
        leg.respond(180)
        await self.company.pause(UNANSWERED)
        leg.respond(480)

    async def _desk(self, leg: Leg, invite: Message) -> None:
        """A call straight to a desk, as a telephone makes it that was referred there."""
        context = contexts.of_message(invite)
        hidden = "id" in invite.get("privacy")
        caller = address(invite.get("from")).uri.user
        shown = "anonymous" if hidden else caller
        leg.respond(180)
        patience = PATIENCE * self.company.speed
        rung = await self._ringer.ring(invite.uri.user, context, shown, patience, caller)
        if isinstance(rung, str):
            leg.respond(486 if rung == "busy" else 480)
            return
        leg.respond(200, sound=True)
        await Talk(self._ringer, self.company, leg, rung, context, shown).run()
