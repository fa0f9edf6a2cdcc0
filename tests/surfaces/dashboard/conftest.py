"""One dashboard for all tests that only read, and a client that is let in."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from stage import Stage, settle, staged


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A dashboard with runs, an incident, and things that would hurt."""
    root = tmp_path_factory.mktemp("dashboard")
    with staged(asyncio.run(settle(root)), push=("127.0.0.1",)) as made:
        yield made


@pytest.fixture
def client(stage: Stage) -> Iterator[httpx.Client]:
    """A browser of sorts, let in by the link of this machine: an admin."""
    with httpx.Client(base_url=stage.address, timeout=30) as made:
        assert made.get(stage.entrance).status_code == 303
        yield made
