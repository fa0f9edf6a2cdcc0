"""What is obeyed of voice TwiML and of the REST API, as a table for people."""

from __future__ import annotations

from collections.abc import Iterator

from cxassure.channels._telephony.carrier.api.routes import known
from cxassure.channels._telephony.carrier.api.wire import ROOT, WORDS
from cxassure.channels._telephony.carrier.fault import WORDS as FAULTS
from cxassure.channels._telephony.carrier.schema import ELEMENTS

BEGIN, END = "<!-- tables: made from the code -->", "<!-- end of the tables -->"


def rewritten(page: str) -> str:
    """`page` with the part between its two marks made anew."""
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n\n{tables()}\n{END}{after}"


def tables() -> str:
    return "\n".join([*_elements(), "", *_requests(), "", *_errors()]) + "\n"


def _elements() -> Iterator[str]:
    yield "## Verbs and nouns\n"
    yield "| element | what becomes of it | attributes obeyed | taken, with nothing to tell |"
    yield "|---|---|---|---|"
    for name, element in sorted(ELEMENTS.items()):
        how = f"{element.how}: {element.why}" if element.why else element.how
        yield f"| `<{name}>` | {how} | {_codes(element.obeyed)} | {_codes(element.beside)} |"


def _requests() -> Iterator[str]:
    yield "## Requests of programs\n"
    yield f"Below `{ROOT}/{{AccountSid}}`:\n"
    yield "| method | address |"
    yield "|---|---|"
    for verb, path in sorted(known(), key=lambda told: (told[1], told[0])):
        yield f"| {verb} | `{path}` |"


def _errors() -> Iterator[str]:
    yield "## Numbers that are told\n"
    yield "| number | words | where |"
    yield "|---|---|---|"
    for code, words in sorted(FAULTS.items()):
        yield f"| {code} | {words} | calls |"
    for code, (status, words) in sorted(WORDS.items()):
        yield f"| {code} | {words.replace('{}', '…')} | API, {status} |"


def _codes(names: frozenset[str]) -> str:
    return " ".join(f"`{name}`" for name in sorted(names))
