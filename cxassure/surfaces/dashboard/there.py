"""There: which journeys there are still, so that those whose file is gone are told apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cxassure.probe import Probe

_EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class There:
    """The journeys that there are, as of `since`, when their files changed last. Nothing is known
    to be gone where there are none."""

    journeys: frozenset[str] = frozenset()
    since: datetime = _EVER

    def gone(self, journey: str, looked: datetime) -> bool:
        """Whether a journey is no longer there, and was not when it was last `looked` at: one that
        another machine goes on with is not gone."""
        return bool(self.journeys) and journey not in self.journeys and looked < self.since


def there(probes: Iterable[Probe], root: Path, journeys: Path, compiled: Path) -> There:
    """What `probes` tell: one whose journey's file was deleted does not count, although it was
    compiled."""
    written = journeys.is_dir()
    left = {p.journey for p in probes if not (written and p.source) or (root / p.source).exists()}
    changed = max((path.stat().st_mtime for path in _folders(journeys, compiled)), default=0.0)
    return There(frozenset(left), datetime.fromtimestamp(changed, UTC))


def _folders(*roots: Path) -> Iterator[Path]:
    for root in roots:
        with suppress(OSError):
            if root.is_dir():
                yield root
                yield from (path for path in root.rglob("*") if path.is_dir())
