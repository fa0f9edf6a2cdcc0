"""A JSON document as an author writes it in YAML, where every scalar is text."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any, ClassVar

from cxassure.text import Raw


@dataclass(frozen=True, slots=True)
class Document:
    """The JSON value that was meant.

    A scalar that reads as a JSON number, `true`, `false`, `null` or string is that, all else is
    text: `1` is a number, `'"1"'` and `01` are texts.
    """

    KEYS: ClassVar[frozenset[str]] = frozenset()
    value: Any

    @classmethod
    def read(cls, raw: Raw) -> Document:
        """The document in `raw`; there is nothing that cannot be read."""
        return cls(_meant(raw))


def _meant(raw: Raw) -> Any:
    if isinstance(raw, dict):
        return {key: _meant(value) for key, value in raw.items()}
    if isinstance(raw, list):
        return [_meant(item) for item in raw]
    return _scalar(raw)


def _scalar(text: str) -> Any:
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return text
    endless = isinstance(value, float) and not math.isfinite(value)
    return text if endless or isinstance(value, dict | list) else value


def _refuse(name: str) -> Any:
    """NaN and Infinity are Python's, not JSON's (RFC 8259, section 6)."""
    raise ValueError(name)
