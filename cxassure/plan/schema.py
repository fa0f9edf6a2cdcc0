"""JSON Schema (draft 7, which editors read) of journey files, made from the channels' grammars."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from cxassure import catalog, matcher, measures
from cxassure.grammar import Facet, Grammar, Parameters, Type
from cxassure.journey import SEVERITIES

Json = dict[str, Any]

SCALAR: Json = {"type": ["string", "number", "boolean", "null"]}
SCALARS = frozenset(("text", "keys", "whole number", "number", "true or false", "length of time"))
"""Names of the argument types that a single value is read as."""
FLAG: Json = {"enum": [True, False, "true", "false", "yes", "no", "on", "off"]}
TIME: Json = {**SCALAR, "description": "A length of time: 500ms, 5s, 1m30s."}
REFERENCE: Json = {"\\$\\{": {}}
"""A key with a reference in it can be anything."""


def schema(
    channels: Iterable[str] | None = None, language: Callable[[str], Grammar] = catalog.language
) -> Json:
    """The schema of a journey, fragment or menu, with the words of all installed channels.

    It is looser than the compiler, which alone knows which party is on which channel: it offers
    words and tells a slip of the pen.
    """
    names = catalog.channels() if channels is None else channels
    grammars = [language(name) for name in names]
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "cxassure journey, fragment or menu",
        "if": {"required": ["fragment"]},
        "then": _ref("fragment"),
        "else": {"if": {"required": ["menu"]}, "then": _ref("menu"), "else": _ref("journey")},
        "definitions": {
            "journey": _journey(),
            "fragment": _fragment(),
            "menu": _menu(),
            "option": _option(),
            "party": _party(grammars),
            "steps": {"type": "array", "minItems": 1, "items": _ref("step")},
            "step": _step(),
            "deed": _deed(grammars),
            "expect": _expect(grammars),
            "matchers": _object({name: {} for name in sorted(matcher.known())}, True),
            "keep": {"type": "object", "minProperties": 1},
        },
    }


def _ref(name: str) -> Json:
    return {"$ref": f"#/definitions/{name}"}


def _object(properties: Json, free: bool = False, **more: Any) -> Json:
    closed = {} if free else {"additionalProperties": False, "patternProperties": REFERENCE}
    return {"type": "object", "properties": properties, **closed, **more}


def _said(words: str, kind: Json) -> Json:
    return {**kind, "description": words}


def _texts(values: Json | None = None) -> Json:
    return {"type": "object", "additionalProperties": values or SCALAR}


def _head() -> Json:
    """What journeys and menus have alike."""
    words = {"anyOf": [SCALAR, {"type": "array", "items": SCALAR}]}
    limits = dict.fromkeys(("within", "at_most", "at_least", "aim"), SCALAR)
    promise = {"anyOf": [SCALAR, _object(limits)]}
    return {
        "title": _said("What the customer wants, in a sentence.", SCALAR),
        "severity": {"enum": list(SEVERITIES), "description": "Who is told, and how loudly."},
        "owner": _said("Who is woken when it fails.", SCALAR),
        "runbook": _said("Where it says what to do then.", SCALAR),
        "every": _said("How often it runs: a length of time, or cron.", SCALAR),
        "tags": _said("Words to choose journeys by.", words),
        "budget": _said("How long the whole may take.", TIME),
        "promises": _said("What is promised.", _object(dict.fromkeys(measures.UNITS, promise))),
    }


def _journey() -> Json:
    row = {"type": "object", "required": ["id"], "additionalProperties": SCALAR}
    properties = {
        "journey": _said("The journey's name: letters, digits, - and _.", SCALAR),
        **_head(),
        "rows": _said("Runs once for each.", {"type": "array", "minItems": 1, "items": row}),
        "parties": _said("Who acts.", _texts(_ref("party"))),
        "facts": _said("What the customer has told the company.", _texts()),
        "steps": _ref("steps"),
        "always": _said("Runs whatever happened.", _ref("steps")),
    }
    return _object(properties, required=["journey", "parties", "steps"])


def _menu() -> Json:
    hears = _said("What is heard there: a matcher of the prompt.", {})
    escape = _object({**_ways(), "hears": hears, "within": TIME, "person": _desk()})
    properties = {
        "menu": _said("The menu's name: letters, digits, - and _.", SCALAR),
        **_head(),
        "target": _said("The line that is called: a name from cxassure.yaml.", SCALAR),
        "caller": _said("Options of the caller, such as from.", _texts({})),
        "hears": hears,
        "within": _said("How soon.", TIME),
        "escape": _said("Ways out that are tried at every node.", _texts(escape)),
        "options": {"type": "array", "minItems": 1, "items": _ref("option")},
    }
    return _object(properties, required=["menu", "target", "hears", "options"])


def _option() -> Json:
    tried = {"anyOf": [SCALAR, {"type": "array", "items": SCALAR}]}
    properties = {
        **_ways(),
        "name": _said("Its part of the journeys' names.", SCALAR),
        "title": _said("What it is for.", SCALAR),
        "hears": _said("What is heard there: a matcher of the prompt.", {}),
        "within": _said("How soon.", TIME),
        "person": _desk(),
        "escape": _said("The ways out that are tried here, or none.", tried),
        "options": {"type": "array", "minItems": 1, "items": _ref("option")},
    }
    return _object(properties)


def _ways() -> Json:
    return {
        "press": _said("Keys that are pressed.", SCALAR),
        "say": _said("What is said.", SCALAR),
    }


def _desk() -> Json:
    desk = _object({"desk": SCALAR, "within": TIME}, required=["desk"])
    return _said("The desk that answers: a name from cxassure.yaml.", {"anyOf": [SCALAR, desk]})


def _fragment() -> Json:
    properties = {
        "fragment": _said("The fragment's name: letters, digits, - and _.", SCALAR),
        "takes": _said("Arguments, with defaults or nothing.", {"type": ["object", "array"]}),
        "steps": _ref("steps"),
    }
    return _object(properties, required=["fragment", "steps"])


def _party(grammars: list[Grammar]) -> Json:
    channels = [g.channel for g in grammars]
    properties = {
        "channel": {
            "anyOf": [{"enum": channels}, {"type": "string", "pattern": "\\$\\{"}],
            "description": "; ".join(f"{g.channel}: {_first(g.doc)}" for g in grammars),
        },
        "target": _said("What is driven: a name from cxassure.yaml.", SCALAR),
    }
    options = [
        {
            "if": {"properties": {"channel": {"const": g.channel}}},
            "then": {"properties": {n: _of_type(p.type) for n, p in g.options.items.items()}},
        }
        for g in grammars
    ]
    return _object(properties, True, required=["channel", "target"], allOf=options)


def _step() -> Json:
    branch = _object({"expect": _ref("expect"), "steps": _ref("steps")})
    branches = {"type": "array", "minItems": 1, "items": branch}
    properties = {
        "expect": _ref("expect"),
        "within": _said("Later than this is failed.", TIME),
        "aim": _said("Later than this is degraded.", TIME),
        "keep": _ref("keep"),
        "until": _said("Does it again until this is seen.", _ref("expect")),
        "optional": _said("Does not count when it fails.", FLAG),
        "carry_on": _said("The journey goes on when it fails.", FLAG),
        "spends": _said("Spends money or makes an order.", FLAG),
        "one_of": _said("Takes the first branch whose expectations hold.", branches),
        "choose": _said("The same as one_of.", branches),
        "use": _said("Uses a fragment.", {"type": ["string", "object"]}),
    }
    return {
        "type": "object",
        "minProperties": 1,
        "properties": properties,
        "additionalProperties": _ref("deed"),
    }


def _deed(grammars: list[Grammar]) -> Json:
    """A bare verb, or one verb with its argument; channels that share a verb are told together."""
    verbs: dict[str, list[Json]] = {}
    for grammar in grammars:
        for verb in grammar.verbs.values():
            words = f"{grammar.channel}: {_first(verb.doc)}"
            verbs.setdefault(verb.name, []).append(_said(words, _argument(verb.parameters)))
    bare = {"anyOf": [{"enum": sorted(verbs)}, {"type": "string", "pattern": "\\$\\{"}]}
    with_argument = _object(_united(verbs), minProperties=1, maxProperties=1)
    return {"anyOf": [bare, with_argument]}


def _argument(parameters: Parameters) -> Json:
    """A scalar for the first parameter, or a mapping that names them."""
    first = next(iter(parameters.items.values()), None)
    if first is None:
        return SCALAR
    named = {name: _of_type(p.type) for name, p in parameters.items.items()}
    named |= dict.fromkeys(sorted(first.type.keys), SCALAR)
    free = first.type.mapping or not (first.type.keys or first.type.name in SCALARS)
    return {"anyOf": [_of_type(first.type), _object(named, free)]}


def _of_type(kind: Type) -> Json:
    if kind.keys:
        return {"anyOf": [SCALAR, _object(dict.fromkeys(sorted(kind.keys), SCALAR))]}
    if kind.mapping:
        return {"type": "object"}
    return SCALAR if kind.name in SCALARS else {}


def _expect(grammars: list[Grammar]) -> Json:
    facets: dict[str, list[Json]] = {}
    for grammar in grammars:
        for facet in grammar.facets.values():
            words = f"{grammar.channel}: {_first(facet.doc)}"
            facets.setdefault(facet.name, []).append(_said(words, _asked(facet)))
    return _object(_united(facets), minProperties=1)


def _asked(facet: Facet) -> Json:
    """Matchers, the facet's own parameters, its fields; or a value that it equals."""
    matchers = {"anyOf": [SCALAR, {"type": "array"}, _ref("matchers")]}
    known: Json = {name: {} for name in sorted(matcher.known())}
    for name, parameter in facet.parameters.items.items():
        known[name] = _of_type(parameter.type)
        known |= dict.fromkeys(sorted(parameter.type.keys), SCALAR)
    known |= dict.fromkeys(facet.fields, matchers)
    free = facet.kind == "fields" and not facet.fields
    return {"anyOf": [SCALAR, {"type": "array"}, _object(known, free)]}


def _united(words: dict[str, list[Json]]) -> Json:
    """One schema a word: what any channel means by it, described for each."""
    return {
        word: ways[0]
        if len(ways) == 1
        else {"anyOf": ways, "description": "; ".join(way["description"] for way in ways)}
        for word, ways in sorted(words.items())
    }


def _first(doc: str) -> str:
    """The first sentence of a docstring."""
    return doc.partition("\n\n")[0].replace("\n", " ")
