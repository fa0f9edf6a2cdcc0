"""TwiML read from a webhook's answer: a small tree of verbs, or Twilio's complaint about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from cxassure.channels._telephony.carrier.fault import Fault

LARGEST = 64 * 1024
"""Bytes that a document may have (Twilio error 11750)."""
DEEPEST = 32
"""Elements inside one another; real documents have four."""


@dataclass(slots=True)
class Node:
    """An element: its name, attributes, and what stands in it. `line` counts from 1."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    inside: list[Node | str] = field(default_factory=list)
    line: int = 0

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    def flag(self, name: str, default: bool = False) -> bool:
        """`true` or not (the case does not count), as Twilio's boolean attributes are read."""
        value = self.attributes.get(name)
        return default if value is None else value.strip().lower() == "true"

    @property
    def nodes(self) -> list[Node]:
        return [part for part in self.inside if isinstance(part, Node)]

    @property
    def text(self) -> str:
        """All text inside, one line."""
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        for part in self.inside:
            if isinstance(part, str):
                yield part
            else:
                yield from part._texts()

    def everything(self) -> Iterator[Node]:
        """The element and all that are in it."""
        yield self
        for node in self.nodes:
            yield from node.everything()


def parse(body: bytes) -> list[Node]:
    """The verbs of a TwiML document in order.

    Raises `Fault` 11750 (too large), 11770 (empty), 12100 (no XML, or XML with a document type,
    which could hold entity bombs) and 12102 (its root is not `Response`).
    """
    if len(body) > LARGEST:
        raise Fault(11750, f"more than {LARGEST} bytes")
    if not body.strip():
        raise Fault(11770, "the answer has no content")
    root = _Tree().read(body)
    if root.name != "Response":
        raise Fault(12102, f"the root element is <{root.name}>")
    return root.nodes


class _Tree:
    """What expat tells, put together."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._open
        self._parser.EndElementHandler = self._close
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._path = [Node("")]

    def read(self, body: bytes) -> Node:
        try:
            self._parser.Parse(body, True)
        except expat.ExpatError as wrong:
            raise Fault(12100, str(wrong)) from None
        except (ValueError, LookupError) as wrong:  # an encoding that there is not
            raise Fault(12100, str(wrong)) from None
        return self._path[0].nodes[0]

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        node = Node(name, attributes, line=self._parser.CurrentLineNumber)
        self._path[-1].inside.append(node)
        self._path.append(node)
        if len(self._path) > DEEPEST:
            raise Fault(12100, f"line {node.line}: more than {DEEPEST} elements in one another")

    def _close(self, name: str) -> None:
        self._path.pop()

    def _text(self, text: str) -> None:
        self._path[-1].inside.append(text)

    def _refuse(self, *told: object) -> None:
        raise Fault(12100, "the document brings a document type (<!DOCTYPE …>), which is refused")
