"""The gate that a page's requests pass: it marks the company's own, and keeps to listed places.

Only documents and script calls stop here (CDP `Fetch`): pictures, styles and other companies'
resources pass unseen and cost nothing. Routing by Playwright would switch off the HTTP cache.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cxassure.channels._browser.origins import Origins
from cxassure.channels._http.origins import origin

if TYPE_CHECKING:
    from playwright.async_api import CDPSession, Page

_CALLS = ("XHR", "Fetch")
TRACE = "traceparent"


@dataclass(slots=True)
class Door:
    """A page's session and the id of its top frame: that of the first document it asks for."""

    session: CDPSession
    top: str

    def is_top(self, frame: str) -> bool:
        self.top = self.top or frame
        return frame == self.top


class Gate:
    """What stood at the gate: calls without an answer, the last method, what was refused."""

    def __init__(
        self, origins: Origins, headers: Callable[[], Mapping[str, str]], everything: bool
    ) -> None:
        self.origins = origins
        self.headers = headers
        self.everything = everything
        self.method = "GET"
        self.refused = ""
        self.unanswered: set[str] = set()
        self.loading = False
        self._work: set[asyncio.Task[None]] = set()

    async def guard(self, page: Page) -> Door:
        """Stands before `page` from now on."""
        session = await page.context.new_cdp_session(page)
        door = Door(session, "" if page.url == "about:blank" else await _top(session))
        session.on("Fetch.requestPaused", lambda event: self._take(door, event))
        await session.send("Fetch.enable", {"patterns": self._patterns()})
        return door

    def _patterns(self) -> list[dict[str, str]]:
        patterns = [{"urlPattern": "*", "resourceType": "Document"}]
        for place in sorted(self.origins.own):
            url = _as_pattern(place)
            if self.everything:
                patterns.append({"urlPattern": url})
            for kind in _CALLS:
                patterns.append({"urlPattern": url, "resourceType": kind})
                patterns.append(
                    {"urlPattern": url, "resourceType": kind, "requestStage": "Response"}
                )
        return patterns

    def _take(self, door: Door, event: dict[str, Any]) -> None:
        work = asyncio.ensure_future(self._pass(door, event))
        self._work.add(work)
        work.add_done_callback(self._work.discard)

    async def _pass(self, door: Door, event: dict[str, Any]) -> None:
        command, more = self._judge(door, event)
        try:
            await door.session.send(command, {"requestId": event["requestId"], **more})
        except Exception:  # the request was called off, or its page is gone
            self.unanswered.discard(event.get("networkId", ""))

    def _judge(self, door: Door, event: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        request, call = event["request"], event.get("networkId", "")
        if "responseStatusCode" in event or "responseErrorReason" in event:
            self.unanswered.discard(call)
            return "Fetch.continueRequest", {}
        if event["resourceType"] == "Document" and door.is_top(event["frameId"]):
            self.loading, self.method = True, request["method"]
            if not self.origins.admits(request["url"]):
                self.refused = request["url"]
                return "Fetch.failRequest", {"errorReason": "BlockedByClient"}
        elif event["resourceType"] in _CALLS:
            self.unanswered.add(call)
        if origin(request["url"]) not in self.origins.own:
            return "Fetch.continueRequest", {}
        headers = {**request["headers"], **self._added(request["headers"])}
        return "Fetch.continueRequest", {
            "headers": [{"name": name, "value": value} for name, value in headers.items()]
        }

    def _added(self, given: Mapping[str, str]) -> Mapping[str, str]:
        """Ours; a page that is traced by its own script goes on being part of that trace."""
        there = {name.lower() for name in given}
        return {k: v for k, v in self.headers().items() if k != TRACE or TRACE not in there}

    def arrived(self) -> None:
        """The top page has changed: what the old one still asked for will not be answered."""
        self.loading = False
        self.unanswered.clear()

    @property
    def busy(self) -> bool:
        """Whether the company still owes the page an answer."""
        return self.loading or bool(self.unanswered)


async def _top(session: CDPSession) -> str:
    tree = await session.send("Page.getFrameTree")
    return str(tree["frameTree"]["frame"]["id"])


def _as_pattern(place: str) -> str:
    """`scheme://host:port` as CDP sees it: a default port is not written there."""
    for scheme, port in (("http", ":80"), ("https", ":443")):
        if place.startswith(scheme + "://"):
            place = place.removesuffix(port)
    return place + "/*"
