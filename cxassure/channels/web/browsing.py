"""A web party's window: how it opens, what it waits on, what it leaves behind."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from cxassure.channel import Opening, Session
from cxassure.channels._browser import evidence, scripts
from cxassure.channels._browser.going import arrive, short
from cxassure.channels._browser.locating import LOOK, Purpose, find
from cxassure.channels._browser.locator import Locator
from cxassure.channels._browser.tab import Tab
from cxassure.channels._browser.vitals import Vitals, in_words
from cxassure.errors import Broken, CannotLook
from cxassure.text import Raw, clip

if TYPE_CHECKING:
    from playwright.async_api import Locator as Element
    from playwright.async_api import Request

_SIZE = re.compile(r"\s*(\d{1,5})\s*x\s*(\d{1,5})\s*")


class Browsing(Session):
    """What verbs and facets of the web stand on: one tab, and the deadline of the step."""

    schemes: ClassVar[tuple[str, ...]] = ("http", "https")
    heavy: ClassVar[bool] = True
    rehearses: ClassVar[bool] = True
    announces: ClassVar[str] = "page"

    def __init__(self, opening: Opening, connector: type | None = None) -> None:
        super().__init__(opening, connector)
        self.tab = Tab(opening, self.clock, self.note)
        self.secrets: list[Element] = []

    async def open(
        self,
        device: str = "Desktop Chrome",
        locale: str = "",
        timezone: str = "",
        viewport: str = "",
        basic_auth: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        signed_in: str = "",
    ) -> None:
        """Takes a fresh window.

        `device` is one of Playwright's (`iPhone 15`); `locale` is a language tag (`de-DE`, BCP 47),
        `timezone` an IANA zone (`Europe/Berlin`); `viewport` is `1280x720`; `basic_auth` is
        `{user: …, password: …}`; `headers` go to the company's own origins only; `signed_in`
        names a file with a saved state (Playwright's storage state).
        """
        more: dict[str, Any] = {}
        if locale:
            more["locale"] = locale
        if timezone:
            more["timezone_id"] = timezone
        if viewport:
            more["viewport"] = _size(viewport)
        if basic_auth:
            more["http_credentials"] = _credentials(basic_auth, self.tab.origins.address)
        if signed_in:
            more["storage_state"] = _state(signed_in)
        await self.tab.start(device, headers, **more)

    async def attend(self, until: float) -> None:
        """Returns when the page has changed."""
        await self.tab.change(until)

    @property
    def settled(self) -> bool:
        return self.tab.settled

    @property
    def deadline(self) -> float:
        """When a verb that begins now stops waiting: past the limit, to tell late from never."""
        return self.clock.now() + self.limit + self.look_on

    async def find(self, locator: Locator, purpose: Purpose, deadline: float) -> Element:
        """The element meant, after what has become of the page was told."""
        await arrive(self.tab)
        return await find(self.tab, locator, purpose, deadline)

    async def read(self, locator: Raw) -> str:
        """The text of the element that `locator` means, or what stands in a field."""
        element = await self.find(Locator.read(locator), LOOK, self.clock.now() + self.limit)
        text = "".join(await self.tab.tell_of(element, scripts.SAYS)).strip()
        if not text:
            raise Broken(f"{Locator.read(locator)} is empty", expected="a text", seen="nothing")
        return text

    async def requested(self) -> list[Request]:
        """What the page asked for since the step began, of its last hundred requests."""
        shown = self.seen[self.window :]
        ago = self.clock.now() - shown[0].at if shown else 0.0
        since = (time.time() - ago) * 1000 - 1 if shown else 0.0
        made = await self.tab.requests()
        return [request for request in made if not 0 < request.timing["startTime"] < since]

    async def witness(self, why: str) -> None:
        """Keeps screenshot, accessibility outline, source, console and requests.

        Scripts that broke and calls that were refused or not answered are findings.
        """
        if not hasattr(self.tab, "page") or await self.tab.gone() is not None:
            return
        for seen in self.seen[self.window :]:
            if seen.what == "script error":
                self.opening.finding(f"a script of the page broke: {clip(seen.text)}")
        for request in await self.requested():
            if fault := evidence.fault_of(request):
                said = f"{request.method} {short(self.tab, request.url)} {fault}"
                self.note("company", "request", said, url=request.url)
                self.opening.finding(said)
        await evidence.witness(self.tab, self.secrets)

    async def close(self) -> None:
        """Closes the window; the browser stays for others. Tells how its pages were painted."""
        if pages := self.tab.vitals.told():
            self.tab.vitals = Vitals()  # told once, however often it is closed
            self.note("line", "vitals", in_words(pages), pages=pages)
        if self.opening.trace and hasattr(self.tab, "context"):
            await evidence.keep_trace(self.tab, secret=bool(self.secrets))
        await self.tab.close()


def _size(text: str) -> dict[str, int]:
    found = _SIZE.fullmatch(text.lower())
    if not found:
        raise CannotLook(f"«{clip(text, 40)}» is no size of a window", "write it as 1280x720")
    return {"width": int(found[1]), "height": int(found[2])}


def _credentials(given: dict[str, str], address: str) -> dict[str, str]:
    from urllib.parse import urlsplit

    unknown = given.keys() ^ {"user", "password"}
    if unknown:
        raise CannotLook(
            f"basic_auth: {', '.join(sorted(unknown))} is missing or unknown",
            "write {user: …, password: …}",
        )
    parts = urlsplit(address)
    place = f"{parts.scheme}://{parts.netloc}"
    return {"username": given["user"], "password": given["password"], "origin": place}


def _state(path: str) -> dict[str, Any]:
    try:
        state = json.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError) as wrong:
        raise CannotLook(
            f"signed_in: {path} is no saved state: {type(wrong).__name__}",
            "save one with: playwright codegen --save-storage=FILE URL",
        ) from None
    if not isinstance(state, dict):
        raise CannotLook(f"signed_in: {path} is no saved state", "it holds no cookies or origins")
    return state
