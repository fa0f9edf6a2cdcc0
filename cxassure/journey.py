"""A journey as its author wrote it: shapes checked, scalars still text, every place kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from cxassure.errors import Place
from cxassure.text import Raw

Severity = Literal["critical", "major", "minor"]
SEVERITIES: tuple[Severity, ...] = ("critical", "major", "minor")

RESERVED = frozenset(
    "expect within aim keep optional carry_on until one_of choose use spends".split()
)
"""Keys of a step that are not its party."""

NAMESPACES = frozenset("env secret row target person".split())
"""First parts of references that no party, row or kept value may be called."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where each value of a piece of YAML stands, by its path of keys and indexes."""

    path: str
    marks: dict[tuple[str | int, ...], tuple[int, int]] = field(default_factory=dict)

    def at(self, *keys: str | int) -> Place:
        """The place of the value at `keys`, or of the nearest parent that has one."""
        for end in range(len(keys), -1, -1):
            if mark := self.marks.get(keys[:end]):
                return Place(self.path, *mark)
        return Place(self.path)


@dataclass(frozen=True, slots=True)
class PartySpec:
    """Who acts: a channel, a target's name, and the channel's own options as written."""

    channel: str
    target: str
    options: dict[str, Raw]
    place: Place


@dataclass(frozen=True, slots=True)
class BranchSpec:
    """One of the ways of a `one_of`: what must be seen to take it, and its steps."""

    expect: dict[str, Raw]
    steps: tuple[StepSpec, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class StepSpec:
    """One step: `party` does `verb` with `argument` (`""` for a bare verb), or `use` a fragment."""

    place: Place
    party: str = ""
    verb: str = ""
    argument: Raw = ""
    expect: dict[str, Raw] = field(default_factory=dict)
    within: str = ""
    aim: str = ""
    keep: dict[str, Raw] = field(default_factory=dict)
    until: dict[str, Raw] = field(default_factory=dict)
    one_of: tuple[BranchSpec, ...] = ()
    use: str = ""
    gives: dict[str, Raw] = field(default_factory=dict)
    optional: bool = False
    carry_on: bool = False
    spends: bool = False
    marks: dict[tuple[str | int, ...], tuple[int, int]] = field(default_factory=dict)

    def at(self, *keys: str | int) -> Place:
        """The place of the part of this step at `keys` (`"expect", "page"`), else of the step."""
        for end in range(len(keys), 0, -1):
            if mark := self.marks.get(keys[:end]):
                return Place(self.place.path, *mark)
        return self.place


@dataclass(frozen=True, slots=True)
class Fragment:
    """Steps to be used by journeys: `takes` names its arguments with defaults, None for none."""

    name: str
    place: Place
    takes: dict[str, str | None]
    steps: tuple[StepSpec, ...]


@dataclass(frozen=True, slots=True)
class Journey:
    """What a customer wants, from first contact to the end of it."""

    name: str
    place: Place
    title: str = ""
    severity: Severity = "major"
    owner: str = ""
    runbook: str = ""
    every: str = ""
    tags: tuple[str, ...] = ()
    budget: str = ""
    rows: tuple[dict[str, str], ...] = ()
    parties: dict[str, PartySpec] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    promises: dict[str, dict[str, Raw]] = field(default_factory=dict)
    steps: tuple[StepSpec, ...] = ()
    always: tuple[StepSpec, ...] = ()
    places: Places = field(default_factory=lambda: Places(""))
