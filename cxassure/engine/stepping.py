"""One step: the party acts, what is expected settles, what is kept is read."""

from __future__ import annotations

import asyncio
import re
import time
import traceback
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from cxassure import matcher
from cxassure.channel import Session
from cxassure.engine.references import NotKept, References
from cxassure.engine.settling import BEHIND, Check, checks, holds_now, kept, settle, verdict
from cxassure.engine.stream import Stream
from cxassure.errors import Broken, CannotLook, CxassureError, Misread
from cxassure.events import Checked, Kept
from cxassure.grammar import Grammar
from cxassure.probe import Expectation, Keep, Step, raw
from cxassure.text import clip, span
from cxassure.verdict import Verdict, worst

GUARD = 60.0
"""Seconds of our own time past limit and look-on after which a verb is given up: our fault."""
TRIES_EVERY = 1.0
"""Seconds that `until` waits for an effect before the verb is done again."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a step ended, and which branch of its `one_of` is to be taken."""

    verdict: Verdict = "passed"
    why: str = ""
    expected: str = ""
    seen: str = ""
    hint: str = ""
    code: str = ""
    branch: int | None = None
    came: float | None = None
    party: str = ""


def in_doubt(ending: Ending, session: Session) -> Ending:
    """A failure that may be our own doing is an error: nobody of the company's is woken."""
    if ending.verdict != "failed" or not session.doubt:
        return ending
    hint = "run fewer journeys at once (--workers), or where more cores are free"
    return replace(ending, verdict="error", why=f"{session.doubt} ({ending.why})", hint=hint)


@dataclass(slots=True)
class Party:
    """A party with its open session."""

    name: str
    channel: str
    session: Session
    grammar: Grammar


