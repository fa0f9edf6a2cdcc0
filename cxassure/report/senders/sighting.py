"""A run as a look at its journey: what makes an incident of it, and what a message tells."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from cxassure.incident import KINDS, Account, Fault, Kind, Observation, Vantage, group
from cxassure.report.answers import what
from cxassure.report.cause import cause
from cxassure.report.context import Context
from cxassure.report.customer import consequence, decisive
from cxassure.report.tally import blaming
from cxassure.report.text import again
from cxassure.run import Run, StepRun
from cxassure.settings import Target
from cxassure.text import clip

_LONGEST = 400


def observe(
    run: Run,
    context: Context,
    targets: Mapping[str, Target],
    vantage: Vantage | None = None,
    window: str = "",
    every: float = 0.0,
    link: str = "",
) -> Observation:
    """The look that `run` was. `targets` are those of its parties, by party.

    `window` is the maintenance window it fell due in, `every` its cadence in seconds, `link` where
    its page can be seen; without one the page's path is told.
    """
    told = blaming(run)
    step = told.first_bad
    return Observation(
        at=_ended(run),
        journey=run.journey,
        verdict=run.verdict,
        row=run.row,
        env=run.env,
        vantage=vantage or Vantage(),
        run=run.id,
        severity=run.severity,
        owner=run.owner,
        window=window,
        every=every,
        due=_moment(run.started) if run.verdict == "missed" and run.started else None,
        fault=_fault(told, step, targets) if run.verdict in KINDS else None,
        account=_account(told, run, step, context, link) if run.verdict in KINDS else Account(),
    )


def _ended(run: Run) -> datetime:
    """When it ended, in UTC; of one that was cut off, when it began and lasted until."""
    for text, more in ((run.ended, 0.0), (run.started, run.wall)):
        if text:
            return _moment(text) + timedelta(seconds=more)
    return datetime.now(UTC)


def _moment(text: str) -> datetime:
    when = datetime.fromisoformat(text)
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)


def _fault(run: Run, step: StepRun | None, targets: Mapping[str, Target]) -> Fault:
    kind: Kind = run.verdict  # type: ignore[assignment]
    if step is None:
        return Fault(kind=kind, env=run.env, group=group(run.why))
    target = targets.get(step.party)
    over = target.over if target else ""
    if kind != "failed":
        # what keeps us from looking is the same whatever was to be done, and to whom
        return Fault(kind=kind, env=run.env, connector=_line(step, over), group=_group(step, run))
    return Fault(
        kind=kind,
        env=run.env,
        step=_step(step),
        host=_host(target) if target else "",
        connector=_line(step, over),
        group=_group(step, run),
    )


def _line(step: StepRun, over: str) -> str:
    return f"{step.channel}.{over}" if over else step.channel


def _step(step: StepRun) -> str:
    """What was done: to what exactly only where no code from outside tells what went wrong."""
    if step.code:
        return step.channel
    return f"{step.channel} {group(step.title.removeprefix(step.party))}".strip()


def _group(step: StepRun, run: Run) -> str:
    """The kind of trouble: a code from outside, the facet that did not suit, or the words."""
    check = decisive(step)
    return step.code or (check.facet if check else "") or group(step.why or run.why)


def _host(target: Target) -> str:
    """Host and port; for what has none, such as a number, the target's name."""
    try:
        return urlsplit(target.address).netloc.rpartition("@")[2] or target.name
    except ValueError:
        return target.name


def _account(run: Run, asked: Run, step: StepRun | None, context: Context, link: str) -> Account:
    found = cause(asked, context)
    past = context.past.get(run.id)
    anchor = context.anchor(run, step.index if step else None)
    return Account(
        step=_title(run, step) if step else clip(run.why, _LONGEST),
        expected=clip(step.expected, _LONGEST) if step else "",
        seen=clip(step.seen, _LONGEST) if step else "",
        customer=clip(consequence(run, step), _LONGEST) if step else "",
        cause=clip(str(found), _LONGEST) if found else "",
        runbook=run.runbook,
        link=link or (f"{context.page}#{anchor}" if context.page else ""),
        again=again(run, context),
        last_good=past.last_good if past else None,
    )


def _title(run: Run, step: StepRun) -> str:
    where = f"step {step.index} of {run.author_steps}: " if step.part == "steps" else ""
    return clip(f"{where}{what(step, run)}", _LONGEST)
