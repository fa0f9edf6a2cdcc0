"""The rival of `checkout`: the same 12 steps as a plain Playwright script, nothing kept."""

from __future__ import annotations

import asyncio
import sys

from playwright.async_api import Browser, Playwright, async_playwright, expect


async def checkout(playwright: Playwright, browser: Browser, shop: str) -> None:
    device = dict(playwright.devices["Desktop Chrome"])
    device.pop("default_browser_type", None)
    context = await browser.new_context(**device)
    page = await context.new_page()
    await page.goto(f"{shop}/gift-cards/winter-robin")
    await expect(page.locator("body")).to_contain_text("Winter Robin")
    await page.get_by_role("button", name="Add to basket").click()
    await expect(page.locator("body")).to_contain_text("1 item in your basket")
    await page.get_by_label("Promo code").fill("HOLIDAY10")
    await page.get_by_role("button", name="Apply").click()
    await expect(page.locator("body")).to_contain_text("Promo code HOLIDAY10: −$2.50")
    await page.get_by_role("link", name="Checkout").click()
    await expect(page.locator("body")).to_contain_text("$22.50")
    await page.get_by_label("Name on card").fill("Kim Lee")
    await page.get_by_label("Card number").fill("4242424242424242")
    await page.get_by_label("Expiry date").fill("12/39")
    await page.get_by_label("Security code").fill("123")
    await page.get_by_label("E-mail", exact=True).fill("shopper@example.com")
    await page.get_by_label("Mobile number").fill("+15550123")
    await page.get_by_label("E-mail me when my gift card is on its way").check()
    await page.get_by_role("button", name="Pay now").click()
    await expect(page.locator("body")).to_contain_text("Thank you")
    order = await page.get_by_test_id("order-number").inner_text()
    await page.goto(f"{shop}/orders/{order}/cancel")
    await expect(page.locator("body")).to_contain_text(f"Cancel order {order}")
    await page.get_by_role("button", name="Cancel this order").click()
    await expect(page.locator("body")).to_contain_text("Your order has been cancelled")
    await context.close()


async def main(shop: str, program: str, times: int) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program)
        for _ in range(times):
            await checkout(playwright, browser, shop)
        await browser.close()


asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
