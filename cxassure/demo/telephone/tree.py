"""The phone tree on a real call: carries out the TwiML that the company's webhooks answer with."""

from __future__ import annotations

import asyncio
import io
import logging
import time
import wave
from array import array
from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol
from urllib.parse import urljoin
from xml.etree.ElementTree import Element

from cxassure.demo.company import Company
from cxassure.demo.telephone import g711, prompts, words
from cxassure.demo.telephone.hearing import SPEAKS, SPOKE, Hearing
from cxassure.demo.telephone.leg import Leg
from cxassure.demo.telephone.message import token
from cxassure.demo.telephone.webhooks import Unanswered, Webhooks

BEEP = g711.tone(0.4, 1_000)
CUT = 0.45
"""How much of a prompt is played where prompts are cut off."""

log = logging.getLogger("cxassure.demo.telephone")


class Step(NamedTuple):
    """Where the tree goes on, and what is told there."""

    url: str
    told: dict[str, str]


class Ended(Exception):
    """The tree hangs up."""


class Left(Exception):
    """The caller leaves the queue."""


class Transferring(Protocol):
    """Carries out a `<Dial>`: the step behind it."""

    async def dial(self, tree: Tree, verb: Element) -> Step | None: ...


class Tree:
    """One call's walk; the caller's hanging up cancels it."""

    def __init__(
        self, company: Company, webhooks: Webhooks, leg: Leg, caller: str, number: str,
        transfer: Transferring,
    ) -> None:  # fmt: skip
        self.company, self.leg, self.caller, self.transfer = company, leg, caller, transfer
        self._webhooks, self._url = webhooks, webhooks.base
        self.form = {
            "CallSid": f"CA{token()}{token()}", "AccountSid": f"AC{'0' * 32}", "From": caller,
            "To": number, "Direction": "inbound", "ApiVersion": "2010-04-01",
            "CallStatus": "ringing",
        }  # fmt: skip
        self._verbs: dict[str, Callable[[Element], Awaitable[Step | None]]] = {
            "Say": self._say, "Play": self._play, "Pause": self._pause, "Gather": self._gather,
            "Redirect": self._redirect, "Enqueue": self._enqueue, "Leave": self._leave,
            "Record": self._record, "Dial": self._dial, "Hangup": self._hang_up,
        }  # fmt: skip

    async def first(self, at: str) -> Element:
        """What the tree wants to do with the call, asked before it is answered."""
        return await self._fetch(Step("/voice/welcome", {}), at)

    async def walk(self, document: Element) -> None:
        """From the first document to the end of the call."""
        self.form["CallStatus"] = "in-progress"
        try:
            step = await self._carry_out(document)
            while step:
                step = await self._carry_out(await self._fetch(step))
        except (Ended, Left):
            pass
        except Unanswered as problem:
            log.info("the tree failed: %s", problem)
            await self.speak("We are sorry, an application error has occurred. Goodbye.")

    async def closed(self) -> None:
        """Tell the company that the call is over."""
        await self._webhooks.post("/voice/status", {**self.form, "CallStatus": "completed"})

    async def speak(self, text: str) -> None:
        said = prompts.spoken(text)
        if self.company.broken("prompt-cut-off"):
            said = said[: int(len(said) * CUT)]
        await self.leg.line.play(said)

    async def music(self) -> bytes:
        """The company's hold music as μ-law."""
        return await self._fetched("/voice/hold-music.wav")

    async def wait(self, seconds: float) -> None:
        await self.company.pause(seconds)

    async def _fetch(self, step: Step, at: str = "") -> Element:
        self._url = urljoin(self._url, step.url)
        if not self._url.startswith(self._webhooks.base):
            raise Unanswered("the tree leads out of the company")
        return await self._webhooks.twiml(self._url, {**self.form, **step.told}, at)

    async def _carry_out(self, document: Element) -> Step | None:
        for verb in document:
            do = self._verbs.get(verb.tag)
            step = await do(verb) if do else None
            if step:
                return step
        return None

    async def _say(self, verb: Element) -> None:
        for _ in range(min(int(verb.get("loop", "1")) or 100, 100)):
            await self.speak("".join(verb.itertext()))

    async def _play(self, verb: Element) -> None:
        sound = await self._fetched("".join(verb.itertext()).strip())
        await self.leg.line.play(sound[: max(1, int(len(sound) * self.company.speed))])

    async def _fetched(self, url: str) -> bytes:
        answer = await self._webhooks.get(urljoin(self._url, url))
        if answer.status != 200:
            raise Unanswered(f"no sound: {answer.status}")
        with wave.open(io.BytesIO(answer.body)) as file:
            return g711.from_linear(array("h", file.readframes(file.getnframes())))

    async def _pause(self, verb: Element) -> None:
        await self.wait(float(verb.get("length", "1")))

    async def _redirect(self, verb: Element) -> Step:
        return Step((verb.text or "").strip(), {})

    async def _leave(self, verb: Element) -> None:
        raise Left

    async def _hang_up(self, verb: Element) -> None:
        raise Ended

    async def _dial(self, verb: Element) -> Step | None:
        return await self.transfer.dial(self, verb)

    async def _enqueue(self, verb: Element) -> Step:
        """Go round the wait URL's documents until one of them leaves."""
        came, wait = time.monotonic(), Step(verb.get("waitUrl", ""), {})
        step: Step | None = wait
        try:
            while True:
                step = await self._carry_out(await self._fetch(step or wait))
        except Left:
            waited = str(round(time.monotonic() - came))
            return Step(verb.get("action", ""), {"QueueResult": "leave", "QueueTime": waited})

    async def _gather(self, verb: Element) -> Step | None:
        """Keys, or what somebody said: a SpeechResult without words where that is none of ours."""
        typed = await self._typed(verb)
        return Step(verb.get("action", self._url), typed) if typed else None

    async def _typed(self, verb: Element) -> dict[str, str]:
        speech, finish = "speech" in verb.get("input", "dtmf"), verb.get("finishOnKey", "#")
        patience = float(verb.get("timeout", "5")) * self.company.speed
        if speech:
            words.prepare()
        with Hearing(self.leg.line, speech, finish) as hearing:
            await self._prompt(verb, hearing)
            digits, count = "", int(verb.get("numDigits", "0"))
            while not digits or len(digits) != count:
                heard = await hearing.next(None if hearing.speaking and not digits else patience)
                if heard == SPOKE and not digits:
                    word, sure = await words.made_out(bytes(hearing.said))
                    return {"SpeechResult": word, "Confidence": str(sure)}
                if heard in ("", finish):
                    break
                digits += heard if heard not in (SPEAKS, SPOKE) else ""
        return {"Digits": digits} if digits else {}

    async def _prompt(self, verb: Element, hearing: Hearing) -> None:
        """Say what is in the gather until it is over or the caller has something to say."""
        deaf = self.company.broken("no-barge-in")
        saying = asyncio.ensure_future(self._carry_out(verb))
        stirring = asyncio.ensure_future(hearing.stirred.wait())
        try:
            first = {saying} if deaf else {saying, stirring}
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            if saying.done():
                saying.result()
        finally:
            saying.cancel()
            stirring.cancel()
            await asyncio.gather(saying, stirring, return_exceptions=True)
        if deaf:
            hearing.forget()

    async def _record(self, verb: Element) -> Step | None:
        """A message until a key, a silence or the limit; nothing said is no message."""
        if verb.get("playBeep", "true") == "true":
            await self.leg.line.play(BEEP)
        patience = float(verb.get("timeout", "5")) * self.company.speed
        end = time.monotonic() + float(verb.get("maxLength", "3600")) * self.company.speed
        began, spoke = time.monotonic(), False
        with Hearing(self.leg.line, True) as hearing:
            heard = SPOKE
            while heard in (SPEAKS, SPOKE) and time.monotonic() < end:
                left = end - time.monotonic()
                heard = await hearing.next(left if hearing.speaking else min(left, patience))
                spoke = spoke or heard == SPEAKS
        lasted = str(round(time.monotonic() - began))
        return Step(verb.get("action", self._url), {"RecordingDuration": lasted}) if spoke else None
