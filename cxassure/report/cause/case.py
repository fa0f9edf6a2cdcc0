"""What rules look at: a run that did not pass, its deciding step, and the runs around it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from cxassure.report.codes import Meaning
from cxassure.report.context import Context
from cxassure.report.customer import decisive
from cxassure.report.tally import blaming, last_attempts, listed, number
from cxassure.run import Run, StepRun
from cxassure.text import clip
from cxassure.verdict import Verdict

UNKNOWN = "no single cause found"
GOOD: tuple[Verdict, ...] = ("passed", "degraded")
_CHANNELS = {
    "ivr": "IVR",
    "agent": "desk",
    "inbox": "mail",
    "api": "back office",
}

Signature: TypeAlias = tuple[str, ...]
"""What is alike in runs that went wrong the same way."""

What = Literal["host", "step", "channel", "row", "deploy", "ours"]


_EVERYWHERE: tuple[What, ...] = ("deploy", "ours")
"""What no run can go round."""


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
    """A run that did not pass, its deciding step, and in `context` the runs around it."""

    run: Run
    step: StepRun
    context: Context
    facet: str = ""
    meaning: Meaning | None = None
    same: Sequence[Run] = ()

    @property
    def every(self) -> Sequence[Run]:
        """All runs that count."""
        return self.context.once(every)

    @property
    def peers(self) -> Sequence[Run]:
        """The runs of the same journey."""
        return self.context.once(_by_journey).get(self.run.journey, ())

    @property
    def good(self) -> Sequence[Run]:
        """The runs in which the customer got through, and got there in time where this one was
        late."""
        return self.context.once(_that_went, self._fine)

    def passing(self, blamed: Blame) -> Sequence[Run]:
        """Those of them that contradict the blame."""
        if blamed.what in _EVERYWHERE:
            return self.good
        return self.context.once(over, self._fine).get(blamed, ())

    @property
    def _fine(self) -> tuple[Verdict, ...]:
        return ("passed",) if self.run.verdict == "degraded" else GOOD

    @property
    def before(self) -> list[StepRun]:
        """The author's steps that passed before the deciding one."""
        earlier = self.run.steps[: self.run.steps.index(self.step)]
        return [s for s in earlier if s.part == "steps" and s.verdict in GOOD]


def every(context: Context) -> list[Run]:
    """The runs that count, each as it blames its steps."""
    return [blaming(run) for run in last_attempts(context.runs)]


def _that_went(context: Context, verdicts: tuple[Verdict, ...]) -> list[Run]:
    return [run for run in context.once(every) if run.verdict in verdicts]


def _by_journey(context: Context) -> dict[str, list[Run]]:
    found: dict[str, list[Run]] = defaultdict(list)
    for run in context.once(every):
        found[run.journey].append(run)
    return found


def alike(context: Context) -> dict[Signature | None, list[Run]]:
    """The runs that went wrong the same way, by their signature."""
    found: dict[Signature | None, list[Run]] = defaultdict(list)
    for run in context.once(every):
        found[signature(run)].append(run)
    return found


def over(context: Context, verdicts: tuple[Verdict, ...]) -> dict[Blame, list[Run]]:
    """The runs of these verdicts by what they went over."""
    found: dict[Blame, list[Run]] = defaultdict(list)
    for run in context.once(_that_went, verdicts):
        for one in _gone_over(run):
            found[one].append(run)
    return found


def signature(run: Run) -> Signature | None:
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
    going = case.passing(Blame("channel", channel)) if channel else ()
    return (run for run in going if run.journey != case.run.journey)


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
    return blamed.what in _EVERYWHERE or blamed in _gone_over(run)


def _gone_over(run: Run) -> set[Blame]:
    """What `run` went over: row, hosts, channels and steps."""
    made = [step for step in run.steps if step.verdict in GOOD]
    # to hang up at last goes well without asking anybody
    walked = (step.party for step in made if step.part == "steps")
    mine = (run.hosts[party] for party in walked if party and party in run.hosts)
    return {
        Blame("row", run.row),
        *(Blame("host", host) for host in (*hosts(made), *mine)),
        *(Blame("channel", step.channel) for step in made),
        *(Blame("step", f"{step.channel} {deed(step)}") for step in made),
    }
