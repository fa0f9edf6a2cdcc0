"""A YAML file read event by event: every scalar stays the text that was written, and no trap
(duplicate keys, anchors that swell, tabs, several documents, endless nesting) gets through."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from cxassure.errors import Place, Problem
from cxassure.journey import Keys
from cxassure.spec import slips
from cxassure.text import Raw, clip, guess

DEPTH = 50
NODES = 100_000
PROBLEMS = 100


@dataclass(slots=True)
class Source:
    """The text of a file, and where its pieces stand."""

    path: str
    text: str
    root: yaml.Node | None = None

    def node(self, keys: Keys, key: bool = False) -> yaml.Node | None:
        """The node at `keys`, or its nearest parent; the node of the last key itself on `key`.

        The text is composed once more: only what is wrong needs it, and what is right stays fast.
        """
        if self.root is None:
            with suppress(yaml.YAMLError):
                self.root = yaml.compose(self.text, Loader=yaml.CBaseLoader)
        node = self.root
        for depth, wanted in enumerate(keys, 1):
            pair = _entry(node, wanted)
            if pair is None:
                return node
            node = pair[0] if key and depth == len(keys) else pair[1]
        return node

    def find(self, keys: Keys, key: bool) -> tuple[int, int]:
        """Line and column of what is at `keys`, from 1."""
        node = self.node(keys, key)
        return _spot(node.start_mark) if node else (0, 0)


@dataclass(slots=True)
class Document:
    """What a file holds: `raw` is None when nothing can be made of it.

    `spans` gives the marks at which each mapping in a list begins and ends, by its identity.
    `aliased` is set where a value may stand elsewhere than where it is used.
    """

    source: Source
    raw: Raw | None = None
    spans: dict[int, tuple[Any, Any]] = field(default_factory=dict)
    aliased: bool = False
    problems: list[Problem] = field(default_factory=list)

    def say(self, what: str, hint: str, line: int = 0, column: int = 0) -> None:
        """Adds a problem, unless there are so many that nobody would read on."""
        if len(self.problems) < PROBLEMS:
            self.problems.append(Problem(Place(self.source.path, line, column), what, hint))


def _spot(mark: Any) -> tuple[int, int]:
    return mark.line + 1, mark.column + 1


def _entry(node: yaml.Node | None, wanted: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """Key and value of a mapping (its merged mappings too), or an item of a list twice."""
    if isinstance(node, yaml.SequenceNode):
        held = isinstance(wanted, int) and wanted < len(node.value)
        return (node.value[wanted], node.value[wanted]) if held else None
    if not isinstance(node, yaml.MappingNode):
        return None
    for key, value in node.value:
        if key.value == wanted:
            return key, value
    for key, value in node.value:
        if key.value == "<<":
            merged = value.value if isinstance(value, yaml.SequenceNode) else [value]
            for part in merged:
                if found := _entry(part, wanted):
                    return found
    return None


def read(data: bytes, path: str) -> Document:
    """The document in `data`. Never raises: what is wrong is in its `problems`."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        document = Document(Source(path, ""))
        spot = slips.position(data[: wrong.start].decode("utf-8", "replace"))
        document.say("this is not UTF-8 text", "save the file as UTF-8", *spot)
        return document
    document = Document(Source(path, text))
    try:
        document.raw = _Reader(document).whole()
    except _Stop as stop:
        document.say(stop.what, stop.hint, *_spot(stop.event.start_mark))
    except yaml.YAMLError as wrong:
        document.say(*slips.explain(wrong, text))
    return document


class _Stop(Exception):
    """The rest of the file cannot be read."""

    def __init__(self, event: Any, what: str, hint: str) -> None:
        super().__init__(what)
        self.event, self.what, self.hint = event, what, hint


