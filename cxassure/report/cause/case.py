"""What rules look at: a run that did not pass, its deciding step, and the runs around it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from cxassure.report.codes import Meaning
from cxassure.report.context import Context
from cxassure.report.customer import decisive
from cxassure.report.tally import listed, number
from cxassure.run import Run, StepRun
from cxassure.text import clip

UNKNOWN = "no single cause found"
GOOD = ("passed", "degraded")
_CHANNELS = {
    "ivr": "IVR",
    "agent": "desk",
    "inbox": "mail",
    "api": "back office",
}

What = Literal["host", "step", "channel", "row", "deploy", "ours"]


class Blame(NamedTuple):
    """What is said to be broken for everybody: a run that passes over it contradicts it."""

    what: What
    name: str


class Said(NamedTuple):
    """What a rule concludes, whom it blames by that, and what to look at."""

    conclusion: str
    blames: Blame | None = None
    check: str = ""


@dataclass(frozen=True, slots=True)
class Cause:
    """Where it happens and where not (`since`), what that points to, what to look at next.

    `evidence` is what else speaks for it, a sentence each; `blames` what it says is broken for
    everybody, where it says so; `runs` are the ids of those that went wrong the same way.
    """

    since: str
    conclusion: str = UNKNOWN
    check: str = ""
    runs: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    blames: Blame | None = None

    def __str__(self) -> str:
        return f"{self.since} → {self.conclusion}"


@dataclass(slots=True)
class Case:
    """A run that did not pass, its deciding step, and the runs around it."""

    run: Run
    step: StepRun
    every: Sequence[Run]
    context: Context
    facet: str = ""
    meaning: Meaning | None = None
    same: list[Run] = field(default_factory=list)

    @property
    def peers(self) -> list[Run]:
        """The runs of the same journey."""
        return [run for run in self.every if run.journey == self.run.journey]

    @property
    def good(self) -> list[Run]:
        """The runs in which the customer got through, and got there in time where this one was
        late."""
        fine = ("passed",) if self.run.verdict == "degraded" else GOOD
        return [run for run in self.every if run.verdict in fine]

    @property
    def before(self) -> list[StepRun]:
        """The author's steps that passed before the deciding one."""
        earlier = self.run.steps[: self.run.steps.index(self.step)]
        return [s for s in earlier if s.part == "steps" and s.verdict in GOOD]


def signature(run: Run) -> tuple[str, ...] | None:
    """What runs have in common that went wrong the same way, `None` for one that did not."""
    step = run.first_bad
    if step is None:
        return None
    check = decisive(step)
    pointed_at = step.argument if step.channel == "web" and isinstance(step.argument, str) else ""
    facet = check.facet if check else ""
    return (run.verdict, step.channel, step.verb, pointed_at, facet, step.code)


def since(case: Case) -> str:
    """`2 of 2 runs, desktop and mobile; the web, chat and IVR steps before it pass`."""
    same = [run for run in case.same if run.journey == case.run.journey] or [case.run]
    count = f"{len(same)} of {number(max(len(case.peers), 1), 'run')}"
    rows = [run.row for run in same if run.row]
    parts = [f"{count}, {listed(rows)}" if rows else count]
    also = dict.fromkeys(run.journey for run in case.same if run.journey != case.run.journey)
    parts += [f"also in {listed(list(also)[:5])}"] if also else []
    return "; ".join([*parts, *_passing(case)])


def _passing(case: Case) -> Iterator[str]:
    """What goes well all the same: rows of the journey, its other steps, other journeys."""
    rows = [run.row for run in case.good if run.row and run.journey == case.run.journey]
    if rows:
        yield f"{listed(rows)} {'passes' if len(rows) == 1 else 'pass'}"
    channels = dict.fromkeys(called(s.channel) for s in case.before if s.channel)
    if channels:
        yield f"the {listed(list(channels))} steps before it pass"
    others = dict.fromkeys(run.journey for run in _passing_on(case.step.channel, case))
    if others:
        go_on = "passes" if len(others) == 1 else "pass"
        yield f"{listed(list(others)[:3])} {go_on} on {called(case.step.channel)}"


def _passing_on(channel: str, case: Case) -> Iterable[Run]:
    for run in case.good:
        if run.journey != case.run.journey and channel and touches(run, Blame("channel", channel)):
            yield run


def called(channel: str) -> str:
    """A channel as people call it."""
    return _CHANNELS.get(channel, channel)


def deed(step: StepRun) -> str:
    """`click Pay now`; a step whose argument is a form is called by its verb."""
    said = step.argument if isinstance(step.argument, str) else ""
    return clip(f"{step.verb} {said}".strip(), 60)


def hosts(steps: Iterable[StepRun]) -> list[str]:
    """The hosts that were asked in `steps`, the last one last."""
    found = []
    for seen in (seen for step in steps for seen in step.observed):
        url = seen.data.get("url")
        try:
            host = urlsplit(url).netloc.rpartition("@")[2] if isinstance(url, str) else ""
        except ValueError:
            host = ""
        found += [host] if host else []
    return found


def touches(run: Run, blamed: Blame) -> bool:
    """Whether `run` went over what is blamed, so that its passing would contradict the blame."""
    made = [step for step in run.steps if step.verdict in GOOD]
    match blamed.what:
        case "host":
            mine = (run.hosts.get(step.party) for step in made if step.party)
            return blamed.name in (*hosts(made), *mine)
        case "channel":
            return any(step.channel == blamed.name for step in made)
        case "step":
            return any(f"{step.channel} {deed(step)}" == blamed.name for step in made)
        case "row":
            return run.row == blamed.name
        case _:
            return True
