"""References: which names `${…}` may hold, what compiling puts in their place, and what stays."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from cxassure.errors import Place
from cxassure.journey import NAMESPACES, PERSON, Keys
from cxassure.plan.findings import Findings
from cxassure.settings import Settings
from cxassure.text import Raw, all_references, clip, fill_all, guess, references

SWOLLEN = 1_000_000
"""Characters that filling in may make of one part of a step."""


class Known:
    """What a workspace's references may name: its targets and secrets, and a person's parts."""

    def __init__(self, settings: Settings) -> None:
        environments = settings.environments.values()
        self.targets = frozenset(name for e in environments for name in e.targets)
        self.secrets = frozenset(name for e in environments for name in e.secrets)
        self._spaces = {"secret": self.secrets, "target": self.targets, "person": PERSON}

    def wrong(
        self, name: str, kept: Collection[str], row: Collection[str]
    ) -> tuple[str, str] | None:
        """What is wrong with a reference, and a hint; None when it will resolve."""
        space, dot, rest = name.partition(".")
        if not dot:
            return None if name in kept else _not_kept(name, kept)
        if space == "env" and rest:
            return None
        if space == "row":
            return f"unknown reference «${{{clip(name, 60)}}}»", _row_hint(rest, row)
        if space not in self._spaces:
            known = [f"{one}.…" for one in sorted(NAMESPACES)]
            return f"unknown reference «${{{clip(name, 60)}}}»", guess(space, NAMESPACES) or str(
                known
            )
        if rest in self._spaces[space]:
            return None
        near = guess(rest, self._spaces[space])
        ways = [near] if space == "person" else [near, f"add it to {space}s: in cxassure.yaml"]
        return f"unknown {space} «{clip(rest, 60)}»", " or ".join(filter(None, ways))


def _not_kept(name: str, kept: Collection[str]) -> tuple[str, str]:
    what = f"nothing has kept «{clip(name, 60)}» before this" if name else "«${}» names nothing"
    return what, guess(name, kept) or "keep it in an earlier step: keep: {name: …}"


def _row_hint(key: str, row: Collection[str]) -> str:
    if key in row:
        return "a value of a row cannot refer to its row"
    return guess(key, row) if row else "this journey has no rows"


def refers(raw: Raw) -> bool:
    """Whether there is a `${` anywhere in `raw`."""
    if raw.__class__ is str:
        return "${" in raw
    if isinstance(raw, dict):
        return any("${" in key or refers(item) for key, item in raw.items())
    return any(map(refers, raw))


def check(
    raw: Raw,
    wrong: Callable[[str], tuple[str, str] | None],
    findings: Findings,
    at: Callable[..., Place],
    *keys: str | int,
) -> None:
    """Says each reference in `raw` that is wrong, at its own place."""
    for path, text in _texts(raw, keys):
        names = references(text)
        for name in names:
            if said := wrong(name):
                findings.say(at(*path), *said)
        if text.count("${") > len(names) + text.count("$${"):
            findings.say(
                at(*path), "a «${» is never closed", "write ${name}, or $${ for the characters"
            )


def _texts(raw: Raw, keys: Keys) -> Iterator[tuple[Keys, str]]:
    if isinstance(raw, str):
        if "${" in raw:
            yield keys, raw
    elif isinstance(raw, list):
        for index, item in enumerate(raw):
            yield from _texts(item, (*keys, index))
    else:
        for key, item in raw.items():
            yield from _texts(key, (*keys, key))
            yield from _texts(item, (*keys, key))


class Filling:
    """Values that compiling puts in: a fragment's arguments, or a row's.

    `prefix` is what the names begin with in a reference (`row.`).
    """

    def __init__(self, values: dict[str, str], prefix: str = "") -> None:
        self.values = {prefix + name: value for name, value in values.items()}
        self._longest = max(map(len, values.values()), default=0)

    def fill(self, raw: Raw) -> Raw | None:
        """`raw` with the values in place; None when that would swell it beyond all measure."""
        names = [name for name in all_references(raw) if name in self.values] if self.values else ()
        if not names:
            return raw
        if len(names) * self._longest > SWOLLEN:
            return None
        return fill_all(raw, self.values.get)
