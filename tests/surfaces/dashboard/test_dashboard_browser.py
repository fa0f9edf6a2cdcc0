"""The dashboard in a real browser: at both widths, by keyboard, offline, and against what hurts."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
from stage import ATTACK, Stage, drive, settle, showcase, staged

from cxassure.errors import CannotLook
from cxassure.workspace import find_browser

pytestmark = pytest.mark.asyncio(loop_scope="session")
AXE = Path(__file__).with_name("axe") / "axe.min.js"
PAGES = (
    "/ /journeys /incidents /peaks /peaks/black-friday /trends /trends?by=channel /runs /coverage "
    "/phones /people /keeping"
).split()
GONE = "/runs/20260101T020304Z-007abcd/gift-card/"
PHONE = {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark", "has_touch": True}
SMALL = {**PHONE, "viewport": {"width": 360, "height": 640}}
DESK = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"}
PATIENCE = 20_000


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One browser for all."""
    try:
        program = find_browser()
    except CannotLook as none:
        pytest.skip(none.what)
    async with async_playwright() as playwright:
        made = await playwright.chromium.launch(executable_path=program)
        yield made
        await made.close()


class Window:
    """A page that was let in, and what it complained of."""

    def __init__(self, context: BrowserContext, page: Page) -> None:
        self.context, self.page = context, page
        self.complaints: list[str] = []
        page.on("console", self._said)
        page.on("pageerror", lambda wrong: self.complaints.append(str(wrong)))

    def _said(self, message: Any) -> None:
        if message.type == "error" or "Content Security Policy" in message.text:
            self.complaints.append(message.text)


async def window(browser: Browser, stage: Stage, **kind: Any) -> Window:
    context = await browser.new_context(**kind)
    context.set_default_timeout(PATIENCE)
    made = Window(context, await context.new_page())
    await made.page.goto(stage.entrance)
    return made


async def every_page(page: Page) -> list[str]:
    """The pages, with the incidents and runs that they lead to."""
    found = []
    for path in ("/incidents", "/runs"):
        await page.goto(path_on(page, path))
        links = page.locator(".row .name a")
        found += [await link.get_attribute("href") or "" for link in (await links.all())[:3]]
    return [*PAGES, *found]


def path_on(page: Page, path: str) -> str:
    return re.sub(r"(https?://[^/]+).*", r"\1", page.url) + path


@pytest.mark.parametrize("kind", [PHONE, DESK], ids=["phone", "desktop"])
async def test_every_page_fits_its_width_and_keeps_nobody_out(
    browser: Browser, stage: Stage, kind: dict[str, Any]
) -> None:
    made = await window(browser, stage, **kind, bypass_csp=True)  # for axe alone, see below
    for path in [*await every_page(made.page), GONE]:
        await made.page.goto(path_on(made.page, path))
        wide = await made.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= kind["viewport"]["width"], path
        await made.page.evaluate(AXE.read_text("utf-8"))
        found = await made.page.evaluate("axe.run({resultTypes: ['violations']})")
        grave = [
            (path, one["id"], one["nodes"][0]["html"])
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
        ]
        assert grave == []
    await made.context.close()


async def test_axe_is_the_one_whose_hash_stands_beside_it() -> None:
    digest = hashlib.sha256(AXE.read_bytes()).hexdigest()
    assert digest in AXE.with_name("README.md").read_text("utf-8")


async def test_nothing_that_came_from_outside_runs_or_breaks_the_policy(
    browser: Browser, stage: Stage
) -> None:
    made = await window(browser, stage, **DESK)
    for path in await every_page(made.page):
        await made.page.goto(path_on(made.page, path))
        await expect(made.page.locator("main")).to_be_visible()
        assert await made.page.evaluate("window.hurt") is None, path
        assert await made.page.locator("main img[src=x]").count() == 0
    await made.page.goto(path_on(made.page, "/"))
    await expect(made.page.get_by_text(ATTACK[:20]).first).to_be_visible()
    assert made.complaints == []
    await made.context.close()


