"""Reading where results go and how long they stay: `store:` and `keep:` in `cxassure.yaml`."""

from __future__ import annotations

import re
from typing import Any, get_args

from cxassure.errors import Misread
from cxassure.peak import DAY, length
from cxassure.settings import EvidenceKind, Keep
from cxassure.spec.shape import Shape
from cxassure.text import Raw, clip

KEEP_KEYS = "runs failed evidence size count".split()
KINDS: tuple[str, ...] = get_args(EvidenceKind)
_YEARS = re.compile(r"(\d{1,2})y")
_SIZE = re.compile(r"(\d{1,9}(?:\.\d{1,3})?) ?(MB|GB|TB)")
_BYTES = {"MB": 10**6, "GB": 10**9, "TB": 10**12}
_PASSWORD = re.compile(r"://[^/@:]*:(?!\$\{[^{}]*\}@)[^/]*@")


def read_store(shape: Shape, raw: Raw) -> str:
    """The address under `store:`; a password in it is a reference."""
    parts = shape.pairs(raw, "store")
    shape.only(parts, ("url",), "store")
    return shape.typed(_url, parts.get("url", ""), "", "store", "url")


def read_keep(shape: Shape, raw: Raw) -> Keep:
    """The limits under `keep:`; what is wrong is said to `shape`."""
    parts = shape.pairs(raw, "keep")
    shape.only(parts, KEEP_KEYS, "keep")
    readers = {"runs": _age, "failed": _age, "size": _size, "count": _count}
    found: dict[str, Any] = {
        key: shape.typed(read, parts[key], 0, "keep", key)
        for key, read in readers.items()
        if key in parts
    }
    if "evidence" in parts:
        kinds = shape.pairs(parts["evidence"], "keep", "evidence")
        shape.only(kinds, KINDS, "keep", "evidence")
        at = ("keep", "evidence")
        found["evidence"] = {k: shape.typed(_age, v, 0, *at, k) for k, v in kinds.items()}
    return Keep(**found)


def _url(text: str) -> str:
    if _PASSWORD.search(text):
        hint = "write postgresql://user:${secret.NAME}@host/database"
        raise Misread("a password does not belong into a file that is committed", hint)
    if text.startswith(("postgresql://", "postgres://", "${")):
        return text
    hint = "write postgresql://user@host/database; without store: it is SQLite beside the runs"
    raise Misread(f"«{clip(text, 40)}» is no address of a PostgreSQL", hint)


def _age(text: str) -> int:
    if found := _YEARS.fullmatch(text.strip()):
        return int(found[1]) * 366 * DAY
    return length(text)


def _size(text: str) -> int:
    if found := _SIZE.fullmatch(text.strip()):
        return int(float(found[1]) * _BYTES[found[2]])
    raise Misread(f"«{clip(text, 40)}» is no size", "write 500MB, 5GB or 1TB")


def _count(text: str) -> int:
    if text.isascii() and text.isdecimal() and 0 < len(text) < 10 and int(text):
        return int(text)
    raise Misread(f"«{clip(text, 40)}» is no number of runs", "write a whole number, 1 at least")
