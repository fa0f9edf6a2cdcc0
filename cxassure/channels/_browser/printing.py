"""A page of ours printed as PDF, by the browser that is there anyway."""

from __future__ import annotations

from cxassure.channels._browser.finding import find
from cxassure.errors import CannotLook
from cxassure.text import clip

PATIENCE = 60_000
"""Milliseconds in which the browser must have started."""


def printed(html: str, setting: str = "") -> bytes:
    """`html` as PDF on A4. It asks for nothing from anywhere: scripts are off, the network too.

    `setting` names the browser. Raises `CannotLook` where none is found, or it does not print.
    """
    from playwright.sync_api import Error, sync_playwright

    program = find(setting)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, timeout=PATIENCE)
            try:
                context = browser.new_context(java_script_enabled=False, offline=True)
                page = context.new_page()
                page.set_content(html)
                return page.pdf(prefer_css_page_size=True, print_background=True, tagged=True)
            finally:
                browser.close()
    except Error as wrong:
        why = clip(wrong.message.splitlines()[0], 200)
        raise CannotLook(f"the browser did not print: {why}", "write --html instead") from None
