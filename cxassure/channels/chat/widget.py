"""A chat in a page, as its customers have it: a button, a frame, bubbles that grow in a log."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, ClassVar

from cxassure.channel import Seen
from cxassure.channels._browser import evidence, scripts
from cxassure.channels._browser.acting import act
from cxassure.channels._browser.going import arrive, go
from cxassure.channels._browser.locating import CLICK, FILL, Purpose, at_first_sight, find
from cxassure.channels._browser.locator import Locator
from cxassure.channels._browser.tab import Tab
from cxassure.channels._http import access_headers
from cxassure.channels.chat.connector import (
    Bubble,
    ChatOptions,
    Connector,
    Ended,
    Incoming,
    Visit,
)
from cxassure.channels.chat.reading import pattern
from cxassure.channels.chat.widget_log import WidgetLog
from cxassure.channels.chat.widget_script import TOLD, WATCH
from cxassure.errors import Broken, CannotLook
from cxassure.text import clip, seconds

if TYPE_CHECKING:
    from playwright.async_api import Frame
    from playwright.async_api import Locator as Element

_THERE = Purpose("part of the chat", (), hidden=True)
_FIELDS = "input, textarea, [contenteditable], [role=textbox]"


class WidgetOptions(ChatOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where things are in the page: words and names as a customer has them, CSS for what has none.

    `opener` is the button that opens the chat, `frame` its iframe's title or name, `message` the
    field and `send` the button, each `""` where there is none (then the key Enter sends).
    `bubbles`, `own`, `agent`, `quick` and `status` are CSS: every bubble, the customer's, a
    person's, quick replies, and the line that says that somebody is `typing` or that the chat is
    `lost` (patterns). `text` is CSS for the words in a bubble that holds more (a time, a name).
    `number` is an attribute that numbers bubbles. `name` parts an agent's name from the text. A
    bubble is whole when it did not grow for `grows`; a chat is lost when it said so for `mends`.
    `frame: ""` is for a chat in the page itself or in an open shadow root. `token`, `basic` and
    `headers` go with what the page asks of the company, its WebSocket (RFC 6455) excepted.
    """

    opener: str = "Chat with us"
    frame: str = "Chat"
    message: str = "Message"
    send: str = "Send"
    bubbles: str = ".bubble"
    own: str = ".customer"
    agent: str = ".agent"
    text: str = ""
    quick: str = "[role=group] button"
    status: str = "[role=status]"
    number: str = ""
    typing: str = r"(?i)typing|writing"
    lost: str = r"(?i)(connection|chat) (was|is|has been) (lost|closed)|disconnected"
    name: str = r"(?s)^(?P<agent>[^:\n]{1,40}): (?P<text>.*)$"
    grows: str = "300ms"
    mends: str = "5s"


