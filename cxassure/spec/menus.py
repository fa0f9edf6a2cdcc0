"""Menus: the tree of a phone line as written, and the journeys that its paths come to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cxassure import menu
from cxassure.journey import Journey, Keys, PartySpec, Places, StepSpec
from cxassure.menu import Desk, Escape, Menu, Node, Path, Way
from cxassure.spec.journeys import promises, severity
from cxassure.spec.shape import Shape
from cxassure.text import Raw, all_references, clip

MENU_KEYS = (
    "menu title target severity owner runbook every budget tags caller promises hears within "
    "escape options"
).split()
NODE_KEYS = "press say name title hears within person escape options".split()
ESCAPE_KEYS = "press say hears person within".split()
MOST = 2_000
"""Journeys that a menu may come to."""
_TEXTS = "title owner runbook every budget".split()
CALLER, AGENT = "caller", "agent"


def read_menu(shape: Shape, raw: dict[str, Raw]) -> Menu | None:
    """The menu in a file; None when something that the rest hangs on is not there."""
    shape.only(raw, MENU_KEYS)
    name = shape.text(raw["menu"], "menu")
    name = shape.file_name(name, "menu", "menu") if name else ""
    parts: dict[str, Any] = {key: shape.text(raw[key], key) for key in _TEXTS if key in raw}
    if "tags" in raw:
        parts["tags"] = shape.words(raw["tags"], "tags")
    if "severity" in raw:
        parts["severity"] = severity(shape, raw["severity"])
    if "caller" in raw:
        parts["caller"] = shape.pairs(raw["caller"], "caller")
    if "promises" in raw:
        parts["promises"] = promises(shape, raw["promises"])
    for key in ("target", "hears", "options"):
        if not raw.get(key):
            shape.say(f"a menu without «{key}»", f"add «{key}:»", "menu", key=True)
    target = shape.text(raw.get("target", "-"), "target")
    parts["escapes"] = tuple(_escapes(shape, raw["escape"])) if "escape" in raw else ()
    root = _node(shape, raw, (), {one.name for one in parts["escapes"]}, way="listen")
    made = Menu(name=name, places=shape.places, target=target, root=root, **parts)
    return made if name and not _too_large(shape, made) else None


def _too_large(shape: Shape, made: Menu) -> bool:
    for count, _ in enumerate(menu.paths(made), 1):
        if count > MOST:
            what = f"this menu has more than {MOST} paths"
            shape.say(what, "split it, or try fewer escapes", "options", key=True)
            return True
    return False


def _escapes(shape: Shape, raw: Raw) -> Iterator[Escape]:
    for name, value in shape.pairs(raw, "escape").items():
        at = ("escape", name)
        given = shape.pairs(value, *at)
        shape.only(given, ESCAPE_KEYS, *at)
        way, said = _way(shape, given, at, "listen")
        if shape.file_name(name, "escape", *at):
            yield Escape(
                name=name,
                keys=at,
                way=way,
                said=said,
                hears=given.get("hears", ""),
                within=shape.text(given["within"], *at, "within") if "within" in given else "",
                person=_desk(shape, given["person"], at) if "person" in given else None,
            )


def _desk(shape: Shape, raw: Raw, at: Keys) -> Desk | None:
    """`billing-desk`, or `{desk: billing-desk, within: 90s}`."""
    if isinstance(raw, str):
        return Desk(raw) if raw else None
    given = shape.texts(raw, *at, "person")
    shape.only(given, ("desk", "within"), *at, "person")
    if not given.get("desk"):
        shape.say("which desk?", "write {desk: name of a target, within: 90s}", *at, "person")
    return Desk(given.get("desk", ""), given.get("within", ""))


def _node(
    shape: Shape, raw: dict[str, Raw], at: Keys, escapes: set[str], way: Way = "press"
) -> Node:
    """The node at `at`; the root is the file itself."""
    said = ""
    if at:
        shape.only(raw, NODE_KEYS, *at)
        way, said = _way(shape, raw, at, "")
    parts: dict[str, Any] = {
        key: shape.text(raw[key], *at, key) for key in ("title", "within") if key in raw
    }
    if at and "person" in raw:
        parts["person"] = _desk(shape, raw["person"], at)
    if at and "escape" in raw:
        parts["escapes"] = _tried(shape, raw["escape"], at, escapes)
    if "options" in raw:
        parts["options"] = tuple(_options(shape, raw["options"], (*at, "options"), escapes))
    if at and not raw.get("hears") and not parts.get("person"):
        shape.say("nothing is heard at this option", "add «hears:» or «person:»", *at)
    return Node(
        name=_called(shape, raw, said, at),
        keys=at,
        way=way,
        said=said,
        hears=raw.get("hears", ""),
        **parts,
    )


def _way(shape: Shape, raw: dict[str, Raw], at: Keys, otherwise: str) -> tuple[Way, str]:
    """What the caller does: exactly one of `press` and `say`, or `otherwise`."""
    if "press" in raw and "say" in raw:
        shape.say("«press» and «say» at once", "write one of them", *at, "say", key=True)
    way: Way
    for way in ("press", "say"):
        if way in raw:
            return way, shape.text(raw[way], *at, way)
    if not otherwise:
        shape.say("this option is neither pressed nor said", "add «press:» or «say:»", *at)
    return "listen", ""


def _called(shape: Shape, raw: dict[str, Raw], said: str, at: Keys) -> str:
    if not at:
        return ""
    if "name" in raw:
        return shape.file_name(shape.text(raw["name"], *at, "name"), "option", *at, "name")
    tame = "".join(c if c.isascii() and c.isalnum() else "-" for c in said.casefold()).strip("-")
    if not tame:
        shape.say("this option needs a name", "add «name:», such as «orders»", *at)
    return tame[:60]


def _tried(shape: Shape, raw: Raw, at: Keys, known: set[str]) -> tuple[str, ...]:
    if raw == "none":
        return ()
    found = shape.words(raw, *at, "escape")
    for index, name in enumerate(found):
        if name not in known:
            hint = f"known: {', '.join(sorted(known)) or 'none'}; or write «none»"
            shape.say(f"unknown escape «{clip(name, 60)}»", hint, *at, "escape", index)
    return found


def _options(shape: Shape, raw: Raw, at: Keys, escapes: set[str]) -> Iterator[Node]:
    names: dict[str, int] = {}
    for index, item in enumerate(shape.items(raw, *at)):
        given = shape.pairs(item, *at, index)
        if not given:
            continue
        node = _node(shape, given, (*at, index), escapes)
        if node.name and names.setdefault(node.name, index) != index:
            shape.say(f"two options are called «{node.name}»", "give each its name", *at, index)
        yield node


def journeys(made: Menu) -> list[Journey]:
    """A journey for every path; its steps stand where their nodes do."""
    places = Places(made.places.path, lambda keys, key: made.places.find(_written(keys), key))
    return [_journey(made, path, places) for path in menu.paths(made)]


def _written(keys: Keys) -> Keys:
    """Where in the menu's file stands what is at `keys` of a journey made of it."""
    if keys[:2] == ("parties", CALLER):
        return ("target",) if keys[2:] == ("target",) else ("caller", *keys[2:])
    if "expect" in keys:
        at = keys.index("expect")
        return (*keys[:at], "hears", *keys[at + 2 :])
    return keys


