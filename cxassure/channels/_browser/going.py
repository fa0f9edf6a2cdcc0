"""Getting to a page, and what is said of the page that one has come to."""

from __future__ import annotations

import asyncio
from typing import Any

from cxassure.channels._browser import trouble
from cxassure.channels._browser.tab import Tab
from cxassure.channels._http.origins import origin
from cxassure.errors import Broken, CxassureError
from cxassure.text import clip, span

BLOCKS, BLOCK = 100, 120
"""Lines of a page that are kept, and characters of each."""


async def go(tab: Tab, url: str, deadline: float, status: int = 0) -> None:
    """Opens `url`; `status` is the only one to be taken where an error page is what is wanted.

    Raises `Broken` for a page that the company does not give, `CannotLook` where we are at fault.
    """
    await _travel(tab, lambda limit: tab.page.goto(url, **limit), url, deadline, status)


async def back(tab: Tab, deadline: float) -> None:
    """Goes back one page; raises `Broken` where there is none."""
    before = tab.page.url
    await _travel(tab, lambda limit: tab.page.go_back(**limit), "the page before", deadline)
    if tab.page.url == before and tab.arrivals == tab.told:
        raise Broken("there is no page to go back to", expected="the page before", seen=before)


async def again(tab: Tab, deadline: float) -> None:
    """Loads the page anew."""
    await _travel(tab, lambda limit: tab.page.reload(**limit), tab.page.url, deadline)


async def _travel(tab: Tab, leave: Any, url: str, deadline: float, status: int = 0) -> None:
    from playwright.async_api import Error
    from playwright.async_api import TimeoutError as TookTooLong

    left = max(deadline - tab.clock.now(), 0.001)
    limit = {"timeout": left * 1000, "wait_until": "domcontentloaded"}
    tab.acts()
    tab.failure, tab.gate.refused = None, ""
    for tries in range(5):
        try:
            await tab.until_asked(leave(limit), left + 2)
            break
        except TookTooLong:
            raise Broken(
                f"{clip(url)} did not come within {span(left)}", expected="a page", seen="no answer"
            ) from None
        except Error as wrong:
            if "interrupted by another navigation" in wrong.message and tries < 4:
                await asyncio.sleep(0.1)  # an error page of the browser's own came between
                if await _answered(tab, url) < 400:
                    continue
            raise await _failed(tab, url, wrong) from None
    await arrive(tab, status)


async def _answered(tab: Tab, url: str) -> int:
    """The status that `url` came with, 0 where there was no answer."""
    for request in reversed(await tab.requests()):
        if request.url == url and request.existing_response:
            return request.existing_response.status
    return 0


async def _failed(tab: Tab, url: str, wrong: Any) -> CxassureError:
    if gone := await tab.gone(wrong.message):
        return gone
    if tab.gate.refused:
        return tab.origins.refusal(tab.gate.refused)
    status = await _answered(tab, url)
    if status and (met := trouble.of_status(status, "GET", url, "without a page")):
        return met
    code, place = tab.failure or ("", url)
    tab.failure = None
    others = [target.address for target in tab.opening.targets.values()]
    code = code or trouble.code_of(wrong.message)
    if not code:
        return Broken(f"{clip(url)}: {wrong.message.splitlines()[0]}", expected="a page")
    return await trouble.of_network(code, place, others)


async def arrive(tab: Tab, status: int = 0) -> None:
    """Tells of the page that one has come to, if it is a new one.

    Raises what is wrong with it: an error page, a wall, a place that is not listed, no answer.
    """
    if gone := await tab.gone():
        raise gone
    if tab.gate.refused:
        refused, tab.gate.refused = tab.gate.refused, ""
        raise tab.origins.refusal(refused)
    if tab.failure:
        (code, place), tab.failure = tab.failure, None
        tab.told = tab.arrivals
        others = [target.address for target in tab.opening.targets.values()]
        raise await trouble.of_network(code, place, others)
    if tab.arrivals != tab.told:
        await _meet(tab, status)


async def _meet(tab: Tab, status: int) -> None:
    arrivals = tab.arrivals
    look = await tab.look()
    if look is None:
        return
    tab.told = arrivals
    tell_page(tab, look)
    if held := await tab.wall(look):
        raise held
    if status and look["status"] == status:
        return
    if status:
        raise Broken(
            f"{clip(look['url'])} answered {look['status']}",
            expected=f"status {status}",
            seen=str(look["status"]),
        )
    if met := trouble.of_status(look["status"], tab.gate.method, look["url"], look["text"]):
        raise met


def tell_page(tab: Tab, look: dict[str, Any]) -> None:
    """Records the page that the customer has before them, and what it reads where it has come
    whole: one that was half there would read otherwise each time."""
    about = {"url": short(tab, look["url"]), "status": look["status"]}
    if look["ready"] and not tab.gate.busy:
        about["reads"] = _blocks(look["text"])
    tab.tell("company", "page", look["title"], **about)
    tab.vitals.stands(tab.page, about["url"], look["origin"])


def _blocks(text: str) -> list[str]:
    """The first lines of a page's text, each once."""
    lines = (clip(line, BLOCK) for line in text.split("\n"))
    return list(dict.fromkeys(filter(None, lines)))[:BLOCKS]


def short(tab: Tab, url: str) -> str:
    """The path on the party's own target, the whole URL elsewhere."""
    place = origin(tab.opening.target.address)
    if origin(url) != place:
        return clip(url)
    return clip("/" + url.split("/", 3)[3] if url.count("/") > 2 else "/")
