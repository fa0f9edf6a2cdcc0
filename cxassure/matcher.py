"""Matchers: what may be said about a facet's value. They know nothing of channels.

A matcher takes what was expected, as text, and what was seen. Third parties add one by the entry
point group `cxassure.matchers`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cxassure.channel import Heard, Value
from cxassure.errors import Misread
from cxassure.text import Raw, guess, plain, seconds

Kind = str
"""What a facet gives: text, texts, number, seconds, flag or fields."""

_BETWEEN = re.compile(r"[\s\-.,]+")
_TRUE, _FALSE = frozenset(("true", "yes", "on")), frozenset(("false", "no", "off"))


@dataclass(frozen=True, slots=True)
class Matcher:
    """`holds(expected, seen)` decides; `words` tells a person what was expected.

    `lasting`: once true it stays true as more is heard, so it may be believed at once.
    `nests`: the expected value is itself matchers (`not`) or a list of them (`any`, `all`).
    """

    name: str
    holds: Callable[[Raw, Value], bool]
    words: Callable[[Raw], str]
    check: Callable[[Raw, Kind], None]
    kinds: frozenset[Kind] = frozenset(("text", "texts", "number", "seconds", "flag"))
    lasting: bool = True
    nests: bool = False


def squeezed(text: str) -> str:
    """`text` without case, blanks and what stands between digits: `1 0-4.8` is `1048`."""
    return _BETWEEN.sub("", plain(text))


def text_of(seen: Value) -> str:
    """A value as text: what `contains` looks in and what a person is shown as seen."""
    if isinstance(seen, Heard):
        return seen.text
    if isinstance(seen, bool):
        return "true" if seen else "false"
    if isinstance(seen, list):
        return "\n".join(seen)
    if isinstance(seen, Mapping):
        return ", ".join(f"{key}: {text_of(item)}" for key, item in seen.items())
    return f"{seen:g}" if isinstance(seen, float) else str(seen)


def _scalar(expected: Raw, kind: Kind) -> None:
    if not isinstance(expected, str):
        raise Misread("a single value is expected here")
    if kind in ("number", "seconds"):
        _measure(expected, kind)
    elif kind == "flag":
        flag(expected)


def _measure(expected: str, kind: Kind) -> float:
    if "${" in expected:
        return 0.0
    if kind == "seconds":
        return seconds(expected)
    try:
        number = float(expected)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise Misread(f"«{expected}» is not a number")
    return number


def flag(expected: str) -> bool:
    """`true`, `yes`, `on` or their opposites; raises `Misread`."""
    if "${" in expected or plain(expected) in _TRUE:
        return True
    if plain(expected) in _FALSE:
        return False
    raise Misread(f"«{expected}» is neither true nor false")


def _number(expected: Raw) -> float:
    text = str(expected)
    try:
        return float(text)
    except ValueError:
        return seconds(text)


def _equals(expected: Raw, seen: Value) -> bool:
    if isinstance(seen, bool):
        return flag(str(expected)) is seen
    if isinstance(seen, int | float):
        return _number(expected) == seen
    if isinstance(seen, list):
        return seen == expected if isinstance(expected, list) else seen == [expected]
    if str(expected) == text_of(seen):
        return True
    return isinstance(seen, Heard) and seen.says(str(expected), whole=True)


def _contains(expected: Raw, seen: Value) -> bool:
    if plain(str(expected)) in plain(text_of(seen)):
        return True
    return isinstance(seen, Heard) and seen.says(str(expected))


def _pattern(expected: Raw, kind: Kind) -> None:
    if not isinstance(expected, str):
        raise Misread("a pattern is expected here")
    try:
        re.compile(expected)
    except (re.error, RecursionError, OverflowError) as wrong:
        raise Misread(
            f"«{expected}» is not a pattern: {wrong}", "patterns are Python's regular expressions"
        ) from None


def _threshold(expected: Raw, kind: Kind) -> None:
    if not isinstance(expected, str):
        raise Misread("a single value is expected here")
    _measure(expected, "seconds" if kind == "seconds" else "number")


def _list(expected: Raw, kind: Kind) -> None:
    if not isinstance(expected, list) or not expected:
        raise Misread("a list is expected here", "write [first, second]")
    for index, item in enumerate(expected):
        _nested(item, kind, index)


def _nested(item: Raw, kind: Kind, *where: int) -> None:
    if isinstance(item, str):
        return
    if isinstance(item, list):
        raise Misread("a value or a matcher is expected here", where=where)
    for path, misread in problems(item, kind):
        raise Misread(misread.what, misread.hint, (*where, *path))


def _inner(item: Raw) -> dict[str, Raw]:
    """Inside `not`, `any` and `all` a bare text means `contains`: the loose words of a person."""
    return item if isinstance(item, dict) else {"contains": item}


def _aim(expected: Raw, kind: Kind) -> None:
    """A better value to be aimed at: matchers, or a bare threshold. Missing it is degraded."""
    if isinstance(expected, dict):
        return _nested(expected, kind)
    if isinstance(expected, list):
        raise Misread("one aim is expected here")
    if kind == "texts":
        _measure(expected, "number")
    elif kind != "text":
        _scalar(expected, kind)
    return None


def _equals_list(expected: Raw, kind: Kind) -> None:
    if kind == "texts" and isinstance(expected, list):
        return
    _scalar(expected, kind)


def _items(expected: Raw) -> list[Raw]:
    return expected if isinstance(expected, list) else [expected]


def _joined(expected: Raw, word: str) -> str:
    return f" {word} ".join(words(_inner(item)) for item in _items(expected))


_TEXT = frozenset(("text", "texts"))
_MEASURE = frozenset(("number", "seconds"))
_ALL = _TEXT | _MEASURE | {"flag"}

BUILT_IN: dict[str, Matcher] = {
    m.name: m
    for m in (
        Matcher("equals", _equals, lambda e: _shown(e), _equals_list, lasting=False),
        Matcher("contains", _contains, lambda e: f"contains «{e}»", _scalar, _TEXT),
        Matcher(
            "matches",
            lambda e, s: re.search(str(e), text_of(s)) is not None,
            lambda e: f"matches /{e}/",
            _pattern,
            _TEXT,
        ),
        Matcher(
            "any",
            lambda e, s: any(holds(_inner(item), s) for item in _items(e)),
            lambda e: _joined(e, "or"),
            _list,
            nests=True,
        ),
        Matcher(
            "all",
            lambda e, s: all(holds(_inner(item), s) for item in _items(e)),
            lambda e: _joined(e, "and"),
            _list,
            nests=True,
        ),
        Matcher(
            "not",
            lambda e, s: not holds(_inner(e), s),
            lambda e: f"not ({words(_inner(e))})",
            _nested,
            lasting=False,
            nests=True,
        ),
        Matcher(
            "at_least",
            lambda e, s: _size(s) >= _number(e),
            lambda e: f"at least {e}",
            _threshold,
            _MEASURE | {"texts"},
        ),
        Matcher(
            "at_most",
            lambda e, s: _size(s) <= _number(e),
            lambda e: f"at most {e}",
            _threshold,
            _MEASURE | {"texts"},
            lasting=False,
        ),
        Matcher(
            "spells",
            lambda e, s: squeezed(str(e)) in squeezed(text_of(s)),
            lambda e: f"spells «{e}»",
            _scalar,
            _TEXT,
        ),
        Matcher("aim", lambda e, s: True, lambda e: "", _aim, _ALL),
    )
}


def _shown(expected: Raw) -> str:
    return ", ".join(map(str, expected)) if isinstance(expected, list) else str(expected)


def _size(seen: Value) -> float:
    """What `at_least` and `at_most` measure: the number itself, or how many texts there are."""
    if isinstance(seen, list):
        return len(seen)
    return float(seen) if isinstance(seen, int | float) else float("nan")


_known: dict[str, Matcher] = dict(BUILT_IN)


def register(matcher: Matcher) -> None:
    """Adds a third party's matcher; a built-in name cannot be taken."""
    if matcher.name not in BUILT_IN:
        _known[matcher.name] = matcher


