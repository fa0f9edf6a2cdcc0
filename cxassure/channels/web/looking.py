"""What a customer sees on a page: the facets of the web channel."""

from __future__ import annotations

import re
from typing import Any, TypedDict

from cxassure.channel import Seconds, facet
from cxassure.channels._browser import scripts
from cxassure.channels._browser.going import arrive
from cxassure.channels._browser.locating import LOOK, everything
from cxassure.channels._browser.locator import Locator
from cxassure.channels.web.browsing import Browsing

_ERRORS = ("script error", "console error")


class ConsoleFields(TypedDict):
    no_errors: bool
    errors: list[str]
    warnings: list[str]


class RequestsFields(TypedDict):
    count: int
    failed: int
    statuses: list[str]
    slowest: Seconds


class TimingFields(TypedDict):
    first_byte: Seconds
    ready: Seconds
    load: Seconds
    first_paint: Seconds
    largest_paint: Seconds
    layout_shift: float


class Looking(Browsing):
    """Facets. A page that answers with an error, or a wall before it, is told by any of them."""

    @facet()
    async def page(self) -> str | None:
        """The text that can be read on the page, in open shadow roots too.

        Example: `expect: {page: {contains: 1 item in your basket}}`
        """
        look = await self._look()
        if look is None:
            return None
        if held := await self.tab.wall(look):
            raise held
        return str(look["text"])

    @facet()
    async def url(self) -> str:
        """The address of the page.

        Example: `expect: {url: {matches: '/thank-you/[0-9]+$'}}`
        """
        await arrive(self.tab)
        return self.tab.page.url

    @facet()
    async def title(self) -> str | None:
        """The title of the page.

        Example: `expect: {title: {contains: Basket}}`
        """
        look = await self._look()
        return None if look is None else str(look["title"])

    @facet()
    async def status(self) -> int | None:
        """The HTTP status that the page came with.

        Example: `expect: {status: 404}`
        """
        look = await self._look()
        return int(look["status"]) if look and look["status"] else None

    @facet()
    async def element(self, of: Locator) -> str | None:
        """The text of one thing, what stands in a field, what is selected in a list.

        Example: `expect: {element: {testid: total, contains: $25.00}}`
        """
        text: str | None = await self._first(of, scripts.SAYS)
        return text

    @facet()
    async def visible(self, of: Locator) -> bool:
        """Whether a thing can be seen; `{of: …, equals: no}` for one that must not.

        Example: `expect: {visible: Accept cookies}`
        """
        return bool(await self._all(of))

    @facet()
    async def enabled(self, of: Locator) -> bool | None:
        """Whether a button or field can be used.

        Example: `expect: {enabled: Pay now}`
        """
        script = "e => !e.matches(':disabled') && e.getAttribute('aria-disabled') !== 'true'"
        yes: bool | None = await self._first(of, script)
        return yes

    @facet()
    async def checked(self, of: Locator) -> bool | None:
        """Whether a box, switch or radio button is ticked.

        Example: `expect: {checked: {label: Send me offers, equals: no}}`
        """
        script = "e => e.checked ?? e.getAttribute('aria-checked') === 'true'"
        yes: bool | None = await self._first(of, script)
        return yes

    @facet()
    async def count(self, of: Locator) -> int:
        """How many of a thing there are to be seen.

        Example: `expect: {count: {role: listitem, at_least: 3}}`
        """
        return len(await self._all(of))

    @facet()
    async def dialog(self) -> str | None:
        """What the page asks in a dialog that is open, else what its last alert of the step said.

        An alert is read and put away at once; a question waits for `accept` or `dismiss`.

        Example: `expect: {dialog: {contains: Are you sure}}`
        """
        if self.tab.dialog:
            return self.tab.dialog.message
        told = (s for s in reversed(self.seen[self.window :]) if s.what == "dialog")
        return next((seen.text for seen in told if seen.data["dialog"] == "alert"), None)

    @facet(fields=ConsoleFields)
    async def console(self) -> dict[str, Any]:
        """What the page's scripts complained of since the step began.

        A resource that did not load is a warning here: see `requests` and `broken_images`.

        Example: `expect: {console: {no_errors: true}}`
        """
        await arrive(self.tab)
        errors = [seen.text for seen in self.seen[self.window :] if seen.what in _ERRORS]
        warnings = [s.text for s in self.seen[self.window :] if s.what == "console warning"]
        return {"no_errors": not errors, "errors": errors, "warnings": warnings}

    @facet(fields=RequestsFields)
    async def requests(self, to: str = "") -> dict[str, Any]:
        """What the page asked for since the step began: all, or addresses with `to` in them.

        `*` in `to` is any text. The browser remembers the last hundred requests.

        Example: `expect: {requests: {to: /api/pay, count: 1, failed: 0}}`
        """
        pattern = re.compile(".*".join(map(re.escape, to.split("*"))))
        made = [r for r in await self.requested() if pattern.search(r.url)]
        codes = [r.existing_response.status for r in made if r.existing_response]
        refused = sum(1 for request in made if request.failure)
        return {
            "count": len(made),
            "failed": refused + sum(1 for code in codes if code >= 400),
            "statuses": [str(code) for code in codes],
            "slowest": max((max(r.timing["responseEnd"], 0) for r in made), default=0.0) / 1000,
        }

    @facet(fields=TimingFields)
    async def timing(self) -> dict[str, Any] | None:
        """How the page came: times since its navigation began, and how much its layout jumped.

        Paint and shift as in the W3C's Largest Contentful Paint and Layout Instability drafts.

        Example: `expect: {timing: {largest_paint: {at_most: 2.5s}}}`
        """
        found = await self._ask(scripts.TIMING)
        if found is None:
            return None
        shift = found.pop("layout_shift")
        times = {key: value / 1000 for key, value in found.items() if value is not None}
        return {**times, "layout_shift": round(shift, 4)}

    @facet()
    async def broken_images(self) -> list[str] | None:
        """Addresses of pictures that did not come.

        Example: `expect: {broken_images: {at_most: 0}}`
        """
        found: list[str] | None = await self._ask(scripts.BROKEN_IMAGES)
        return found

    @facet()
    async def unlabelled_fields(self) -> list[str] | None:
        """Form fields without a label: a screen reader has no name for them (WCAG 2.2, 4.1.2).

        Example: `expect: {unlabelled_fields: {at_most: 0}}`
        """
        found: list[str] | None = await self._ask(scripts.UNLABELLED)
        return found

    async def _ask(self, script: str) -> Any:
        await arrive(self.tab)
        return await self.tab.ask(script)

    async def _all(self, of: Locator, script: str = "e => 1") -> list[Any]:
        await arrive(self.tab)
        return await everything(self.tab, of, LOOK, script)

    async def _first(self, of: Locator, script: str) -> Any:
        found = await self._all(of, script)
        return found[0] if found else None

    async def _look(self) -> Any:
        await arrive(self.tab)
        return await self.tab.look()
