"""From an author's words to the one thing on the page that they mean, and what to say if none is.

Words are tried exactly, then as a beginning, then anywhere (three tiers); within a tier controls
come before labels, labels before text. One match in a tier is the thing, two are an error.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from cxassure.channels._browser import scripts
from cxassure.channels._browser.locator import Locator
from cxassure.errors import Broken, CannotLook
from cxassure.text import clip

if TYPE_CHECKING:
    from playwright.async_api import FrameLocator, Page
    from playwright.async_api import Locator as Element

    from cxassure.channels._browser.tab import Tab

    Scope: TypeAlias = Page | FrameLocator

TIERS = ("exactly", "as a beginning", "anywhere")


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a thing is looked for: the roles that suit, and which labelled elements do."""

    noun: str
    roles: tuple[str, ...]
    rarer: tuple[str, ...] = ()
    labelled: str = ""
    text: bool = False
    hidden: bool = False


CLICK = Purpose(
    "thing to click",
    ("button", "link"),
    ("tab", "menuitem", "option", "checkbox", "radio", "switch"),
    "*",
    text=True,
)
FILL = Purpose(
    "field",
    ("textbox", "searchbox", "combobox", "spinbutton"),
    labelled="input, textarea, [contenteditable], "
    "[role=textbox], [role=searchbox], [role=combobox]",
)
SELECT = Purpose("list to choose from", ("combobox", "listbox"), labelled="select")
CHECK = Purpose("box to check", ("checkbox", "radio", "switch"), labelled="input, [role=checkbox]")
UPLOAD = Purpose("field for a file", (), labelled="input[type=file]", hidden=True)
LOOK = Purpose(
    "thing",
    ("button", "link", "heading"),
    ("textbox", "combobox", "checkbox", "radio", "dialog", "img", "tab", "menuitem", "option"),
    "*",
    text=True,
)


async def find(tab: Tab, locator: Locator, purpose: Purpose, deadline: float) -> Element:
    """The one element that `locator` means, waited for until `deadline` of the tab's clock.

    Raises `Broken` where there is none, `CannotLook` where there are several.
    """
    began = tab.clock.now()
    while True:
        found = await _look(tab, locator, purpose)
        if found and (found.sure or await tab.steady() or tab.clock.now() > began + 2):
            return await _one(found, locator)
        if tab.clock.now() >= deadline:
            raise await missing(tab, locator, purpose)
        if not found:
            await tab.change(deadline)


def at_first_sight(tab: Tab, locator: Locator, purpose: Purpose) -> Element:
    """What `locator` means if it means just what it says, not yet looked for."""
    _, elements = next(_ways(_scope(tab.page, locator.frame), locator, purpose))
    return elements.nth(locator.nth - 1) if locator.nth else elements


async def everything(tab: Tab, locator: Locator, purpose: Purpose, script: str) -> list[Any]:
    """What `script` gives for each visible element of the strongest tier, at this moment."""
    for _, elements in _ways(_scope(tab.page, locator.frame), locator, purpose):
        if found := await tab.tell_of(elements, script):
            return found[locator.nth - 1 : locator.nth] if locator.nth else found
    return []


@dataclass(frozen=True, slots=True)
class _Found:
    elements: Element
    count: int
    tier: int

    @property
    def sure(self) -> bool:
        """Whether nothing better can come: a weak match on a half-built page may be the wrong."""
        return self.tier == 0 and self.count == 1


async def _look(tab: Tab, locator: Locator, purpose: Purpose) -> _Found | None:
    for tier, elements in _ways(_scope(tab.page, locator.frame), locator, purpose):
        count = await tab.count(elements)
        if count and locator.nth <= count:
            return _Found(elements, count, tier)
    return None


async def _one(found: _Found, locator: Locator) -> Element:
    if locator.nth:
        return found.elements.nth(locator.nth - 1)
    if found.count == 1:
        return found.elements
    names = ", ".join(await found.elements.evaluate_all(scripts.NAMES))
    raise CannotLook(
        f"{locator} is {found.count} things on the page: {names}",
        "say which: {role: …, name: …}, or add nth: 1",
    )


def _scope(page: Page, frame: str) -> Scope:
    if not frame:
        return page
    value = frame.replace("\\", "\\\\").replace('"', '\\"')
    keys = (f'[{key}="{value}"]' for key in ("name", "title", "id"))
    return page.frame_locator(", ".join(f"iframe{k}" for k in (*keys, f'[src*="{value}"]')))


