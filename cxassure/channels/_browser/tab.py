"""One customer's window: a fresh context, the page now in front, and what it lets slip."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from cxassure.channel import Clock, Opening
from cxassure.channels._browser import scripts, trouble
from cxassure.channels._browser.gate import Gate
from cxassure.channels._browser.origins import Origins
from cxassure.channels._browser.shared import SharedBrowser
from cxassure.channels._browser.vitals import Vitals
from cxassure.errors import Broken, CannotLook, CxassureError

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, ConsoleMessage, Dialog, Frame, Page, Request
    from playwright.async_api import Locator as Element

    from cxassure.channel import Seen

T = TypeVar("T")
HANGS = 10.0
"""Seconds without an answer after which a page is said to hang."""
FRESH = 0.03
"""Seconds for which a look at the page serves all who ask."""
QUIET = 0.3
"""Seconds without a change after which a loaded page is believed to be done."""


class Tab:
    """What a channel does with a page. `tell(who, what, text, **data)` records observations."""

    def __init__(self, opening: Opening, clock: Clock, tell: Callable[..., Seen]) -> None:
        self.opening = opening
        self.clock = clock
        self.tell = tell
        self.origins = Origins.of(opening.target, opening.targets)
        self.context: BrowserContext
        self.page: Page
        self.gate: Gate
        self.dialog: Dialog | None = None
        self.arrivals = 0
        self.told = 0
        self.lost = ""
        self.vitals = Vitals()
        self._pages: list[Page] = []
        self._interrupted = asyncio.Event()
        self._acted = self._changed = clock.now()
        self._ready = True
        self._look: Any = None
        self._looked = 0.0

    async def start(
        self, device: str = "Desktop Chrome", headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        """Takes a context of the shared browser. Raises `CannotLook`."""
        self.shared = await SharedBrowser.of(self.opening)

        def marks() -> dict[str, str]:
            own = {**(headers or {}), **self.opening.marks}
            return {name: value for name, value in own.items() if name and value}

        self.gate = Gate(self.origins, marks, everything=bool(headers))
        page = await self.shared.window(device, **{**self._zone(), **more})
        self.context = page.context
        if self.opening.rehearsed:
            ahead = self.opening.rehearsed - datetime.now(UTC)
            await self.context.add_init_script(scripts.AHEAD % (ahead.total_seconds() * 1000))
        if self.opening.trace:
            await self.context.tracing.start(screenshots=True, snapshots=True)
        await self._enter(page)
        self.context.on("page", lambda page: asyncio.ensure_future(self._enter(page)))
        self.context.on("weberror", lambda error: self._slipped("script error", str(error.error)))
        self.context.on("console", self._console)
        self.context.on("dialog", self._asked)
        self.context.on("requestfailed", self._failed)

    def _zone(self) -> dict[str, str]:
        """A rehearsed customer lives in the zone that is asked for."""
        zone = getattr(self.opening.rehearsed and self.opening.rehearsed.tzinfo, "key", "")
        return {"timezone_id": zone} if zone else {}

    async def _enter(self, page: Page) -> None:
        """A new page, the first or one that opened by itself, comes to the front."""
        self.page = page
        self._pages.append(page)
        page.on("close", self._left)
        page.on("crash", lambda page: self._lose("the page crashed"))
        page.on("framenavigated", self._arrived)
        page.on("load", self._complete)
        with contextlib.suppress(Exception):  # closed again before it could be guarded
            self.vitals.watch(page, await self.gate.guard(page))

    def _left(self, page: Page) -> None:
        self._pages.remove(page)
        if page is self.page and self._pages:
            self.page = self._pages[-1]
        elif not self._pages:
            self._lose("the page closed itself")

    def _lose(self, why: str) -> None:
        self.lost = self.lost or why

    def _arrived(self, frame: Frame) -> None:
        if frame == self.page.main_frame:
            self.arrivals += 1
            self.vitals.turn(self.page)
            self._look = None
            self._changed, self._ready = self.clock.now(), False
            self.gate.arrived()

    def _complete(self, page: Page) -> None:
        if page is self.page:
            self._ready = True

    def _slipped(self, what: str, text: str) -> None:
        self.tell("company", what, text)

    def _console(self, message: ConsoleMessage) -> None:
        failed_load = message.text.startswith("Failed to load resource")
        if message.type == "error" and not failed_load:
            self._slipped("console error", message.text)
        elif message.type == "warning" or failed_load:
            self._slipped("console warning", message.text)

    def _failed(self, request: Request) -> None:
        code = trouble.code_of(request.failure or "")
        if request.is_navigation_request() and request.frame == self.page.main_frame:
            self.gate.loading = False
            if code != "ERR_ABORTED":
                self.failure = (code, request.url)

    failure: tuple[str, str] | None = None
    """(browser's error, address) of a navigation that failed and was not yet told."""

    async def _asked(self, dialog: Dialog) -> None:
        """An alert is read and put away; a question waits for the customer's answer."""
        self.tell("company", "dialog", dialog.message, dialog=dialog.type)
        if dialog.type in ("alert", "beforeunload"):
            await dialog.accept()
        else:
            self.dialog = dialog
            self._interrupted.set()

    async def answer(self, accept: bool, text: str = "") -> None:
        """Answers the question that is open; nothing happens where none is."""
        dialog, self.dialog = self.dialog, None
        self._interrupted.clear()
        if dialog is not None:
            await (dialog.accept(text) if accept else dialog.dismiss())

    async def until_asked(self, work: Awaitable[T], limit: float = HANGS) -> T | None:
        """What `work` gives; `None` when a dialog opened meanwhile, which holds the page still.

        Raises what `work` raises in words for people, `Broken` when the page hangs.
        """
        task = asyncio.ensure_future(work)
        asked = asyncio.ensure_future(self._interrupted.wait())
        try:
            await asyncio.wait({task, asked}, timeout=limit, return_when="FIRST_COMPLETED")
            if task.done():
                return task.result()
            task.add_done_callback(lambda t: t.cancelled() or t.exception())
        finally:
            asked.cancel()
            if not task.done() and not self._interrupted.is_set():
                task.cancel()
        if self._interrupted.is_set():
            return None
        raise await self.gone() or Broken(
            f"the page has not answered for {limit:g} s", seen="a page that hangs"
        )

    async def ask(self, script: str, argument: Any = None, limit: float = HANGS) -> Any:
        """What `script` gives in the page, `None` while it changes or a dialog is open."""
        if self.dialog is not None:
            return None
        return await self._answered(self.page.evaluate(script, argument), limit)

    async def count(self, elements: Element) -> int:
        """How many there are at this moment; 0 while the page changes."""
        if self.dialog is not None:
            return 0
        return await self._answered(elements.count(), HANGS) or 0

    async def requests(self) -> list[Request]:
        """The last hundred requests of the page in front."""
        return await self._answered(self.page.requests(), HANGS) or []

    async def look(self) -> Any:
        """What `scripts.LOOK` gives, or gave a moment ago where nothing was done since."""
        if self._look and self.clock.now() - self._looked < FRESH:
            return self._look
        self._look = await self.ask(scripts.LOOK)
        self._looked = self.clock.now()
        if self._look:
            self._ready = self._look["ready"]
        return self._look

    async def loaded(self, limit: float) -> None:
        """Waits for the page's `load`, `limit` seconds at most."""
        if not self._ready:
            with contextlib.suppress(Exception):
                await self.page.wait_for_load_state("load", timeout=limit * 1000)

    async def tell_of(self, elements: Element, script: str) -> list[Any]:
        """What `script` gives for each of the elements that there are at this moment."""
        if self.dialog is not None:
            return []
        every = f"elements => elements.map({script})"
        return await self._answered(elements.evaluate_all(every), HANGS) or []

    async def _answered(self, work: Awaitable[T], limit: float) -> T | None:
        from playwright.async_api import Error
        from playwright.async_api import TimeoutError as TookTooLong

        try:
            return await self.until_asked(work, limit)
        except Error as wrong:
            if gone := await self.gone(wrong.message):
                raise gone from None
            if isinstance(wrong, TookTooLong) or _in_passing(str(wrong)):
                return None
            raise CannotLook(
                f"the browser could not tell: {wrong.message.splitlines()[0]}"
            ) from wrong

    async def gone(self, said: str = "") -> CxassureError | None:
        """What to raise when there is no page any more, `None` while there is one.

        `said` is the driver's complaint, if it has one.
        """
        if self.lost or "closed" in said:
            await asyncio.sleep(0.2)  # a browser that dies takes leave of its pages first
        if not self.shared.alive:
            return CannotLook(
                f"our browser ({self.shared.program.name}) died while the probe was in flight",
                "nothing is known about the company: run it again",
            )
        return Broken(self.lost, seen=self.lost) if self.lost else None

    async def change(self, until: float) -> None:
        """Returns when the page has changed, or a little later; polls more slowly with time."""
        self._look = None
        now = self.clock.now()
        limit = min(max((now - self._acted) / 4, 0.05), 0.25, max(until - now, 0.001))
        seen = await self.ask(scripts.CHANGE, limit * 1000)
        if seen is None or seen["changed"]:
            self._changed = self.clock.now()
        if seen is None:
            await asyncio.sleep(min(0.02, limit))
        else:
            self._ready = seen["ready"]

    def acts(self) -> None:
        """Something is being done: what was quiet so far says nothing any more."""
        self._look = None
        self._acted = self._changed = self.clock.now()

    async def steady(self) -> bool:
        """Whether the page is loaded and stays as it is for a moment."""
        seen = await self.ask(scripts.CHANGE, 150)
        return bool(seen and seen["ready"] and not seen["changed"])

    @property
    def settled(self) -> bool:
        """Loaded, nothing owed by the company, and no change for `QUIET` seconds."""
        quiet = self.clock.now() - self._changed >= QUIET
        return quiet and self._ready and not self.gate.busy and self.dialog is None

    async def outline(self) -> str:
        """The page as a screen reader has it (Playwright's ARIA snapshot), `""` if it hides."""
        try:
            work = self.page.locator("body").aria_snapshot(timeout=3000)
            return await self.until_asked(work, 4) or ""
        except Exception:
            return ""

    async def wall(self, look: Mapping[str, Any] | None = None) -> CannotLook | None:
        """What to raise when a bot wall or captcha stands before the page."""
        look = look or await self.look()
        if look is None:
            return None
        frames = [frame.url for frame in self.page.frames[1:]]
        held = trouble.wall(look["title"], look["text"], frames)
        return trouble.blocked(held, look["url"]) if held else None

    async def close(self) -> None:
        """Leaves nothing behind; bears being called at any moment, more than once."""
        if hasattr(self, "context"):
            with contextlib.suppress(Exception):
                await asyncio.wait_for(self.context.close(), 5)


def _in_passing(message: str) -> bool:
    """Whether the page was merely changing under our hands."""
    signs = ("context was destroyed", "navigat", "frame was detached", "Frame has been detached")
    return any(sign in message for sign in signs)
