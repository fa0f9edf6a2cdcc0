"""What the runs of one journey come to: its state, in a word and in words for people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from cxassure.readiness import Need, Seen, State
from cxassure.text import clip

AHEAD = timedelta(minutes=5)
"""How far clocks may differ before a run counts as dated in the future."""

GOOD = ("passed", "degraded")


def newest_first(runs: Sequence[Seen]) -> list[Seen]:
    """The runs in order; of two that began at once the worse counts as newer."""
    return sorted(runs, key=lambda run: (run.at, _badness(run)), reverse=True)


def _badness(run: Seen) -> tuple[int, bool, str]:
    order = ("passed", "degraded", "failed")
    rank = order.index(run.verdict) if run.verdict in order else len(order)
    return rank, run.flaky or run.unseen > 0 or run.outdated, run.verdict


def by_place(runs: Sequence[Seen]) -> dict[str, Seen]:
    """The newest run from each place."""
    found: dict[str, Seen] = {}
    for run in newest_first(runs):
        found.setdefault(run.place, run)
    return found


def passes(runs: Sequence[Seen]) -> int:
    """How often it passed since it last failed anywhere; what told nothing is left out."""
    count = 0
    for run in newest_first(runs):
        if run.verdict == "failed":
            break
        count += run.verdict in GOOD
    return count


def places(runs: Sequence[Seen], need: Need, now: datetime) -> int:
    """From how many places it passed just now: the newest run from there is good and fresh."""
    return sum(run.verdict in GOOD and fresh(run, need, now) for run in by_place(runs).values())


def fresh(run: Seen, need: Need, now: datetime) -> bool:
    """Whether the run is younger than its limit; as old as the limit is too old."""
    return (now - run.at).total_seconds() < need.newest


def state(runs: Sequence[Seen], need: Need, now: datetime) -> tuple[State, str]:
    """The state and why, in this order: what is not known comes before what is bad, so that no
    waiver of a failure hides that nobody looked."""
    if not runs:
        return "missing", "it never ran"
    last = newest_first(runs)[0]
    if last.at > now + AHEAD:
        return "unclear", "a run is dated in the future: a clock is wrong"
    if not fresh(last, need, now):
        limit = age(timedelta(seconds=need.newest))
        return "stale", f"it last ran {age(now - last.at)} ago, the limit is {limit}"
    latest = list(by_place(runs).values())
    return _known(runs, latest, need, now)


def _known(
    runs: Sequence[Seen], latest: list[Seen], need: Need, now: datetime
) -> tuple[State, str]:
    for run in latest:
        if run.verdict not in (*GOOD, "failed"):
            return "unclear", f"{_last(run, now)} told nothing: {_why(run)}"
    for run in latest:
        if run.verdict == "failed":
            return "failing", f"{_last(run, now)} failed: {_why(run)}"
    if (count := passes(runs)) < need.passes:
        return "scant", f"{count} of {_passes(need.passes)} since it last failed"
    if (count := places(runs, need, now)) < need.places:
        return "scant", f"passed from {count} of {need.places} places"
    for run in latest:
        if said := _flaw(run):
            return "degraded", f"{_last(run, now)} {said}"
    return "passing", f"{_passes(passes(runs))}, the newest {age(now - last_at(latest))} ago"


def last_at(runs: Sequence[Seen]) -> datetime:
    """When the newest of them began."""
    return max(run.at for run in runs)


def _flaw(run: Seen) -> str:
    if run.verdict == "degraded":
        return f"was degraded: {_why(run)}"
    if run.flaky:
        return "passed only when tried again"
    if run.outdated:
        return "was made before the journey was changed"
    return f"left {run.unseen} expectations unseen" if run.unseen else ""


def _last(run: Seen, now: datetime) -> str:
    where = f" from {clip(run.place, 40)}" if run.place else ""
    return f"the run{where} {age(now - run.at)} ago"


def _why(run: Seen) -> str:
    return clip(run.why, 160) or clip(run.verdict, 40) or "no verdict"


def age(length: timedelta) -> str:
    """`3 d`, `5 h`, `12 min`: whole units, the largest that is not nought."""
    seconds = max(0, int(length.total_seconds()))
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size * (2 if unit == "d" else 1):
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _passes(number: int) -> str:
    return f"{number} pass" if number == 1 else f"{number} passes"
