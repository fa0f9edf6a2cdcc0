"""What went wrong in a step, said so that it can be read without the rest of the report."""

from __future__ import annotations

import re

from cxassure.report.customer import decisive
from cxassure.report.proofs import Proof, broken
from cxassure.report.tally import visible
from cxassure.run import StepRun
from cxassure.text import clip

_OTHER = re.compile(r"not the expected (?P<facet>.+?) came(?P<limit> within .+)?")
_SAID = re.compile(r"(?P<of> \([^()]*\))? (?P<how>(?:contains|spells|matches|equals|is|never) .*)")
_TWICE = re.compile(r" \((\d{3})\)(?= \(SIP \1\))")
_NAMES = {
    "mos": "the quality of the sound (MOS, 1 to 5)",
    "key_presses": "the number of key presses",
    "re_asks": "the number of questions asked again",
    "repeats": "the number of repeats",
    "time_to_human": "the wait for a person",
}
"""Facets as people call them where a sentence begins with one."""


def done(step: StepRun) -> str:
    """`caller hang up`, `shopper click Pay now`: what was being done."""
    title = step.title.replace(step.verb, step.verb.replace("_", " "), 1) if step.verb else ""
    return clip(visible(title or step.title), 80)


def why(step: StepRun) -> str:
    """`no page within 10.0 s that contains «1 item»`; "" where the step says nothing itself."""
    check = decisive(step)
    if check is None:
        return _without_check(step)
    if check.facet == "transfer" and (proof := broken(step)):
        return f"{proof.name.replace('_', ' ')} of the transfer {_instead(proof)}"
    if found := _OTHER.fullmatch(step.why):
        lacked = wanted(check.facet, check.expected, found["limit"] or "")
        return f"no {lacked}" if lacked else f"{step.why}: {clip(check.expected, 160)}"
    if re.match(rf"no {re.escape(check.facet)} came( within |$)", step.why):
        lacked = wanted(check.facet, check.expected)
        return f"{step.why}{lacked and lacked.replace(check.facet, ', expected one', 1)}"
    name = _NAMES.get(check.facet, f"the {check.facet.replace('_', ' ')}")
    if check.came is not None and step.why.startswith("came after"):
        return f"{name} {step.why}"
    if not step.why.startswith(f"{check.facet} "):
        return step.why
    told = name + step.why.removeprefix(check.facet)
    known = any(word in step.why for word in (", aim ", ", promised ", " had no "))
    rest = check.expected.removeprefix(check.facet).strip(" ,")
    return told if known or not rest else f"{told}, expected {clip(rest, 80)}"


def wanted(facet: str, expected: str, when: str = "") -> str:
    """`page that contains «1 item»`, with `when` before its `that`; "" for what is told otherwise.

    `facet` is what was looked at, `expected` what of it, as an expectation is written out.
    """
    found = _SAID.fullmatch(expected.removeprefix(facet))
    return f"{facet}{found['of'] or ''}{when} that {clip(found['how'], 160)}" if found else ""


def _instead(proof: Proof) -> str:
    seen = f"was «{clip(proof.seen, 80)}»" if proof.seen else "was not to be seen"
    return f"{seen}, expected {clip(proof.expected, 60)}"


def _without_check(step: StepRun) -> str:
    """Where the verb itself failed; a mail that did not come has no name but what was expected."""
    if step.channel == "inbox" and step.expected and "did not come" in step.why:
        return f"{step.why}: {clip(step.expected, 100)}"
    told = _TWICE.sub("", step.why)
    return re.sub(r"after ([\d.]+ s)$", r"\1 into this step", told) if step.verb == "stay" else told
