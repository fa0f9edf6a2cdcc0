"""Rules about hosts that are not reached at all, or answer everybody with errors."""

from __future__ import annotations

import re
from collections import defaultdict

from cxassure.report.cause.case import Blame, Case, Said, every, hosts, over
from cxassure.report.context import Context
from cxassure.report.tally import WORST_FIRST, listed
from cxassure.run import Run, StepRun
from cxassure.text import plain

_WAYS = (
    (r"refuses the connection|connection was refused", "refuses the connection"),
    (r"not known to dns|does not resolve|no such name", "is a name that DNS does not know"),
    (
        r"connection was (reset|closed)|broke the connection off|server disconnected",
        "breaks the connection off",
    ),
    (r"not answered within|timed out|cannot be reached|no connection was made", "does not answer"),
)
_FAILS = re.compile(r"\b(?:answered|status) (5\d\d)\b")


def down(case: Case) -> Said | None:
    """A host that lets nobody through, with all the journeys that end there; of one journey
    alone, that its host is not reached."""
    host, way = host_of(case.run), _way(case.step)
    if case.run.verdict != "failed" or not host or not way:
        return None
    names = case.context.once(_journeys, host)
    through = Blame("host", host) in case.context.once(over, WORST_FIRST)
    check = f"whether {host} is up and what its log says"
    if len(names) > 1 and not through:
        case.same = case.context.once(_ended)[host]
        how = case.context.once(_how, host)
        told = f"{host} is down for everybody: it {how}; {listed(names[:4])} end there"
        return Said(told, Blame("host", host), check)
    return None if through or way.startswith("answers") else Said(f"{host} {way}", None, check)


def host_of(run: Run) -> str:
    """The host that was asked last in the step that decided; that of the party's target where
    nothing tells of any."""
    step = run.first_bad
    if step is None:
        return ""
    return (hosts([step]) or [run.hosts.get(step.party, "")])[-1]


def _ended(context: Context) -> dict[str, list[Run]]:
    """The runs that ended at a host that was not reached, by that host."""
    found: dict[str, list[Run]] = defaultdict(list)
    for run in context.once(every):
        step = run.first_bad
        if run.verdict == "failed" and step is not None and _way(step):
            found[host_of(run)].append(run)
    return found


def _journeys(context: Context, host: str) -> list[str]:
    return list(dict.fromkeys(run.journey for run in context.once(_ended).get(host, ())))


def _how(context: Context, host: str) -> str:
    """`refuses the connection and answers 503`: the host, in all the runs that ended there."""
    steps = (run.first_bad for run in context.once(_ended)[host])
    ways = dict.fromkeys(_way(step) for step in steps if step)
    return listed(list(ways)).replace(" and answers ", " and ")


def _way(step: StepRun) -> str:
    """How the host behaved, as a verb; "" where the trouble is not that it was not reached."""
    words = plain(f"{step.why} {step.seen}")
    for pattern, told in _WAYS:
        if re.search(pattern, words):
            return told
    status = _FAILS.search(words)
    return f"answers {status[1]}" if status else ""