def _ways(scope: Scope, locator: Locator, purpose: Purpose) -> Iterator[tuple[int, Element]]:
    """(tier, elements) in the order in which they are believed."""
    if locator.testid:
        yield 0, scope.get_by_test_id(locator.testid)
    elif locator.css:
        yield 0, _visible(scope.locator(f"css={locator.css}"), purpose)
    elif locator.role and not locator.name:
        yield 0, scope.get_by_role(_role(locator.role))
    else:
        for tier in range(len(TIERS)):
            for elements in _named(scope, locator, purpose, tier):
                yield tier, elements


def _named(scope: Scope, locator: Locator, purpose: Purpose, tier: int) -> Iterator[Element]:
    if locator.words:
        yield from _shorthand(scope, locator.words, purpose, tier)
    elif locator.role:
        yield scope.get_by_role(_role(locator.role), **_as(locator.name, tier, "name"))
    elif locator.label:
        yield _labelled(scope, locator.label, purpose, tier)
    elif locator.text:
        yield _visible(scope.get_by_text(**_as(locator.text, tier, "text")), purpose)
    elif locator.placeholder:
        yield _visible(scope.get_by_placeholder(**_as(locator.placeholder, tier, "text")), purpose)
    elif locator.alt:
        yield _visible(scope.get_by_alt_text(**_as(locator.alt, tier, "text")), purpose)
    elif locator.title:
        yield _visible(scope.get_by_title(**_as(locator.title, tier, "text")), purpose)


def _shorthand(scope: Scope, words: str, purpose: Purpose, tier: int) -> Iterator[Element]:
    if purpose.text:
        yield _roles(scope, words, purpose.roles, tier)
        yield _roles(scope, words, purpose.rarer, tier)
        yield _labelled(scope, words, purpose, tier)
        yield _visible(scope.get_by_text(**_as(words, tier, "text")), purpose)
        return
    yield _labelled(scope, words, purpose, tier)  # fields: a label is what people read first
    if purpose.roles:
        yield _roles(scope, words, purpose.roles, tier)


def _roles(scope: Scope, words: str, roles: tuple[str, ...], tier: int) -> Element:
    named = _as(words, tier, "name")
    first, *rest = (scope.get_by_role(_role(role), **named) for role in roles)
    for other in rest:
        first = first.or_(other)
    return first


def _labelled(scope: Scope, words: str, purpose: Purpose, tier: int) -> Element:
    labelled = scope.get_by_label(**_as(words, tier, "text"))
    if purpose.labelled not in ("", "*"):
        labelled = labelled.and_(scope.locator(f"css=:is({purpose.labelled})"))
    return _visible(labelled, purpose)


def _visible(elements: Element, purpose: Purpose) -> Element:
    return elements if purpose.hidden else elements.filter(visible=True)


def _as(words: str, tier: int, key: str) -> dict[str, Any]:
    if tier == 1:
        spaced = r"\s+".join(map(re.escape, words.split()))
        return {key: re.compile(r"^\s*" + spaced, re.IGNORECASE)}
    return {key: words, "exact": tier == 0}


def _role(role: str) -> Any:
    return role.strip().lower()


_NAMED = re.compile(r'^\s*- (?:/\w+: )?(\w+) "((?:[^"\\]|\\.)*)"', re.MULTILINE)


async def missing(tab: Tab, locator: Locator, purpose: Purpose) -> Broken | CannotLook:
    """What to raise when `locator` means nothing on the page: with the names that are near."""
    if held := await tab.wall():
        return held
    names = _NAMED.findall(await tab.outline())
    wanted = locator.words or locator.name or locator.label or locator.text or locator.placeholder
    suiting = [(r, n) for r, n in names if r in purpose.roles + purpose.rarer] or names
    near = difflib.get_close_matches(wanted, [n for _, n in suiting], n=3, cutoff=0.5)
    close = [f"{role} «{name}»" for role, name in suiting if name in near][:3]
    there = list(dict.fromkeys(f"{role} «{clip(name, 40)}»" for role, name in suiting))[:8]
    return Broken(
        f"{locator} is not on the page",
        expected=f"{purpose.noun} {locator}",
        seen=", ".join(there) or "nothing of the kind",
        hint="near: " + ", ".join(close) if close else "",
    )
