"""Settling: asking facets again and again under one deadline until they suit or never will.

It looks on for a while past the limit, so that late is told from never.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from cxassure import matcher
from cxassure.channel import Heard, Session, Unseen, Value
from cxassure.errors import Broken
from cxassure.grammar import Facet, Grammar
from cxassure.probe import Expectation
from cxassure.text import clip, near, plain, span

BEHIND = 30.0
"""Seconds past the last look for which a session may go on making out what it has heard."""
Witness = Callable[[str], Awaitable[None]]


@dataclass(slots=True)
class Check:
    """One expectation under judgement: bound to its facet, with what was seen of it so far.

    `missed`: it did not hold when the limit passed; what holds later is late.
    """

    expectation: Expectation
    facet: Facet
    given: dict[str, Any]
    lasting: bool
    held: bool = False
    came: float = 0.0
    seen: str = ""
    looked: bool = False
    lacked: str = ""
    aimed: bool = True
    unseen: str = ""
    matched: int | None = None
    spoken: Heard | None = None
    final: bool = False
    missed: bool = False

    @property
    def expected(self) -> str:
        """`reply contains «on its way»`, as a person is told it."""
        must = self.expectation.must
        given = " ".join(matcher.text_of(v) for v in _leaves(self.expectation.given))
        name = f"{self.facet.name} ({given})" if given else self.facet.name
        if self.facet.kind != "fields":
            said = f"{name} {matcher.words(must)}".strip()
        else:
            said = ", ".join(f"{key} = {matcher.words(inner)}" for key, inner in must.items())
        aims = _aims(self)
        return f"{said}, aim {aims}" if aims else said

    @property
    def compared(self) -> str:
        """How spoken words were compared with the expected ones; empty where just as they stand."""
        spelling = self.spoken.spelling if self.spoken else None
        if self.spoken is None or spelling is None:
            return ""
        heard = [item.text for item in self.spoken.items]
        texts = [*matcher.wordings(self.expectation.must), *heard]
        if all(spelling.written(text) == _without_marks(text) for text in texts):
            return ""
        said = " ".join(map(spelling.written, heard))
        wanted = " / ".join(map(spelling.written, texts[: -len(heard)]))
        return f"compared as «{clip(wanted)}» with «{near(wanted, said)}»"


def _without_marks(text: str) -> str:
    return " ".join(re.findall(r"\w+", plain(text).replace("'", "")))


def _leaves(raw: Any) -> list[str]:
    """The scalars in a facet's parameters, in order."""
    if isinstance(raw, dict):
        return [leaf for item in raw.values() for leaf in _leaves(item)]
    return [leaf for item in raw for leaf in _leaves(item)] if isinstance(raw, list) else [str(raw)]


def checks(grammar: Grammar, expectations: Sequence[Expectation]) -> list[Check]:
    """The expectations made ready to be asked; raises `Misread` for a parameter's value."""
    found = []
    for expectation in expectations:
        facet = grammar.facets[expectation.facet]
        given = facet.parameters.bind(expectation.given) if expectation.given else {}
        found.append(Check(expectation, facet, given, _lasting(facet, expectation)))
    return found


def _lasting(facet: Facet, expectation: Expectation) -> bool:
    if facet.kind == "fields":
        return True
    return matcher.lasting(expectation.must)


async def settle(
    session: Session,
    judged: list[Check],
    began: float,
    limit: float,
    look_on: float = 0.0,
    witness: Witness | None = None,
) -> bool:
    """Asks until all hold, `limit + look_on` seconds have passed, or nothing can change any more;
    True when all hold.

    `witness` is called once, at the moment in which the limit passes.
    """
    deadline, last = began + limit, began + limit + look_on
    overran, at_limit = session.clock.now() > deadline, True
    while True:
        now, final = session.clock.now(), session.final
        late = (now >= deadline or final) and not session.behind
        held = await holds_now(session, judged, late)
        if late and at_limit:
            _miss(judged, overran)
            at_limit = False
        if held:
            return True
        if session.behind and now < last + BEHIND:
            await session.attend(now + 0.25)
            continue
        if late and witness:
            await witness(_missing(judged))
            witness = None
        if now >= last or final:
            for check in judged:
                check.final = final
            return False
        await session.attend(last if now >= deadline else deadline)


async def holds_now(session: Session, judged: list[Check], late: bool = False) -> bool:
    """One look at every check; True when all hold or cannot be seen.

    What holds but falls short of its aim is looked at again until the limit has passed.
    """
    for check in judged:
        await _ask(session, check, late)
    return all(check.unseen or (check.held and (check.aimed or late)) for check in judged)


def _miss(judged: list[Check], overran: bool) -> None:
    """The look at the limit: what does not hold now is late, and all is where the verb overran."""
    for check in judged:
        check.missed = overran or not check.held


def _missing(judged: list[Check]) -> str:
    return "; ".join(check.expected for check in judged if not check.held and not check.unseen)


