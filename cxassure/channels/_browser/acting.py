"""Doing something to an element, and what is said when it cannot be done: covered, disabled."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from cxassure.channels._browser import scripts
from cxassure.channels._browser.locator import Locator
from cxassure.channels._browser.tab import Tab
from cxassure.errors import Broken, CannotLook, CxassureError
from cxassure.text import clip, span

if TYPE_CHECKING:
    from playwright.async_api import Locator as Element

    Do = Callable[[Element, float], Awaitable[Any]]
"""How something is done: with an element, within milliseconds."""

_OVER = re.compile(r"- (<[^\n]*?>)[^\n]*intercepts pointer events")


BRIEF = 0.3
"""Seconds in which something is tried at first sight."""


async def at_once(tab: Tab, element: Element, do: Do) -> bool:
    """Whether it could be done at first sight, which saves looking: for what may be done twice."""
    from playwright.async_api import Error

    tab.acts()
    try:
        await tab.until_asked(do(element, BRIEF * 1000), BRIEF + 2)
    except Error:
        return False
    return True


async def act(
    tab: Tab,
    element: Element,
    locator: Locator,
    do: Do,
    deadline: float,
) -> None:
    """Does `do(element, milliseconds allowed)`; raises `Broken` with what stood in the way.

    Returns early when a question of the page (a dialog) opens while it is being done.
    """
    from playwright.async_api import Error
    from playwright.async_api import TimeoutError as TookTooLong

    left = max(deadline - tab.clock.now(), 0.1)
    tab.acts()
    try:
        await tab.until_asked(do(element, left * 1000), left + 2)
    except TookTooLong as late:
        raise await _obstacle(tab, element, locator, late.message, left) from None
    except Error as wrong:
        raise await tab.gone(wrong.message) or _refused(locator, wrong.message) from None


async def _obstacle(
    tab: Tab, element: Element, locator: Locator, log: str, waited: float
) -> CxassureError:
    if gone := await tab.gone():
        return gone
    if tab.gate.loading:
        return Broken(
            f"after {locator} the next page did not come within {span(waited)}",
            expected="the next page",
            seen="no answer",
        )
    seen = await _why(tab, element, log)
    return Broken(f"{locator} {seen}", expected=f"{locator} to be usable", seen=seen)


async def _why(tab: Tab, element: Element, log: str) -> str:
    if await tab.count(element) == 0:
        return "went away while it was being used"
    over = _OVER.findall(log)
    if over:
        return f"is covered by {await _cover(element) or clip(over[-1], 80)}"
    for sign, seen in _SIGNS:
        if sign in log:
            return seen
    return "does not let itself be used"


_SIGNS = (
    ("not enabled", "is disabled"),
    ("not editable", "cannot be written in"),
    ("not visible", "is there but cannot be seen"),
    ("not stable", "does not stop moving"),
    ("outside of the viewport", "lies outside of the screen"),
    ("did not find some options", "does not offer this choice"),
)


async def _cover(element: Element) -> str:
    with contextlib.suppress(Exception):
        return str(await element.evaluate(scripts.COVER, timeout=1000))
    return ""


def _refused(locator: Locator, message: str) -> CxassureError:
    first = message.splitlines()[0].split(": ", 1)[-1]
    if "strict mode violation" in message:
        return CannotLook(f"{locator} is several things on the page", "add nth: 1, or say which")
    return Broken(f"{locator} does not let itself be used: {clip(first)}", seen=clip(first))
