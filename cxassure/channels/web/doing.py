"""What a customer does with a page: the verbs of the web channel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cxassure.channel import verb
from cxassure.channels._browser.acting import act, at_once
from cxassure.channels._browser.going import again, arrive, back, go
from cxassure.channels._browser.locating import (
    CHECK,
    CLICK,
    FILL,
    LOOK,
    SELECT,
    UPLOAD,
    Purpose,
    at_first_sight,
)
from cxassure.channels._browser.locator import Locator
from cxassure.channels.web.signing_in import SigningIn
from cxassure.errors import Broken, CannotLook

if TYPE_CHECKING:
    from playwright.async_api import Locator as Element

    from cxassure.channels._browser.acting import Do


class Doing(SigningIn):
    """Verbs. Each waits until the thing can be used, as long as the step may take."""

    @verb()
    async def open_(self, path: str, status: int = 0) -> None:
        """Opens a page: a path on the target, or the URL of a listed one.

        `status` is for those who want an error page: only that one is taken then.

        Example: `- shopper: {open: /gift-cards}`
        """
        await self._ready()
        self.note("customer", "opened", path)
        await go(self.tab, self.tab.origins.locate(path), self.deadline, status)

    @verb()
    async def click(self, thing: Locator) -> None:
        """Clicks a button, a link or whatever bears this name, once the page is loaded.

        Example: `- shopper: {click: Pay now}`
        """
        await self._loaded()
        await self._do("clicked", thing, CLICK, lambda e, ms: e.click(timeout=ms))

    @verb()
    async def double_click(self, thing: Locator) -> None:
        """Clicks twice fast, as impatient people do.

        Example: `- shopper: {double_click: Pay now}`
        """
        await self._loaded()
        await self._do("clicked", thing, CLICK, lambda e, ms: e.dblclick(timeout=ms))

    @verb()
    async def hover(self, thing: Locator) -> None:
        """Moves the pointer over something.

        Example: `- shopper: {hover: Gift cards}`
        """
        await self._set("pointed at", thing, LOOK, lambda e, ms: e.hover(timeout=ms))

    @verb()
    async def fill(self, fields: dict[str, str]) -> None:
        """Writes in fields by their labels; what stood there goes.

        Another way to point at one: `fill: {testid: card, with: "4111"}`.

        Example: `- shopper: {fill: {Name on card: Kim Lee, Security code: "123"}}`
        """
        for locator, value in _fields(fields):
            await self._write(locator, value)

    @verb()
    async def select(self, fields: dict[str, str]) -> None:
        """Chooses in lists by their labels: an option's text, or its value.

        Example: `- shopper: {select: {Value: $50}}`
        """
        for locator, value in _fields(fields):
            await self._set("selected", locator, SELECT, _choosing(value), f": {value}")

    @verb()
    async def check(self, box: Locator) -> None:
        """Ticks a box, a switch or a radio button; nothing happens where it is ticked.

        Example: `- shopper: {check: I accept the terms}`
        """
        await self._set("checked", box, CHECK, lambda e, ms: e.check(timeout=ms))

    @verb()
    async def uncheck(self, box: Locator) -> None:
        """Takes the tick away.

        Example: `- shopper: {uncheck: Send me offers}`
        """
        await self._set("unchecked", box, CHECK, lambda e, ms: e.uncheck(timeout=ms))

    @verb()
    async def press(self, key: str, on: Locator | None = None) -> None:
        """Presses a key (`Enter`, `Tab`, `Control+A`), on a field or wherever the focus is.

        Example: `- shopper: {press: Enter}`
        """
        await self._ready()
        if on is not None:
            await self._do(
                "pressed key", on, FILL, lambda e, ms: e.press(key, timeout=ms), f": {key}"
            )
            return
        self.note("customer", "pressed key", key)
        keyboard = self.tab.page.keyboard
        body = self.tab.page.locator("css=body")
        thing = Locator(words=key)
        await act(self.tab, body, thing, lambda e, ms: keyboard.press(key), self.deadline)
        await arrive(self.tab)

    @verb()
    async def upload(self, files: dict[str, str]) -> None:
        """Gives files to fields by their labels; paths are those of the workspace.

        Example: `- shopper: {upload: {Photo of the card: files/card.png}}`
        """
        for locator, value in _fields(files):
            if not Path(value).is_file():
                raise CannotLook(f"there is no file «{value}» to upload", "correct its path")
            name = Path(value).name
            await self._set("uploaded", locator, UPLOAD, _giving(value), f": {name}")

    @verb()
    async def back(self) -> None:
        """Goes back to the page before.

        Example: `- shopper: back`
        """
        await self._ready()
        self.note("customer", "went back")
        await back(self.tab, self.deadline)

    @verb()
    async def reload(self) -> None:
        """Loads the page anew.

        Example: `- shopper: reload`
        """
        await self._ready()
        self.note("customer", "reloaded")
        await again(self.tab, self.deadline)

    @verb()
    async def accept(self, text: str = "") -> None:
        """Says yes to the question that the page has opened; `text` is what is typed in it.

        Example: `- shopper: accept`
        """
        await self._answer(True, text)

    @verb()
    async def dismiss(self) -> None:
        """Says no to the question that the page has opened.

        Example: `- shopper: dismiss`
        """
        await self._answer(False)

    @verb(passive=True)
    async def wait(self) -> None:
        """Does nothing but look, until what is expected has come.

        Example: `- shopper: wait`
        """

    async def _answer(self, yes: bool, text: str = "") -> None:
        if self.tab.dialog is None:
            raise Broken("the page asks nothing", expected="a question", seen="no dialog is open")
        self.note("customer", "accepted" if yes else "dismissed", text)
        await self.tab.answer(yes, text)
        await arrive(self.tab)

    async def _write(self, locator: Locator, value: str) -> None:
        hidden = self.opening.conceals(value)

        async def write(element: Element, limit: float) -> None:
            if hidden:
                self.secrets.append(element)
            await element.fill(value, timeout=limit)

        await self._set("filled", locator, FILL, write, f": {value}")

    async def _do(
        self, what: str, thing: Locator, purpose: Purpose, do: Do, more: str = ""
    ) -> None:
        deadline = self.deadline
        await self._ready()
        element = await self.find(thing, purpose, deadline)
        self.note("customer", what, f"{thing}{more}")
        await act(self.tab, element, thing, do, deadline)
        await arrive(self.tab)

    async def _set(
        self, what: str, thing: Locator, purpose: Purpose, do: Do, more: str = ""
    ) -> None:
        """`_do` for what may be done twice: tried at first sight, looked for where that fails."""
        await self._ready()
        await arrive(self.tab)
        if await at_once(self.tab, at_first_sight(self.tab, thing, purpose), do):
            self.note("customer", what, f"{thing}{more}")
        else:
            await self._do(what, thing, purpose, do, more)

    async def _ready(self) -> None:
        """A question that the author left open is answered with no, and told."""
        if dialog := self.tab.dialog:
            self.opening.finding(f"the page asked «{dialog.message}» and was answered with no")
            await self.tab.answer(False)

    async def _loaded(self) -> None:
        """A click before the page's script is attached would be lost, so wait for it a while."""
        await self.tab.loaded(min(self.limit, 5))


def _fields(given: dict[str, str]) -> list[tuple[Locator, str]]:
    """(where, what) of each pair; `{testid: card, with: …}` points at one field."""
    if "with" in given and given.keys() - {"with"} <= Locator.KEYS:
        place = {key: value for key, value in given.items() if key != "with"}
        return [(Locator.read({**place}), given["with"])]
    return [(Locator(words=label), value) for label, value in given.items()]


def _choosing(option: str) -> Do:
    """An option by its text, else by its value: Playwright takes a bare string as either."""
    return lambda element, limit: element.select_option(option, timeout=limit)


def _giving(path: str) -> Do:
    return lambda element, limit: element.set_input_files(path, timeout=limit)
