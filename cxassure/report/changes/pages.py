"""What can be read on pages, block by block, in two runs: what is new there and what is gone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cxassure.events import Observed
from cxassure.report.changes.change import Change, lasting
from cxassure.run import StepRun
from cxassure.text import clip, plain

_VARIES = re.compile(
    r"\d+(?:[.,:]\d+)*|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|"
    r"\b(?:january|february|march|april|may|june|july|august|september|october|november|december|"
    r"jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b"
)
_EDGE = 25
"""Of a long page, so many lines at its end may be there or not for what was put in above them."""
_WORD = re.compile(r"[^\W\d_]{3,}")


def read_otherwise(
    before: Sequence[StepRun], after: Sequence[StepRun], party: str
) -> Iterator[Change]:
    """Titles that are otherwise, and blocks that are new on a page or gone from it, where both runs
    have read it whole as often. A page that was passed through once only is no change.

    Numbers, dates and words that the customer typed in are left out: they differ by nature.
    """
    known, pages = _typed([*before, *after]), _pages(after, party)
    for place, old in _pages(before, party).items():
        new = pages.get(place, [])
        if len(old) != len(new) or not all(_blocks([page]) for page in (*old, *new)):
            continue
        yield from _titled(old, new, known)
        yield from _told("new", new, {_key(text, known) for text in _blocks(old)}, known)
        yield from _told("gone", old, {_key(text, known) for text in _blocks(new)}, known)


def _titled(old: Sequence[Observed], new: Sequence[Observed], known: set[str]) -> Iterator[Change]:
    if {_key(o.text, known) for o in old}.isdisjoint(_key(o.text, known) for o in new):
        was, now = old[-1], new[-1]
        sentence = f"the page was «{clip(was.text, 120)}», now «{clip(now.text, 120)}»"
        yield Change("page", now.step, sentence, was.text, now.text)


def _told(
    what: str, pages: Sequence[Observed], others: set[str], known: set[str]
) -> Iterator[Change]:
    for page in pages:
        lines = _blocks([page])
        for text in lines[: -_EDGE if len(lines) >= 4 * _EDGE else None]:
            key = _key(text, known)
            if key not in others and _WORD.search(key):
                others = others | {key}
                sentence = f"on the page «{clip(page.text, 60)}» «{clip(text, 120)}» is {what}"
                sides = ("", text) if what == "new" else (text, "")
                yield Change("page", page.step, sentence, *sides)


def _pages(steps: Sequence[StepRun], party: str) -> dict[str, list[Observed]]:
    """The visits to each page, by its address without query and numbers."""
    found: dict[str, list[Observed]] = {}
    for seen in (o for step in steps for o in step.observed):
        if seen.party == party and seen.what == "page" and "url" in seen.data:
            place = str(seen.data.get("url", "")).partition("?")[0].partition("#")[0]
            found.setdefault(lasting(place), []).append(seen)
    return found


def _blocks(pages: Sequence[Observed]) -> list[str]:
    reads = [page.data.get("reads") for page in pages]
    return [str(text) for one in reads if isinstance(one, list) for text in one]


def _typed(steps: Sequence[StepRun]) -> set[str]:
    """Words that the customer gave, or that were kept of what the company gave."""
    said = [o.text for s in steps for o in s.observed if o.who == "customer"]
    said += [str(s.argument) for s in steps] + [k.value for s in steps for k in s.kept]
    return {word for text in said for word in _WORD.findall(plain(text))}


def _key(text: str, known: set[str]) -> str:
    """`text` without what differs by nature."""
    masked = _VARIES.sub("#", lasting(text))
    return _WORD.sub(lambda found: "#" if found[0] in known else found[0], masked)
