"""A journey as its author wrote it: shapes checked, scalars still text, every place kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

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

PERSON = frozenset(
    "name first_name last_name email phone street city postcode country company username".split()
)
"""What `${person.…}` may ask of the generated customer."""

Keys = tuple[str | int, ...]
"""The path of keys and indexes that leads to a piece of a document."""


def _nowhere(keys: Keys, key: bool) -> tuple[int, int]:
    return 0, 0


class Places(msgspec.Struct, frozen=True):
    """Where the pieces of a file stand: `find` gives (line, column) of what is at some keys.

    `find` is only asked when something is to be said, so it may take its time.
    """

    path: str
    find: Callable[[Keys, bool], tuple[int, int]] = _nowhere

    def at(self, *keys: str | int) -> Place:
        """The place of the value at `keys`, or of the nearest parent that there is."""
        return Place(self.path, *self.find(keys, False))

    def key(self, *keys: str | int) -> Place:
        """The place of the key that ends `keys`, or of the nearest parent that there is."""
        return Place(self.path, *self.find(keys, True))


class PartySpec(msgspec.Struct, frozen=True, gc=False):
    """Who acts: a channel, a target's name, and the channel's own options as written."""

    channel: str
    target: str
    options: dict[str, Raw] = {}


class BranchSpec(msgspec.Struct, frozen=True, gc=False):
    """One of the ways of a `one_of`: what must be seen to take it, and its steps."""

    keys: Keys
    expect: dict[str, Raw]
    steps: tuple[StepSpec, ...]


class StepSpec(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One step: `party` does `verb` with `argument` (`""` for a bare verb), or `use` a fragment.

    `keys` leads to the step in its file; `line` and `column` are where it begins. `refers` is
    false where no reference can be in it.
    """

    places: Places
    keys: Keys
    line: int = 0
    column: int = 0
    party: str = ""
    verb: str = ""
    argument: Raw = ""
    expect: dict[str, Raw] = {}
    within: str = ""
    aim: str = ""
    keep: dict[str, Raw] = {}
    until: dict[str, Raw] = {}
    one_of: tuple[BranchSpec, ...] = ()
    use: str = ""
    gives: dict[str, str] = {}
    optional: bool = False
    carry_on: bool = False
    spends: bool = False
    refers: bool = True

    @property
    def place(self) -> Place:
        """Where the step begins."""
        return Place(self.places.path, self.line, self.column)

    def at(self, *keys: str | int) -> Place:
        """The place of the value at `keys` in this step (`"expect", "page"`), else of the step."""
        return self.places.at(*self.keys, *keys)

    def key(self, *keys: str | int) -> Place:
        """The place of the key that ends `keys` in this step."""
        return self.places.key(*self.keys, *keys)


class Fragment(msgspec.Struct, frozen=True):
    """Steps to be used by journeys: `takes` names its arguments with defaults, None for none."""

    name: str
    places: Places
    takes: dict[str, str | None] = {}
    steps: tuple[StepSpec, ...] = ()


class Journey(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer wants, from first contact to the end of it."""

    name: str
    places: Places
    title: str = ""
    severity: Severity = "major"
    owner: str = ""
    runbook: str = ""
    every: str = ""
    tags: tuple[str, ...] = ()
    budget: str = ""
    rows: tuple[dict[str, str], ...] = ()
    parties: dict[str, PartySpec] = {}
    facts: dict[str, str] = {}
    promises: dict[str, dict[str, Raw]] = {}
    steps: tuple[StepSpec, ...] = ()
    always: tuple[StepSpec, ...] = ()
