"""A counter at which people type commands: a workspace, an office that answers, our command."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from counter import Counter, Office


@pytest.fixture
def office() -> Iterator[Office]:
    """Somebody on loopback who answers."""
    office = Office()
    yield office
    office.close()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Counter]:
    """A folder with nothing in it."""
    counter = Counter(tmp_path / "here")
    counter.root.mkdir()
    yield counter
    counter.close()


@pytest.fixture
def counter(empty: Counter, office: Office) -> Counter:
    """A workspace with all journeys of ours."""
    empty.office = office
    return empty.settle()
