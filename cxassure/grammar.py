"""The language of a channel, read off its session class: verbs, facets, options, and how an
argument written in a journey becomes the parameters of a method."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, NoReturn, Union, get_args, get_origin

from cxassure import matcher
from cxassure.channel import Heard, Seconds, Session
from cxassure.errors import Misread
from cxassure.text import Raw, guess, seconds

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Type:
    """How one parameter is read. `keys` are those of an argument class, such as a locator's."""

    name: str
    read: Callable[[Raw], Any]
    keys: frozenset[str] = frozenset()
    mapping: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a verb, facet or party: `python` is its name in code (`for_` for «for»)."""

    name: str
    type: Type
    required: bool
    default: Any = None
    python: str = ""


@dataclass(frozen=True, slots=True)
class Parameters:
    """An ordered set of parameters, and how what an author wrote is bound to them."""

    items: dict[str, Parameter]

    def bind(self, raw: Raw) -> dict[str, Any]:
        """Keyword arguments for `raw`: a scalar is the first parameter, a mapping names them.

        A mapping whose keys belong to the first parameter's own type is that parameter. Raises
        `Misread` with the path of the part that is wrong.
        """
        parts = self.split(raw).items()
        return {self.items[name].python: self._read(name, part) for name, part in parts}

    def split(self, raw: Raw) -> dict[str, Raw]:
        """The part of `raw` that belongs to each parameter, unread; raises `Misread`."""
        first = next(iter(self.items.values()), None)
        if first is None:
            return {} if raw in ("", "true") else self._refuse(raw)
        if isinstance(raw, dict):
            parts = self._named(raw, first)
        elif raw == "" and not first.required:
            parts = {}
        else:
            parts = {first.name: raw}
        for parameter in self.items.values():
            if parameter.required and parts.get(parameter.name, "") == "":
                raise Misread(f"«{parameter.name}» is missing", self.usage())
        return parts

    def _refuse(self, raw: Raw) -> NoReturn:
        raise Misread("nothing can be given here", "write the bare word")

    def _named(self, raw: dict[str, Raw], first: Parameter) -> dict[str, Raw]:
        if first.type.mapping and not raw.keys() <= self.items.keys():
            return {first.name: raw}
        own: dict[str, Raw] = {}
        parts: dict[str, Raw] = {}
        for key, value in raw.items():
            if key in self.items:
                parts[key] = value
            elif key in first.type.keys:
                own[key] = value
            else:
                known = [*self.items, *first.type.keys]
                raise Misread(f"unknown argument «{key}»", guess(key, known), (key,))
        if own:
            parts[first.name] = own
        return parts

    def _read(self, name: str, part: Raw) -> Any:
        try:
            return self.items[name].type.read(part)
        except Misread as misread:
            raise Misread(misread.what, misread.hint, (name, *misread.where)) from None

    def usage(self) -> str:
        """`takes fields, file (optional)` in a person's words."""
        names = [p.name if p.required else f"{p.name} (optional)" for p in self.items.values()]
        return "takes " + ", ".join(names) if names else "takes nothing"


@dataclass(frozen=True, slots=True)
class Verb:
    """Something a party can do."""

    name: str
    doc: str
    parameters: Parameters
    passive: bool
    method: str = ""


@dataclass(frozen=True, slots=True)
class Facet:
    """Something a party can see: its `kind` decides which matchers apply.

    `fields` maps the keys of a mapping to their kinds; a `fields` facet without them is free.
    """

    name: str
    doc: str
    parameters: Parameters
    kind: matcher.Kind
    fields: dict[str, matcher.Kind] = field(default_factory=dict)
    method: str = ""

    def divide(self, raw: Raw) -> tuple[dict[str, Raw], dict[str, Raw]]:
        """`raw` as (given parameters, must): scalars become `equals`; raises `Misread`."""
        if not isinstance(raw, dict):
            return self._plain(raw)
        given = {k: v for k, v in raw.items() if self._selects(k)}
        must = {k: v for k, v in raw.items() if k not in given}
        if self.kind == "fields":
            must = {k: v if isinstance(v, dict) else {"equals": v} for k, v in must.items()}
        return given, must

    def _plain(self, raw: Raw) -> tuple[dict[str, Raw], dict[str, Raw]]:
        first = next(iter(self.parameters.items.values()), None)
        if self.kind == "flag" and first is not None:
            return {first.name: raw}, {"equals": "true"}
        if self.kind == "fields":
            raise Misread(
                f"«{self.name}» is asked by its keys",
                "write " + self.name + ": {" + ", ".join(self.fields or ["key"]) + ": …}",
            )
        return {}, {"equals": raw}

    def _selects(self, key: str) -> bool:
        if key in matcher.known():
            return False
        first = next(iter(self.parameters.items.values()), None)
        return key in self.parameters.items or (first is not None and key in first.type.keys)

    def problems(self, must: Mapping[str, Raw]) -> list[tuple[Path, Misread]]:
        """What is wrong in a `must` of this facet."""
        if self.kind != "fields":
            return list(matcher.problems(must, self.kind))
        found: list[tuple[Path, Misread]] = []
        for key, inner in must.items():
            if self.fields and key not in self.fields:
                found.append(
                    ((key,), Misread(f"«{self.name}» has no «{key}»", guess(key, self.fields)))
                )
            elif isinstance(inner, dict):
                kind = self.fields.get(key, "text")
                found += [((key, *path), m) for path, m in matcher.problems(inner, kind)]
        return found


