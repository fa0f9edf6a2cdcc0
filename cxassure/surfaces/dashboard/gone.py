"""Gone: what is still known of a run or of evidence that is kept no longer, or elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from cxassure.incident import Incident
from cxassure.run import Run
from cxassure.surfaces.dashboard.picture import Picture, Standing

if TYPE_CHECKING:
    from cxassure.store.reading import PastRun

_AGAIN = re.compile(r"-\d+$")


class Lost(msgspec.Struct, frozen=True):
    """A file of evidence that is there no more: its size in bytes; `pruned` where it had its
    time."""

    path: str
    size: int = 0
    pruned: datetime | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """A run that cannot be told: `past` is its row of history, `standing` its journey as it is now,
    `began` when its campaign did, `incidents` those that it began; each where it is known."""

    past: PastRun | None
    standing: Standing | None
    began: datetime | None
    incidents: Sequence[Incident] = ()

    @property
    def name(self) -> str:
        """What the journey is called."""
        if self.past:
            return f"{self.past.journey}[{self.past.row}]" if self.past.row else self.past.journey
        return self.standing.name if self.standing else ""

    @property
    def journey(self) -> str:
        """Without its row."""
        if self.past:
            return self.past.journey
        return self.standing.journey if self.standing else ""


def gone(picture: Picture, past: PastRun | None, campaign: str, folder: str) -> Gone:
    """What is known of the run that was at `campaign/folder`: of one that is in no history what
    its address says."""
    place = f"{campaign}/{folder}"
    began = tuple(one for one in picture.incidents if one.lead.run == place)
    known = past.started if past else _moment(campaign)
    return Gone(past, _standing(picture.standings, folder), known, began)


def _moment(campaign: str) -> datetime | None:
    """When a campaign began, from its name."""
    from cxassure.store.reading import STAMP

    try:
        return datetime.strptime(campaign.partition("-")[0], STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def _standing(known: Iterable[Standing], folder: str) -> Standing | None:
    """The journey whose runs are kept in folders of that name."""
    from cxassure.store.names import safe

    by_folder = {safe(one.name): one for one in known}
    return by_folder.get(folder) or by_folder.get(_AGAIN.sub("", folder))


def lost(run: Run, folder: Path) -> list[Lost]:
    """Evidence that the run's events name and that is not there, with what was told as it went."""
    told = {one.path: one for one in _pruned(folder)}
    named = [kept for step in run.steps for kept in step.kept if kept.path]
    return [
        told.get(kept.path, Lost(kept.path, kept.size))
        for kept in named
        if not (folder / kept.path).is_file()
    ]


def _pruned(folder: Path) -> list[Lost]:
    from cxassure.store.pruning import PRUNED

    file, found = folder / PRUNED, []
    for line in file.read_bytes().splitlines() if file.is_file() else ():
        try:
            found.append(msgspec.json.decode(line, type=Lost))
        except msgspec.DecodeError:
            continue
    return found
