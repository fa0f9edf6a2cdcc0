"""Who hears of an incident, how loudly, and the message that they get."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from cxassure.incident import LOUDS, Deploy, Incident, Loud, Message, Rules, Word, louder
from cxassure.watch.incidents.holding import deploy_before


def hearers(incident: Incident, rules: Rules) -> dict[str, Loud]:
    """Who is to be told, and how loudly.

    Failures go to the owners of the journeys, each as loudly as the worst of theirs; errors and
    missed runs to whoever runs cxassure. Nobody is told of what is waived.
    """
    found: dict[str, Loud] = {}
    for one in incident.affected.values():
        if one.waived:
            continue
        rule = rules.loudness(one.severity)
        names = _owners(one.owner, rules) if incident.fault.kind == "failed" else _ours(rules)
        also = rule.also if incident.fault.kind == "failed" else ()
        for name in (*names, *also):
            found[name] = max(rule.loud, found.get(name, "quiet"), key=LOUDS.index)
    return found


def _owners(owner: str, rules: Rules) -> tuple[str, ...]:
    if owner in rules.owners:
        return rules.owners[owner]
    return (owner,) if owner in rules.names else rules.otherwise


def _ours(rules: Rules) -> tuple[str, ...]:
    return rules.ours or rules.otherwise


def tell(
    incident: Incident,
    word: Word,
    to: dict[str, Loud],
    now: datetime,
    deploys: Iterable[Deploy] = (),
    why: str = "",
) -> tuple[Incident, list[Message]]:
    """The incident that has told `to`, and what it said to each."""
    deploy = deploy_before(incident.since, incident.fault.env, deploys)
    said = [
        _message(incident, word, name, loud, now, deploy, why, incident.count + number)
        for number, (name, loud) in enumerate(to.items(), 1)
    ]
    told = {**incident.told, **to}
    return replace(incident, told=told, spoke=now, count=incident.count + len(said)), said


def _message(
    incident: Incident,
    word: Word,
    to: str,
    loud: Loud,
    now: datetime,
    deploy: Deploy | None,
    why: str,
    number: int,
) -> Message:
    lead = incident.lead
    return Message(
        id=f"{incident.id}-{number}",
        to=to,
        word=word,
        at=now,
        incident=incident.id,
        fault=incident.fault,
        severity=incident.severity,
        loud=loud,
        lead=lead.name,
        since=incident.since,
        ended=incident.ended,
        times=incident.times,
        owner=lead.owner,
        affected=tuple(
            sorted(incident.affected.values(), key=lambda a: (-louder(a.severity), a.since))
        ),
        account=lead.account,
        deploy=deploy,
        why=why,
    )
