"""The one browser of a command: launched when first needed, launched again when it has died."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxassure.channel import Opening
from cxassure.channels._browser.finding import find
from cxassure.errors import CannotLook
from cxassure.text import guess

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page, Playwright

RECYCLE = 200
"""Contexts after which a browser that is idle is launched anew: they leave memory behind."""

_FEATURES = "CDPScreenshotNewSurface,SkipListAccountsWithoutGaiaCookies,NetworkServiceInProcess2"
_FLAGS = [f"--enable-features={_FEATURES}"] + ["--in-process-gpu"] * (sys.platform == "linux")
"""Two processes fewer: 6 % less CPU cold and in a suite. The first two features are Playwright's
own, which naming a third would switch off."""


class SharedBrowser:
    """A browser that outlives its deaths; each session takes a fresh context of it."""

    def __init__(self, program: Path) -> None:
        self.program = program
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._devices: dict[str, Any] = {}
        self._launching = asyncio.Lock()
        self._served = 0
        self._abandoned: set[asyncio.Future[None]] = set()

    @classmethod
    async def of(cls, opening: Opening) -> SharedBrowser:
        """The browser of this command; raises `CannotLook` where there is none."""

        async def make() -> SharedBrowser:
            return cls(find(opening.browser))

        shared: SharedBrowser = await opening.campaign.once("browser", make)
        return shared

    @property
    def alive(self) -> bool:
        return self._browser is not None and self._browser.is_connected()

    async def window(self, device: str, **options: Any) -> Page:
        """A page in a fresh context as `device` (one of Playwright's) with further context options.

        Raises `CannotLook` where no browser starts or an option is not to its liking.
        """
        work = asyncio.ensure_future(self._serve(device, options))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            self._abandoned.add(asyncio.ensure_future(_give_back(work)))
            raise

    async def _serve(self, device: str, options: dict[str, Any]) -> Page:
        async with self._launching:
            try:
                return await self._new(device, options)
            except CannotLook:
                raise
            except Exception:  # it died just now: another one serves
                return await self._new(device, options)

    async def _new(self, device: str, options: dict[str, Any]) -> Page:
        worn = self._served >= RECYCLE and self._browser and not self._browser.contexts
        if worn or not self.alive:
            await self._stop()
            await self._launch()
        assert self._browser is not None
        self._served += 1
        described = {**_described(self._devices, device), **options}
        try:
            context = await self._browser.new_context(**described)
            return await context.new_page()
        except Exception as wrong:
            if not self.alive:
                raise
            raise CannotLook(f"the browser gave no window: {_first_line(wrong)}") from None

    async def _launch(self) -> None:
        from playwright.async_api import async_playwright

        self._playwright = await async_playwright().start()
        self._devices = self._playwright.devices  # copied whole whenever it is asked for
        self._served = 0
        try:
            self._browser = await self._playwright.chromium.launch(
                executable_path=self.program,
                args=_FLAGS,
                handle_sigint=False,  # ctrl-c is ours to answer: evidence first, then closing
                handle_sigterm=False,
                handle_sighup=False,
            )
        except Exception as wrong:
            await self._stop()
            raise CannotLook(
                f"the browser {self.program} does not start: {_first_line(wrong)}",
                "try it by hand, or name another: CXASSURE_BROWSER=/path/to/browser",
            ) from None

    async def _stop(self) -> None:
        browser, self._browser = self._browser, None
        playwright, self._playwright = self._playwright, None
        if browser is not None and browser.is_connected():
            await browser.close()
        if playwright is not None:
            await playwright.stop()

    async def close(self) -> None:
        """Ends the browser and its driver, also where one was being launched for somebody gone."""
        await asyncio.gather(*self._abandoned)
        async with self._launching:
            await self._stop()


async def _give_back(work: asyncio.Future[Page]) -> None:
    """Closes a window for which nobody waits any more, once it has opened."""
    with contextlib.suppress(Exception):
        page = await work
        await page.context.close()


def _described(known: dict[str, Any], device: str) -> dict[str, Any]:
    """What Playwright knows of a device, calling itself a synthetic customer as well."""
    if device not in known:
        raise CannotLook(f"there is no device «{device}»", guess(device, known)[:300])
    described = {k: v for k, v in known[device].items() if k != "default_browser_type"}
    described["user_agent"] += " cxassure"
    return described


def _first_line(wrong: Exception) -> str:
    return next((line for line in str(wrong).splitlines() if line.strip()), type(wrong).__name__)
