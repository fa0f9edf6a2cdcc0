"""How pages were painted: told by the browser as it happens (CDP `PerformanceTimeline`), unasked.

Nothing is put into the page and nothing is asked of it, so that a journey is not slowed by it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cxassure.text import span

if TYPE_CHECKING:
    from playwright.async_api import Page

    from cxassure.channels._browser.gate import Door

_KINDS = ["largest-contentful-paint", "layout-shift"]


@dataclass(slots=True)
class _Shown:
    """One document in a window: `origin` and `paints` in seconds of the epoch."""

    url: str = ""
    origin: float | None = None
    paints: list[float] = field(default_factory=list)
    shift: float = 0.0


class Vitals:
    """Paints and shifts of the documents of a customer's windows, in the order of their coming."""

    def __init__(self) -> None:
        self._shown: list[tuple[Page, _Shown]] = []
        self._now: dict[Page, _Shown] = {}
        self._work: set[asyncio.Task[None]] = set()

    def watch(self, page: Page, door: Door) -> None:
        """Takes what the browser tells of `page` from now on; returns at once."""
        self.turn(page)
        name = "PerformanceTimeline.timelineEventAdded"
        door.session.on(name, lambda told: self._take(page, door, told["event"]))
        work = asyncio.ensure_future(_enable(door))
        self._work.add(work)
        work.add_done_callback(self._work.discard)

    def turn(self, page: Page) -> None:
        """Another document is in the window: what is told from here is told of that."""
        self._now[page] = _Shown()
        self._shown.append((page, self._now[page]))

    def stands(self, page: Page, url: str, origin: float) -> None:
        """The document in the window is `url`, asked for at `origin` (milliseconds)."""
        shown = self._now.get(page)
        if shown and shown.origin is None:
            shown.url, shown.origin = url, origin / 1000

    def _take(self, page: Page, door: Door, event: dict[str, Any]) -> None:
        if not door.is_top(event["frameId"]):
            return
        if event["type"] == _KINDS[0]:
            self._now[page].paints.append(event["time"])
        elif not event["layoutShiftDetails"]["hadRecentInput"]:
            self._now[page].shift += event["layoutShiftDetails"]["value"]

    def told(self) -> list[dict[str, Any]]:
        """`{url, first_paint, largest_paint, layout_shift}` of each document that was painted, in
        seconds since it was asked for.

        The first paint is that of the first text or picture. A document keeps its address where
        its script only writes another one.
        """
        return list(_figures(self._shown))


def _figures(shown: Sequence[tuple[Page, _Shown]]) -> Iterator[dict[str, Any]]:
    documents: dict[tuple[Page, float], _Shown] = {}
    for page, one in shown:
        if one.origin is not None:
            whole = documents.setdefault((page, one.origin), _Shown(one.url, one.origin))
            whole.paints += one.paints
            whole.shift += one.shift
    for one in documents.values():
        since = [paint - (one.origin or 0.0) for paint in one.paints]
        if since and min(since) >= 0:
            yield {
                "url": one.url,
                "first_paint": round(min(since), 4),
                "largest_paint": round(max(since), 4),
                "layout_shift": round(one.shift, 4),
            }


async def _enable(door: Door) -> None:
    with contextlib.suppress(Exception):  # the window closed, or the browser does not know it
        await door.session.send("PerformanceTimeline.enable", {"eventTypes": _KINDS})


def in_words(pages: Sequence[dict[str, Any]]) -> str:
    """The slowest of pages as a line of the transcript; there is at least one."""
    slow = max(pages, key=lambda page: page["largest_paint"])
    jumpy = max(pages, key=lambda page: page["layout_shift"])
    first, largest = span(slow["first_paint"]), span(slow["largest_paint"])
    said = f"slowest page {slow['url']}: first paint after {first}, largest after {largest}"
    return said + (
        f"; layout shift {jumpy['layout_shift']:.2g} on {jumpy['url']}"
        if jumpy["layout_shift"] >= 0.001
        else ""
    )
