"""The API's document, OpenAPI 3.1, made of the table of its calls and the structs they speak."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from cxassure import __version__
from cxassure.surfaces.dashboard.pace import KNOWN, STRANGERS
from cxassure.surfaces.dashboard.people import Role
from cxassure.surfaces.dashboard.told import Wrong

ROOT = "/api/v1"
_REFUSALS = {
    "400": "What was asked makes no sense.",
    "401": "Nobody that we know asks.",
    "403": "Who asks may not.",
    "404": "There is no such thing.",
    "413": "It is too large.",
    "415": "It is not JSON.",
    "422": "It cannot be done; the error says why.",
    "429": f"Too many calls: {KNOWN[0]} at once and {KNOWN[1]:.0f} a second after that for one "
    f"token, {STRANGERS[0]} and {STRANGERS[1]:.0f} for an address without one.",
    "503": "The store does not answer.",
}
_WAIT = {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}
_TEXT: Mapping[str, Any] = {"type": "string"}


@dataclass(frozen=True, slots=True)
class Query:
    """Something that may be asked after `?`; `schema` is its JSON Schema."""

    name: str
    words: str
    schema: Mapping[str, Any] = field(default_factory=lambda: _TEXT)


@dataclass(frozen=True, slots=True)
class Call:
    """A method at a path below `ROOT`, who may, and what comes and goes."""

    method: str
    path: str
    role: Role
    words: str
    answer: type[msgspec.Struct]
    queries: tuple[Query, ...] = ()
    body: type[msgspec.Struct] | None = None


def document(calls: Sequence[Call]) -> dict[str, Any]:
    """The whole document."""
    kinds = {kind for call in calls for kind in (call.answer, call.body, Wrong) if kind}
    ordered = sorted(kinds, key=lambda kind: kind.__name__)
    _, parts = msgspec.json.schema_components(ordered, ref_template="#/components/schemas/{name}")
    paths: dict[str, Any] = {}
    for call in calls:
        paths.setdefault(ROOT + call.path, {})[call.method.lower()] = _operation(call)
    way = {"type": "http", "scheme": "bearer"}
    return {
        "openapi": "3.1.0",
        "info": {"title": "cxassure", "version": __version__},
        "paths": paths,
        "components": {"schemas": parts, "securitySchemes": {"token": way}},
        "security": [{"token": []}],
    }


def _operation(call: Call) -> dict[str, Any]:
    wrongs = {code: _content(Wrong, words) for code, words in _REFUSALS.items()}
    wrongs["429"]["headers"] = {"Retry-After": _WAIT}
    good = "201" if call.body and not call.path.endswith("acknowledge") else "200"
    made: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "-", f"{call.method.lower()}{call.path}").strip("-"),
        "summary": call.words,
        "description": f"For every {call.role}, and whoever may more.",
        "parameters": [*_in_path(call.path), *map(_in_query, call.queries)],
        "responses": {good: _content(call.answer, call.words), **wrongs},
    }
    if call.body:
        made["requestBody"] = {"required": True, **_content(call.body)}
    return made


def _content(kind: type[msgspec.Struct], words: str = "") -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{kind.__name__}"}
    told: dict[str, Any] = {"content": {"application/json": {"schema": schema}}}
    return {"description": words, **told} if words else told


def _in_path(path: str) -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)}", path)
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in names
    ]


def _in_query(query: Query) -> dict[str, Any]:
    return {
        "name": query.name,
        "in": "query",
        "description": query.words,
        "schema": dict(query.schema),
    }