class WidgetConnector(Connector):
    """Chats through the page, in a browser: what is measured is what a customer sees.

    What a party tells of its `customer` is not passed on: the page knows whom it has before it.
    """

    Options: ClassVar[type[ChatOptions]] = WidgetOptions
    options: WidgetOptions
    schemes: ClassVar[tuple[str, ...]] = ("http", "https")
    rehearses: ClassVar[bool] = True
    heavy: ClassVar[bool] = True
    _tab: Tab | None = None
    _frame: Frame | None = None
    _losing: asyncio.TimerHandle | None = None
    _typed_secret = False

    async def open(self, visit: Visit, patience: float) -> None:
        self._read_options()
        tab = self._tab = Tab(self.opening, self.clock, self._tell)
        deadline = self.clock.now() + patience
        await tab.start(visit.device or "Desktop Chrome", access_headers(self.options))
        await go(tab, tab.origins.locate(visit.page), deadline)
        try:
            await self._unfold(tab, deadline)
        except Broken as wrong:
            what = f"the chat does not open: {wrong.what}"
            told = {"expected": wrong.expected, "seen": wrong.seen, "hint": wrong.hint}
            raise Broken(what, **told, code=wrong.code) from None
        await self._watch(tab)

    def _read_options(self) -> None:
        options = self.options
        self._tasks: set[asyncio.Task[None]] = set()
        self._typing = pattern("typing", options.typing)
        self._lost = pattern("lost", options.lost)
        self._mends = seconds(options.mends)
        named = pattern("name", options.name)
        self._log = WidgetLog(self.clock, self._hear, seconds(options.grows), named)

    async def _unfold(self, tab: Tab, deadline: float) -> None:
        """Opens the chat in the page, until there is a field to write in."""
        if self.options.opener:
            await tab.loaded(deadline - self.clock.now())
            await self._click(Locator(words=self.options.opener), deadline)
        await find(tab, self._field(), FILL, deadline)

    # Seeing

    async def _watch(self, tab: Tab) -> None:
        self._frame = await self._frame_of(tab)
        await tab.context.expose_binding(self._told, lambda _, now: self._take(now))
        tab.page.on("framenavigated", lambda frame: self._came(frame))
        tab.page.on("framedetached", lambda frame: self._went(frame == self._frame))
        tab.page.on("close", lambda _: self._went())
        tab.page.on("crash", lambda _: self._went())
        await self._watch_frame(tab, self._frame)

    @property
    def _told(self) -> str:
        return f"cxassure{self.opening.run_id.replace('-', '')}"

    async def _frame_of(self, tab: Tab) -> Frame:
        """The frame in which the message field is."""
        element = await find(tab, self._field(), FILL, self.clock.now() + 1)
        handle = await element.element_handle(timeout=1000)
        frame = await handle.owner_frame()
        assert frame is not None
        return frame

    async def _watch_frame(self, tab: Tab, frame: Frame) -> None:
        from playwright.async_api import Error

        options = {key: getattr(self.options, key) for key in TOLD}
        try:
            await frame.evaluate(WATCH, {**options, "tell": self._told})
        except Error as wrong:
            if "not a valid selector" in wrong.message:
                raise CannotLook(
                    f"an option of the widget is no CSS: {clip(wrong.message.splitlines()[0])}",
                    f"mend it in target «{self.opening.target.name}» of cxassure.yaml",
                ) from None
            raise await tab.gone(wrong.message) or Broken(
                "the chat went from the page", seen=clip(wrong.message.splitlines()[0])
            ) from None

    def _came(self, frame: Frame) -> None:
        """A frame that has loaded anew has to be watched anew."""
        if frame == self._frame and self._tab is not None:
            self._start(self._watch_again(self._tab, frame))

    async def _watch_again(self, tab: Tab, frame: Frame) -> None:
        with contextlib.suppress(Broken, CannotLook):  # it goes on, or its end is told elsewhere
            await self._watch_frame(tab, frame)

    def _take(self, now: dict[str, Any]) -> None:
        """Takes what the page tells; its status says who is typing, or that the chat is lost."""
        status = str(now["status"])
        typing = bool(status and self._typing.search(status))
        self._log.take(now["bubbles"], list(map(str, now["quick"])), typing)
        self._mind(status if self._lost.search(status) else "")

    def _mind(self, lost: str) -> None:
        """A chat that says that it is lost may come back in a moment."""
        if not lost and self._losing:
            self._losing.cancel()
            self._losing = None
        elif lost and not self._losing:
            loop = asyncio.get_running_loop()
            self._losing = loop.call_later(self._mends, self._went, True, lost)

    def _went(self, ours: bool = True, why: str = "the chat went from the page") -> None:
        if ours and self._tab is not None:
            self._start(self._end(self._tab, why))

    async def _end(self, tab: Tab, why: str) -> None:
        """Tells that the chat is over: through the company's fault, or our browser's death."""
        gone = await tab.gone("closed")
        self._log.flush()
        error = gone if isinstance(gone, CannotLook) else None
        self._hear(Ended(orderly=False, reason=gone.what if gone else why, error=error))

    def _hear(self, event: Incoming) -> None:
        if isinstance(event, Bubble):
            self.exchanged.append({"bubble": event.text, "agent": event.agent})
        if self._tab is not None:
            self.deliver(event)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _tell(self, who: str, what: str, text: str = "", **data: Any) -> Seen:
        """What the page lets slip is evidence here, not talk."""
        self.exchanged.append({"who": who, "what": what, "text": text, **data})
        now = self.clock.now()
        return Seen("company", what, text, now, now, data)

    # Doing

    def _field(self) -> Locator:
        return Locator(words=self.options.message, frame=self.options.frame)

    async def send(self, text: str, patience: float) -> None:
        deadline = self.clock.now() + patience
        self._typed_secret = self._typed_secret or self.opening.conceals(text)
        self.exchanged.append({"sent": text})
        await self._do(self._field(), FILL, lambda e, ms: e.fill(text, timeout=ms), deadline)
        if self.options.send:
            button = Locator(role="button", name=self.options.send, frame=self.options.frame)
            await self._click(button, deadline)
        else:
            press = self._field()
            await self._do(press, FILL, lambda e, ms: e.press("Enter", timeout=ms), deadline)

    async def pick(self, option: str, patience: float) -> None:
        self.exchanged.append({"picked": option})
        button = Locator(words=option, frame=self.options.frame)
        await self._click(button, self.clock.now() + patience)

    async def _click(self, thing: Locator, deadline: float) -> None:
        await self._do(thing, CLICK, lambda e, ms: e.click(timeout=ms), deadline)

    async def _do(self, thing: Locator, purpose: Purpose, do: Any, deadline: float) -> None:
        if self._tab is None:
            raise Broken("the chat has been closed", expected="an open chat", seen="a closed one")
        await arrive(self._tab)
        element = await find(self._tab, thing, purpose, deadline)
        await act(self._tab, element, thing, do, deadline)

    # The end

    async def witness(self) -> None:
        """Keeps the exchange; picture, outline and source of the page, and of the chat's frame."""
        await super().witness()
        tab = self._tab
        if tab is None or not hasattr(tab, "page") or await tab.gone():
            return
        await evidence.witness(tab, await self._secrets(tab))
        if self.options.frame:
            await self._keep_frame(tab)

    async def _secrets(self, tab: Tab) -> list[Element]:
        """What is blotted out of the picture: fields with a secret, and a frame that shows one."""
        found = []
        for frame in dict.fromkeys(("", self.options.frame)):
            fields = self._part(tab, _FIELDS, frame)
            with contextlib.suppress(Broken, CannotLook):
                said = await tab.tell_of(fields, scripts.SAYS)
                found += [fields.nth(i) for i, v in enumerate(said) if self.opening.conceals(v)]
        if self._frame and self.options.frame and await self._shows_secret(self._frame):
            found.append(self._part(tab, "body", self.options.frame))
        return found

    async def _shows_secret(self, frame: Frame) -> bool:
        from playwright.async_api import Error

        try:
            look = await asyncio.wait_for(frame.evaluate(scripts.LOOK), evidence.PATIENCE)
        except (Error, TimeoutError):
            return self._typed_secret
        return self.opening.conceals(look["text"])

    async def _keep_frame(self, tab: Tab) -> None:
        """What stands in the chat's frame: the page's own outline and source stop at it."""
        chat = self._part(tab, "html", self.options.frame)
        with contextlib.suppress(Exception):  # evidence is welcome, never a reason to fail
            source = await chat.evaluate("html => html.outerHTML", timeout=2000)
            await self.opening.keep("chat.html", source.encode(), "text/html")
            outline = await chat.locator("css=body").aria_snapshot(timeout=2000)
            await self.opening.keep("chat.aria.yml", outline.encode(), "text/yaml")

    def _part(self, tab: Tab, css: str, frame: str) -> Element:
        return at_first_sight(tab, Locator(css=css, frame=frame), _THERE)

    async def close(self) -> None:
        tab, self._tab = self._tab, None
        if self._losing:
            self._losing.cancel()
        if tab is None:
            return
        self._log.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(Exception):
            if self.opening.trace and hasattr(tab, "context"):
                await evidence.keep_trace(tab, secret=self._typed_secret)
            await tab.close()
