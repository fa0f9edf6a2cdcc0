"""The stores that these tests are about: SQLite in a folder, and a PostgreSQL of our own."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "report")]

from postgres import Postgres, server  # noqa: E402

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for all tests of a process."""
    made = server()
    try:
        yield made
    finally:
        made.remove()


@pytest.fixture
def shared(postgres: Postgres) -> str:
    """An empty database with its tables."""
    from cxassure.store.database import connect, upgrade

    if not postgres.started:
        postgres.start()
    url = postgres.database(f"cx{next(_NUMBERS)}")
    engine = connect(url)
    upgrade(engine)
    engine.dispose()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of each kind."""
    if request.param == "postgresql":
        found: str = request.getfixturevalue("shared")
        return found
    return f"sqlite:///{tmp_path / 'one.db'}"
