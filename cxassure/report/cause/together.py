"""Rules about runs together: the host, step, channel, row or deployment that they have in common.

What they blame is blamed for everybody, so that each gives the `Blame` by which a run that passes
over the same thing takes it back.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from cxassure.incident import Deploy
from cxassure.report.cause.case import (
    GOOD,
    Blame,
    Case,
    Said,
    Signature,
    alike,
    called,
    deed,
    every,
    hosts,
    over,
    signature,
    touches,
)
from cxassure.report.cause.reached import host_of
from cxassure.report.changes import since_good
from cxassure.report.codes import explain
from cxassure.report.context import Context
from cxassure.report.tally import WORST_FIRST, listed, number
from cxassure.run import Run
from cxassure.text import clip, plain, span

WINDOW = timedelta(hours=24)
"""A deployment is suspected of what began within this time after it."""

_DATED = re.compile(r"certificate.*(expired|not (yet )?valid|not valid yet)")
_OURS = (
    (r"no browser|browser (was|could) not|no usable browser", "what cxassure doctor says"),
    (r"name server|name resolution|no dns", "the DNS settings of the machine that runs cxassure"),
    (r"no space|disk (is )?full|could not be (written|kept)|no room|quota", "free space (df -h)"),
    (r"\bclock\b|not valid yet|skew|timestamp", "our clock (timedatectl) and whether NTP runs"),
    (r"trunk|registration|registered", "our trunk: its registration and credentials"),
    (r"no network|no way to|proxy|unreachable", "the network of the machine that runs cxassure"),
    (r"bot wall|captcha|blocked", "that the site's owner lets synthetic traffic through"),
    (r"token|credential|password|asks for a login|sign in", "our credentials for this target"),
)


def ours(case: Case) -> Said | None:
    """An error is nothing the company did, but where it failed in cleaning up."""
    if case.run.verdict not in ("error", "missed"):
        return None
    why = clip(case.step.why or case.run.why, 120)
    if case.step.unclean:
        return Said(f"the clean-up failed: {why}")
    everywhere = len(case.every) > 1 and case.context.once(_whys) == {_why(case.run)}
    told = f"{'nothing could be looked at' if everywhere else 'on our side'}: {why}"
    words = plain(f"{why} {case.step.hint}")
    check = next((look for pattern, look in _OURS if re.search(pattern, words)), "")
    return Said(told, Blame("ours", why) if everywhere else None, check)


def dates(case: Case) -> Said | None:
    """Certificates that are refused for their dates at several hosts: rather our clock."""
    bad = case.context.once(_misdated, signature(case.run))
    if len(bad) < 2:
        return None
    told = f"certificates of {listed(sorted(bad)[:3])} are refused for their dates all at once"
    return Said(f"{told}: our clock is wrong, or theirs", None, _OURS[3][1])


def same_host(case: Case) -> Said | None:
    """Journeys that all end at one host, by whatever step."""
    mine = _last_asked(case.run)
    if case.run.verdict != "failed" or not mine:
        return None
    ended = _journeys(case, _last_asked)
    if len(ended) < 2 or Blame("host", mine) in case.context.once(over, WORST_FIRST):
        return None
    told = f"{mine} is broken: {listed(ended[:4])} all end there and nothing gets through it"
    return Said(told, Blame("host", mine), f"whether {mine} is up, and its log")


def whole_channel(case: Case) -> Said | None:
    """Several journeys, and none that gets through on that channel."""
    if len({run.journey for run in case.same}) < 2 or not case.step.channel:
        return None
    told = f"{called(case.step.channel)} is broken for every journey, not for this one alone"
    return Said(told, Blame("channel", case.step.channel))


def same_row(case: Case) -> Said | None:
    """A device or other row on which several journeys end, and none gets through."""
    row = case.run.row
    ended = _journeys(case, _row)
    others = any(run.row != row for run in case.good)
    if not row or len(ended) < 2 or not others:
        return None
    told = f"everything on {row} fails ({listed(ended[:4])}) and the other rows get through"
    return Said(told, Blame("row", row), f"what is served to {row} alone")


def same_step(case: Case) -> Said | None:
    """The same step breaks in several journeys, so it is the step and not the way to it."""
    journeys = _journeys(case, _ending)
    if len(journeys) < 2 or not isinstance(case.step.argument, str):
        return None
    told = f"«{deed(case.step)}» is broken wherever it comes: {len(journeys)} journeys end there"
    return Said(told, Blame("step", f"{case.step.channel} {deed(case.step)}"))


def some_rows(case: Case) -> Said | None:
    """Only some rows of a journey: what tells them apart is the place to look."""
    good = [run.row for run in case.good if run.journey == case.run.journey]
    bad = [run.row for run in case.same if run.journey == case.run.journey]
    if not good or not bad or set(good) & set(bad):
        return None
    return Said(f"only {listed(bad)}: look at what differs from {listed(good)}")


def otherwise(case: Case) -> Said | None:
    """Something is said otherwise than in the last good run, up to the step that broke."""
    found = (
        one
        for one in since_good(case.run, case.context)
        if one.kind in ("menu", "prompt", "reply", "ring") and one.step <= case.step.index
    )
    told = next((one for one in found if one.after or one.kind in ("menu", "ring")), None)
    return Said(f"changed since the last good run: {told.sentence}") if told else None


def deployed(case: Case) -> Said | None:
    """Nothing else is known, and it began with a deployment after which nothing passed."""
    found = _suspect(case)
    if found is None:
        return None
    told = f"it began after a deployment: {_told(case, found)}"
    return Said(told, Blame("deploy", found.what), "what that deployment changed; roll it back?")


def evidence(case: Case) -> Iterator[str]:
    """What else speaks for a cause: the same number elsewhere, a deployment, another release."""
    if case.step.code:
        with_it = _journeys(case, _code)
        if len(with_it) > 1:
            yield f"{case.step.code} in {number(len(with_it), 'journey')}: {listed(with_it[:4])}"
    ended = (o.data.get("q850") for o in case.run.transcript() if o.what == "hung up")
    for told in dict.fromkeys(str(one) for one in ended if one and str(one) != "16"):
        if meaning := explain(f"Q.850;cause={told}"):
            yield f"the call ended with {meaning.what}"
    if found := _suspect(case):
        yield f"deployed before it began: {_told(case, found)}"
    past = case.context.past.get(case.run.id)
    was = past.good.release if past and past.good else ""
    if case.run.release and was and was != case.run.release:
        yield f"release {clip(case.run.release, 40)}, the good run had {clip(was, 40)}"


def _suspect(case: Case) -> Deploy | None:
    """The last deployment between the last good run and the first bad one; of what never went
    well nobody knows that it began with one."""
    past = case.context.past.get(case.run.id)
    began = (past and past.first_bad) or _moment(case.run)
    good = past.last_good if past else None
    if began is None or good is None or case.run.verdict not in ("failed", "degraded"):
        return None
    earliest = max(good, began - WINDOW)
    env = ("", case.run.env)
    near = (d for d in case.context.deploys if d.env in env and earliest < d.at <= began)
    found = max(near, key=lambda one: one.at, default=None)
    return None if found is None or _passed_after(case, found) else found


def _passed_after(case: Case, one: Deploy) -> bool:
    """Whether the journey went well since, or anything else over the same host."""
    host = Blame("host", host_of(case.run))
    mine = case.run.journey
    passed = (r for r in case.context.passed if r.journey == mine or touches(r, host))
    since = (*case.peers, *passed, *case.context.once(over, GOOD).get(host, ()))
    return any(
        (at := _moment(run)) is not None and at >= one.at
        for run in since
        if run.verdict in GOOD and run.env == case.run.env
    )


def _told(case: Case, one: Deploy) -> str:
    past = case.context.past.get(case.run.id)
    began = (past and past.first_bad) or _moment(case.run) or one.at
    what = " ".join(filter(None, (clip(one.target, 40), clip(one.what, 80))))
    return f"{what}, {span((began - one.at).total_seconds())} before"


def _moment(run: Run) -> datetime | None:
    try:
        when = datetime.fromisoformat(run.started)
    except ValueError:
        return None
    return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)


def _journeys(case: Case, what: Callable[[Run], Hashable]) -> Sequence[str]:
    """The journeys of the runs as bad as this one that are like it in `what`."""
    return case.context.once(_ended_by, what).get((case.run.verdict, what(case.run)), [])


def _ended_by(
    context: Context, what: Callable[[Run], Hashable]
) -> dict[tuple[str, Hashable], list[str]]:
    found: dict[tuple[str, Hashable], dict[str, None]] = defaultdict(dict)
    for run in context.once(every):
        found[run.verdict, what(run)][run.journey] = None
    return {key: list(journeys) for key, journeys in found.items()}


def _whys(context: Context) -> set[str]:
    return {_why(run) for run in context.once(every)}


def _misdated(context: Context, same: Signature | None) -> set[str]:
    """The hosts whose certificates are refused for their dates, in runs of this signature."""
    runs = [run for run in context.once(alike).get(same, ()) if _DATED.search(plain(_why(run)))]
    return {host for run in runs for host in _broken_at(run)}


def _broken_at(run: Run) -> list[str]:
    """The hosts that were asked in the step that decided."""
    return hosts([step]) if (step := run.first_bad) else []


def _last_asked(run: Run) -> str:
    return (_broken_at(run) or [""])[-1]


def _row(run: Run) -> str:
    return run.row


def _ending(run: Run) -> tuple[Signature | None, str]:
    """How the deciding step went wrong, and what it did, argument and all."""
    step = run.first_bad
    return signature(run), str(step.argument) if step else ""


def _code(run: Run) -> str:
    return step.code if (step := run.first_bad) else ""


def _why(run: Run) -> str:
    return step.why if (step := run.first_bad) else run.why
