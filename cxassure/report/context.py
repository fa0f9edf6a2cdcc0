"""What a report knows beside its run: the campaign's other runs, the past, and where things lie."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar, TypeVarTuple

from cxassure.incident import Deploy
from cxassure.run import Run

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
_T = TypeVar("_T")
_About = TypeVarTuple("_About")


@dataclass(frozen=True, slots=True)
class Past:
    """What went before a run: when the customer last got through (UTC), `None` when never.

    `good` is that run, where it is still kept. `first_bad` is when the run began with which it
    has been bad without a good one since, this one if it is the first; `streak` how many those
    are, and `bad` how many of the newest `looks` went wrong, this one counted in each.
    """

    last_good: datetime | None = None
    good: Run | None = None
    first_bad: datetime | None = None
    streak: int = 1
    bad: int = 1
    looks: int = 1


@dataclass(frozen=True, slots=True)
class Context:
    """`past` and `folders` go by run id; `page` is the page's path as people are shown it.

    `runs` are all of the campaign, also where only some of them are told: what is the cause of one
    shows in the others. `alone` says that the page holds one of them and lies in its folder.
    `again` is the command that runs a journey once more, to which journey and row are added.
    `deploys` are the deployments that are remembered; `passed` the latest runs of all journeys that
    went well since the last of them, which one that went before them cannot be blamed for.
    """

    runs: Sequence[Run] = ()
    past: Mapping[str, Past] = field(default_factory=dict)
    folders: Mapping[str, Path] = field(default_factory=dict)
    page: str = ""
    again: str = "cxassure run"
    deploys: Sequence[Deploy] = ()
    passed: Sequence[Run] = ()
    alone: bool = False
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    _found: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, find: Callable[[Context, *_About], _T], *about: *_About) -> _T:
        """What `find` finds in this context of `about`, which is hashable; looked for at the first
        asking alone: what is told of each run draws on all runs, which may be hundreds."""
        asked = (find, *about)
        if asked not in self._found:
            self._found[asked] = find(self, *about)
        found: _T = self._found[asked]
        return found

    def anchor(self, run: Run, step: int | None = None) -> str:
        """The place of a run, or of its step, in a page that holds all `runs`: `step-8`."""
        mine = self.once(_slugs).get(run.id, "") if self._several else ""
        if step is None:
            return mine or "run"
        return f"{mine}-step-{step}" if mine else f"step-{step}"

    @property
    def _several(self) -> bool:
        return len(self.runs) > 1 and not self.alone

    def evidence(self, run: Run, path: str) -> Path | None:
        """The file of evidence, if it is one and lies in the run's folder."""
        folder = self.folders.get(run.id)
        if folder is None or not path or "\0" in path:
            return None
        inside = folder.resolve()
        file = (inside / path).resolve()
        return file if file.is_relative_to(inside) and file.is_file() else None


def _slugs(context: Context) -> dict[str, str]:
    """A name for each run that is unique among all and fits an anchor, by run id."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    last: dict[str, int] = {}
    for run in context.runs:
        name = _UNSAFE.sub("-", run.name).strip("-") or "run"
        slug = name
        while slug in taken:
            last[name] = last.get(name, 1) + 1
            slug = f"{name}-{last[name]}"
        found[run.id] = slug
        taken.add(slug)
    return found
