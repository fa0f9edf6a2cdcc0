"""A phone menu as a whole: the tree that a company says it has, and the paths through it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from cxassure.journey import Keys, Places, Severity
from cxassure.text import Raw

Way = Literal["press", "say", "listen"]
"""What a caller does to get on; `listen` is to do nothing."""

DIALLED = 1
"""The step of a path at which the root is heard; each choice is one step more."""


class Desk(msgspec.Struct, frozen=True):
    """A person at the end of a path: the target of the desk that rings, and how soon it answers."""

    target: str
    within: str = ""


class Escape(msgspec.Struct, frozen=True, kw_only=True):
    """A way out that is tried at every node: `zero`, `silence`, `nonsense`.

    `hears` is expected afterwards, by default the node's own prompt once more; `person` is the
    desk that is to ring.
    """

    name: str
    keys: Keys
    way: Way = "listen"
    said: str = ""
    hears: Raw = ""
    person: Desk | None = None
    within: str = ""


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A place in the menu: how it is come to, what is heard there, where it leads.

    `escapes` names the escapes that are tried here, `None` all of them. `person` is the
    desk that rings.
    """

    name: str
    keys: Keys
    way: Way = "press"
    said: str = ""
    title: str = ""
    hears: Raw = ""
    within: str = ""
    person: Desk | None = None
    escapes: tuple[str, ...] | None = None
    options: tuple[Node, ...] = ()


class Menu(msgspec.Struct, frozen=True, kw_only=True):
    """The tree of a line. `party` holds options of the caller (`from`)."""

    name: str
    places: Places
    target: str
    root: Node
    title: str = ""
    severity: Severity = "major"
    owner: str = ""
    runbook: str = ""
    every: str = ""
    budget: str = ""
    tags: tuple[str, ...] = ()
    caller: dict[str, Raw] = {}
    promises: dict[str, dict[str, Raw]] = {}
    escapes: tuple[Escape, ...] = ()


class Path(msgspec.Struct, frozen=True):
    """The nodes from the root to a leaf, or to the node at which `escape` is tried."""

    nodes: tuple[Node, ...]
    escape: Escape | None = None

    def journey(self, menu: Menu) -> str:
        """The name of its journey: `support-menu-orders-status`, `support-menu-at-orders-zero`."""
        names = [node.name for node in self.nodes[1:]]
        tail = ["at", *names, self.escape.name] if self.escape else names
        return "-".join([menu.name, *tail])

    @property
    def person(self) -> Desk | None:
        """The desk at its end."""
        return self.escape.person if self.escape else self.nodes[-1].person


def paths(menu: Menu) -> Iterator[Path]:
    """A path to every leaf, and every escape from every node that has options."""
    for nodes in lines(menu.root):
        node = nodes[-1]
        if not node.options:
            yield Path(nodes)
            continue
        for escape in menu.escapes:
            if node.escapes is None or escape.name in node.escapes:
                yield Path(nodes, escape)


def lines(node: Node, before: tuple[Node, ...] = ()) -> Iterator[tuple[Node, ...]]:
    """Every node below and with `node`, each with those that lead to it."""
    here = (*before, node)
    yield here
    for option in node.options:
        yield from lines(option, here)