async def test_a_page_that_was_kept_is_drawn_and_runs_nothing(
    browser: Browser, stage: Stage
) -> None:
    made = await window(browser, stage, **DESK)
    await made.page.goto(path_on(made.page, "/runs?journey=gift-card&verdict=failed"))
    await made.page.locator(".row .name a").first.click()
    run = made.page.url
    await made.page.goto(f"{run}evidence/page.html.txt")
    await expect(made.page.locator("h1")).to_have_text("as it was kept")
    assert await made.page.evaluate("window.hurt") is None
    assert await made.page.evaluate("window.origin") == "null"
    await made.context.close()


async def test_all_is_reached_and_done_by_keyboard_alone(browser: Browser, tmp_path: Path) -> None:
    with staged(await settle(tmp_path / "shop")) as stage:
        made = await window(browser, stage, **DESK)
        page = made.page
        await page.keyboard.press("Tab")
        await expect(page.locator(".skip")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator("main")).to_be_focused()
        await tab_to(page, "#now a[href^='/incidents/']")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/incidents/*")
        await tab_to(page, "input[name=note]")
        await page.keyboard.type("on it")
        await page.keyboard.press("Enter")
        await expect(page.locator(".notes")).to_contain_text("taken: on it")
        await tab_to(page, "textarea")
        await page.keyboard.type("they are told")
        await tab_to(page, "input[name=public]")
        await page.keyboard.press("Space")
        await tab_to(page, "form[action$='/notes'] button")
        await page.keyboard.press("Enter")
        await expect(page.locator(".notes")).to_contain_text("for customers")
        assert made.complaints == []
        await made.context.close()


async def tab_to(page: Page, selector: str) -> None:
    """Presses Tab until that has the focus, which can be seen."""
    for _ in range(80):
        await page.keyboard.press("Tab")
        if await page.evaluate("s => document.activeElement.matches(s)", selector):
            outline = "getComputedStyle(document.activeElement).outlineStyle"
            assert await page.evaluate(outline) != "none"
            return
    raise AssertionError(f"{selector} is not reached by Tab")


async def test_what_ends_is_shown_without_loading_again_and_the_last_state_stays_offline(
    browser: Browser, tmp_path: Path
) -> None:
    workspace = await settle(tmp_path / "shop")
    with staged(workspace) as stage:
        made = await window(browser, stage, **PHONE)
        page = made.page
        await expect(page.locator("#now")).not_to_contain_text("new-journey")
        await asyncio.to_thread(lambda: asyncio.run(_another(workspace.store)))
        await expect(page.locator("#now")).to_contain_text("new-journey", timeout=PATIENCE)
        await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        kept = "caches.open('cxassure-1').then(c => c.match('/')).then(r => r ? r.text() : '')"
        await until(page, f"{kept}.then(t => t.includes('open incident'))")
        await page.reload()
        await until(page, f"{kept}.then(t => t.includes('new-journey'))")
    await page.reload()
    await expect(page.locator("#now")).to_contain_text("new-journey")
    await expect(page.locator("#offline")).to_be_visible(timeout=PATIENCE)
    await page.goto(path_on(page, "/incidents"))
    await expect(page.locator("main")).to_contain_text("gift-card")
    assert await page.evaluate("getComputedStyle(document.querySelector('.bar')).display") == "flex"
    await page.goto(path_on(page, GONE))
    await expect(page.locator("h1")).to_have_text("This page was not kept")
    await expect(page.locator("main")).not_to_contain_text("gift-card")
    await page.get_by_role("link", name="Now").click()
    await expect(page.locator("#now")).to_contain_text("new-journey")
    await made.context.close()


async def _another(store: Any) -> None:
    await drive(store, "new-journey", "failed", ago=timedelta(), said="no price", why="no price")


async def until(page: Page, promise: str) -> None:
    """Waits for a promise in the page to come true."""
    async with asyncio.timeout(PATIENCE / 1000):
        while not await page.evaluate(promise):
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("kind", [PHONE, DESK], ids=["phone", "desktop"])
async def test_what_stands_at_a_chart_can_be_read(
    browser: Browser, stage: Stage, kind: dict[str, Any]
) -> None:
    made = await window(browser, stage, **kind)
    await made.page.goto(path_on(made.page, "/trends"))
    size = "e => parseFloat(getComputedStyle(e).fontSize) * e.getScreenCTM().a"
    for label in await made.page.locator("svg.by-day .label").all():
        assert await label.evaluate(size) >= 12
    await made.context.close()


async def test_it_can_be_installed(browser: Browser, stage: Stage) -> None:
    made = await window(browser, stage, **PHONE)
    address = path_on(made.page, "/manifest.webmanifest")
    manifest = await made.page.evaluate("a => fetch(a).then(r => r.json())", address)
    assert manifest["display"] == "standalone" and manifest["start_url"] == "/"
    for icon in manifest["icons"]:
        wide = await made.page.evaluate(
            "a => { let i = new Image(); i.src = a; return i.decode().then(_ => i.naturalWidth) }",
            icon["src"],
        )
        assert icon["sizes"] == "any" or f"{wide}x{wide}" == icon["sizes"]
    session = await made.context.new_cdp_session(made.page)
    wrongs = (await session.send("Page.getAppManifest"))["errors"]
    assert wrongs == []
    await made.context.close()


async def test_the_first_screen_of_a_phone_says_what_broke_who_is_hurt_since_when_and_what_next(
    browser: Browser, stage: Stage
) -> None:
    made = await window(browser, stage, **SMALL)
    card = made.page.locator("#now .card").first
    for word in ("broke", "hurt", "since", "next"):
        await expect(card.get_by_text(word, exact=True)).to_be_in_viewport(timeout=PATIENCE)
    await expect(card.get_by_role("link", name="take it")).to_be_in_viewport(timeout=PATIENCE)
    await made.context.close()


async def test_a_message_leads_to_six_answers_deeds_and_the_failing_run_on_one_screen(
    browser: Browser, tmp_path: Path
) -> None:
    with staged(await showcase(tmp_path / "shop")) as stage:
        made = await window(browser, stage, **SMALL)
        page = made.page
        incident = page.locator("#now .card h3 a").first
        await page.goto(path_on(page, await incident.get_attribute("href") or ""))
        await six_answers(page)
        for name in ("take it", "note", "waive", "runbook"):
            link = page.locator(".ways").get_by_role("link", name=name, exact=True)
            await expect(link).to_be_in_viewport(timeout=PATIENCE)
        address = page.url
        await page.get_by_role("link", name="the first that failed").click()
        await page.wait_for_url("**/runs/**")
        await expect(page.locator("h1")).to_contain_text("gift-card[mobile]")
        await page.goto(address)
        await page.get_by_role("link", name="see the failing run").click()
        await page.wait_for_url("**/runs/**")
        await six_answers(page)
        assert made.complaints == []
        await made.context.close()


async def six_answers(page: Page) -> None:
    """All of them stand on the first screen."""
    said = page.locator("main .answers dt")
    await expect(said).to_have_count(6, timeout=PATIENCE)
    for place in range(6):
        await expect(said.nth(place)).to_be_in_viewport(timeout=PATIENCE)
    assert await page.evaluate("scrollY") == 0


async def test_without_scripts_everything_is_read_and_done(browser: Browser, stage: Stage) -> None:
    made = await window(browser, stage, **PHONE, java_script_enabled=False)
    await expect(made.page.locator("#now")).to_contain_text("gift-card")
    await made.page.locator("#now a[href^='/incidents/']").first.click()
    await expect(made.page.locator("button:has-text('note it')")).to_be_visible()
    await made.context.close()
