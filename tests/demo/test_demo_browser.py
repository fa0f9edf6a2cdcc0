"""The shop's own scripts, in a real browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, TimeoutError, async_playwright

pytestmark = pytest.mark.asyncio(loop_scope="session")
SHELL = Path("/usr/lib/chromium/chromium-headless-shell")


def executable() -> str | None:
    """A browser of the system's, None for Playwright's own."""
    found = os.environ.get("CXASSURE_BROWSER") or (str(SHELL) if SHELL.exists() else None)
    return found or shutil.which("chromium") or shutil.which("google-chrome")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        try:
            opened = await playwright.chromium.launch(executable_path=executable())
        except Exception as problem:
            pytest.skip(f"no browser: {problem}")
        yield opened
        await opened.close()


@asynccontextmanager
async def page_of(browser: Browser, site: Any, phone: bool = False) -> AsyncIterator[Page]:
    agent = "Mozilla/5.0 (iPhone) Mobile/15E148" if phone else None
    size = {"width": 390, "height": 664} if phone else {"width": 1280, "height": 720}
    context = await browser.new_context(
        base_url=site.targets["shop"], viewport=size, user_agent=agent
    )
    page = await context.new_page()
    page.set_default_timeout(20_000)
    yield page
    await context.close()


async def fill(page: Page, email: str, card: str = "4242424242424242") -> None:
    await page.goto("/gift-cards")
    await page.get_by_role("button", name="Add to basket").click()
    await page.get_by_role("link", name="Checkout").click()
    await page.get_by_label("Name on card").fill("Kim Lee")
    await page.get_by_label("Card number").fill(card)
    await page.get_by_label("Expiry date").fill("12/39")
    await page.get_by_label("Security code").fill("123")
    await page.get_by_label("E-mail", exact=True).fill(email)
    await page.get_by_label("Mobile number").fill("+15550166")


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
async def test_a_shopper_pays_with_two_quick_clicks_and_is_charged_once(site, browser, phone):
    email = f"browser-{phone}@example.org"
    async with page_of(browser, site, phone) as page:
        problems: list[str] = []
        page.on("console", lambda line: problems.append(line.text))
        await fill(page, email, card="4242")
        await page.get_by_role("button", name="Pay now").click()
        assert await page.get_by_text("Enter a valid card number").is_visible()
        await page.get_by_label("Card number").fill("4242 4242 4242 4242")
        await page.get_by_role("button", name="Pay now").dblclick()
        await page.get_by_role("heading", name="Thank you").wait_for()
        number = await page.get_by_test_id("order-number").text_content()
        orders = (await site.api(f"/orders?email={email}"))["orders"]
        assert [order["number"] for order in orders] == [number]
        assert problems == []


async def test_the_menu_folds_on_phones_and_the_chat_answers_in_its_frame(site, browser):
    async with page_of(browser, site, phone=True) as page:
        await page.goto("/")
        assert not await page.get_by_role("link", name="Contact").is_visible()
        await page.get_by_role("button", name="Menu").click()
        await page.get_by_role("link", name="Contact").click()
        await page.get_by_role("button", name="Accept cookies").click()
        await page.get_by_role("button", name="Chat with us").click()
        chat = page.frame_locator("iframe")
        await chat.get_by_role("button", name="Where is my order?").click()
        await chat.get_by_text("What is your order number?").wait_for()
        await chat.get_by_label("Message").fill("1047352")
        await chat.get_by_role("button", name="Send").click()
        await chat.get_by_text("It is on its way").wait_for()
        who = [
            await bubble.get_attribute("class") for bubble in await chat.locator(".bubble").all()
        ]
        assert who == [f"bubble {one}" for one in "bot customer bot customer bot bot".split()]
        await page.goto("/returns")
        await page.get_by_role("button", name="Chat with us").click()
        await chat.get_by_text("It is on its way").wait_for()


async def test_a_second_click_buys_twice_where_nothing_holds_it(a_company, browser):
    async with (
        a_company("paying-twice-makes-two-orders") as site,
        page_of(browser, site) as page,
    ):
        await fill(page, "twice@example.org")
        await page.get_by_role("button", name="Pay now").dblclick()
        await page.get_by_role("heading", name="Thank you").wait_for()
        assert len((await site.api("/orders?email=twice@example.org"))["orders"]) == 2


@pytest.mark.parametrize("fault", ["pay-button-dead-on-phones", "cookie-banner-covers-pay"])
async def test_a_phone_cannot_pay_where_a_desktop_can(a_company, browser, fault):
    async with a_company(fault) as site:
        async with page_of(browser, site, phone=True) as page:
            await fill(page, "phone@example.org")
            with pytest.raises(TimeoutError):
                await page.get_by_role("button", name="Pay now").click(timeout=500)
                await page.get_by_role("heading", name="Thank you").wait_for(timeout=500)
        async with page_of(browser, site) as page:
            await fill(page, "desktop@example.org")
            await page.get_by_role("button", name="Pay now").click()
            await page.get_by_role("heading", name="Thank you").wait_for()