def _journey(made: Menu, path: Path, places: Places) -> Journey:
    parties = {CALLER: PartySpec("ivr", made.target, made.caller)}
    if path.person:
        parties[AGENT] = PartySpec("agent", path.person.target, {})
    return Journey(
        name=path.journey(made),
        places=places,
        title=_title(made, path),
        severity=made.severity,
        owner=made.owner,
        runbook=made.runbook,
        every=made.every,
        budget=made.budget,
        tags=(*made.tags, made.name),
        parties=parties,
        promises=made.promises,
        steps=tuple(_steps(made, path, places)),
        always=tuple(_step(places, made.root, p, "hang_up") for p in reversed(parties)),
    )


def _title(made: Menu, path: Path) -> str:
    way = " → ".join(node.title or node.name for node in path.nodes[1:]) or "the first menu"
    tried = f", {path.escape.name} tried" if path.escape else ""
    return f"{made.title or made.name}: {way}{tried}"


def _steps(made: Menu, path: Path, places: Places) -> Iterator[StepSpec]:
    root, *nodes = path.nodes
    yield _step(places, root, CALLER, "dial", hears=root.hears, within=root.within)
    for node in nodes:
        yield _step(places, node, CALLER, node.way, node.said, node.hears, node.within)
    if escape := path.escape:
        node = path.nodes[-1]
        again = "" if escape.person else node.hears
        hears = escape.hears or again
        yield _step(places, escape, CALLER, escape.way, escape.said, hears, escape.within)
    if path.person:
        end = path.escape or path.nodes[-1]
        yield _step(places, end, AGENT, "answer", within=path.person.within)


def _step(
    places: Places,
    at: Node | Escape,
    party: str,
    verb: str,
    argument: str = "",
    hears: Raw = "",
    within: str = "",
) -> StepSpec:
    place = places.at(*at.keys)
    return StepSpec(
        places=places,
        keys=at.keys,
        line=place.line,
        column=place.column,
        party=party,
        verb=verb,
        argument=argument,
        expect={"prompt": hears} if hears else {},
        within=within,
        refers=bool(all_references([argument, hears])),
    )