def known() -> Mapping[str, Matcher]:
    """All matchers by name."""
    return _known


def holds(must: Mapping[str, Any], seen: Value) -> bool:
    """Whether `seen` suits every matcher in `must`."""
    return all(_known[name].holds(expected, seen) for name, expected in must.items())


def aimed(must: Mapping[str, Any], seen: Value) -> bool:
    """Whether `seen` is as good as the `aim` in `must`; true where there is none.

    A bare threshold on a figure means at most, or at least beside `at_least`; else it is equals.
    """
    aim = must.get("aim")
    if aim is None:
        return True
    return holds(_aims(must, seen), seen)


def _aims(must: Mapping[str, Any], seen: Value) -> dict[str, Any]:
    aim = must["aim"]
    if isinstance(aim, dict):
        return aim
    if isinstance(seen, bool) or not isinstance(seen, int | float | list):
        return {"equals": aim}
    return {"at_least" if "at_least" in must else "at_most": aim}


def aim_words(must: Mapping[str, Any]) -> str:
    """What was aimed at, for a person; empty where there is no aim."""
    aim = must.get("aim")
    if aim is None:
        return ""
    return words(aim) if isinstance(aim, dict) else str(aim)


def words(must: Mapping[str, Any]) -> str:
    """What was expected, for a person: `contains «on its way»`."""
    said = (_known[name].words(expected) for name, expected in must.items())
    return " and ".join(part for part in said if part)


def wordings(must: Mapping[str, Any]) -> Iterator[str]:
    """The texts that `must` names, those that are not wanted too; patterns and figures are none."""
    for name, expected in must.items():
        if name in ("any", "all", "not"):
            for item in _items(expected):
                yield from wordings(_inner(item))
        elif name in ("contains", "equals", "spells"):
            yield from (str(item) for item in _items(expected))


def lasting(must: Mapping[str, Any]) -> bool:
    """Whether `must`, once it holds, keeps holding as more is heard."""
    for name, expected in must.items():
        if not _known[name].lasting:
            return False
        if _known[name].nests and not all(lasting(_inner(item)) for item in _items(expected)):
            return False
    return True


def problems(
    must: Mapping[str, Raw], kind: Kind
) -> Iterator[tuple[tuple[str | int, ...], Misread]]:
    """What is wrong in `must` for a facet of `kind`: the path inside it, and what to say."""
    for name, expected in must.items():
        matcher = _known.get(name)
        if matcher is None:
            yield (name,), Misread(f"unknown matcher «{name}»", guess(name, _known))
        elif kind not in matcher.kinds:
            fitting = [m.name for m in _known.values() if kind in m.kinds]
            yield (
                (name,),
                Misread(f"«{name}» does not apply to a {kind}", guess("", fitting)),
            )
        else:
            try:
                matcher.check(expected, kind)
            except Misread as misread:
                yield (name, *misread.where), misread
