"""The desk as its agent has it: is rung, sees who it is and why, answers, speaks, hangs up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from cxassure.channel import Heard, Opening, Seconds, Unseen, facet, verb
from cxassure.channels._telephony.carrier.keys import Keys
from cxassure.channels._telephony.carrier.told import CallFields
from cxassure.channels._telephony.live.facets import Sounding
from cxassure.channels._telephony.live.proofs import TransferFields
from cxassure.channels.agent.line import DeskLine
from cxassure.errors import Broken, CannotLook
from cxassure.text import span


class AgentSession(Sounding):
    """A person at a desk, to whom customers are passed on.

    Over `twiml` the target's address is what the company dials: `client:NAME`, `+NUMBER`,
    `sip:USER@HOST`, `queue:NAME` or `conference:NAME`. Over `desk` it is a live-chat desk's socket,
    over `sip` a telephone that is registered there, or only listens.
    """

    patience: ClassVar[float] = 60.0
    lines: ClassVar[tuple[str, ...]] = ("twiml", "desk", "sip", "twilio", "cassette")

    def __init__(self, opening: Opening, connector: type | None = None) -> None:
        super().__init__(opening, connector)
        self.line: DeskLine = (connector or _rehearsal())(self)

    async def open(self, *, for_: str = "") -> None:
        """Sits down at the desk. `for` takes contacts of that order, case or customer only."""
        await self.line.open(for_)
        self.clock = self.line.clock

    @verb()
    async def answer(self, for_: str = "") -> None:
        """Waits until the desk is rung, and answers. `for` as in the party's options.

        Example: `agent: answer`
        """
        await self.line.answer(for_, self._longest)

    @verb()
    async def decline(self) -> None:
        """Waits until the desk is rung, and refuses the call.

        Example: `agent: decline`
        """
        await self.line.decline(self._longest)

    @verb()
    async def let_ring(self) -> None:
        """Waits until the desk is rung, and does not answer until it stops ringing.

        Example: `agent: let_ring`
        """
        await self.line.let_ring(self._longest)

    @verb()
    async def speak(self, text: str) -> None:
        """Says something to the customer, once they are joined.

        Example: `agent: {speak: This is Kim}`
        """
        await self.line.speak(text, self._longest)

    @verb()
    async def press(self, digits: Keys) -> None:
        """Presses keys, for instance to accept a call.

        Example: `agent: {press: "1"}`
        """
        await self.line.press(digits, self._longest)

    @verb(passive=True)
    async def listen(self) -> None:
        """Listens on from where the last thing expected was heard.

        Example: `agent: listen`
        """

    @verb(passive=True)
    async def wait(self, length: Seconds) -> None:
        """Does nothing for a while, and hears what comes.

        Example: `agent: {wait: 5s}`
        """
        until = self.clock.now() + length
        while self.clock.now() < until:
            await self.line.attend(until)

    @verb()
    async def transfer(self, to: str, attended: bool = False) -> None:
        """Passes the customer on to a desk (a target) or a number, and waits how that goes; where a
        party of this journey sits there, its own steps tell.

        `attended`: to whom the agent has consulted first (REFER with Replaces).

        Example: `agent: {transfer: returns-desk}`
        """
        await self.line.transfer(to, attended, self._longest)

    @verb()
    async def consult(self, to: str) -> None:
        """Has a word with a desk (a target) or a number while the customer is on hold: what the
        agent says and hears is theirs until `transfer` (attended) or `resume`.

        Example: `agent: {consult: returns-desk}`
        """
        consult = getattr(self.line, "consult", None)
        if consult is None:
            raise CannotLook("an agent cannot consult anybody over this line", "run it over sip")
        await consult(to, self._longest)

    @verb()
    async def hold(self) -> None:
        """Puts the customer on hold.

        Example: `agent: hold`
        """
        await self.line.hold(True)

    @verb()
    async def resume(self) -> None:
        """Takes the customer back from hold.

        Example: `agent: resume`
        """
        await self.line.hold(False)

    @verb(passive=True)
    async def stay(self, length: Seconds) -> None:
        """Stays on the line; that the call ends in that time is a failure, whoever ended it.

        Example: `agent: {stay: 30s}`
        """
        began = self.clock.now()
        while True:
            call, now = self.line.call or {}, self.clock.now()
            if "ended_by" in call or call.get("status") != "in-progress":
                why = f"ended by the {call['ended_by']}" if "ended_by" in call else "not up"
                raise Broken(
                    f"the call did not stay up: {why} after {span(now - began)}",
                    expected=f"up for {span(length)}",
                    seen=str(call.get("ending") or call.get("status") or "no call"),
                )
            if now >= began + length:
                return
            await self.line.attend(began + length)

    @verb()
    async def hang_up(self) -> None:
        """Ends the contact, if it has not ended.

        Example: `agent: hang_up`
        """
        await self.line.hang_up()

    @facet()
    def context(self) -> Mapping[str, str] | None:
        """What the desk is told about the contact: parameters, SIP headers, caller, queue.

        Example: `context: {order number: "${order}"}`
        """
        return self.line.context

    @facet()
    def whisper(self) -> Heard | None:
        """What the company says to the agent before the customer is joined.

        Example: `whisper: {contains: a call about an order}`
        """
        return self.spoken("prompt")

    @facet()
    def prompt(self) -> Heard | None:
        """What the agent hears: the company's whisper, and the customer.

        Example: `prompt: {contains: my parcel}`
        """
        return self.spoken("prompt", "speech")

    @facet()
    def speech(self) -> Heard | None:
        """What the customer says.

        Example: `speech: {contains: my parcel}`
        """
        return self.spoken("speech")

    @facet()
    def rang(self) -> bool:
        """Whether the desk has been rung.

        Example: `rang: true`
        """
        return self.line.rang

    @facet()
    def ringing(self) -> Seconds | None:
        """How long it rang.

        Example: `ringing: {at_most: 20s}`
        """
        return self.line.ringing

    @facet()
    def transcript(self) -> str | None:
        """What was said before the contact came to this desk. Not to be seen over twiml.

        Example: `transcript: {contains: where is my order}`
        """
        return self.line.transcript()

    @facet()
    def ended(self) -> bool | None:
        """Whether the contact is over.

        Example: `ended: true`
        """
        call = self.line.call
        return "ended_by" in call if call else None

    @facet(fields=CallFields)
    def call(self) -> Mapping[str, Any] | None:
        """The desk's end of the contact: its status, who ended it and how.

        Example: `call: {ended_by: customer}`
        """
        return self.line.call

    @facet(fields=TransferFields)
    async def transfer_(self) -> Mapping[str, Any] | None:
        """The six proofs of a transfer: trigger, destination, context, bridge, receipt, outcome.

        Example: `transfer: {destination: billing-desk, bridge: both ways, outcome: up}`
        """
        prove = getattr(self.line, "proofs", None)
        if prove is None:
            raise Unseen("over this line no transfer is proven: run it over a real one")
        found: Mapping[str, Any] | None = await prove()
        return found

    async def attend(self, until: float) -> None:
        await self.line.attend(until)

    @property
    def settled(self) -> bool:
        return self.line.settled

    async def witness(self, why: str) -> None:
        await self.line.witness()

    async def close(self) -> None:
        await self.line.close()

    @property
    def _longest(self) -> float:
        return self.limit + self.look_on


def _rehearsal() -> type:
    from cxassure.channels.agent.twiml import TwimlDesk

    return TwimlDesk
