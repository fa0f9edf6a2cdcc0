"""Finding and reading files: the journeys and fragments of a workspace, with all their problems."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from cxassure.errors import Place, Problem
from cxassure.journey import Fragment, Journey
from cxassure.library import Library
from cxassure.menu import Menu
from cxassure.spec import document
from cxassure.spec.document import Document, Source
from cxassure.spec.journeys import fragment, journey
from cxassure.spec.menus import journeys, read_menu
from cxassure.spec.shape import Shape

SETTINGS = "cxassure.yaml"
LIMIT = 1_000_000
_ENDINGS = (".yaml", ".yml")


def read(paths: Iterable[Path], root: Path) -> Library:
    """The journeys and fragments in `paths`, files or folders to be searched.

    Never raises for what is in them: `Library.problems` has it all, sorted by place. Places are
    relative to `root`, with forward slashes.
    """
    library = Library([], {}, {}, [])
    for name, path in sorted(_files(paths, root, library.problems)):
        _take(load(path, name), library)
    _one_each(library)
    library.problems.sort()
    return library


def load(path: str, name: str) -> Document:
    """The document in the file at `path`, called `name` in messages."""
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123  a tenth of the cost of Path
            data = file.read(LIMIT + 1)
    except OSError as wrong:
        unread = Document(Source(name, ""))
        unread.say(f"cannot be read: {wrong.strerror}", "look at its path and permissions")
        return unread
    if len(data or b"") > LIMIT:
        big = Document(Source(name, ""))
        big.say("is larger than a megabyte", "a journey is some kilobytes: is it one?")
        return big
    return document.read(data or b"", name)


def _files(paths: Iterable[Path], root: Path, problems: list[Problem]) -> set[tuple[str, str]]:
    """(name in messages, path) of every file to be read, each once."""
    base = os.path.abspath(root)  # noqa: PTH100  no link is followed, so places stay as written
    found = set()
    for path in paths:
        place = os.path.abspath(path)  # noqa: PTH100
        if os.path.isdir(place):  # noqa: PTH112
            found |= {(_name(file, base), file) for file in _search(place)}
        elif os.path.isfile(place):  # noqa: PTH113
            found.add((_name(place, base), place))
        else:
            there = os.path.exists(place)  # noqa: PTH110
            what = "is no ordinary file" if there else "there is no such file or folder"
            problems.append(Problem(Place(_name(place, base)), what, "look at the path"))
    return found


def _search(folder: str) -> Iterator[str]:
    """YAML files below `folder`, but for settings and what is hidden."""
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if name.endswith(_ENDINGS) and not name.startswith(".") and name != SETTINGS:
                path = os.path.join(parent, name)  # noqa: PTH118
                if os.path.isfile(path):  # noqa: PTH113
                    yield path


def _name(path: str, base: str) -> str:
    inside = path.startswith(base + os.sep)
    name = path[len(base) + 1 :] if inside else os.path.relpath(path, base)
    return os.path.normpath(name).replace(os.sep, "/")


def _take(found: Document, library: Library) -> None:
    """Adds what a document says to `library`."""
    raw = found.raw
    if isinstance(raw, dict):
        shape = Shape(found)
        if "journey" in raw:
            if made := journey(shape, raw):
                library.journeys.append(made)
        elif "fragment" in raw:
            if piece := fragment(shape, raw):
                _put(piece, library)
        elif "menu" in raw:
            if tree := read_menu(shape, raw):
                _put_menu(tree, library)
        else:
            _neither(found)
    elif raw is not None:
        _neither(found)
    library.problems.extend(found.problems)


def _put(piece: Fragment, library: Library) -> None:
    other = library.fragments.setdefault(piece.name, piece)
    if other is not piece:
        _twice("fragment", other, piece, library)


def _put_menu(tree: Menu, library: Library) -> None:
    other = library.menus.setdefault(tree.name, tree)
    if other is not tree:
        _twice("menu", other, tree, library)
    else:
        library.journeys.extend(journeys(tree))


def _neither(found: Document) -> None:
    what = "this is neither a journey nor a fragment nor a menu"
    hint = "begin with «journey: name», «fragment: name» or «menu: name»"
    found.say(what, hint, 1, 1)


def _one_each(library: Library) -> None:
    """Journeys become files, so names that differ only by case are the same."""
    firsts: dict[str, Journey] = {}
    for one in library.journeys:
        first = firsts.setdefault(one.name.casefold(), one)
        if first is not one:
            _twice("journey", first, one, library)


def _twice(
    kind: str,
    first: Journey | Fragment | Menu,
    second: Journey | Fragment | Menu,
    library: Library,
) -> None:
    for here, there in ((first, second), (second, first)):
        what = f"a {kind} «{there.name}» stands at {there.places.at(kind)} too"
        library.problems.append(Problem(here.places.at(kind), what, "give each its own name"))
