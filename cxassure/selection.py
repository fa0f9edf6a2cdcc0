"""Which probes a command means: names, globs, tags, rows. What matches nothing is an error."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cxassure.errors import Problem, UsageError
from cxassure.incident import Waiver
from cxassure.probe import Probe
from cxassure.text import clip, guess


@dataclass(frozen=True, slots=True)
class Selection:
    """Which probes: names, globs (`gift-*`), `journey[row]`, YAML files or compiled probes."""

    selectors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()


def named(probes: list[Probe], names: list[str]) -> list[Probe]:
    """The probes that any of `names` means, in order; all when there are no names."""
    if not names:
        return probes
    wanted: list[Probe] = []
    for name in names:
        matching = [p for p in probes if _means(name, p)]
        if not matching:
            raise UsageError(
                f"«{name}» matches no journey", guess(name, {p.journey for p in probes})
            )
        wanted += matching
    return wanted


def _means(name: str, document: Probe) -> bool:
    if name in (document.name, document.journey):
        return True
    if any(mark in name for mark in "*?"):
        return fnmatch.fnmatchcase(document.journey, name)
    return document.source == name


def once(probes: Iterable[Probe]) -> list[Probe]:
    return list({document.name: document for document in probes}.values())


def filtered(probes: list[Probe], selection: Selection) -> list[Probe]:
    """Any of the tags, any of the rows; a tag or row that nothing has is an error."""
    known_tags = {tag for p in probes for tag in p.tags}
    known_rows = {p.row for p in probes if p.row}
    for kind, asked, known in (
        ("tag", selection.tags, known_tags),
        ("row", selection.rows, known_rows),
    ):
        for word in asked:
            if word not in known:
                raise UsageError(f"no selected journey has the {kind} «{word}»", guess(word, known))
    found = [p for p in probes if _has(p, selection)]
    if not found:
        raise UsageError(
            "nothing was selected, so nothing would be looked at",
            "cxassure run --dry-run lists what there is",
        )
    return found


def _has(document: Probe, selection: Selection) -> bool:
    tagged = not selection.tags or bool(set(selection.tags) & set(document.tags))
    return tagged and (not selection.rows or document.row in selection.rows)


def in_vain(
    waivers: Sequence[Waiver], probes: Sequence[Probe], root: Path, now: datetime
) -> list[Problem]:
    """Names in the `waivers:` of the workspace at `root` that no journey has; what has ended bears
    nothing anyway."""
    from cxassure.spec import settings_place

    known = {p.journey for p in probes}
    return [
        Problem(
            settings_place(root, "waivers", index, "journeys", at),
            f"no journey is called «{clip(name, 60)}»",
            guess(name, known),
        )
        for index, one in enumerate(waivers)
        for at, name in enumerate(one.journeys)
        if now < one.until and not any(_borne(name, p) for p in probes)
    ]


def _borne(name: str, document: Probe) -> bool:
    """A row's name reads like a glob."""
    names = (document.journey, document.name)
    return name in names or any(fnmatch.fnmatchcase(n, name) for n in names)
