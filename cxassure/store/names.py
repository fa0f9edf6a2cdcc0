"""File names that are safe on any disk, whatever an author, a page or a bot called the thing."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
_LONGEST = 80
_ACTIVE = re.compile(r"(?i)\.(x?html?|svg|xml|mht(ml)?)$")
_KNOWN = {"application/json": ".json", "text/plain": ".txt", "application/x-ndjson": ".jsonl"}


def safe(name: str) -> str:
    """`name` as one path component of at most 80 ASCII characters that starts with none of `.-`."""
    clean = _UNSAFE.sub("-", name).strip(".-")[:_LONGEST].rstrip(".-")
    return f"_{clean}" if not clean or _RESERVED.fullmatch(clean) else clean


def evidence_name(name: str, media: str) -> str:
    """The file name of evidence: what a browser would run when clicked is kept as `….txt`."""
    clean = safe(name)
    if "." not in clean:
        clean += _KNOWN.get(media) or mimetypes.guess_extension(media) or ""
    return f"{clean}.txt" if _ACTIVE.search(clean) else clean


def numbered(name: str) -> Iterator[str]:
    """`page.png`, `page-2.png`, `page-3.png`, …: the first that is free is taken."""
    yield name
    stem, dot, suffix = name.partition(".")
    number = 2
    while True:
        yield f"{stem}-{number}{dot}{suffix}"
        number += 1
