"""The proofs of a transfer, one by one: what was to be proven, what was seen, whether it holds."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cxassure.events import Checked
from cxassure.run import StepRun
from cxassure.text import plain

NAMES = ("trigger", "destination", "shown", "rang_after", "context", "bridge", "receipt", "outcome")
_FIELD = re.compile(rf"(?:^…?|, )({'|'.join(NAMES)})(?: = |: )")
CUT = "…"
"""Where a text was cut: what is missing there may have been seen all the same."""

_CONTAINS = re.compile(r"contains «(.*)»")


@dataclass(frozen=True, slots=True)
class Proof:
    """`holds` is None where nothing was expected of it, or nobody can say."""

    name: str
    expected: str
    seen: str
    holds: bool | None


def proofs(step: StepRun) -> list[Proof]:
    """The proofs of the transfer that was looked at in `step`; none where there was no look."""
    check = next((one for one in reversed(step.checked) if one.facet == "transfer"), None)
    return _of(check) if check else []


def _of(check: Checked) -> list[Proof]:
    expected, seen = _fields(check.expected), _fields(check.seen)
    return [
        Proof(name, expected.get(name, ""), seen.get(name, ""), _holds(check, name, expected, seen))
        for name in NAMES
        if name in expected or name in seen
    ]


def _fields(text: str) -> dict[str, str]:
    found = list(_FIELD.finditer(text))
    if not found:  # nothing was seen, or it could not be
        return {}
    ends = [one.start() for one in found[1:]] + [len(text)]
    return {one[1]: text[one.end() : end] for one, end in zip(found, ends, strict=True)}


def _holds(check: Checked, name: str, wanted: dict[str, str], seen: dict[str, str]) -> bool | None:
    if name not in wanted or check.verdict == "unseen":
        return None
    if check.verdict == "passed":
        return True
    if name not in seen or seen[name].endswith(CUT):
        return None if CUT in (check.seen[:1], check.seen[-1:]) else False
    if inner := _CONTAINS.fullmatch(wanted[name]):
        return plain(inner[1]) in plain(seen[name])
    if "«" in wanted[name]:
        return None
    return plain(wanted[name]) == plain(seen[name])


def broken(step: StepRun) -> Proof | None:
    """The first proof that does not hold."""
    return next((one for one in proofs(step) if one.holds is False), None)
