"""Pictures of the dashboard's main pages at both widths, and its icons, made by a browser.

`python docs/screenshots.py` writes `docs/screens/`, or the folder after `--to`; with `--icons` the
dashboard's icons too. A page that does not load, breaks its policy or is wider than its window
makes it fail.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT / "tests" / "surfaces" / "dashboard"))

from playwright.async_api import async_playwright  # noqa: E402
from stage import showcase, staged  # noqa: E402

from cxassure.surfaces.dashboard.app import STATIC  # noqa: E402
from cxassure.workspace import find_browser  # noqa: E402

PAGES = {
    "now": "/",
    "journeys": "/journeys",
    "incidents": "/incidents",
    "peaks": "/peaks",
    "trends": "/trends?days=30",
    "figures": "/trends?days=30&by=journey",
    "runs": "/runs",
    "coverage": "/coverage",
    "people": "/people",
}
WIDTHS = {"desktop": (1280, 800, "light"), "phone": (360, 720, "dark")}


async def shoot(browser: Any, entrance: str, address: str, to: Path) -> list[str]:
    """Every page at every width, and one incident and one run; gives what was wrong."""
    wrongs: list[str] = []
    for width, (wide, tall, scheme) in WIDTHS.items():
        context = await browser.new_context(
            viewport={"width": wide, "height": tall}, color_scheme=scheme, service_workers="block"
        )
        page = await context.new_page()
        page.on("console", lambda m: wrongs.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda wrong: wrongs.append(str(wrong)))
        await page.goto(entrance)
        incident = await page.get_attribute("#now .card h3 a[href^='/incidents/']", "href")
        run = await page.get_attribute("#now .card a[href^='/runs/']", "href")
        for name, path in {**PAGES, "incident": incident, "run": run}.items():
            answer = await page.goto(address + path)
            await page.screenshot(path=to / f"{name}-{width}.png")
            if not answer or not answer.ok or not await page.locator("main h1").count():
                wrongs.append(f"{path} did not load: {answer.status if answer else 'no answer'}")
            if await page.evaluate("document.documentElement.scrollWidth") > wide:
                wrongs.append(f"{path} is wider than {wide} pixels")
        await context.close()
    return wrongs


async def icons(browser: Any) -> None:
    """The icon in the sizes that phones ask for."""
    svg = (STATIC / "icon.svg").read_text()
    for size in (192, 512):
        page = await browser.new_page(viewport={"width": size, "height": size})
        await page.set_content(f"<style>body{{margin:0}}svg{{display:block}}</style>{svg}")
        await page.screenshot(path=STATIC / f"icon-{size}.png", omit_background=True)
        await page.close()


async def main(words: list[str]) -> None:
    to = (Path(words[words.index("--to") + 1]) if "--to" in words else HERE / "screens").absolute()
    to.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_browser())
        if "--icons" in words:
            await icons(browser)
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            workspace = await showcase(Path("shop"))
            with staged(workspace) as stage:
                wrongs = await shoot(browser, stage.entrance, stage.address, to)
        await browser.close()
    if wrongs:
        sys.exit("\n".join(wrongs))
    print(f"{len(list(to.glob('*.png')))} pictures in {to}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