@dataclass(frozen=True, slots=True)
class Grammar:
    """All that may be said to and asked of a channel."""

    channel: str
    doc: str
    verbs: dict[str, Verb]
    facets: dict[str, Facet]
    options: Parameters
    lines: tuple[str, ...] = ()

    def locator_keys(self) -> frozenset[str]:
        """Keys of the argument types of this channel, by which `keep` may point at a thing."""
        found: set[str] = set()
        spoken = [verb.parameters for verb in self.verbs.values()]
        spoken += [facet.parameters for facet in self.facets.values()]
        for parameters in spoken:
            for parameter in parameters.items.values():
                found |= parameter.type.keys
        return frozenset(found)


def grammar(channel: str, session: type[Session]) -> Grammar:
    """The grammar of a session class, read off its signatures, type hints and docstrings."""
    members = [(n, m) for n, m in inspect.getmembers(session, inspect.isfunction)]
    return Grammar(
        channel=channel,
        doc=inspect.cleandoc(session.__doc__ or ""),
        verbs={word(n): _verb(n, m) for n, m in members if hasattr(m, "cx_verb")},
        facets={word(n): _facet(n, m) for n, m in members if hasattr(m, "cx_facet")},
        options=_parameters(session.open),
        lines=session.lines,
    )


def word(method: str) -> str:
    """The word of the language for a method: `open_page` stays, a trailing underscore goes."""
    return method.rstrip("_")


def _verb(name: str, method: Any) -> Verb:
    return Verb(
        word(name),
        inspect.cleandoc(method.__doc__ or ""),
        _parameters(method),
        method.cx_verb["passive"],
        name,
    )


def _facet(name: str, method: Any) -> Facet:
    hints = typing.get_type_hints(method)
    fields = method.cx_facet["fields"]
    return Facet(
        word(name),
        inspect.cleandoc(method.__doc__ or ""),
        _parameters(method),
        "fields" if fields else _kind(hints.get("return")),
        {word(k): _kind(t) for k, t in typing.get_type_hints(fields).items()} if fields else {},
        name,
    )


def _parameters(method: Any) -> Parameters:
    hints = typing.get_type_hints(method)
    found: dict[str, Parameter] = {}
    for parameter in list(inspect.signature(method).parameters.values())[1:]:
        name = word(parameter.name)
        required = parameter.default is inspect.Parameter.empty
        default = None if required else parameter.default
        found[name] = Parameter(
            name, _type(hints[parameter.name]), required, default, parameter.name
        )
    return Parameters(found)


def _kind(hint: Any) -> matcher.Kind:
    hint = _bare(hint)
    if hint is bool:
        return "flag"
    if hint is Seconds:
        return "seconds"
    if hint in (int, float):
        return "number"
    origin = get_origin(hint) or hint
    if origin in (list, Sequence, tuple):
        return "texts"
    if inspect.isclass(origin) and issubclass(origin, Mapping) and hint is not Heard:
        return "fields"
    return "text"


def _bare(hint: Any) -> Any:
    """`X` for `X | None`."""
    if get_origin(hint) in (Union, UnionType):
        rest = [a for a in get_args(hint) if a is not type(None)]
        return rest[0] if len(rest) == 1 else hint
    return hint


def _type(hint: Any) -> Type:
    hint = _bare(hint)
    if hasattr(hint, "read") and hasattr(hint, "KEYS"):
        return Type(hint.__name__.lower(), hint.read, hint.KEYS)
    origin = get_origin(hint) or hint
    if origin in (dict, Mapping):
        return Type("mapping", _mapping, mapping=True)
    if origin in (list, Sequence, tuple):
        return Type("list", _texts)
    return _SCALARS[hint]


def _text(raw: Raw) -> str:
    if not isinstance(raw, str):
        raise Misread("a single value is expected here")
    return raw


def _texts(raw: Raw) -> list[str]:
    return [_text(item) for item in raw] if isinstance(raw, list) else [_text(raw)]


def _mapping(raw: Raw) -> dict[str, str]:
    if not isinstance(raw, dict):
        raise Misread("pairs are expected here", "write {name: value}")
    return {key: _text(value) for key, value in raw.items()}


def _whole(raw: Raw) -> int:
    try:
        return int(_text(raw))
    except ValueError:
        raise Misread(f"«{raw}» is not a whole number") from None


def _real(raw: Raw) -> float:
    try:
        return float(_text(raw))
    except ValueError:
        raise Misread(f"«{raw}» is not a number") from None


def _flag(raw: Raw) -> bool:
    return matcher.flag(_text(raw))


_SCALARS: dict[Any, Type] = {
    str: Type("text", _text),
    int: Type("whole number", _whole),
    float: Type("number", _real),
    bool: Type("true or false", _flag),
    Seconds: Type("length of time", lambda raw: seconds(_text(raw))),
    Any: Type("anything", lambda raw: raw),
}
