"""A run's lines become a call on a cassette: the telephone parties alone, on telephone time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from cxassure.channels._telephony.cassette.tape import ACTS, OVER, TURN, Call, Line
from cxassure.errors import UsageError
from cxassure.events import AnyEvent, Observed, RunStarted, StepEnded, StepStarted

PHONES = ("ivr", "agent")
NEAR = 0.01
"""Seconds by which two moments may differ that are one."""


def call_of(events: Iterable[AnyEvent]) -> Call:
    """The telephone part of a run. Raises `UsageError` where nobody telephoned in it.

    Times count from the first act. Steps of other channels in which nothing was heard on the
    telephone take no time there.
    """
    made = _Making()
    for event in events:
        made.add(event)
    lines = list(made.lines)
    if not any(line.act and line.what != OVER for line in lines):
        raise UsageError(
            f"nobody telephoned in «{made.started.journey if made.started else 'that run'}»",
            "record a journey with a party on the channel ivr",
        )
    assert made.started
    first = next(line.at for line in lines if line.act)
    moved = (msgspec.structs.replace(one, at=round(one.at - first, 3)) for one in lines)
    return Call(
        journey=made.started.journey,
        row=made.started.row,
        started=made.started.started,
        parties={n: c for n, c in made.started.parties.items() if c in PHONES},  # type: ignore[misc]
        lines=tuple(_in_order(list(moved))),
    )


@dataclass(slots=True)
class _Making:
    """Reads events; `lines` grows."""

    started: RunStarted | None = None
    lines: list[Line] = field(default_factory=list)
    step: StepStarted | None = None
    idle: float = 0.0
    """Seconds that went by on other channels."""
    heard: dict[str, float] = field(default_factory=dict)
    """When the last sound ended, by party."""
    busy: bool = False
    early: list[int] = field(default_factory=list)
    """The lines of this step that began before it, in truth."""

    def add(self, event: AnyEvent) -> None:
        match event:
            case RunStarted():
                self.started = event
            case StepStarted():
                self._begin(event)
            case Observed() if event.channel in PHONES:
                self.busy = True
                self._observe(event)
            case StepEnded() if self.step is not None:
                self._end(self.step, event)

    def _begin(self, step: StepStarted) -> None:
        self.step, self.busy = step, False
        self.early.clear()
        if step.part == "closing":
            at = round(step.at - self.idle, 4)
            self.lines.append(Line(at=at, who="customer", what=OVER))

    def _observe(self, seen: Observed) -> None:
        assert self.step
        ends = seen.at + seen.seconds - self.idle
        at = seen.at - self.idle
        before = self.heard.get(seen.party, at)
        if seen.at == self.step.at and seen.seconds and not _does(seen):
            at, ends = self._began(seen, at, before)
            self.early.append(len(self.lines))
        if not _does(seen):
            self.heard[seen.party] = max(before, ends)
        self.lines.append(
            Line(
                at=round(at, 4),
                party=seen.party,
                who=seen.who,
                what=seen.what,
                text=seen.text,
                seconds=seen.seconds,
                data=seen.data,
            )
        )

    def _began(self, seen: Observed, at: float, before: float) -> tuple[float, float]:
        """What began before its step is told as if it had begun with it: really it began where
        the sound before it ended, or ended as the journey did, or as the step began where what
        came later was known earlier."""
        assert self.step
        if self.step.part == "closing":
            return at - seen.seconds, at
        if before < at <= before + seen.seconds + NEAR:
            return before, before + seen.seconds
        if before > at + NEAR:
            return at - seen.seconds, at
        return at, at + seen.seconds

    def _end(self, step: StepStarted, event: StepEnded) -> None:
        self._known_by(event.at - self.idle)
        if step.verb == "dial" and step.channel == "ivr":
            self._connect(step, event.at - self.idle)
        if step.channel not in PHONES:
            self.idle += 0.0 if self.busy or step.part == "closing" else event.at - step.at
        elif step.verb == "let_ring" and event.verdict in ("passed", "degraded"):
            at = round(event.at - self.idle, 4)
            self.lines.append(Line(at=at, party=step.party, who="agent", what="let ring"))
        elif step.part != "closing":
            at = round(event.at - self.idle, 4)
            self.lines.append(Line(at=at, party=step.party, who="line", what=TURN))

    def _known_by(self, at: float) -> None:
        """A sound is told once it has ended: what is told in a step had ended when that did."""
        for place in self.early:
            line = self.lines[place]
            latest = round(at - line.seconds, 4)
            self.lines[place] = msgspec.structs.replace(line, at=min(line.at, latest))

    def _connect(self, step: StepStarted, at: float) -> None:
        """A line that does not say when it was answered, was by the time of its first sound."""
        mine = [n for n, one in enumerate(self.lines) if one.party == step.party]
        dialled = max((n for n in mine if self.lines[n].what == "dialled"), default=None)
        if dialled is None:
            return
        since = [self.lines[n] for n in mine if n > dialled]
        if any(one.what in ("connected", "ringing", "hung up") for one in since):
            return
        heard = min((one.at for one in since if one.seconds), default=at)
        there = Line(at=round(heard, 4), party=step.party, who="line", what="connected")
        self.lines.insert(dialled + 1, there)


def _does(seen: Observed) -> bool:
    return seen.who in ("customer", "agent") and seen.what in ACTS


def _in_order(lines: list[Line]) -> Iterator[Line]:
    """Between two acts in the order in which things are known; a turn only where it was quiet."""
    for part in _parts(lines):
        whole = [one for one in part if one.what != TURN]
        turns = [one for one in part if one.what == TURN and _quiet(one, lines)]
        kept = [one for n, one in enumerate(turns) if one not in turns[:n]]
        acts = [one for one in whole if one.act]
        rest = [one for one in whole if not one.act]
        yield from acts
        yield from sorted([*rest, *kept], key=lambda one: round(one.due, 3))


def _parts(lines: list[Line]) -> Iterator[list[Line]]:
    part: list[Line] = []
    for line in lines:
        if line.act and part:
            yield part
            part = []
        part.append(line)
    yield part


def _quiet(turn: Line, lines: list[Line]) -> bool:
    """Whether nobody spoke to the party at that moment, nor for a little while after it. Behind
    music nobody waits for its end."""
    heard = (x for x in lines if x.party == turn.party and x.seconds and not x.act)
    mine = (x for x in heard if x.what != "music")
    after = turn.at + 5 * NEAR
    return not any(x.at < after and x.at + x.seconds > turn.at + NEAR for x in mine)