@dataclass(slots=True)
class Stepper:
    """Goes through one step at a time for a run."""

    stream: Stream
    references: References
    within: float | None
    look_on: float

    async def take(self, step: Step, party: Party) -> Ending:
        """Does the step; every way in which it can go wrong is an `Ending`."""
        session = party.session
        session.limit = step.within or self.within or session.patience
        session.look_on = self.look_on
        session.opening.step = step.index
        began, wall = session.clock.now(), time.monotonic()
        try:
            async with asyncio.timeout(session.limit + session.look_on + GUARD):
                ending = await self._take(step, party, began)
        except NotKept as missing:
            return Ending(
                "error", f"{missing} by an earlier step", hint="keep it before it is used"
            )
        except Broken as wrong:
            await self.witness(session, wrong.what)
            return in_doubt(broken(wrong), session)
        except CannotLook as ours:
            await self.witness(session, ours.what)
            return broken(ours)
        except Misread as misread:
            return Ending("error", f"{step.place}: {misread.what}", hint=misread.hint)
        except TimeoutError:
            return Ending(
                "error",
                f"«{step.verb}» did not return within {span(time.monotonic() - wall)}",
                hint="this is cxassure's fault, please report it",
            )
        except Exception as fault:
            return await self._fault(party, fault)
        return in_doubt(ending, session)

    async def _take(self, step: Step, party: Party, began: float) -> Ending:
        session = party.session
        bound = self._bind(step, party)
        expected = checks(party.grammar, self._resolved(step.expect))
        self._open_window(step, party)
        session.expecting(self._named(step, party, expected))
        await self._act(step, party, bound, began)
        held = await self._settle(session, expected, began)
        ending = self._judge(step, session, expected, began)
        if held and step.one_of:
            ending = await self._choose(step, party, began, ending)
        if ending.verdict in ("passed", "degraded", "skipped"):
            await self._keep(step, party, began)
        return ending

    async def _settle(self, session: Session, expected: list[Check], began: float) -> bool:
        if not expected:
            return True

        async def witness(why: str) -> None:
            await self.witness(session, why)

        return await settle(session, expected, began, session.limit, session.look_on, witness)

    def _bind(self, step: Step, party: Party) -> dict[str, Any]:
        argument = self.references.resolve(raw(step.argument))
        return party.grammar.verbs[step.verb].parameters.bind(argument)

    def _resolved(self, expectations: tuple[Expectation, ...]) -> list[Expectation]:
        resolve = self.references.resolve
        return [
            Expectation(
                facet=e.facet,
                given=_mapping(resolve(raw(e.given))),
                must=_mapping(resolve(raw(e.must))),
            )
            for e in expectations
        ]

    def _named(self, step: Step, party: Party, expected: list[Check]) -> tuple[str, ...]:
        """The texts that the step's expectations, and those of its branches, name."""
        branches = [e for branch in step.one_of for e in self._resolved(branch.expect)]
        judged = [*(c.expectation for c in expected), *branches]
        return tuple(
            dict.fromkeys(
                text
                for one in judged
                if party.grammar.facets[one.facet].kind == "text"
                for text in matcher.wordings(one.must)
            )
        )

    @staticmethod
    def _open_window(step: Step, party: Party) -> None:
        """An acting verb is judged on what comes after it, a passive one on what is unread."""
        session = party.session
        if not party.grammar.verbs[step.verb].passive:
            session.matched = len(session.seen)
        session.window = session.matched

    async def _act(self, step: Step, party: Party, bound: dict[str, Any], began: float) -> None:
        if step.until:
            return await self._until(step, party, bound, began)
        return await self._do(step, party, bound)

    async def _do(self, step: Step, party: Party, bound: dict[str, Any]) -> None:
        await getattr(party.session, party.grammar.verbs[step.verb].method)(**bound)

    async def _until(self, step: Step, party: Party, bound: dict[str, Any], began: float) -> None:
        """Does the verb again until its effect shows; more than once is a finding."""
        session, deadline = party.session, began + party.session.limit
        for tries in count(1):
            await self._do(step, party, bound)
            effect = checks(party.grammar, self._resolved(step.until))
            now = session.clock.now()
            again = max(min(now + TRIES_EVERY, deadline), now)
            if await settle(session, effect, now, again - now):
                break
            while session.clock.now() < again:  # where nothing can change, too, it is not hurried
                await session.attend(again)
            if session.clock.now() >= deadline:
                raise _no_effect(step, tries, effect)
        if tries > 1:
            self.stream.finding(f"needed {tries} times «{step.verb}» to have an effect")

    def _judge(self, step: Step, session: Session, expected: list[Check], began: float) -> Ending:
        """Tells each check, and folds them to the step's ending."""
        if not expected:
            return self._unexpecting(step, session, began)
        judged = [(check, *verdict(check, began, session.limit, step.aim)) for check in expected]
        for check, outcome, why in judged:
            self.stream.emit(self._checked(check, outcome, why, began))
            if outcome == "failed" and not check.held and (compared := check.compared):
                self.stream.finding(compared)
        session.matched = max(
            [check.matched for check in expected if check.matched is not None],
            default=session.matched,
        )
        ending = _ending(judged)
        if ending.verdict not in ("passed", "degraded"):
            return ending
        return replace(ending, came=max((c.came for c in expected if c.held), default=None))

    def _checked(self, check: Check, outcome: Any, why: str, began: float) -> Checked:
        return Checked(
            step=self.stream.step,
            at=round(self.stream.now(), 4),
            facet=check.facet.name,
            expected=check.expected,
            verdict=outcome,
            seen=check.seen,
            came=round(check.came - began, 4) if check.held and check.aimed else None,
            why=why,
        )

    @staticmethod
    def _unexpecting(step: Step, session: Session, began: float) -> Ending:
        """A step that expects nothing is judged by how long the verb took."""
        took = session.clock.now() - began
        if took > session.limit:
            return Ending("failed", f"took {span(took)}, limit {span(session.limit)}")
        if step.aim is not None and took > step.aim:
            return Ending("degraded", f"took {span(took)}, aim {span(step.aim)}")
        return Ending()

    async def _choose(self, step: Step, party: Party, began: float, ending: Ending) -> Ending:
        """Waits until one branch suits; the branch that expects nothing is taken at the limit."""
        session = party.session
        ways = [checks(party.grammar, self._resolved(branch.expect)) for branch in step.one_of]
        while True:
            for number, way in enumerate(ways):
                if way and await holds_now(session, way):
                    self._mark(session, way)
                    return replace(ending, branch=number)
            now = session.clock.now()
            if now >= began + session.limit + (BEHIND if session.behind else 0.0):
                break
            await session.attend(now + 0.25 if session.behind else began + session.limit)
        for number, way in enumerate(ways):
            if not way:
                return replace(ending, branch=number)
        await self.witness(session, "none of the ways of one_of")
        return Ending(
            "failed",
            f"none of the {len(ways)} ways was open (looked for {span(session.limit)})",
            expected=" or ".join("; ".join(c.expected for c in way) for way in ways),
            seen=next((c.seen for way in ways for c in way if c.seen), "nothing"),
        )

    @staticmethod
    def _mark(session: Session, way: list[Check]) -> None:
        matched = [check.matched for check in way if check.matched is not None]
        session.matched = max(matched, default=session.matched)

    async def _keep(self, step: Step, party: Party, began: float) -> None:
        for name, how in step.keep.items():
            value = _matched(name, how, await self._read(how, party, began))
            self.references.kept[name] = value
            self.stream.emit(
                Kept(step=self.stream.step, at=round(self.stream.now(), 4), name=name, value=value)
            )

    async def _read(self, how: Keep, party: Party, began: float) -> str:
        if how.facet:
            given = _mapping(self.references.resolve(raw(how.given)))
            return matcher.text_of(
                await kept(party.session, party.grammar, how.facet, given, began)
            )
        return await party.session.read(self.references.resolve(raw(how.locator)))

    async def witness(self, session: Session, why: str) -> None:
        """Evidence is a bonus: a session too broken to give it must not change the verdict."""
        try:
            async with asyncio.timeout(GUARD):
                await session.witness(why)
        except Exception as fault:
            self.stream.finding(f"no evidence could be kept: {clip(str(fault))}")

    async def _fault(self, party: Party, fault: Exception) -> Ending:
        """A bug of ours or of a plug-in's: the traceback is evidence, people get a sentence."""
        text = "".join(traceback.format_exception(fault))
        await self.stream.keep(party.name, "traceback.txt", text.encode(), "text/plain")
        return Ending(
            "error",
            f"cxassure's {party.channel} channel broke: {type(fault).__name__}: {clip(str(fault))}",
            hint="this is a fault of the tool, not of the company; see traceback.txt",
        )


