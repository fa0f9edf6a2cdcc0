"""How a thing inside a JSON document is pointed at: `order.items[0].title`."""

from __future__ import annotations

import json
import re
from typing import Any

_STEP = re.compile(r"\[(\d+)\]|\.?([^.\[\]]+)")
_NUMBER = re.compile(r"[0-9]{1,9}")  # other marks count as digits too, and are no number to `int`


class Absent(LookupError):
    """Nothing stands at the path."""


def at(document: Any, path: str) -> Any:
    """What stands at `path`: keys divided by dots, list items by number; "" is all of it.

    `items.0` and `items[0]` are the same. Raises `Absent` where there is nothing.
    """
    for index, key in _STEP.findall(path):
        step = index or key
        if isinstance(document, dict) and step in document:
            document = document[step]
        elif isinstance(document, list) and _NUMBER.fullmatch(step) and int(step) < len(document):
            document = document[int(step)]
        else:
            raise Absent(path)
    return document


def get(document: Any, path: str, default: Any = None) -> Any:
    """What stands at `path`, else `default`."""
    try:
        return at(document, path)
    except Absent:
        return default


def text(value: Any) -> str:
    """A JSON value as the text it is compared by: bare for a string, else as JSON writes it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
