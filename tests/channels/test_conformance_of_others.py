"""The suite judges a third party's channel: a good one passes, each slip is found."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cxassure import catalog
from cxassure.settings import Target
from cxassure.surfaces.testing.conformance import Conformance

GOOD = '''
"""A loft of pigeons."""
import asyncio
from cxassure.channel import Session, facet, verb

class Pigeons(Session):
    """Letters by pigeon."""
    async def open(self) -> None:
        if self.opening.target.address.startswith("nowhere"):
            from cxassure.errors import CannotLook
            raise CannotLook("there is no loft", "build one")
        self.work = asyncio.create_task(asyncio.sleep(60))
    @verb()
    async def send(self, text: str = "coo") -> None:
        """Sends a pigeon.

        Example: `kim: {send: coo}`
        """
        await asyncio.sleep(60)
    @facet()
    def pigeons(self) -> int:
        """How many there are.

        Example: `pigeons: 3`
        """
        return 3
    async def close(self) -> None:
        work, self.work = getattr(self, "work", None), None
        if work:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
'''

SLIPS = {
    "heavy": ("import asyncio\n", "import asyncio, httpx\n", "nothing_heavy"),
    "mute": ("Example: `kim: {send: coo}`", "", "sentence_and_an_example"),
    "phrase": ("How many there are.", "How many", "sentence_and_an_example"),
    "kind": ("return 3", 'return "three"', "tells_what_it_sees"),
    "default": ('text: str = "coo"', "text: str = 3", "default_is_of_its_own_type"),
    "leak": ("work.cancel()", "return", "closed_while_a_verb_runs"),
    "twice": ("if work:", "if True:", "tells_what_it_sees"),
    "early": ('getattr(self, "work", None)', "self.work", "closed_before_it_is_opened"),
    "hintless": ('"build one"', '""', "nobody_is"),
    "crash": ('raise CannotLook("there is no loft", "build one")', "1 / 0", "nobody_is"),
}


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Installs a package with one channel, as pip would, for the length of a test."""

    def put(source: str) -> None:
        (tmp_path / "pigeons.py").write_text(source, "utf-8")
        about = tmp_path / "pigeons-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: pigeons\nVersion: 1.0\n")
        points = "[cxassure.channels]\npigeon = pigeons:Pigeons\n"
        (about / "entry_points.txt").write_text(points)
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        _forget()

    yield put
    sys.modules.pop("pigeons", None)
    monkeypatch.undo()
    _forget()


def _forget() -> None:
    for cached in (catalog._points, catalog.session, catalog.language):
        cached.cache_clear()


class Suite(Conformance):
    channel = "pigeon"
    lasting = ("send", "")

    def target(self) -> Target:
        return Target(name="loft", address="loft:1")


def checks() -> dict[str, Callable[[], Any]]:
    suite = Suite()
    return {name: getattr(suite, name) for name in dir(suite) if name.startswith("test_")}


def test_a_good_channel_of_a_third_party_passes(install: Callable[[str], None]) -> None:
    install(GOOD)
    for check in checks().values():
        check()


@pytest.mark.parametrize("slip", SLIPS)
def test_each_slip_is_found(slip: str, install: Callable[[str], None]) -> None:
    right, wrong, name = SLIPS[slip]
    assert right in GOOD
    install(GOOD.replace(right, wrong))
    check = next(check for title, check in checks().items() if name in title)
    with pytest.raises((AssertionError, TypeError, AttributeError, ZeroDivisionError)):
        check()
