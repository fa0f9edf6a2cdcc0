"""Carries out TwiML on one call: fetches documents, goes from verb to verb, tells what breaks."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cxassure.channels._http.origins import shown
from cxassure.channels._telephony.carrier import schema
from cxassure.channels._telephony.carrier.address import joined
from cxassure.channels._telephony.carrier.call import Call, CalledAway, Gone, Moved, never
from cxassure.channels._telephony.carrier.fault import APOLOGY, Fault
from cxassure.channels._telephony.carrier.lengths import spoken
from cxassure.channels._telephony.carrier.markup import Node, parse
from cxassure.channels._telephony.carrier.progress import Progress, standing, tell
from cxassure.channels._telephony.carrier.webhook import Answer
from cxassure.errors import CannotLook
from cxassure.text import clip

if TYPE_CHECKING:
    from cxassure.channels._telephony.carrier.exchange import Exchange

STILL = 30
"""Documents in a row that let the caller neither hear nor do anything: a loop."""
DOCUMENTS = 1_000
"""Documents that a call may take in all."""
LONGEST_CALL = 14_400.0
"""Seconds after which a call is ended (Twilio, Calls resource, TimeLimit: four hours)."""
TWIML_TYPES = frozenset(("", "text/xml", "application/xml", "text/html"))


class Left(Exception):
    """The caller is to leave the queue (`<Leave>`)."""


@dataclass(eq=False)
class GoTo(Exception):
    """Control goes to another document: the one at `url`, or `twiml` itself."""

    url: str
    method: str = "POST"
    params: Mapping[str, str] = field(default_factory=dict)
    twiml: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """What is to be done, and where it came from: relative addresses start there."""

    url: str
    verbs: list[Node]


class Walker:
    """One call's way through the company's documents.

    `holding` while the caller is kept waiting: recordings are music then.
    """

    def __init__(self, exchange: Exchange, call: Call) -> None:
        self.exchange = exchange
        self.call = call
        self.url = call.account.url
        self.holding = False
        self._documents = 0
        self._still = 0
        self._fallen_back = False
        self.asked = self.url

    async def walk(self, data: Mapping[str, str]) -> None:
        """The whole call, from the first request to the status callback."""
        account, call = self.call.account, self.call
        if account.status_callback:
            call.progress = Progress(account.status_callback)
        await self.carry_out(GoTo(account.url, account.method, data))

    async def carry_out(self, goto: GoTo) -> None:
        """The call from here to its end, which the status callback is told of."""
        await self._safely(goto)
        await tell(self.exchange, self.call, "completed")

    async def whisper(self, url: str, method: str) -> None:
        """The document of a dialled leg; the leg is ready to be joined when it got through it."""
        await self._safely(GoTo(url, method), hang_up=False)
        self.call.ready = self.call.ended is None
        self.call.clock.stir()

    async def guarded(self, what: Awaitable[None]) -> None:
        """Something beside documents (a seat in a conference), then where the call is sent."""
        self.call.walked = True
        try:
            await what
        except (Gone, CalledAway, Left):
            pass
        except Moved:
            await self._safely(self._sent())
        except Fault as fault:
            await self._break_off(fault)
        except Exception as trouble:
            self._give_up(trouble)
        finally:
            self.call.walked = False

    async def _safely(self, goto: GoTo, *, hang_up: bool = True) -> None:
        onward: GoTo | None = goto
        self.call.walked = True
        while onward:
            onward = await self._attempt(onward, hang_up)
        self.call.walked = False

    def _sent(self) -> GoTo:
        """Where the call has been sent."""
        call = self.call
        goto, call.moved = call.moved, None
        call.away, call.taker, call.waits = never, None, False
        assert goto is not None
        return goto

    async def _attempt(self, goto: GoTo, hang_up: bool) -> GoTo | None:
        """One document and all that it leads to; where the call is sent meanwhile."""
        call = self.call
        try:
            await self.follow(goto)
            if hang_up:
                call.connect()
                call.end("company", "hung up by the company")
        except (Gone, CalledAway, Left):
            pass
        except Moved:
            return self._sent()
        except Fault as fault:
            return await self._fall_back(fault)
        except Exception as trouble:
            self._give_up(trouble)
        return None

    def _give_up(self, trouble: Exception) -> None:
        """Trouble of ours is told by whoever acts next."""
        self.call.trouble = trouble
        self.call.end("line", "given up: we could not go on")

    async def _fall_back(self, fault: Fault) -> GoTo | None:
        """The company's document for calls that break, where it has one (Twilio, VoiceFallbackUrl);
        it is told what broke, once."""
        call, url = self.call, self.call.account.fallback
        if not url or self._fallen_back or call.ended:
            await self._break_off(fault)
            return None
        self._fallen_back, call.fault, call.away, call.taker = True, None, never, None
        self.exchange.finding(f"the fallback address is asked after {fault}")
        told = {"ErrorCode": str(fault.code), "ErrorUrl": shown(self.asked)}
        return GoTo(url, call.account.method, told)

    async def _break_off(self, fault: Fault) -> None:
        """The carrier apologises and hangs up (Twilio, Voice, "application error")."""
        call = self.call
        call.fault, call.away, call.taker = fault, never, None
        call.connect()
        call.ear.note("line", "error", str(fault), code=str(fault.code))
        try:
            await call.sound("prompt", APOLOGY, spoken(APOLOGY), who="line")
        except (Gone, Moved):
            return
        call.end("line", f"broken off with {fault.code} {fault.words}")

    async def follow(self, goto: GoTo | None, only: frozenset[str] | None = None) -> None:
        """Carries out documents until one comes to its end; `only` those verbs."""
        while goto:
            document = await self.fetch(goto)
            try:
                await self.execute(document.verbs, only)
                goto = None
            except GoTo as further:
                goto = GoTo(joined(document.url, further.url), further.method, further.params)

    async def execute(self, verbs: list[Node], only: frozenset[str] | None = None) -> None:
        """Carries out verbs in order."""
        for verb in verbs:
            before = self.call.clock.now()
            try:
                await self._do(verb, only)
            finally:
                if self.call.clock.now() > before:
                    self._still = 0

    async def _do(self, verb: Node, only: frozenset[str] | None) -> None:
        from cxassure.channels._telephony.carrier.verbs import VERBS

        if only is not None and verb.name in VERBS and verb.name not in only:
            self.warn(Fault(13238, f"<{verb.name}> in a wait document is left out"))
        elif verb.name in schema.BEYOND:
            raise self.beyond(verb)
        elif verb.name in VERBS:
            await VERBS[verb.name](self, verb)

    async def fetch(self, goto: GoTo) -> Document:
        """Asks for a document; the real time of the answer is counted as the customer's."""
        self._count()
        if goto.twiml:
            return Document(self.url, self._verbs(parse(goto.twiml.encode())))
        self.call.asking = True
        try:
            answer = await self._ask(goto)
            await self.call.until(never, answer.took)
        finally:
            self.call.asking = False
            self.call.clock.contact()
        self.url = answer.url
        return Document(answer.url, self._read(answer))

    async def _ask(self, goto: GoTo) -> Answer:
        call, began, asked = self.call, self.call.clock.now(), time.perf_counter()
        params = {**standing(self.call), **goto.params}
        self.asked = goto.url
        try:
            answer = await self.exchange.webhooks.ask(
                call.account, goto.method, goto.url, params, call.cookies
            )
        except Fault as fault:
            call.fault = fault  # known before the customer has waited through it
            self._keep(began, goto, params, 0, fault.detail)
            await call.until(never, time.perf_counter() - asked)
            raise
        self._keep(began, goto, params, answer.status, answer.body.decode("utf-8", "replace"))
        if not 200 <= answer.status < 300:
            self._refused(answer)
        return answer

    def _refused(self, answer: Answer) -> None:
        seen = f"{answer.method} {shown(answer.url)} answered {answer.status}"
        if answer.status in (401, 403) and self._documents == 1:
            raise CannotLook(
                f"the webhook does not let us in: {seen}",
                f"give target «{self.call.account.target}» the `auth_token` that the company"
                " checks X-Twilio-Signature with",
            )
        raise Fault(11200, seen)

    def _keep(
        self, began: float, goto: GoTo, params: dict[str, str], status: int, twiml: str
    ) -> None:
        """Every request is evidence, and a line of the transcript."""
        where, call = shown(goto.url), self.call
        told: dict[str, Any] = {
            "method": goto.method,
            "url": where,
            "params": params,
            "status": status,
        }
        call.requests.append({"at": round(began, 3), **told, "answer": twiml})
        words = f"{goto.method} {where} → {status or 'no answer'}"
        call.ear.note("company", "request", words, **told, twiml=clip(twiml, 2_000))

    def _count(self) -> None:
        """A loop of documents that keeps the caller waiting in silence is broken off."""
        self._documents += 1
        self._still += 1
        if self._still > STILL or self._documents > DOCUMENTS:
            count = self._still if self._still > STILL else self._documents
            raise Fault(11215, f"{count - 1} documents led on to another, the last {self.url}")
        if self.call.clock.now() - self.call.placed > LONGEST_CALL:
            self.call.end("line", "ended by the carrier after four hours")
            raise Gone

    def _read(self, answer: Answer) -> list[Node]:
        """The verbs in an answer (Twilio, TwiML, "MIME types": text is said, audio played)."""
        kind = answer.content_type
        if kind == "text/plain":
            return [Node("Say", inside=[answer.body.decode("utf-8", "replace")[:4096]])]
        if kind.startswith("audio/"):
            return [Node("Play", inside=[answer.url])]
        if kind not in TWIML_TYPES:
            raise Fault(12300, f"«{kind}» from {shown(answer.url)}")
        return self._verbs(parse(answer.body))

    def _verbs(self, verbs: list[Node]) -> list[Node]:
        for complaint in schema.complaints(verbs):
            self.warn(complaint)
        return verbs

    def beyond(self, node: Node) -> CannotLook:
        """Why the call cannot go on here: `node` hands it to what a rehearsal has not got."""
        why = schema.ELEMENTS[node.name].why
        return CannotLook(
            f"<{node.name}> cannot be rehearsed over twiml: {why}", "run it over a real line"
        )

    def warn(self, fault: Fault) -> None:
        """Twilio's warnings change nothing for the caller: told as findings."""
        self.exchange.finding(f"Twilio would warn: {fault}")

    async def report(self, url: str, method: str, params: Mapping[str, str]) -> None:
        """A callback that only informs: it may fail without harm to the call."""
        told = {**standing(self.call), **params}
        await self.exchange.report(self.call, joined(self.url, url), method, told)

    async def hold(self, goto: Callable[[], GoTo | None], away: Callable[[], bool]) -> None:
        """Keeps the caller waiting, with the company's document or music, until `away()`."""
        from cxassure.channels._telephony.carrier.verbs import hold_music

        self.call.away, self.holding = away, True
        try:
            while True:
                wait = goto()
                if wait is None:
                    await hold_music(self)
                else:
                    await self.follow(wait, schema.WHILE_WAITING)
        except CalledAway:
            pass
        finally:
            self.call.away, self.holding = never, False
