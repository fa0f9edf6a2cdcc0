"""Reading and writing text: references, durations, plain comparison, guesses at misspelt names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeAlias

from cxassure.errors import Misread

Raw: TypeAlias = "str | list[Raw] | dict[str, Raw]"
"""What an author wrote, with every scalar left as text."""

_REFERENCE = re.compile(r"\$(\$?)\{([^{}]*)\}")
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?")
_SPACE = re.compile(r"\s+")
YEAR = 366 * 86400.0


def references(text: str) -> list[str]:
    """The names inside `${…}`, in order; `$${…}` is an escape and gives none."""
    return [name.strip() for escaped, name in _REFERENCE.findall(text) if not escaped]


def all_references(raw: Raw) -> list[str]:
    """The names inside `${…}` anywhere in `raw`, keys included, in order."""
    if isinstance(raw, str):
        return references(raw) if "${" in raw else []
    if isinstance(raw, list):
        return [name for item in raw for name in all_references(item)]
    return [n for key, item in raw.items() for n in all_references(key) + all_references(item)]


def fill(text: str, lookup: Callable[[str], str | None]) -> str:
    """`text` with each `${name}` replaced by `lookup(name)`, left as it is where that is None.

    Replaced text is not searched again, so a value that looks like a reference stays inert.
    """

    def put(found: re.Match[str]) -> str:
        if found.group(1):
            return found.group(0)
        value = lookup(found.group(2).strip())
        return found.group(0) if value is None else value

    return _REFERENCE.sub(put, text) if "${" in text else text


def fill_all(raw: Raw, lookup: Callable[[str], str | None]) -> Raw:
    """`fill` for every scalar and key in `raw`."""
    if isinstance(raw, str):
        return fill(raw, lookup)
    if isinstance(raw, list):
        return [fill_all(item, lookup) for item in raw]
    return {fill(key, lookup): fill_all(item, lookup) for key, item in raw.items()}


def unescape(raw: Raw) -> Raw:
    """`$${…}` becomes `${…}`: the last thing done before a value is used."""
    if isinstance(raw, str):
        return raw.replace("$${", "${")
    if isinstance(raw, list):
        return [unescape(item) for item in raw]
    return {key.replace("$${", "${"): unescape(item) for key, item in raw.items()}


@lru_cache(4096)
def seconds(text: str) -> float:
    """Seconds in `500ms`, `5s`, `1.5s`, `3m`, `1m30s`, `2h`.

    Raises `Misread` for anything else: a bare number has no unit, and 5 what would be a guess.
    """
    found = _DURATION.fullmatch(text.strip())
    if not found or not any(found.groups()):
        raise Misread(
            f"«{clip(text, 40)}» is not a length of time", "write it as 500ms, 5s, 3m or 1m30s"
        )
    hours, minutes, secs, millis = (float(part or 0) for part in found.groups())
    length = hours * 3600 + minutes * 60 + secs + millis / 1000
    if length > YEAR:
        raise Misread(f"«{clip(text, 40)}» is longer than a year", "write it as 500ms, 5s or 3m")
    return length


def span(value: float) -> str:
    """A length of time as a person reads it: `0.42 s`, `41.3 s`, `3 min 5 s`, `2 h 4 min`."""
    if value < 1:
        return f"{value:.2f} s"
    if value < 99.95:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def plain(text: str) -> str:
    """`text` without case and with runs of white space as one blank: how `contains` compares."""
    return _SPACE.sub(" ", text).strip().casefold()


def clip(text: str, length: int = 200) -> str:
    """One line of at most `length` characters, cut with an ellipsis.

    What a terminal would obey and not show (an escape sequence) becomes `�`.
    """
    line = _SPACE.sub(" ", text[: length * 4]).strip()
    if not line.isprintable():
        line = "".join(c if c.isprintable() else "\ufffd" for c in line)
    return line if len(line) <= length else line[: length - 1] + "…"


def near(wanted: str, text: str, length: int = 200) -> str:
    """The `length` characters of `text` that share most words with `wanted`, for a person.

    A page's text is long; what comes closest to what was expected is worth seeing first.
    """
    line = _SPACE.sub(" ", text).strip()
    if len(line) <= length:
        return line
    words = {word for word in re.findall(r"\w+", plain(wanted)) if len(word) > 1}
    hits = [m.start() for m in re.finditer(r"\w+", line) if m.group().casefold() in words]
    if not hits:
        return clip(line, length)
    best = max(hits, key=lambda at: sum(at <= other < at + length // 2 for other in hits))
    start = max(0, min(best - length // 4, len(line) - length))
    start = line.find(" ", start) + 1 if start else 0
    end = start + length
    return ("…" if start else "") + line[start:end] + ("…" if end < len(line) else "")


def guess(name: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known names, the nearest first, or lists them when none is."""
    import difflib  # only needed when something is wrong

    names = sorted(known)[:1000]
    near = difflib.get_close_matches(
        name[:80].casefold(), [n.casefold() for n in names], n=2, cutoff=0.6
    )
    matches = [n for one in near for n in names if n.casefold() == one]
    if matches:
        return "did you mean " + " or ".join(f"«{n}»" for n in matches) + "?"
    listed = ", ".join(names[:40]) + (", …" if len(names) > 40 else "")
    return "known: " + listed if names else ""
