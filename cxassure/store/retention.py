"""Which runs and which evidence have had their time: a pure function of what is kept and rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath

from cxassure.settings import EvidenceKind, Keep
from cxassure.store.reading import GOOD
from cxassure.verdict import Verdict

_SUFFIXES: dict[EvidenceKind, str] = {
    "screenshot": ".png .jpg .jpeg .webp .gif",
    "recording": ".wav .mp3 .ogg .opus .flac .webm .mp4",
    "trace": ".zip .pcap .har",
    "page": ".html .htm .xhtml .svg .yml .yaml",
    "exchange": ".json .jsonl .eml .xml",
}
_KINDS = {suffix: kind for kind, suffixes in _SUFFIXES.items() for suffix in suffixes.split()}


def kind(name: str) -> EvidenceKind:
    """Of what kind a file of evidence is, by its name; `page.html.txt` is a page."""
    path = PurePosixPath(name.casefold())
    inner = PurePosixPath(path.stem).suffix if path.suffix == ".txt" else ""
    return _KINDS.get(inner or path.suffix, "other")


@dataclass(frozen=True, slots=True)
class File:
    """A file of evidence: its path in the run's folder, and its bytes."""

    path: str
    size: int


@dataclass(frozen=True, slots=True)
class Held:
    """A run that is kept: `size` in bytes, with its evidence."""

    campaign: str
    folder: str
    key: tuple[str, str, str] | None
    """Journey, row and environment: what has a last good run of its own; a rehearsal has none."""
    verdict: Verdict
    started: datetime
    size: int = 0
    evidence: tuple[File, ...] = field(default=(), compare=False)

    @property
    def good(self) -> bool:
        """Whether the customer got through."""
        return self.verdict in GOOD


@dataclass(frozen=True, slots=True)
class Going:
    """What has had its time: whole runs, and of those that stay single files."""

    runs: tuple[Held, ...] = ()
    evidence: tuple[tuple[Held, File], ...] = ()

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return sum(run.size for run in self.runs) + sum(file.size for _, file in self.evidence)


def going(held: Iterable[Held], keep: Keep, now: datetime) -> Going:
    """What goes under the rules `keep` at `now`.

    Of each journey, row and environment the newest run and the last good one stay, with their
    evidence, whatever the rules. By age go runs, failing ones by their own; then what is still too
    many or too large: good runs first, the oldest first, and failing ones after those.
    """
    known = sorted(held, key=lambda run: (run.started, run.campaign, run.folder))
    safe = _safe(known)
    old = [run for run in known if run not in safe and _too_old(run, keep, now)]
    left = _without(known, old)
    files = [(run, file) for run in left if run not in safe for file in _had_time(run, keep, now)]
    rest = [run for run in left if run not in safe]
    order = [run for run in rest if run.good] + [run for run in rest if not run.good]
    more = _too_many(order, len(left), keep.count)
    freed = _freed(files)
    size = sum(run.size - freed.get(run, 0) for run in _without(left, more))
    more += _too_large(_without(order, more), size, keep.size, freed)
    gone = {*old, *more}
    return Going(
        tuple(run for run in known if run in gone),
        tuple((run, file) for run, file in files if run not in gone),
    )


def _safe(known: Sequence[Held]) -> set[Held]:
    """The newest and the last good run of each; `known` is in order of time."""
    newest = {run.key: run for run in known if run.key}
    good = {run.key: run for run in known if run.key and run.good}
    return {*newest.values(), *good.values()}


def _too_old(run: Held, keep: Keep, now: datetime) -> bool:
    own = None if run.good else keep.failed
    limit = keep.runs if own is None else own
    return limit is not None and (now - run.started).total_seconds() > limit


def _had_time(run: Held, keep: Keep, now: datetime) -> list[File]:
    age = (now - run.started).total_seconds()
    limits = keep.evidence
    return [file for file in run.evidence if age > limits.get(kind(file.path), age)]


def _too_many(order: Sequence[Held], count: int, most: int | None) -> list[Held]:
    return list(order[: max(0, count - most)]) if most is not None else []


def _too_large(
    order: Sequence[Held], size: int, most: int | None, freed: dict[Held, int]
) -> list[Held]:
    """As many as it takes, and no more; what their files free is not counted twice."""
    gone: list[Held] = []
    for run in order:
        if most is None or size <= most:
            break
        gone.append(run)
        size -= run.size - freed.get(run, 0)
    return gone


def _freed(files: Sequence[tuple[Held, File]]) -> dict[Held, int]:
    """Bytes of single files, by run."""
    found: dict[Held, int] = {}
    for run, file in files:
        found[run] = found.get(run, 0) + file.size
    return found


def _without(known: Sequence[Held], gone: Iterable[Held]) -> list[Held]:
    out = set(gone)
    return [run for run in known if run not in out]
