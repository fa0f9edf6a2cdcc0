"""A third party's sender is found by its entry point, and one that is none is refused in words."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cxassure.errors import UsageError
from cxassure.incident import Recipient
from cxassure.report.senders import make, sender, senders
from cxassure.report.senders.conformance import sample

GOOD = '''
"""Letters by pigeon."""
from pathlib import Path
from cxassure.report.senders import NotSent, plain

class Pigeon:
    """`loft` is a file that each letter is added to."""
    known = needed = frozenset(("loft",))
    def __init__(self, options):
        self.loft = Path(options["loft"])
    def send(self, message):
        with self.loft.open("a") as loft:
            loft.write(plain(message))
'''


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Installs a package with one sender, as pip would, for the length of a test."""

    def put(source: str) -> None:
        (tmp_path / "lofts.py").write_text(source, "utf-8")
        about = tmp_path / "lofts-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: lofts\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text("[cxassure.senders]\npigeon = lofts:Pigeon\n")
        monkeypatch.syspath_prepend(str(tmp_path))
        sender._points.cache_clear()

    yield put
    sys.modules.pop("lofts", None)
    monkeypatch.undo()
    sender._points.cache_clear()


def test_a_third_partys_sender_is_used_like_ours(
    install: Callable[[str], None], tmp_path: Path
) -> None:
    install(GOOD)
    assert senders() == ["apprise", "pigeon", "webhook", "webpush"]
    loft = tmp_path / "loft"
    make(Recipient(name="kim", sender="pigeon"), {"loft": str(loft)}).send(sample())
    assert "gift-card[mobile]" in loft.read_text()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import no_such_module", "cannot be loaded"),
        ("", "cannot be loaded"),
        ("Pigeon = 3", "no sender"),
    ],
)
def test_one_that_is_none_is_told_with_its_name(
    install: Callable[[str], None], source: str, said: str
) -> None:
    install(source)
    with pytest.raises(UsageError, match=said) as wrong:
        make(Recipient(name="kim", sender="pigeon"), {"loft": "x"})
    assert "lofts:Pigeon" in str(wrong.value)
    assert wrong.value.hint