async def _ask(session: Session, check: Check, late: bool) -> None:
    """One look at one facet. What has held and lasts is not asked again."""
    if check.unseen or (check.held and check.lasting and check.aimed):
        return
    try:
        value = await look(session, check.facet, check.given)
    except Unseen as why:
        check.unseen = str(why) or f"this line cannot see {check.facet.name}"
        return
    was, check.held = check.held, False
    if value is None:
        return
    check.looked, check.seen = True, near(check.expected, _told(check, value))
    check.lacked, check.spoken = _lacks(check, value), value if isinstance(value, Heard) else None
    believed = check.lasting or late or session.settled
    if believed and _suits(check, value):
        check.held, check.aimed = True, _aimed(check, value)
        if not was:
            check.came = session.clock.now()
        _mark(session, check, value)


async def look(session: Session, facet: Facet, given: dict[str, Any]) -> Value | None:
    """What the facet gives now."""
    found = getattr(session, facet.method)(**given)
    value: Value | None = await found if inspect.isawaitable(found) else found
    return value


def _suits(check: Check, value: Value) -> bool:
    must = check.expectation.must
    if check.facet.kind != "fields":
        return matcher.holds(must, value)
    assert isinstance(value, Mapping)
    return all(key in value and matcher.holds(inner, value[key]) for key, inner in must.items())


def _aimed(check: Check, value: Value) -> bool:
    must = check.expectation.must
    if check.facet.kind != "fields":
        return matcher.aimed(must, value)
    assert isinstance(value, Mapping)
    return all(matcher.aimed(inner, value[key]) for key, inner in must.items())


def _told(check: Check, value: Value) -> str:
    """What is worth showing: of known fields those that were asked for, all of free ones."""
    if isinstance(value, Heard):
        return value.shown
    if check.facet.kind == "seconds" and isinstance(value, int | float):
        return span(value)
    if check.facet.fields and isinstance(value, Mapping):
        value = {key: item for key, item in value.items() if key in check.expectation.must}
    return matcher.text_of(value)


def _lacks(check: Check, value: Value) -> str:
    """The first key that a facet with fields was asked for and did not have."""
    if check.facet.kind != "fields" or not isinstance(value, Mapping):
        return ""
    return next((key for key in check.expectation.must if key not in value), "")


def _mark(session: Session, check: Check, value: Value) -> None:
    """Finds the observation that made a text suit, and when it had been heard."""
    if not isinstance(value, Heard) or not value.items:
        return
    items = value.items
    if check.lasting:
        must = check.expectation.must
        upto = next(
            (
                n
                for n in range(1, len(items))
                if matcher.holds(must, replace(value, items=items[:n]))
            ),
            len(items),
        )
        items = items[:upto]
    check.came = min(items[-1].ends, session.clock.now())
    check.matched = next(i for i, s in enumerate(session.seen) if s is items[-1]) + 1


def _unmet(check: Check, limit: float) -> str:
    name = check.facet.name
    if not check.looked:
        return f"no {name} came" if check.final else f"no {name} came within {span(limit)}"
    if check.facet.kind in ("flag", "number", "seconds"):
        return f"{name} was {check.seen}"
    if check.final:
        return f"not the expected {name} came"
    return f"not the expected {name} came within {span(limit)}"


def _aims(check: Check) -> str:
    must = check.expectation.must
    if check.facet.kind != "fields":
        return matcher.aim_words(must)
    aims = {key: matcher.aim_words(inner) for key, inner in must.items()}
    return ", ".join(f"{key} {aim}" for key, aim in aims.items() if aim)


Judgement = Literal["passed", "degraded", "failed", "unseen"]


def verdict(check: Check, began: float, limit: float, aim: float | None) -> tuple[Judgement, str]:
    """(verdict, why) of a settled check; times are on the session's clock."""
    if check.unseen:
        return "unseen", check.unseen
    if check.lacked:
        return "failed", f"{check.facet.name} had no «{check.lacked}»"
    if not check.held:
        return "failed", _unmet(check, limit)
    took = check.came - began
    if took > limit and (check.lasting or check.missed):
        return "failed", f"came after {span(took)}, limit {span(limit)}"
    if not check.aimed:
        return "degraded", f"{check.facet.name} was {clip(check.seen, 80)}, aim {_aims(check)}"
    if aim is not None and took > aim:
        return "degraded", f"came after {span(took)}, aim {span(aim)}"
    return "passed", ""


async def kept(
    session: Session, grammar: Grammar, facet: str, given: dict[str, Any], began: float
) -> Value:
    """The value of a facet to be kept: waited for until the step's limit. Raises `Broken`."""
    asked = grammar.facets[facet]
    bound = asked.parameters.bind(given) if given else {}
    limit = began + session.limit
    while (value := await look(session, asked, bound)) is None:
        if session.clock.now() >= limit:
            raise Broken(f"there was no {facet} to keep", expected=facet, seen="nothing")
        await session.attend(limit)
    return value
