"""The run of a probe from opening to closing: the stream it gives is whole whatever happens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from cxassure.channel import Scope
from cxassure.engine.announcements import Announcements
from cxassure.engine.closing import close
from cxassure.engine.interruption import outlive, to_its_end
from cxassure.engine.masking import Mask
from cxassure.engine.opening import Drive, Opener, Outside
from cxassure.engine.people import Person
from cxassure.engine.references import NotKept, References
from cxassure.engine.stepping import Ending, Party, Stepper, broken
from cxassure.engine.stream import Stream
from cxassure.engine.unasked import noticed, troubled
from cxassure.errors import CannotLook, CxassureError
from cxassure.events import Part, RunEnded, RunStarted, StepEnded, StepStarted
from cxassure.probe import Probe, Step, raw
from cxassure.run import counts_as, verdict_of
from cxassure.settings import Environment
from cxassure.text import clip, span
from cxassure.verdict import Verdict

INTERRUPTED = "interrupted"
"""Why a run ends that was told to stop."""

NO_TIME = "there was no time left for it"

ALWAYS_ALLOWANCE = 15.0
"""Seconds that `always` steps are given in all after an interruption."""


async def drive(probe: Probe, outside: Outside, how: Drive) -> Verdict:
    """Runs `probe`; gives the verdict that its last event says.

    Cancellation (Ctrl-C) still does the `always` steps, closes everything and ends the stream
    with verdict `error` before it is raised again.
    """
    return await _Run(probe, outside, how).go()


class _Run:
    def __init__(self, probe: Probe, outside: Outside, how: Drive) -> None:
        self.probe, self.outside, self.how = probe, outside, how
        self.scope = Scope()
        self.parties: dict[str, Party] = {}
        self.ended: list[tuple[Part, Verdict, bool]] = []
        self.whys: list[tuple[Part, Verdict, str]] = []
        self.stopped, self.hurried = "", False
        self.tidying = list(probe.always)
        self.allowed, self.allowance = False, asyncio.timeout(None)
        self.wall = time.monotonic()
        mask, no_mask = _mask(how.secrets)
        self.stream = Stream(outside.emit, outside.keep, mask)
        person = Person(f"{how.seed}/{probe.journey}/{probe.row}")
        addresses = {name: t.address for name, t in how.environment.targets.items()}
        self.references = References(how.environ, self._secret, person, addresses)
        self.announcements = Announcements(how.announced)
        self.stepper = Stepper(self.stream, self.references, how.within, how.look_on)
        self.opener = Opener(
            outside.open_session, how, self.stream, self.references, self.scope, no_mask
        )

    def _secret(self, name: str) -> str:
        """A secret of the run. Whatever is given out here is masked from then on."""
        value = self.how.secret(name)
        if not self.stream.mask.conceals(value):
            raise CannotLook(f"secret.{name} cannot be masked", "declare it in cxassure.yaml")
        return value

    async def go(self) -> Verdict:
        self._started()
        interrupted: BaseException | None = None
        try:
            async with asyncio.timeout(self.how.timeout):
                await self._drive()
        except TimeoutError:
            self._stop(f"the run took longer than --timeout {span(self.how.timeout or 0)}")
        except asyncio.CancelledError as cancelled:
            interrupted = cancelled
            outlive()
            self._stop(INTERRUPTED)
        interrupted = await to_its_end(self._afterwards(), self._hurry) or interrupted
        verdict = self._finish()
        if interrupted:
            raise interrupted
        return verdict

    def _stop(self, why: str) -> None:
        """Ends the step under way as an error and leaves out the rest."""
        self.stopped = why
        if self.stream.open is not None:
            self._end_step(Ending("error", why))
        elif not self.ended:
            self.ended.append(("opening", "error", False))
        self.whys.append(("steps", "error", why))

    def _started(self) -> None:
        probe, how = self.probe, self.how
        self.stream.emit(
            RunStarted(
                run=how.run_id,
                journey=probe.journey,
                row=probe.row,
                title=probe.title,
                severity=probe.severity,
                owner=probe.owner,
                runbook=probe.runbook,
                source=probe.source,
                tags=probe.tags,
                env=how.environment.name,
                seed=how.seed,
                attempt=how.attempt,
                rehearsed=_written(how.rehearsed),
                release=how.release,
                overridden=_overridden(probe, how.environment),
                started=_now(),
                steps=sum(1 for _ in probe.every_step()) - _count(probe.always),
                parties={name: party.channel for name, party in probe.parties.items()},
                hosts=self.opener.hosts(probe),
                lines=self.opener.lines(probe),
                budget=probe.budget,
            )
        )

    async def _drive(self) -> None:
        opened = await self._open()
        reason = "" if opened else "the parties could not be opened"
        await self._steps(self.probe.steps, reason)

    async def _afterwards(self) -> None:
        """`always` steps and closing; bounded when the run was, or is meanwhile, interrupted."""
        try:
            async with self.allowance:
                self.allowed = True
                if self.stopped or self.hurried:
                    self._hurry()
                await self._always()
        except (TimeoutError, asyncio.CancelledError):
            if self.stream.open is not None:
                self._end_step(Ending("error", NO_TIME))
            for step in self.tidying:
                self._skip(step, "always", NO_TIME)
        self.allowed = False
        await self._close()

    def _hurry(self) -> None:
        """What is left of the `always` steps has its allowance from the first time this is told."""
        self.hurried = True
        if self.allowed and self.allowance.when() is None:
            self.allowance.reschedule(asyncio.get_running_loop().time() + ALWAYS_ALLOWANCE)

    # Opening

    async def _open(self) -> bool:
        self._begin(0, "opening", None)
        try:
            await self.opener.open(self.probe, self.parties)
        except CxassureError as wrong:
            if party := self.parties.get(self.opener.at):
                await self.stepper.witness(party.session, wrong.what)
            self._end_step(replace(broken(wrong), party=self.opener.at))
            return False
        except NotKept as missing:
            self._end_step(Ending("error", str(missing), hint="options are read before any step"))
            return False
        except Exception as fault:
            why = f"a party could not be opened: {type(fault).__name__}: {clip(str(fault))}"
            self._end_step(Ending("error", why, hint="this is a fault of the tool"))
            return False
        self._end_step(Ending())
        return True

    # Steps

    async def _steps(self, steps: tuple[Step, ...], skip: str) -> str:
        """Goes through `steps`; gives the reason why those that follow are left out, if any."""
        for step in steps:
            if skip:
                self._skip(step, "steps", skip)
                continue
            ending = await self._step(step, "steps")
            skip = await self._branches(step, ending)
            if ending.verdict in ("failed", "error") and not (step.optional or step.carry_on):
                skip = f"step {step.index} {_past(ending.verdict)}"
        return skip

    async def _branches(self, step: Step, ending: Ending) -> str:
        skip = ""
        for number, branch in enumerate(step.one_of):
            taken = number == ending.branch
            reason = "" if taken else "another way was taken"
            left_out = await self._steps(branch.steps, reason)
            skip = left_out if taken else skip
        return skip

    async def _step(self, step: Step, part: Part) -> Ending:
        party = self.parties[step.party]
        self._begin(step.index, part, step)
        began = time.monotonic()
        ending = await self.stepper.take(step, party)
        ending = self._within_budget(step, ending, part)
        if part == "steps" and not step.optional:
            everybody = self.parties.values()
            ending = await troubled(ending, party, everybody, self.stepper.witness)
        self._end_step(ending, time.monotonic() - began)
        self._tell_facts()
        if part == "steps" and ending.verdict != "error":
            await self.announcements.look(step.index, party, self.probe.parties[step.party].target)
        return ending

    def _within_budget(self, step: Step, ending: Ending, part: Part) -> Ending:
        """A step that takes the journey over its budget has failed, whatever else it did."""
        budget, now = self.probe.budget, self.stream.now()
        if budget is None or now <= budget or part != "steps" or step.optional:
            return ending
        if ending.verdict not in ("passed", "degraded"):
            return ending
        return Ending(
            "failed",
            f"the journey took {span(now)}, its budget is {span(budget)}",
            expected=f"within {span(budget)}",
            seen=span(now),
        )

    def _tell_facts(self) -> None:
        """A fact counts from the moment its references exist."""
        for fact, text in self.probe.facts.items():
            if fact not in self.stream.facts and self.references.known(text):
                self.stream.facts[fact] = self.references.text(text)

    async def _always(self) -> None:
        while self.tidying:
            step = self.tidying.pop(0)
            party = self.parties.get(step.party)
            if party is None:
                self._skip(step, "always", f"{step.party} was never there")
            elif missing := self._missing(step):
                self._skip(step, "always", f"«{missing}» was never kept")
            else:
                await self._step(step, "always")

    def _missing(self, step: Step) -> str:
        try:
            self.references.resolve(raw(step.argument))
        except NotKept as missing:
            return missing.name
        except CxassureError:
            return ""
        return ""

    # Closing

    async def _close(self) -> None:
        last = max((s.index for s in self.probe.every_step()), default=0)
        self._begin(last + 1, "closing", None)
        troubles = [await self._hang_up(party) for party in reversed(self.parties.values())]
        await self.scope.close()
        whole = verdict_of(self.ended) in ("passed", "degraded")
        messages = [
            *self.announcements.judged(self.stream, whole),
            *noticed(self.parties.values()),
        ]
        if self.stopped or self.hurried:
            ending = Ending() if self.stopped else Ending("error", INTERRUPTED)
        else:
            ending = close(self.stream, self.probe.promises, messages)
        if trouble := next((t for t in troubles if t), ""):
            self.stream.finding(trouble)
        self._end_step(ending)

    @staticmethod
    async def _hang_up(party: Party) -> str:
        try:
            async with asyncio.timeout(ALWAYS_ALLOWANCE):
                await party.session.close()
        except Exception as fault:
            return f"{party.name} could not be closed: {type(fault).__name__}: {clip(str(fault))}"
        return ""

    def _finish(self) -> Verdict:
        verdict = verdict_of(self.ended)
        whys = sorted(self.whys, key=lambda told: told[0] == "always")  # as Run.first_bad has it
        why = next((why for _, counted, why in whys if counted == verdict and why), "")
        self.stream.emit(
            RunEnded(
                at=round(self.stream.now(), 4),
                verdict=verdict,
                why=why,
                took=round(self.stream.now(), 4),
                wall=round(time.monotonic() - self.wall, 4),
                ended=_now(),
                flaky=verdict in ("passed", "degraded") and self.how.attempt > 1,
            )
        )
        return verdict

    # The stream

    def _begin(self, index: int, part: Part, step: Step | None) -> None:
        party = self.parties.get(step.party) if step else None
        sessions = [p.session for p in self.parties.values()]
        self.stream.begin(index, part, party.session if party else None, sessions)
        self.stream.optional = bool(step and step.optional)
        self.stream.emit(
            StepStarted(
                index=index,
                at=round(self.stream.now(), 4),
                part=part,
                party=step.party if step else "",
                channel=self.probe.parties[step.party].channel if step else "",
                verb=step.verb if step else "",
                argument=self._shown(step) if step else "",
                place=step.place if step else "",
                optional=self.stream.optional,
            )
        )

    def _shown(self, step: Step) -> object:
        """The argument as a person is shown it: resolved where it can be, masked on its way."""
        try:
            return self.references.resolve(raw(step.argument))
        except (NotKept, CxassureError):
            return step.argument

    def _skip(self, step: Step, part: Part, why: str) -> None:
        self._begin(step.index, part, step)
        self._end_step(Ending("skipped", why))
        for branch in step.one_of:
            for inner in branch.steps:
                self._skip(inner, part, why)

    def _end_step(self, ending: Ending, wall: float = 0.0) -> None:
        stream = self.stream
        took = stream.took()
        if ending.came is not None and stream.acting is not None:
            took = max(ending.came - stream.began, 0.0)
        stream.emit(
            StepEnded(
                index=stream.step,
                at=round(stream.now(), 4),
                verdict=ending.verdict,
                why=ending.why,
                expected=ending.expected,
                seen=ending.seen,
                hint=ending.hint,
                code=ending.code,
                took=round(took, 4),
                wall=round(wall, 4),
                findings=tuple(stream.findings),
                party=ending.party,
            )
        )
        part = stream.open or "steps"
        self.ended.append((part, ending.verdict, stream.optional))
        if ending.why and not stream.optional:
            where = "" if part == "steps" else f"{part} {ending.party}".strip() + ": "
            self.whys.append((part, counts_as(part, ending.verdict), where + ending.why))
        stream.end()


def _mask(secrets: Mapping[str, str]) -> tuple[Mask, CannotLook | None]:
    """The mask, and why there is none that could be trusted."""
    try:
        return Mask(secrets), None
    except CannotLook as short:
        return Mask({}), short


def _count(steps: tuple[Step, ...]) -> int:
    return sum(1 + sum(_count(branch.steps) for branch in step.one_of) for step in steps)


def _past(verdict: Verdict) -> str:
    return "failed" if verdict == "failed" else "was an error"


def _written(instant: datetime | None) -> str:
    """RFC 9557: with the name of the zone, which alone says what the wall shows next week."""
    zone = getattr(instant and instant.tzinfo, "key", "")
    said = instant.isoformat(timespec="seconds") if instant else ""
    return f"{said}[{zone}]" if zone else said


def _overridden(probe: Probe, environment: Environment) -> tuple[str, ...]:
    """The targets of the probe that are driven at another address than the environment's."""
    mine = {party.target for party in probe.parties.values()}
    return tuple(name for name in environment.overridden if name in mine)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
