"""The dashboard with 100,000 runs in the store: pages at rest, and while 50 look on and 20 probes
a second end. On SQLite and PostgreSQL, in milliseconds at the server; beside it a bare answer."""

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

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "tests" / place) for place in ("store", "surfaces/dashboard")]

from postgres import Postgres, program  # noqa: E402
from stage import drive  # noqa: E402

from cxassure.store.database import connect, upgrade  # noqa: E402
from cxassure.store.index import Index  # noqa: E402
from cxassure.store.reading import PastRun  # noqa: E402
from cxassure.verdict import Verdict  # noqa: E402
from cxassure.workspace import Workspace  # noqa: E402

RUNS, JOURNEYS, DAYS, VIEWERS, RATE = 100_000, 60, 85, 50, 20.0
NOW = datetime.now(UTC)
DRAWN = random.Random(7)
PAGES = {
    "now": "/",
    "journeys": "/journeys",
    "incidents": "/incidents",
    "peaks": "/peaks",
    "trends, 30 days": "/trends",
    "trends, 90 days of one": "/trends?journey=journey-7&days=90",
    "runs": "/runs",
    "runs that failed": "/runs?verdict=failed",
    "runs of one, old": "/runs?journey=journey-7&until=2026-10-01",
    "one run": "",
    "coverage": "/coverage",
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


def _row(number: int, at: datetime) -> PastRun:
    journey = f"journey-{number % JOURNEYS}"
    verdicts: tuple[Verdict, ...] = ("passed",) * 94 + ("degraded",) * 3 + ("failed",) * 3
    figures = {"turns": 4.0, "key_presses": float(DRAWN.randint(1, 5)), "re_asks": 0.0}
    figures |= {"time_to_human": DRAWN.uniform(20, 60), "waited": 12.0, "words_heard": 80.0}
    folder = f"f{number}"
    return PastRun(
        id=f"c/{folder}", campaign=f"filled-{number - number % 1000}", folder=folder,
        journey=journey, row="", env="default", verdict=DRAWN.choice(verdicts),
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
    for _ in range(rounds):
        answer = await client.get(path)
        assert answer.status_code == 200, (path, answer.text[:200])
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
    if url:
        (root / "cxassure.yaml").write_text(f"store: {{url: '{url}'}}\n")
    workspace = Workspace(root, environ={})
    workspace.store.reports.mkdir()
    begin = time.perf_counter()
    fill(url or f"sqlite:///{workspace.store.reports / 'index.db'}", count)
    told = {"filled in s": round(time.perf_counter() - begin, 1)}
    run = await drive(workspace.store, "journey-0", "failed", said="no price", why="no price")
    pages = PAGES | {"one run": f"/runs/{run}/"}
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
    for name, found in figures.items():
        summed[name] = {
            f"{when} {word}": round(value, 1)
            for when, values in found.items()
            for word, value in (("p50", statistics.median(values)), ("p95", _p95(values)))
        }
        words = "  ".join(f"{word} {value:>6.1f}" for word, value in summed[name].items())
        print(f"{kind:<11} {name:<24} {words}  ms")
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
            found = {}
            for kind, where in (("sqlite", ""), ("postgresql", url)):
                found[kind] = await measure(kind, where, Path(folder) / kind, rounds, count)
                print({k: v for k, v in found[kind].items() if k != "pages"})
    finally:
        server.remove()
    print(json.dumps({"bench": "dashboard", "runs": count, "viewers": VIEWERS, "figures": found}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--probe"]:
        asyncio.run(probe(Workspace(Path(sys.argv[2]), environ={}), RATE))
    asyncio.run(main("--quick" in sys.argv))
