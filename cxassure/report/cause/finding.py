"""The probable cause of a run, and the causes of a campaign: the first rule that nothing denies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from cxassure.report.cause import calls, heard, instead, reached, together
from cxassure.report.cause.case import UNKNOWN, Blame, Case, Cause, Said, alike, signature, since
from cxassure.report.codes import explain
from cxassure.report.context import Context
from cxassure.report.customer import decisive
from cxassure.report.tally import blaming, last_attempts, worst_first
from cxassure.run import Run

_RULES: tuple[Callable[[Case], Said | str | None], ...] = (
    together.ours,
    together.dates,
    reached.down,
    heard.numbered,
    heard.context,
    instead.another_number,
    heard.unanswered,
    heard.asked_again,
    heard.waiting,
    heard.longer,
    heard.late,
    calls.noticed,
    calls.distorted,
    calls.transferred,
    calls.unlike,
    calls.unheard,
    calls.dead_air,
    heard.short_of_aim,
    together.same_row,
    together.some_rows,
    heard.repeating,
    heard.not_understood,
    heard.unknown_elsewhere,
    heard.warned,
    instead.elsewhere,
    together.otherwise,
    calls.hung_up,
    heard.silent,
    together.whole_channel,
    together.same_host,
    instead.ignored,
    heard.led_elsewhere,
    heard.found,
    together.same_step,
    heard.ends_up,
    together.deployed,
)

_CHECKS: dict[object, str] = {
    heard.context: "what is passed on with the contact: parameters, headers, task attributes",
    heard.unanswered: "queue, routing and who is signed in at that desk",
    heard.asked_again: "whether the earlier channel's order or case is looked up here",
    heard.warned: "the document that the webhook sends for this request",
    heard.waiting: "how many agents are signed in, and the queue's overflow rule",
    heard.longer: "who changed the menu, and whether the short way still leads there",
    heard.late: "what the answer waits for: a look-up, a model, a cold start",
    heard.short_of_aim: "what makes it fall short, before it is felt as a failure",
    together.some_rows: "style, script and settings that only these rows get",
    together.otherwise: "who changed it, and whether it was meant",
    calls.hung_up: "the flow at this point: an exit without a way on, or a limit of time",
    heard.silent: "whether the service behind it is up and its answers reach the customer",
    heard.repeating: "the rule that should lead out of this state",
    heard.not_understood: "the words, intents and keys that are understood here",
    heard.unknown_elsewhere: "whether both look into the same book, and how late one copies",
    together.whole_channel: "what all journeys on this channel share: number, host, certificate",
    instead.another_number: "how it is looked up: another customer's data may be given away",
    instead.elsewhere: "the menu's keys and where each leads",
    instead.ignored: "whether keys are heard at this point, and where this one leads",
    heard.led_elsewhere: "the menu's keys and where each leads",
    heard.found: "the log of the browser and server at this moment",
    together.same_step: "what was deployed last for this step",
    heard.ends_up: "what the step should lead to, and the script or route behind it",
}
"""What to look at for a rule that does not say so itself."""


def cause(run: Run, context: Context) -> Cause | None:
    """The probable cause of `run`'s verdict; `None` when it passed.

    `context` tells of the campaign's runs, of the past and of deployments. What is blamed for
    everybody, no run of the campaign passes over.
    """
    context = context if context.runs else replace(context, runs=(run,))
    mine = blaming(run)
    step = mine.first_bad
    if step is None:
        return None
    case = Case(mine, step, context)
    check = decisive(step)
    case.facet = check.facet if check else ""
    status = check.seen if check and check.facet == "status" else ""
    case.meaning = explain(step.code or status, step.channel)
    case.same = context.once(alike).get(signature(mine), ())
    said = next(_undenied(case), Said(UNKNOWN))
    return Cause(
        since(case),
        said.conclusion,
        said.check or _check(None, case),
        tuple(other.id for other in case.same),
        tuple(together.evidence(case)),
        said.blames,
    )


def _undenied(case: Case) -> Iterator[Said]:
    for rule in _RULES:
        found = rule(case)
        said = Said(found) if isinstance(found, str) else found
        if said and said.conclusion and not _denied(said.blames, case):
            yield said if said.check else said._replace(check=_check(rule, case))


def _check(rule: object, case: Case) -> str:
    return case.meaning.check if case.meaning else _CHECKS.get(rule, "")


def _denied(blamed: Blame | None, case: Case) -> bool:
    """Whether a run that passes contradicts the blame; a deployment has been held to that."""
    if blamed is None or blamed.what == "deploy":
        return False
    return bool(case.passing(blamed))


def causes(runs: Sequence[Run], context: Context) -> list[Cause]:
    """The causes of `runs`, each once with those of them that it explains, the worst first."""
    found: dict[tuple[object, ...], list[tuple[Run, Cause]]] = {}
    for run in worst_first(last_attempts(runs)):
        if one := cause(run, context):
            apart = signature(blaming(run)) if one.conclusion == UNKNOWN else None
            found.setdefault((one.conclusion, one.check, apart), []).append((run, one))
    return [
        replace(explained[0][1], runs=tuple(run.id for run, _ in explained))
        for explained in found.values()
    ]
