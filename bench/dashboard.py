"""The dashboard with 100,000 runs in the store: every page at rest, and while 50 look on.

Meanwhile 20 probes a second end, incidents are open and peaks come. On SQLite and PostgreSQL, in
milliseconds at the server; beside them a bare answer. A page with an `{n}` is another one each
time, so that nothing of it is remembered. It fails where a page takes more than `GOAL` (p95).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "tests" / place) for place in ("store", "surfaces/dashboard")]

from postgres import Postgres, program  # noqa: E402
from stage import drive, found, look  # noqa: E402

from cxassure.incident import Observation  # noqa: E402
from cxassure.readiness import Readiness  # noqa: E402
from cxassure.store.database import connect, upgrade  # noqa: E402
from cxassure.store.index import Index  # noqa: E402
from cxassure.store.reading import PastRun  # noqa: E402
from cxassure.verdict import Verdict  # noqa: E402
from cxassure.workspace import Workspace  # noqa: E402

RUNS, JOURNEYS, DAYS, VIEWERS, RATE = 100_000, 60, 85, 50, 20.0
GOAL = 300.0
"""Milliseconds."""

ROUNDS_OF_TROUBLE, OPEN, PEAKS = 5, 12, 24
"""How often every journey was broken and well again, how many are broken now, peaks to come."""

NOW = datetime.now(UTC)
DRAWN = random.Random(7)
PAGES = {
    "now": "/",
    "journeys": "/journeys",
    "incidents": "/incidents",
    "peaks": "/peaks",
    "one incident": "",
    "one peak": "/peaks/peak-0",
    "trends, 30 days": "/trends",
    "trends by week, 90 days of one, new": "/trends?by=week&days=90&journey=journey-{n}",
    "trends by journey, 90 days": "/trends?by=journey&days=90",
    "trends by release": "/trends?by=release",
    "runs": "/runs",
    "runs that failed": "/runs?verdict=failed",
    "runs of one, old": "/runs?journey=journey-7&until=2026-10-01",
    "one run": "",
    "a run that is gone": "/runs/20260101T020304Z-007abcd/journey-7/",
    "coverage": "/coverage",
    "people": "/people",
    "keeping": "/keeping",
    "metrics": "/metrics",
    "API now": "/api/v1/now",
    "API runs": "/api/v1/runs?limit=200",
    "bare answer": "/health",
}


def fill(url: str, count: int) -> None:
    """Rows of a store that has been looking for a quarter of a year."""
    index = Index(url)
    at = NOW - timedelta(days=DAYS)
    step = timedelta(days=DAYS) / count
    for start in range(0, count, 1000):
        rows = [_row(n, at + n * step) for n in range(start, min(start + 1000, count))]
        index.add(f"filled-{start}", rows)


def settled(root: Path, url: str) -> Workspace:
    """A workspace with journeys, peaks and, where one is given, a store that machines share."""
    found(root, [f"journey-{number}" for number in range(JOURNEYS)])
    settings = root / "cxassure.yaml"
    text = settings.read_text()
    days = ((NOW + timedelta(days=2 + 7 * number)).date() for number in range(PEAKS))
    peaks = [
        f"  peak-{n}: {{title: Peak {n}, start: {day}, lasts: 1d}}" for n, day in enumerate(days)
    ]
    text = text.replace("peaks:\n", "\n".join(["peaks:", *peaks, ""]))
    settings.write_text(text + (f"store: {{url: '{url}'}}\n" if url else ""))
    return Workspace(root, environ={})


def trouble(workspace: Workspace) -> int:
    """Incidents of the last months, of which some are open; and decisions about every peak."""
    duty = workspace.duty()
    names = [f"journey-{number}" for number in range(JOURNEYS)]
    for back in range(ROUNDS_OF_TROUBLE, 0, -1):
        for minutes, bad in ((0, True), (1, True), (10, False), (20, False), (30, False)):
            at = NOW - timedelta(days=15 * back) + timedelta(minutes=minutes)
            duty.look([_looked(name, at, bad=bad) for name in names], at)
    for minutes in (9, 8):
        at = NOW - timedelta(minutes=minutes)
        duty.look([_looked(name, at, bad=True) for name in names[:OPEN]], at)
    for number in range(PEAKS):
        for days in range(10):
            at = NOW - timedelta(days=days)
            reasons = tuple(f"journey-{n} has not run for {n} days" for n in range(5))
            decided = Readiness(peak=f"peak-{number}", answer="NO-GO", at=at, reasons=reasons)
            workspace.store.keep_readiness(decided)
    return len(duty.kept.annals.since(NOW - timedelta(days=DAYS)))


def _looked(name: str, at: datetime, *, bad: bool) -> Observation:
    seen = look(name, f"shopper click {name}", NOW - at)
    return seen if bad else msgspec.structs.replace(seen, verdict="passed", fault=None)


def _row(number: int, at: datetime) -> PastRun:
    journey = f"journey-{number % JOURNEYS}"
    verdicts: tuple[Verdict, ...] = ("passed",) * 94 + ("degraded",) * 3 + ("failed",) * 3
    figures = {"turns": 4.0, "key_presses": float(DRAWN.randint(1, 5)), "re_asks": 0.0}
    figures |= {"time_to_human": DRAWN.uniform(20, 60), "waited": 12.0, "words_heard": 80.0}
    folder = f"f{number}"
    return PastRun(
        id=f"c/{folder}", campaign=f"filled-{number - number % 1000}", folder=folder,
        journey=journey, row="", env="live", release=f"shop 4.{number // 5000}",
        channels=("chat", "ivr agent", "web")[number % 3], verdict=DRAWN.choice(verdicts),
        why="page never had «Thank you»", started=at, took=DRAWN.uniform(5, 60), wall=4.0,
        flaky=False, measures=figures, unseen=0,
    )  # fmt: skip


@contextlib.asynccontextmanager
async def serving(root: Path) -> AsyncIterator[str]:
    """The dashboard as a process of its own, as it is used; gives the address that lets one in."""
    program = "from cxassure.surfaces.cli import main; main()"
    words = ["-c", program, "serve", "--port", "0", "-C", str(root)]
    piped = asyncio.subprocess.PIPE
    made = await asyncio.create_subprocess_exec(sys.executable, *words, stdout=piped)
    assert made.stdout
    try:
        yield (await asyncio.wait_for(made.stdout.readline(), 120)).decode().strip()
    finally:
        made.terminate()
        await made.wait()


async def times(client: httpx.AsyncClient, path: str, rounds: int) -> list[float]:
    """Milliseconds that a page takes at the server, as it says itself, one after the other."""
    found = []
    for number in range(rounds):
        answer = await client.get(path.replace("{n}", str(number)))
        assert answer.status_code == (404 if "007abcd" in path else 200), (path, answer.text[:200])
        found.append(float(answer.headers["server-timing"].partition("dur=")[2]))
    return found


async def looking_on(client: httpx.AsyncClient, heard: list[float]) -> None:
    """A viewer: notes when each change came."""
    async with client.stream("GET", "/live", timeout=None) as stream:
        async for line in stream.aiter_lines():
            if line.startswith("event: now"):
                heard.append(time.perf_counter())


@contextlib.asynccontextmanager
async def probed(root: Path) -> AsyncIterator[None]:
    """While probes end in a process of their own."""
    words = [__file__, "--probe", str(root)]
    made = await asyncio.create_subprocess_exec(sys.executable, *words)
    try:
        yield
    finally:
        made.kill()
        await made.wait()


async def probe(workspace: Workspace, rate: float) -> None:
    """Probes that end at this rate, as a scheduler leaves them: files, and the index told."""
    for number in range(10**9):
        begin = time.perf_counter()
        verdict = "failed" if number % 50 == 0 else "passed"
        ago = datetime.now(UTC) - datetime.now(UTC).replace(microsecond=0)
        await drive(workspace.store, f"journey-{number % JOURNEYS}", verdict, ago=ago)
        await asyncio.sleep(max(0.0, 1 / rate - (time.perf_counter() - begin)))


async def measure(kind: str, url: str, root: Path, rounds: int, count: int) -> dict[str, Any]:
    root.mkdir()
    workspace = settled(root, url)
    workspace.store.reports.mkdir(exist_ok=True)
    begin = time.perf_counter()
    fill(url or f"sqlite:///{workspace.store.reports / 'index.db'}", count)
    told = {"filled in s": round(time.perf_counter() - begin, 1)}
    run = await drive(workspace.store, "journey-0", "failed", said="no price", why="no price")
    told["incidents"] = trouble(workspace)
    (one,) = (i.id for i in workspace.duty().state().open()[:1])
    pages = PAGES | {"one run": f"/runs/{run}/", "one incident": f"/incidents/{one}"}
    figures: dict[str, Any] = {}
    begin = time.perf_counter()
    async with serving(root) as entrance:
        told["started in s"] = round(time.perf_counter() - begin, 1)
        address = entrance.partition("/login")[0]
        limits = httpx.Limits(max_connections=VIEWERS + 10)
        async with httpx.AsyncClient(base_url=address, limits=limits, timeout=60) as client:
            await client.get(entrance)
            for name, path in pages.items():
                figures[name] = {"rest": await times(client, path, rounds)}
            heard: list[float] = []
            tasks = [asyncio.create_task(looking_on(client, heard)) for _ in range(VIEWERS)]
            async with probed(root):
                await asyncio.sleep(3)
                heard.clear()
                known, begin = sum(1 for _ in workspace.store.runs.iterdir()), time.perf_counter()
                for name, path in pages.items():
                    figures[name]["busy"] = await times(client, path, rounds)
                spent = time.perf_counter() - begin
                ended = sum(1 for _ in workspace.store.runs.iterdir()) - known
            told["probes ended a second"] = round(ended / spent, 1)
            told["changes a second and viewer"] = round(len(heard) / spent / VIEWERS, 2)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    return {**told, "pages": _summed(kind, figures)}


def _summed(kind: str, figures: dict[str, Any]) -> dict[str, Any]:
    summed = {}
    for name, times_ in figures.items():
        summed[name] = {
            f"{when} {word}": round(value, 1)
            for when, values in times_.items()
            for word, value in (
                ("p50", statistics.median(values)),
                ("p95", _p95(values)),
                ("most", max(values)),
            )
        }
        words = "  ".join(f"{word} {value:>6.1f}" for word, value in summed[name].items())
        print(f"{kind:<11} {name:<36} {words}  ms", flush=True)
    return summed


def _p95(values: list[float]) -> float:
    return sorted(values)[max(0, round(0.95 * len(values)) - 1)]


async def main(quick: bool) -> None:
    rounds, count = (10, 5_000) if quick else (40, RUNS)
    if not program("initdb"):
        sys.exit("there is no PostgreSQL; try: apt-get install postgresql")
    server = Postgres(fast=False)
    try:
        url = server.database("bench")
        upgrade(connect(url))
        with tempfile.TemporaryDirectory() as folder:
            told = {}
            for kind, where in (("sqlite", ""), ("postgresql", url)):
                told[kind] = await measure(kind, where, Path(folder) / kind, rounds, count)
                print({k: v for k, v in told[kind].items() if k != "pages"})
    finally:
        server.remove()
    print(json.dumps({"bench": "dashboard", "runs": count, "viewers": VIEWERS, "figures": told}))
    slow = {
        f"{kind}: {name}"
        for kind, one in told.items()
        for name, figures in one["pages"].items()
        if max(figures["rest p95"], figures["busy p95"]) > GOAL
    }
    sys.exit(f"over {GOAL:.0f} ms: {', '.join(sorted(slow))}" if slow and not quick else 0)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--probe"]:
        asyncio.run(probe(Workspace(Path(sys.argv[2]), environ={}), RATE))
    asyncio.run(main("--quick" in sys.argv))
