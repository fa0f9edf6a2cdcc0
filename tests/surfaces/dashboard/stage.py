"""A workspace with runs and incidents, and a dashboard of it that answers on loopback."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1] / "report"))

from streams import Telling  # noqa: E402

from cxassure.events import Kept, Measured, Observed  # noqa: E402
from cxassure.incident import Account, Fault, Observation, Vantage  # noqa: E402
from cxassure.readiness import Readiness  # noqa: E402
from cxassure.store import Store  # noqa: E402
from cxassure.surfaces.dashboard.serving import Wish, running  # noqa: E402
from cxassure.workspace import Workspace  # noqa: E402

SETTINGS = """
environments:
  live:
    targets:
      shop: https://shop.example
zone: UTC
peaks:
  black-friday:
    title: Black Friday
    start: 1 day after Thanksgiving Day in US
    lasts: 1d
waivers:
  - {journeys: "returns-*", owner: kim, reason: vendor mends it, until: 2030-11-30}
alerts:
  to:
    ops: {send: webpush, subject: "mailto:ops@example.com"}
status:
  title: The shop
  groups:
    - {title: Buying, journeys: "gift-*"}
"""
JOURNEY = """
journey: {name}
title: Somebody does it
severity: critical
owner: {owner}
parties:
  shopper: {{channel: web, target: shop}}
  asker: {{channel: chat, target: shop}}
steps:
  - shopper: {{open: /}}
  - asker: {{say: Where is it?}}
"""
NOW = datetime.now(UTC).replace(microsecond=0)
ATTACK = '<img src=x onerror="window.hurt=1"><script>window.hurt=1</script>\x1b[31m\u202e\'"&'
"""What a bot, page, call or mail might say to hurt who reads of it."""

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c63f8ffff3f0005fe02fea7569aa00000000049454e44ae426082"
)
HTML = b"<title>kept</title><script>parent.hurt=1;window.hurt=1</script><h1>as it was kept</h1>"


async def drive(
    store: Store,
    journey: str,
    verdict: str = "passed",
    *,
    row: str = "",
    ago: timedelta = timedelta(),
    said: str = "Welcome",
    why: str = "",
) -> str:
    """Puts one run into the store, with all kinds of things in it; gives its id."""
    at = NOW - ago
    campaign = store.campaign(at)
    recorder = campaign.recorder("", f"{journey}[{row}]" if row else journey)
    run_id = f"{campaign.id}/{f'{journey}.{row}' if row else recorder.folder.name}"
    campaign._recorders[run_id] = campaign._recorders.pop("")
    kept = [await recorder.keep(*one) for one in _EVIDENCE]
    telling = Telling(
        journey,
        row,
        run=run_id,
        started=at.isoformat().replace("+00:00", "Z"),
        env="live",
        severity="critical",
        owner="checkout",
        steps=1,
        title=said,
    )
    evidence = [
        (Kept, {"name": name, "path": path, "media": media, "size": size})
        for (name, _, media), (path, size) in zip(_EVIDENCE, kept, strict=True)
    ]
    heard: list[tuple[type, dict[str, Any]]] = [
        (Observed, {"who": "company", "what": "reply", "text": said}),
        (Observed, {"who": "company", "what": "page", "text": said, "data": {"title": said}}),
        (Observed, {"who": "company", "what": "mail", "text": said, "data": {"subject": said}}),
        (Observed, {"who": "line", "what": "request", "data": {"User-Agent": said}}),
        (Observed, {"who": "line", "what": "twiml", "data": {"<Say>": said}}),
        (Measured, {"name": "key_presses", "value": 3.0}),
    ]
    telling.step("asker", "chat", "say", said, inside=[*heard, *evidence], verdict=verdict, why=why)
    run = telling.end(verdict, why=why)
    for event in telling.events:
        recorder.write(event)
    campaign.finish([run])
    return run_id


_EVIDENCE = (
    ("screen", PNG, "image/png"),
    ("page.html", HTML, "text/html"),
    (
        "drawing.svg",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='window.hurt=1'/>",
        "image/svg+xml",
    ),
    ("leg.json", b'{"a": "<script>1</script>"}', "application/json"),
    ("call.wav", b"RIFF\0\0\0\0WAVE", "audio/wav"),
)


def look(
    journey: str, said: str, ago: timedelta, run: str = "", row: str = "", **told: str
) -> Observation:
    """A bad look at a journey, as the scheduler tells it to those who decide."""
    account = {"step": said, "expected": "a price", "seen": said, "customer": "cannot pay"}
    return Observation(
        at=NOW - ago,
        journey=journey,
        verdict="failed",
        env="live",
        run=run,
        row=row,
        severity="critical",
        owner="checkout",
        vantage=Vantage(place="fra"),
        fault=Fault(kind="failed", env="live", step=said, host="shop.example", group=journey),
        account=Account(**{**account, "cause": said, **told}),
    )


def found(root: Path, names: Iterable[str]) -> Workspace:
    """A workspace with these journeys, compiled."""
    (root / "journeys").mkdir(parents=True)
    (root / "cxassure.yaml").write_text(SETTINGS)
    for name in names:
        text = JOURNEY.format(name=name, owner="checkout")
        (root / "journeys" / f"{name}.yaml").write_text(text)
    workspace = Workspace(root, environ={})
    workspace.write_probes(workspace.plan().probes)
    return workspace


async def settle(root: Path) -> Workspace:
    """A workspace in which most is well, one journey fails, and one says what hurts."""
    workspace = found(root, ["gift-card", "never-run", "order-status"])
    store = workspace.store
    for folder in (workspace.journeys, workspace.probes):
        os.utime(folder, (NOW.timestamp() - 3600,) * 2)  # what was run since is still there
    for hours in (50, 26, 2):
        await drive(store, "gift-card", row="mobile", ago=timedelta(hours=hours))
        await drive(store, "order-status", ago=timedelta(hours=hours))
    bad = {"said": "no price", "why": "the page says «no price»"}
    await drive(store, "gift-card", "failed", ago=timedelta(minutes=9), **bad)
    await drive(store, ATTACK, "failed", ago=timedelta(minutes=7), said=ATTACK, why=ATTACK)
    duty = workspace.duty()
    for minutes in (9, 8):
        ago = timedelta(minutes=minutes)
        seen = [look("gift-card", "shopper click Pay now", ago), look(ATTACK, ATTACK, ago)]
        duty.look(seen, NOW - ago)
    return workspace


class Stage:
    """A dashboard that answers: `address` lets one in on this machine."""

    def __init__(self, workspace: Workspace, wish: Wish) -> None:
        self.workspace, self.wish = workspace, wish
        self.entrance = ""
        self._ready, self._loop = threading.Event(), asyncio.new_event_loop()
        self._wrong: BaseException | None = None
        self._end = asyncio.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def address(self) -> str:
        """Without what lets one in."""
        return self.entrance.partition("/login")[0]

    def _serve(self) -> None:
        async def serve() -> None:
            async with running(self.workspace, self.wish) as (entrance, _):
                self.entrance = entrance
                self._ready.set()
                await self._end.wait()

        try:
            self._loop.run_until_complete(serve())
        except BaseException as wrong:
            self._wrong = wrong
        finally:
            self._ready.set()
            self._loop.close()

    def start(self) -> Stage:
        """Serves until `stop`; raises what serving raised."""
        self._thread.start()
        assert self._ready.wait(30), "the dashboard did not come up"
        if self._wrong:
            raise self._wrong
        return self

    def stop(self) -> None:
        """Ends it."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(30)