def broken(wrong: CxassureError) -> Ending:
    """The ending that an error of ours or of the company's comes to, with all that it says."""
    return Ending(
        "failed" if isinstance(wrong, Broken) else "error",
        wrong.what,
        expected=getattr(wrong, "expected", ""),
        seen=getattr(wrong, "seen", ""),
        hint=wrong.hint,
        code=getattr(wrong, "code", ""),
    )


def _ending(judged: list[tuple[Check, Any, str]]) -> Ending:
    """The worst check speaks for the step; only unseen ones make it skipped."""
    worse = [(check, o, why) for check, o, why in judged if o not in ("passed", "unseen")]
    if not worse:
        if all(outcome == "unseen" for _, outcome, _ in judged):
            return Ending("skipped", "nothing that was expected can be seen on this line")
        return Ending()
    total = worst(outcome for _, outcome, _ in worse)
    check, _, why = next(one for one in worse if one[1] == total)
    return Ending(total, why, expected=check.expected, seen=check.seen or "nothing")


def _no_effect(step: Step, tries: int, effect: list[Check]) -> Broken:
    return Broken(
        f"«{step.verb}» had no effect in {tries} {'try' if tries == 1 else 'tries'}",
        expected="; ".join(check.expected for check in effect),
        seen="; ".join(check.seen or "nothing" for check in effect),
    )


def _matched(name: str, how: Keep, value: str) -> str:
    """What is to be kept of `value`: of a pattern its first group, where it has any.

    Raises `Broken` where the pattern, or the group in it, found nothing.
    """
    if not how.matches:
        return value.strip()
    found = re.search(how.matches, value)
    kept: str | None = found and found.group(1 if found.re.groups else 0)
    if kept is None:
        raise Broken(
            f"there was no «{name}» to keep", expected=f"/{how.matches}/", seen=clip(value)
        )
    return kept


def _mapping(value: Any) -> dict[str, Any]:
    assert isinstance(value, dict)
    return value
