"""A run: what a stream of events folds to. Page, JUnit, exit code and history read only this.

Folding a stored stream gives a `Run` equal to the one that was watched live.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from cxassure.events import (
    AnyEvent,
    Checked,
    Kept,
    Measured,
    Observed,
    Part,
    RunEnded,
    RunStarted,
    StepEnded,
    StepStarted,
)
from cxassure.verdict import Verdict, worst


class StepRun(msgspec.Struct, kw_only=True):
    """One step as it went: what was done, seen, judged and kept in it."""

    index: int
    part: Part = "steps"
    party: str = ""
    channel: str = ""
    verb: str = ""
    argument: Any = ""
    place: str = ""
    optional: bool = False
    at: float = 0.0
    verdict: Verdict = "error"
    why: str = "the run ended in the middle of this step"
    expected: str = ""
    seen: str = ""
    hint: str = ""
    code: str = ""
    took: float = 0.0
    wall: float = 0.0
    findings: tuple[str, ...] = ()
    observed: list[Observed] = []
    checked: list[Checked] = []
    kept: list[Kept] = []

    @property
    def title(self) -> str:
        """`agent answer`, `caller press 2`: the step in a few words."""
        said = f" {self.argument}" if isinstance(self.argument, str) and self.argument else ""
        return f"{self.party} {self.verb}{said}".strip() or self.part

    @property
    def unclean(self) -> bool:
        """Whether the company failed in a clean-up: an error of the run, but none of ours."""
        return self.part == "always" and self.verdict == "failed"


class Run(msgspec.Struct, kw_only=True):
    """One drive of one probe. `finished` is false for a stream that was cut off.

    `blamed` names the step that took a measure over its promise.
    """

    id: str = ""
    journey: str = ""
    row: str = ""
    title: str = ""
    severity: str = "major"
    owner: str = ""
    runbook: str = ""
    source: str = ""
    tags: tuple[str, ...] = ()
    env: str = ""
    seed: int = 0
    attempt: int = 1
    rehearsed: str = ""
    release: str = ""
    overridden: tuple[str, ...] = ()
    started: str = ""
    ended: str = ""
    budget: float | None = None
    author_steps: int = 0
    parties: dict[str, str] = {}
    hosts: dict[str, str] = {}
    lines: dict[str, str] = {}
    verdict: Verdict = "error"
    why: str = "the run did not end: whatever drove it was killed"
    flaky: bool = False
    finished: bool = False
    took: float = 0.0
    wall: float = 0.0
    steps: list[StepRun] = []
    measures: dict[str, float] = {}
    blamed: dict[str, int] = {}

    @property
    def name(self) -> str:
        """`journey` or `journey[row]`."""
        return f"{self.journey}[{self.row}]" if self.row else self.journey

    @property
    def rehearsed_for(self) -> str:
        """`2026-12-24 13:00 America/New_York`: the instant it was rehearsed for, "" for none."""
        return self.rehearsed and moment(self.rehearsed)

    @property
    def first_bad(self) -> StepRun | None:
        """The step that decided the verdict: the first that counts as bad as the run itself.

        An `always` step is it only where no other is: cleaning up never hides what went before.
        """
        if self.verdict in ("passed", "skipped"):
            return None
        counted = (s for s in self.steps if not s.optional and s.verdict not in _FINE)
        bad = sorted(counted, key=lambda s: s.part == "always")
        exact = (s for s in bad if counts_as(s.part, s.verdict) == self.verdict)
        # a killed run is an error whatever went before: a failed step tells more than its clean-up
        return next((s for s in exact if self.finished or not s.unclean), next(iter(bad), None))

    @property
    def unseen(self) -> list[Checked]:
        """Expectations that their line could not see."""
        return [c for step in self.steps for c in step.checked if c.verdict == "unseen"]

    def transcript(self) -> Iterable[Observed]:
        """Every observation across channels in order of time."""
        return sorted((o for s in self.steps for o in s.observed), key=lambda o: o.at)


_FINE = ("passed", "skipped")


def moment(written: str) -> str:
    """An instant as RFC 9557 writes it, for people: wall time and zone."""
    wall, _, zone = written.rstrip("]").partition("[")
    return f"{wall[:16].replace('T', ' ')} {zone or wall[19:]}".strip()


def counts_as(part: Part, verdict: Verdict) -> Verdict:
    """What a step's verdict is for its run: an `always` step makes at most an error."""
    return "error" if part == "always" and verdict == "failed" else verdict


def verdict_of(steps: Iterable[tuple[Part, Verdict, bool]]) -> Verdict:
    """The fold of (part, verdict, optional): worst of what counts.

    Optional and skipped steps don't count, the others as `counts_as` says; an error while opening
    is an error. A journey of which no step was looked at is skipped, never passed.
    """
    counted: list[Verdict] = []
    looked = False
    for part, verdict, optional in steps:
        if optional or verdict == "skipped":
            continue
        looked = looked or part == "steps"
        counted.append(counts_as(part, verdict))
    total = worst(counted) if counted else "error"
    return "skipped" if total in ("passed", "degraded") and not looked else total


class Fold:
    """Folds events to a `Run`, one at a time; `run` may be read at any moment."""

    def __init__(self) -> None:
        self.run = Run()
        self._steps: dict[int, StepRun] = {}

    def add(self, event: AnyEvent) -> None:
        """Takes the next event of the stream."""
        match event:
            case RunStarted():
                self._start(event)
            case StepStarted():
                self._step(event)
            case Observed():
                self._at(event.step).observed.append(event)
            case Checked():
                self._at(event.step).checked.append(event)
            case Kept():
                self._at(event.step).kept.append(event)
            case Measured():
                self.run.measures[event.name] = event.value
                if event.blamed is not None:
                    self.run.blamed[event.name] = event.blamed
            case StepEnded():
                self._end_step(event)
            case RunEnded():
                self._end(event)

    def _start(self, event: RunStarted) -> None:
        run = self.run
        run.id, run.author_steps, run.parties = event.run, event.steps, event.parties
        run.hosts, run.lines = event.hosts, event.lines
        for name in (
            "journey row title severity owner runbook source tags env seed attempt rehearsed "
            "release overridden started budget"
        ).split():
            setattr(run, name, getattr(event, name))

    def _at(self, index: int) -> StepRun:
        return self._steps[index]

    def _step(self, event: StepStarted) -> None:
        step = self._steps[event.index] = StepRun(
            index=event.index,
            part=event.part,
            party=event.party,
            channel=event.channel,
            verb=event.verb,
            argument=event.argument,
            place=event.place,
            optional=event.optional,
            at=event.at,
        )
        self.run.steps.append(step)

    def _end_step(self, event: StepEnded) -> None:
        step = self._at(event.index)
        step.party = step.party or event.party
        step.channel = step.channel or self.run.parties.get(step.party, "")
        for name in "verdict why expected seen hint code took wall findings".split():
            setattr(step, name, getattr(event, name))

    def _end(self, event: RunEnded) -> None:
        run = self.run
        run.finished = True
        for name in "verdict why took wall ended flaky".split():
            setattr(run, name, getattr(event, name))


def fold(events: Iterable[AnyEvent]) -> Run:
    """The `Run` that a whole or cut-off stream comes to."""
    folding = Fold()
    for event in events:
        folding.add(event)
    return folding.run