class _Reader:
    """Builds `Raw` from events. Containers read themselves, so plain scalars cost one test each."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.get: Callable[[], Any] = CParser(document.source.text).get_event
        self.anchors: dict[str, tuple[Raw, int]] = {}
        self.open: set[str] = set()
        self.swollen = 0
        self.depth = 0
        self.end: Any = None

    def say(self, event: Any, what: str, hint: str) -> None:
        self.document.say(what, hint, *_spot(event.start_mark))

    def whole(self) -> Raw | None:
        self.get()
        if isinstance(self.get(), StreamEndEvent):
            self.document.say("the file is empty", "begin with «journey: name»", 1, 1)
            return None
        raw = self.node(self.get())
        self.get()
        event = self.get()
        if isinstance(event, DocumentStartEvent):
            raise _Stop(event, "a second document begins here", "write one journey in a file")
        return raw

    def node(self, event: Any) -> Raw:
        """The value that begins with `event`, whatever it is."""
        if isinstance(event, AliasEvent):
            return self.alias(event)
        if event.tag:
            what = f"a tag («{clip(event.tag, 40)}») means nothing here"
            self.say(event, what, "leave it out: every value is read as text")
        anchor = event.anchor
        if anchor is None:
            return self.value(event)
        if anchor in self.anchors or anchor in self.open:
            raise _Stop(event, f"anchor «&{clip(anchor, 60)}» stands here twice", "rename one")
        self.open.add(anchor)
        raw = self.value(event)
        self.open.discard(anchor)
        self.anchors[anchor] = raw, _size(raw)
        return raw

    def value(self, event: Any) -> Raw:
        if isinstance(event, ScalarEvent):
            return str(event.value)
        if self.depth == DEPTH:
            raise _Stop(event, f"nested more than {DEPTH} deep", "a journey is never this deep")
        self.depth += 1
        raw = self.mapping() if isinstance(event, MappingStartEvent) else self.sequence()
        self.depth -= 1
        return raw

    def mapping(self) -> dict[str, Raw]:
        get, node = self.get, self.node
        found: dict[str, Raw] = {}
        merged: list[tuple[Any, Raw]] = []
        while (event := get()).__class__ is not MappingEndEvent:
            plain = event.__class__ is ScalarEvent and event.anchor is None and event.tag is None
            key = event.value if plain else self.key(event)
            begin = get()
            if begin.__class__ is ScalarEvent and begin.anchor is None and begin.tag is None:
                value: Raw = begin.value
            else:
                value = node(begin)
            if key in found:
                self.say(event, f"«{clip(key, 60)}» stands here twice", "keep one of the two")
            elif key == "<<" and event.implicit[0]:
                merged.append((begin, value))
            elif key is not None:
                found[key] = value
        self.end = event
        for begin, value in merged:
            self.merge(found, begin, value)
        return found

    def sequence(self) -> list[Raw]:
        get, node, spans = self.get, self.node, self.document.spans
        found: list[Raw] = []
        while (event := get()).__class__ is not SequenceEndEvent:
            if event.__class__ is ScalarEvent and event.anchor is None and event.tag is None:
                found.append(event.value)
                continue
            value = node(event)
            if event.__class__ is MappingStartEvent:
                spans[id(value)] = event.start_mark, self.end.end_mark
            found.append(value)
        return found

    def key(self, event: Any) -> str | None:
        """A key that is no plain scalar: text all the same, or a problem and None."""
        value = self.node(event)
        if isinstance(value, str):
            return value
        self.say(event, "a key must be text", "quote it, if braces or brackets belong to it")
        return None

    def alias(self, event: Any) -> Raw:
        """What the anchor holds, counted as often as it is used."""
        name = event.anchor
        self.document.aliased = True
        if name in self.open:
            raise _Stop(event, f"«*{name}» stands inside its own anchor", "write it out")
        if name not in self.anchors:
            near = guess(name, self.anchors)
            hint = f'{near}{"; " if near else ""}quote it to mean the characters: "*{name}"'
            raise _Stop(event, f"unknown anchor «*{clip(name, 60)}»", hint)
        raw, size = self.anchors[name]
        self.swollen += size
        if self.swollen > NODES:
            raise _Stop(event, f"anchors swell this file to over {NODES} values", "write it out")
        return raw

    def merge(self, found: dict[str, Raw], event: Any, value: Raw) -> None:
        """Puts the pairs of a merge key in where `found` has none of its own."""
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, dict):
                for key, inner in part.items():
                    found.setdefault(key, inner)
            else:
                self.say(event, "«<<» takes in mappings only", "write <<: *name, or quote the key")


def _size(raw: Raw) -> int:
    """How many values there are in `raw`, with what its aliases stand for."""
    if isinstance(raw, str):
        return 1
    inner = raw.values() if isinstance(raw, dict) else raw
    return 1 + sum(map(_size, inner))
