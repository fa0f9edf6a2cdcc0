"""Journeys and fragments: the keys that a file has at its top, and what may stand under them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cxassure.journey import SEVERITIES, Fragment, Journey, PartySpec, Severity
from cxassure.spec.peaks import often
from cxassure.spec.shape import Shape
from cxassure.spec.steps import steps
from cxassure.text import Raw, clip, guess, references

JOURNEY_KEYS = (
    "journey title severity owner runbook every tags budget rows parties facts promises "
    "steps always"
).split()
FRAGMENT_KEYS = "fragment takes steps".split()
_TEXTS = "title owner runbook every budget".split()


def journey(shape: Shape, raw: dict[str, Raw]) -> Journey | None:
    """The journey in a file; None when it has no name that would do."""
    shape.only(raw, JOURNEY_KEYS)
    name = _own_name(shape, raw, "journey")
    parts: dict[str, Any] = {k: shape.text(raw[k], k) for k in _TEXTS if k in raw}
    if parts.get("every") and not references(parts["every"]):
        shape.typed(often, raw["every"], None, "every")
    if "tags" in raw:
        parts["tags"] = shape.words(raw["tags"], "tags")
    if "severity" in raw:
        parts["severity"] = severity(shape, raw["severity"])
    if "rows" in raw:
        parts["rows"] = _rows(shape, raw["rows"])
    if "facts" in raw:
        parts["facts"] = shape.texts(raw["facts"], "facts")
    if "promises" in raw:
        parts["promises"] = promises(shape, raw["promises"])
    parts["parties"] = _parties(shape, raw)
    for key in ("steps", "always"):
        if key in raw:
            parts[key] = steps(shape, raw[key], key)
    if "steps" not in raw:
        shape.say("a journey without steps", "add «steps:» with a list", "journey", key=True)
    return Journey(name=name, places=shape.places, **parts) if name else None


def fragment(shape: Shape, raw: dict[str, Raw]) -> Fragment | None:
    """The fragment in a file; None when it has no name that would do."""
    shape.only(raw, FRAGMENT_KEYS)
    name = _own_name(shape, raw, "fragment")
    takes = _takes(shape, raw["takes"]) if "takes" in raw else {}
    inner = steps(shape, raw["steps"], "steps") if "steps" in raw else ()
    if "steps" not in raw:
        shape.say("a fragment without steps", "add «steps:» with a list", "fragment", key=True)
    return Fragment(name, shape.places, takes, inner) if name else None


def _own_name(shape: Shape, raw: dict[str, Raw], kind: str) -> str:
    text = shape.text(raw[kind], kind)
    return shape.file_name(text, kind, kind) if isinstance(raw[kind], str) else ""


def severity(shape: Shape, raw: Raw) -> Severity:
    """One of `SEVERITIES`."""
    text = shape.text(raw, "severity")
    if text in SEVERITIES:
        return text
    shape.say(f"«{clip(text, 60)}» is no severity", "write " + ", ".join(SEVERITIES), "severity")
    return "major"


def _rows(shape: Shape, raw: Raw) -> tuple[dict[str, str], ...]:
    rows: list[dict[str, str]] = []
    ids: dict[str, int] = {}
    for index, item in enumerate(shape.items(raw, "rows")):
        row = shape.texts(item, "rows", index)
        if row:
            _row(shape, row, ids, index)
            _same_keys(shape, rows[0] if rows else row, row, index)
            rows.append(row)
    return tuple(rows)


def _row(shape: Shape, row: dict[str, str], ids: dict[str, int], index: int) -> None:
    name = row.get("id")
    if name is None:
        shape.say("this row has no id", "write {id: name, …}", "rows", index)
        return
    at = ("rows", index, "id")
    if shape.name(name, "row", *at, key=False) and shape.file_name(name, "row", *at):
        first = ids.setdefault(name.casefold(), index)
        if first != index:
            where = shape.place("rows", first, "id")
            shape.say(f"a row «{name}» stands at {where} too", "give each its own id", *at)


def _same_keys(shape: Shape, first: dict[str, str], row: dict[str, str], index: int) -> None:
    lacks = [key for key in first if key not in row and key != "id"]
    more = [key for key in row if key not in first]
    for key in more:
        shape.say(
            f"the first row has no «{clip(key, 60)}»",
            "rows have the same keys",
            "rows",
            index,
            key,
            key=True,
        )
    if lacks:
        what = f"this row has no «{clip(', '.join(lacks), 60)}» as the first one has"
        shape.say(what, "rows have the same keys", "rows", index)


def _parties(shape: Shape, raw: dict[str, Raw]) -> dict[str, PartySpec]:
    if "parties" not in raw:
        hint = "add «parties: {customer: {channel: …, target: …}}»"
        shape.say("a journey without parties", hint, "journey", key=True)
        return {}
    parties = shape.pairs(raw["parties"], "parties")
    return {name: _party(shape, name, party) for name, party in parties.items()}


def _party(shape: Shape, name: str, raw: Raw) -> PartySpec:
    """A party of whom something is wrong has channel `""`, and nothing more is said of it."""
    shape.name(name, "party", "parties", name)
    at = ("parties", name)
    options = dict(shape.pairs(raw, *at))
    if not options:
        return PartySpec("", "", {})
    needed = {}
    for key in ("channel", "target"):
        needed[key] = shape.text(options.pop(key, ""), *at, key)
        if needed[key]:
            continue
        if meant := _meant(key, options):
            shape.unknown("key", meant, (key,), *at)
        else:
            what = f"party «{clip(name, 60)}» has no {key}"
            shape.say(what, "write {channel: …, target: …}", *at, key=True)
    return PartySpec(needed["channel"], needed["target"], options)


def _meant(key: str, written: Iterable[str]) -> str:
    """What was written where `key` was meant, "" where nothing is near to it."""
    return next((one for one in written if guess(one, (key,)).startswith("did you mean")), "")


def promises(shape: Shape, raw: Raw) -> dict[str, dict[str, Raw]]:
    """A scalar is the limit; which word it is short for depends on the measure."""
    found: dict[str, dict[str, Raw]] = {}
    for measure, promise in shape.pairs(raw, "promises").items():
        limits: dict[str, Raw] = {"": promise}
        if not isinstance(promise, str):
            limits = dict(shape.texts(promise, "promises", measure))
        found[measure] = limits
    return found


def _takes(shape: Shape, raw: Raw) -> dict[str, str | None]:
    """A list of names, or names with defaults; a name with nothing behind it has none."""
    if isinstance(raw, list):
        found: dict[str, str | None] = dict.fromkeys(shape.words(raw, "takes"))
    else:
        pairs = shape.texts(raw, "takes") if raw else {}
        found = {name: value or _default(shape, name) for name, value in pairs.items()}
    for name in found:
        shape.name(name, "argument", "takes", name, key=True)
    return found


def _default(shape: Shape, name: str) -> str | None:
    """`""` where quotes were written, else None."""
    node = shape.document.source.node(("takes", name))
    return "" if getattr(node, "style", None) else None
