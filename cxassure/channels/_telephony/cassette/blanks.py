"""Blanks in what was recorded: `‹name›` stands for what differs from call to call."""

from __future__ import annotations

import re
from typing import Any

_BLANK = re.compile(r"‹([^‹›]{1,80})›")
MOST = 8
"""Blanks that one text may have."""


def fits(recorded: str, given: str) -> dict[str, str] | None:
    """What the blanks in `recorded` stand for where `given` is that text; None where it is not.

    Case and runs of white space do not count.
    """
    wanted, said = " ".join(recorded.split()), " ".join(given.split())
    if not _BLANK.search(wanted):
        return {} if wanted.casefold() == said.casefold() else None
    names = _BLANK.findall(wanted)
    if len(names) > MOST:
        return None
    fixed = [re.escape(part) for part in _BLANK.split(wanted)[::2]]
    found = re.fullmatch("(.+?)".join(fixed), said, re.IGNORECASE | re.DOTALL)
    values = dict(zip(names, found.groups(), strict=True)) if found else {}
    alike = found and all(values[n] == v for n, v in zip(names, found.groups(), strict=True))
    return values if alike else None


def filled(raw: Any, values: dict[str, str]) -> Any:
    """`raw` with its blanks filled in as far as they are known, in texts within it too."""
    if not values:
        return raw
    if isinstance(raw, str):
        return _BLANK.sub(lambda blank: values.get(blank[1], blank[0]), raw)
    if isinstance(raw, dict):
        return {key: filled(value, values) for key, value in raw.items()}
    return [filled(value, values) for value in raw] if isinstance(raw, list) else raw
