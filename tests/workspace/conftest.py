"""A workspace in Python, beside an office on loopback that answers its journeys."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "surfaces"))

from counter import JOURNEYS, SETTINGS, Office

from cxassure.workspace import Workspace


@pytest.fixture
def office() -> Iterator[Office]:
    """Somebody on loopback who answers."""
    office = Office()
    yield office
    office.close()


@pytest.fixture
def workspace(tmp_path: Path, office: Office) -> Callable[..., Workspace]:
    """Opens the workspace with all journeys, in an environment of the test's own."""
    (tmp_path / "cxassure.yaml").write_text(SETTINGS.format(address=office.address))
    (tmp_path / "journeys").mkdir()
    for name, text in JOURNEYS.items():
        (tmp_path / f"journeys/{name}.yaml").write_text(text)

    def opened(env: str = "", **environ: str) -> Workspace:
        return Workspace(tmp_path, env, environ=environ)

    return opened
