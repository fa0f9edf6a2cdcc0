"""Runs told to the store: SQLite and PostgreSQL, rows a second, beside bare inserts."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests" / "store"))

from postgres import Postgres, program  # noqa: E402

from cxassure.peak import Slot  # noqa: E402
from cxassure.store.database import connect, upgrade  # noqa: E402
from cxassure.store.index import Index  # noqa: E402
from cxassure.store.ledger import Ledger  # noqa: E402
from cxassure.store.reading import PastRun  # noqa: E402

ROUNDS, CAMPAIGNS, RUNS, SLOTS = 5, 40, 50, 4000
BEGIN = datetime(2026, 11, 27, tzinfo=UTC)


def main(quick: bool) -> None:
    rounds = 2 if quick else ROUNDS
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for kind, url in _databases(Path(folder)):
            for name, work, rows in _works(Path(folder), kind, url):
                rates = [rows / _seconds(work) for _ in range(rounds)]
                figures[f"{kind} {name}"] = round(statistics.median(rates))
                print(f"{kind:<11} {name:<34} {figures[f'{kind} {name}']:>8,.0f} rows/s")
    print(json.dumps({"bench": "store", "figures": figures}))


def _databases(folder: Path) -> list[tuple[str, str]]:
    if not program("initdb"):
        sys.exit("there is no PostgreSQL; try: apt-get install postgresql")
    server = Postgres(fast=False)
    import atexit

    atexit.register(server.remove)
    url = server.database("bench")
    upgrade(connect(url))
    return [("sqlite", ""), ("postgresql", url)]


def _works(folder: Path, kind: str, url: str) -> list[tuple[str, Callable[[], None], int]]:
    index = Index(url or f"sqlite:///{folder / 'index.db'}")
    ledger = Ledger(folder, url, "live")
    bare = connect(url or f"sqlite:///{folder / 'bare.db'}", pooled=True)
    table = sa.Table("bare", sa.MetaData(), sa.Column("a", sa.Integer), sa.Column("b", sa.Text))
    table.create(bare)
    numbers = iter(range(10**9))

    def campaigns() -> None:
        for _ in range(CAMPAIGNS):
            name = f"c{next(numbers)}"
            index.add(name, [_run(name, n) for n in range(RUNS)])

    def alone() -> None:
        for _ in range(CAMPAIGNS):
            name = f"c{next(numbers)}"
            index.add(name, [_run(name, 0)])

    def slots() -> None:
        for _ in range(SLOTS // 500):
            at = BEGIN + timedelta(seconds=next(numbers))
            ledger.write([Slot(probe=f"p{n}", at=at) for n in range(500)], until=at)

    def inserts() -> None:
        for _ in range(SLOTS // 500):
            with bare.execution_options(writing=True).begin() as writing:
                writing.execute(table.insert(), [{"a": n, "b": "x" * 40} for n in range(500)])

    return [
        ("history, 50 runs a campaign", campaigns, CAMPAIGNS * RUNS),
        ("history, a run a campaign", alone, CAMPAIGNS),
        ("due runs, 500 at once", slots, SLOTS),
        ("bare two-column inserts, 500 at once", inserts, SLOTS),
    ]


def _run(campaign: str, number: int) -> PastRun:
    at = BEGIN + timedelta(seconds=number)
    name = f"journey-{number}"
    return PastRun(
        f"{campaign}/{name}", campaign, name, name, "", "live", "passed", "", at, 2.0, 1.0, False
    )


def _seconds(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main("--quick" in sys.argv)
