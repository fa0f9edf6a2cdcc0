"""What a message says in words: a heading, and lines with a label each, plain or in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from cxassure.incident import Affected, Kind, Message
from cxassure.report.tally import MARKS, visible
from cxassure.text import clip, span

JOINER = "\N{WORD JOINER}"
_SUMMONS = re.compile(r"([@#<&])(?=[\w!@#/?])|(:)(?=//)")
_ADDRESS = re.compile(r"https?://[^\s<>`\"'()\[\]\x00-\x20\x7f]+")
_LONGEST = 300
_MOST = 12


def inert(text: str) -> str:
    """One bounded line that is only read: what would mention, link or steer does not."""
    # last, since a clipped line shows what cannot be seen, and a joiner cannot
    return _SUMMONS.sub(lambda found: found[0] + JOINER, clip(visible(text), _LONGEST))


def title(message: Message) -> str:
    """`✗ critical: gift-card[mobile] and 2 more journeys fail`."""
    if message.word == "test":
        return "✓ a test message of cxassure: nothing is wrong"
    if message.word == "undelivered":
        return f"! cxassure could not deliver a message: {inert(message.why)}"
    names = list(dict.fromkeys(one.name for one in message.affected)) or [message.lead]
    who = inert(message.lead or names[0])
    if len(names) > 1:
        who += f" and {len(names) - 1} more"
    if message.word == "resolved":
        return f"✓ resolved: {who} {_is(names)} well again"
    one, more = _HAPPENS[message.fault.kind]
    what = (one if len(names) == 1 else more) + _HOW[message.word]
    return f"{MARKS[message.fault.kind]} {message.severity}: {who} {what}"


def _is(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


_HAPPENS: dict[Kind, tuple[str, str]] = {
    "failed": ("fails", "fail"),
    "error": ("cannot be looked at", "cannot be looked at"),
    "missed": ("was not run", "were not run"),
}


_HOW = {
    "opened": "",
    "joined": ", and it has become worse",
    "reopened": " again",
    "acknowledged": ": somebody has taken it",
    "reminded": " still",
    "escalated": ", and nobody has taken it",
    "lapsed": ": not watched any more, it may go on",
}


def lines(message: Message) -> Iterator[tuple[str, str]]:
    """(label, text) of all there is to say; what is empty is left out."""
    for label, said in _all(message):
        if said:
            yield label, said


def _all(message: Message) -> Iterator[tuple[str, str]]:
    told = message.account
    yield "why", inert(message.why) if message.word != "undelivered" else ""
    yield "journeys", _journeys(message.affected)
    yield "step", inert(told.step)
    yield "expected", inert(told.expected)
    yield "seen", inert(told.seen)
    yield "customer", inert(told.customer)
    yield "since", _since(message)
    yield "last good", _moment(told.last_good)
    yield "cause", inert(told.cause)
    yield "deployed", _deployed(message)
    yield "see", _address(message.deploy.link) if message.deploy else ""
    yield "owner", inert(message.owner)
    yield "runbook", _address(told.runbook)
    yield "evidence", _address(told.link)
    yield "again", _own(told.again)
    yield "incident", message.incident


def _journeys(affected: tuple[Affected, ...]) -> str:
    """Those that are affected, with where it was seen from and what is waived."""
    said = list(dict.fromkeys(_one(one) for one in affected))
    more = f", and {len(said) - _MOST} more" if len(said) > _MOST else ""
    return ", ".join(said[:_MOST]) + more


def _one(one: Affected) -> str:
    notes = [f"from {inert(one.vantage)}"] if one.vantage else []
    notes += [f"waived {inert(one.waived)}"] if one.waived else []
    return inert(one.name) + (f" ({'; '.join(notes)})" if notes else "")


def _since(message: Message) -> str:
    if message.since is None:
        return ""
    until = message.ended or message.at
    lasted = span(max(0.0, (until - message.since).total_seconds()))
    times = f", {message.times} times by now" if message.times > 1 else ""
    return f"{_moment(message.since)}, {'lasted' if message.ended else 'for'} {lasted}{times}"


def _deployed(message: Message) -> str:
    if message.deploy is None or message.since is None:
        return ""
    before = span((message.since - message.deploy.at).total_seconds())
    what = " to ".join(filter(None, (message.deploy.what, message.deploy.target)))
    return f"{inert(what)}, {before} before it began"


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""


def _address(text: str) -> str:
    """A web address stays one to follow; anything else is text, such as a path of ours."""
    return text if _ADDRESS.fullmatch(text) else _own(text)


def _own(text: str) -> str:
    """Text of our own, which must stay fit to be copied."""
    return clip(visible(text), _LONGEST)


def plain(message: Message) -> str:
    """The lines as text, labels in a column."""
    return "\n".join(f"{label:<9} {said}" for label, said in lines(message))


def markdown(message: Message) -> str:
    """The lines as a Markdown list: every text in a code span, so that none of it is markup."""
    return "\n".join(f"- **{label}** {_code(said)}" for label, said in lines(message))


def _code(said: str) -> str:
    if _ADDRESS.fullmatch(said):
        return f"<{said}>"
    return f"`{said.replace('`', 'ˋ')}`"
