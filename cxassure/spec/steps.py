"""Steps as written: who does what, what is then expected, how long it may take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cxassure.journey import RESERVED, BranchSpec, Keys, StepSpec
from cxassure.spec.shape import Shape
from cxassure.text import Raw, clip, guess

ONE = "a step has one party: write «- party: {verb: argument}»"


def steps(shape: Shape, raw: Raw, *keys: str | int) -> tuple[StepSpec, ...]:
    """The steps of a list; what is no step is left out and said."""
    found = []
    for index, item in enumerate(shape.items(raw, *keys)):
        if isinstance(item, dict) and item:
            found.append(_step(shape, item, (*keys, index)))
        else:
            shape.say("this is no step", ONE, *keys, index)
    return tuple(found)


def _step(shape: Shape, raw: dict[str, Raw], keys: Keys) -> StepSpec:
    parts: dict[str, Any] = _span(shape, raw, keys)
    parties = []
    for key, value in raw.items():
        read = _PARTS.get(key)
        if read is None:
            parties.append(key)
        else:
            parts[_FIELDS.get(key, key)] = read(shape, value, (*keys, key))
    if parties:
        parts["party"] = party = _party(shape, parties, keys)
        parts["verb"], parts["argument"] = _deed(shape, party, raw[party], keys)
    if "use" in raw:
        _use(shape, raw, parts, keys)
    elif not parties:
        shape.say("this step has no party", ONE, *keys)
    if "choose" in raw and "one_of" in raw:
        shape.say("«choose» and «one_of» are the same", "write one of them", *keys, "choose")
    return StepSpec(places=shape.places, keys=keys, **parts)


def _span(shape: Shape, raw: dict[str, Raw], keys: Keys) -> dict[str, Any]:
    """Where the step begins, and whether there is a reference in its text."""
    found = shape.document
    if found.aliased or id(raw) not in found.spans:
        place = shape.place(*keys)
        return {"line": place.line, "column": place.column}
    begin, end = found.spans[id(raw)]
    refers = "${" in found.source.text[begin.index : end.index]
    return {"line": begin.line + 1, "column": begin.column + 1, "refers": refers}


def _party(shape: Shape, parties: list[str], keys: Keys) -> str:
    if len(parties) > 1:
        parties = _without_slips(shape, parties, keys)
    if len(parties) > 1:
        what = f"this step has {len(parties)} parties: {clip(', '.join(parties), 100)}"
        hint = f"{ONE}; beside it may stand {', '.join(sorted(RESERVED))}"
        shape.say(what, hint, *keys, parties[1], key=True)
    return parties[0]


def _without_slips(shape: Shape, parties: list[str], keys: Keys) -> list[str]:
    """Of several parties, those that are no misspelt word of the language, if there are any."""
    slips = [one for one in parties if guess(one, RESERVED).startswith("did you mean")]
    rest = [one for one in parties if one not in slips]
    if rest:
        for one in slips:
            shape.unknown("key", one, RESERVED, *keys)
    return rest or parties


def _deed(shape: Shape, party: str, raw: Raw, keys: Keys) -> tuple[str, Raw]:
    """Verb and argument: `dial`, or `{press: 2}`."""
    if isinstance(raw, str) and raw:
        return raw, ""
    if isinstance(raw, dict) and len(raw) == 1:
        return next(iter(raw.items()))
    says = "does nothing" if not raw else "does several things at once"
    hint = f"write «{clip(party, 60)}: verb» or «{clip(party, 60)}: {{verb: argument}}»"
    shape.say(f"«{clip(party, 60)}» {says}", hint, *keys, party, key=not raw)
    return "", ""


def _use(shape: Shape, raw: dict[str, Raw], parts: dict[str, Any], keys: Keys) -> None:
    """`use: name` or `use: {name: {argument: value}}`; nothing else stands beside it."""
    for key in raw:
        if key != "use":
            hint = "put it on a step of the fragment"
            shape.say(f"«{clip(key, 60)}» cannot stand beside «use»", hint, *keys, key, key=True)
    used = raw["use"]
    if isinstance(used, dict) and len(used) == 1:
        name, gives = next(iter(used.items()))
        parts["gives"] = shape.texts(gives, *keys, "use", name) if gives else {}
        used = name
    parts["use"] = used if isinstance(used, str) else ""
    if not parts["use"]:
        shape.say(
            "«use» names no fragment",
            "write «use: name» or «use: {name: {argument: value}}»",
            *keys,
            "use",
        )


def _branches(shape: Shape, raw: Raw, keys: Keys) -> tuple[BranchSpec, ...]:
    found: list[BranchSpec] = []
    ways = shape.items(raw, *keys)
    for index, way in enumerate(ways):
        at = (*keys, index)
        parts = shape.pairs(way, *at)
        shape.only(parts, ("expect", "steps"), *at)
        expect = shape.pairs(parts["expect"], *at, "expect") if "expect" in parts else {}
        inner = steps(shape, parts["steps"], *at, "steps") if "steps" in parts else ()
        if parts and "expect" not in parts and index + 1 < len(ways):
            what = "a branch without «expect» is taken when no other suits"
            shape.say(what, "put it last, once", *at)
        found.append(BranchSpec(at, expect, inner))
    return tuple(found)


def _keeps(shape: Shape, raw: Raw, keys: Keys) -> dict[str, Raw]:
    pairs = shape.pairs(raw, *keys)
    for name in pairs:
        if "${" not in name:
            shape.name(name, "kept value", *keys, name)
    return pairs


def _text(shape: Shape, raw: Raw, keys: Keys) -> str:
    return shape.text(raw, *keys)


def _pairs(shape: Shape, raw: Raw, keys: Keys) -> dict[str, Raw]:
    return shape.pairs(raw, *keys)


def _flag(shape: Shape, raw: Raw, keys: Keys) -> bool:
    return shape.flag(raw, *keys)


def _later(shape: Shape, raw: Raw, keys: Keys) -> str:
    return ""


_FIELDS = {"choose": "one_of"}
_PARTS: dict[str, Callable[[Shape, Raw, Keys], Any]] = {
    "expect": _pairs,
    "within": _text,
    "aim": _text,
    "keep": _keeps,
    "optional": _flag,
    "carry_on": _flag,
    "until": _pairs,
    "one_of": _branches,
    "choose": _branches,
    "use": _later,
    "spends": _flag,
}
