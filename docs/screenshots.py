"""Pictures of the dashboard's main pages at both widths, and its icons, made by a browser.

`python docs/screenshots.py` writes `docs/screens/`; with `--icons` the dashboard's icons too.
"""

from __future__ import annotations

import asyncio
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

PAGES = {"now": "/", "journeys": "/journeys", "trends": "/trends?days=30", "runs": "/runs"}
WIDTHS = {"desktop": (1200, 800, "light"), "phone": (360, 720, "dark")}


async def shoot(browser: Any, entrance: str, address: str) -> None:
    """Every page at every width, and one incident and one run."""
    for width, (wide, tall, scheme) in WIDTHS.items():
        context = await browser.new_context(
            viewport={"width": wide, "height": tall}, color_scheme=scheme, service_workers="block"
        )
        page = await context.new_page()
        await page.goto(entrance)
        incident = await page.get_attribute("#now .card h3 a[href^='/incidents/']", "href")
        run = await page.get_attribute("#now .card h3 a[href^='/runs/']", "href")
        for name, path in {**PAGES, "incident": incident, "run": run}.items():
            await page.goto(address + path)
            await page.screenshot(path=HERE / "screens" / f"{name}-{width}.png")
        await context.close()


async def icons(browser: Any) -> None:
    """The icon in the sizes that phones ask for."""
    svg = (STATIC / "icon.svg").read_text()
    for size in (192, 512):
        page = await browser.new_page(viewport={"width": size, "height": size})
        await page.set_content(f"<style>body{{margin:0}}svg{{display:block}}</style>{svg}")
        await page.screenshot(path=STATIC / f"icon-{size}.png", omit_background=True)
        await page.close()


async def main(wanted: str) -> None:
    (HERE / "screens").mkdir(exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_browser())
        if wanted == "--icons":
            await icons(browser)
        with tempfile.TemporaryDirectory() as folder:
            workspace = await showcase(Path(folder) / "shop")
            with staged(workspace) as stage:
                await shoot(browser, stage.entrance, stage.address)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else ""))