@contextmanager
def staged(workspace: Workspace, **wish: Any) -> Iterator[Stage]:
    """A dashboard of `workspace` on a free port."""
    stage = Stage(workspace, Wish(**{"port": 0, **wish})).start()
    try:
        yield stage
    finally:
        stage.stop()


STORY = (
    ("gift-card", "mobile", "caller press 2", "the menu says «returns», not «orders»"),
    ("order-status", "", "asker say Where is my order", "the bot answered after 21 s"),
    ("returns", "", "", ""),
    ("checkout", "desktop", "", ""),
    ("callback", "", "", ""),
)


DECIDED = Readiness(
    peak="black-friday",
    answer="NO-GO",
    at=NOW - timedelta(minutes=5),
    reasons=("gift-card[mobile] has failed since 11 min", "callback ran last 8 min ago, from fra"),
    changes=("gift-card[mobile] passes three times",),
)
TROUBLE = {
    "expected": "option 2 leads to orders",
    "seen": STORY[0][3],
    "customer": "whoever asks for an order by phone is led to returns",
    "cause": "the menu changed with «ivr 5.1», 14 min before",
    "runbook": "https://wiki.example/phone-menu",
}


async def showcase(root: Path) -> Workspace:
    """A workspace worth a picture: a month of looks, of which the last of one journey failed."""
    workspace = found(root, [journey for journey, *_ in STORY])
    failed = ""
    for days in range(29, -1, -1):
        for index, (journey, row, _, why) in enumerate(STORY):
            slip = (days * 7 + index) % 13 == 5
            verdict = "degraded" if slip else "passed"
            broken = not days and journey == "gift-card"
            ago = timedelta(days=days, hours=1) if days else timedelta(minutes=12 - index)
            said = why if broken else "Welcome to the shop"
            verdict = "failed" if broken else verdict
            run = await drive(
                workspace.store,
                journey,
                verdict,
                row=row,
                ago=ago,
                said=said,
                why=why if broken else "",
            )
            failed = run if broken else failed
    duty = workspace.duty()
    for minutes in (11, 10):
        ago = timedelta(minutes=minutes)
        seen = look("gift-card", STORY[0][2], ago, failed, "mobile", **TROUBLE)
        duty.look([seen], NOW - ago)
    workspace.store.keep_readiness(DECIDED)
    return workspace
