"""A phone menu told as a tree: what was reached and heard, at what cost, and where it has drifted.

A pure function of the declared menu and of the runs of its paths.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from cxassure.menu import DIALLED, Menu, Node, Path, lines, paths
from cxassure.report.tally import MARKS, last_attempts, number
from cxassure.run import Run, StepRun
from cxassure.text import clip, span
from cxassure.verdict import Verdict, worst

_WORDS = "zero one two three four five six seven eight nine".split()
_KEYS = {word: str(digit) for digit, word in enumerate(_WORDS)} | {
    "star": "*", "asterisk": "*", "pound": "#", "hash": "#",
}  # fmt: skip
_KEY = rf"(?:the\s+)?(?:number\s+|key\s+)?(?P<key>[0-9*#]\b|[*#]|\b(?:{'|'.join(_KEYS)})\b)"
_BEFORE = re.compile(rf"\b(?:for|to)\s+(?P<what>[^,.;:]{{2,80}}?),?\s+press\s+{_KEY}", re.I)
_AFTER = re.compile(rf"\bpress\s+{_KEY}\s+(?:for|to)\s+(?P<what>[^,.;:]{{2,80}})", re.I)
_BARE = re.compile(rf"\bpress\s+{_KEY}", re.I)


@dataclass(frozen=True, slots=True)
class Stop:
    """A node as it was found. `verdict` is None where nobody got to look.

    `keys` are pressed and `seconds` of customer time pass until it has been heard. `announced` is
    what the prompt offers by key; `undeclared` of that the menu does not know, `unannounced` it
    declares and the prompt does not offer.
    """

    path: str
    title: str
    depth: int
    way: str
    said: str
    verdict: Verdict | None
    keys: int
    seconds: float | None
    heard: str
    announced: dict[str, str]
    undeclared: tuple[str, ...]
    unannounced: tuple[str, ...]
    escapes: dict[str, Verdict | None]
    person: bool


@dataclass(frozen=True, slots=True)
class Tree:
    """A menu as it was found; `looked` of its `paths` were driven and `passed` of them passed."""

    menu: str
    title: str
    paths: int
    looked: int
    passed: int
    stops: tuple[Stop, ...]

    @property
    def drift(self) -> list[str]:
        """What is announced and not declared, or the other way round, a sentence each."""
        return [sentence for stop in self.stops for sentence in _drift(stop)]

    @property
    def to_a_person(self) -> list[Stop]:
        """The places with a person at their end, the nearest first."""
        found = [stop for stop in self.stops if stop.person]
        return sorted(found, key=lambda stop: (stop.keys, stop.seconds or 0.0))


def tree(menu: Menu, runs: Sequence[Run]) -> Tree:
    """What `runs` of the paths of `menu` found; runs of other journeys are left aside."""
    known = {run.journey: run for run in last_attempts(runs)}
    every = list(paths(menu))
    driven = [(path, run) for path in every if (run := known.get(path.journey(menu)))]
    passed = sum(run.verdict in ("passed", "degraded") for _, run in driven)
    stops = tuple(_stop(menu, nodes, driven) for nodes in lines(menu.root))
    return Tree(menu.name, menu.title, len(every), len(driven), passed, stops)


def _stop(menu: Menu, nodes: tuple[Node, ...], driven: Sequence[tuple[Path, Run]]) -> Stop:
    node, depth = nodes[-1], len(nodes) - 1
    met = [
        step
        for path, run in driven
        if path.nodes[: depth + 1] == nodes and (step := _step(run, depth + DIALLED))
    ]
    heard = max((_heard(step) for step in met if step.verdict != "skipped"), key=len, default="")
    offered = announced(heard)
    escapes = {
        path.escape.name: run.verdict for path, run in driven if path.escape and path.nodes == nodes
    }
    return Stop(
        path=" → ".join(one.name for one in nodes[1:]) or menu.name,
        title=node.title or node.name or menu.title or menu.name,
        depth=depth,
        way=node.way,
        said=node.said,
        verdict=worst(step.verdict for step in met) if met else None,
        keys=sum(len(one.said.replace("w", "")) for one in nodes if one.way == "press"),
        seconds=min((s.at + s.took for s in met if s.verdict in _FINE), default=None),
        heard=heard,
        announced=offered,
        undeclared=tuple(sorted(offered.keys() - _declared(menu, node))) if node.options else (),
        unannounced=_unannounced(node, offered),
        escapes={**dict.fromkeys(_tried(menu, node)), **escapes},
        person=bool(node.person),
    )


_FINE = ("passed", "degraded")


def _step(run: Run, index: int) -> StepRun | None:
    return next((s for s in run.steps if s.index == index and s.part == "steps"), None)


def _heard(step: StepRun) -> str:
    return " ".join(seen.text for seen in step.observed if seen.what == "prompt")


def _declared(menu: Menu, node: Node) -> set[str]:
    tried = _tried(menu, node)
    ways = {one.said for one in node.options if one.way == "press"}
    return ways | {e.said for e in menu.escapes if e.name in tried and e.way == "press"}


def _tried(menu: Menu, node: Node) -> list[str]:
    if not node.options:
        return []
    names = [escape.name for escape in menu.escapes]
    return [name for name in names if node.escapes is None or name in node.escapes]


def _unannounced(node: Node, offered: Mapping[str, str]) -> tuple[str, ...]:
    """Single keys only: a number that is keyed in whole is asked for, not offered."""
    keys = {one.said for one in node.options if one.way == "press" and len(one.said) == 1}
    return tuple(sorted(keys - offered.keys())) if offered else ()


def announced(prompt: str) -> dict[str, str]:
    """What an English prompt offers by key: «for your order, press 2», «press 0 to speak to us»."""
    found: dict[str, str] = {}
    for sentence in re.split("[.;!?]", prompt):
        for offer in [o for pattern in _styles(sentence) for o in pattern.finditer(sentence)]:
            what = offer.groupdict().get("what", "")
            found.setdefault(_key(offer["key"]), clip(what.strip(), 60))
    return found


def _styles(sentence: str) -> list[re.Pattern[str]]:
    """Purpose first or key first, as the sentence begins: both ways would read across commas."""
    firsts = [(at.start(), p) for p in (_BEFORE, _AFTER) if (at := p.search(sentence))]
    return [*(pattern for _, pattern in sorted(firsts, key=lambda one: one[0])), _BARE]


def _key(word: str) -> str:
    return _KEYS.get(word.casefold(), word)


def _drift(stop: Stop) -> Iterator[str]:
    for key in stop.undeclared:
        what = f" «{stop.announced[key]}»" if stop.announced[key] else ""
        yield f"{stop.path}: key {key}{what} is announced and not declared"
    for key in stop.unannounced:
        yield f"{stop.path}: key {key} is declared and not announced"


def told(found: Tree) -> list[str]:
    """The tree in lines for a terminal."""
    head = f"{found.menu} · {found.passed} of {number(found.paths, 'path')} passed"
    head += f", {found.paths - found.looked} not looked at" if found.looked < found.paths else ""
    wide = max(len(_label(stop)) for stop in found.stops)
    out = [head, *(_line(stop, wide) for stop in found.stops)]
    for stop in found.to_a_person[:1]:
        out.append(f"to a person: {number(stop.keys, 'key')}, {_seconds(stop)}, by {stop.path}")
    depth = max(stop.depth for stop in found.stops)
    out.append(f"depth {depth}, {number(len(found.stops), 'place')}, " + _unreached(found))
    return [*out, *(f"drift: {sentence}" for sentence in found.drift)]


def _unreached(found: Tree) -> str:
    dark = [stop.path for stop in found.stops if stop.verdict not in _FINE]
    return f"not reached: {'; '.join(dark)}" if dark else "all reached"


def _label(stop: Stop) -> str:
    said = f"{clip(stop.said, 20)} " if stop.said else ""
    return f"{'  ' * stop.depth}{said}{clip(stop.title, 50)}"


def _line(stop: Stop, wide: int) -> str:
    parts = [f"{_mark(stop.verdict)} {_label(stop).ljust(wide)}  {_seconds(stop):>8}"]
    parts.append(f"{number(stop.keys, 'key'):>7}")
    parts += ["person"] if stop.person else []
    ways = [f"{_mark(verdict)} {name}" for name, verdict in stop.escapes.items()]
    return "  ".join([*parts, *(["ways out: " + ", ".join(ways)] if ways else [])]).rstrip()


def _mark(verdict: Verdict | None) -> str:
    return MARKS[verdict] if verdict else "?"


def _seconds(stop: Stop) -> str:
    return span(stop.seconds) if stop.seconds is not None else "-"


def document(found: Tree) -> dict[str, Any]:
    """The tree for scripts."""
    return {**asdict(found), "drift": found.drift}
