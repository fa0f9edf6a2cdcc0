"""Looking into what is packed: the names and contents of archives, and of archives in them."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator
from typing import IO

MOST = 1 << 28
"""Bytes unpacked of one piece of evidence: what a stranger packed small may be without end."""
DEEPEST = 8
"""How deep archives may stand in one another."""


class CannotUnpack(Exception):
    """Why something packed could not be looked through to its end."""


def contents(data: bytes, most: int = MOST) -> Iterator[bytes]:
    """The names and contents of all that is packed in `data` (zip, gzip), nothing if none is.

    Raises `CannotUnpack` where that is broken, locked, or unpacks to more than `most` bytes.
    """
    try:
        yield from _Unpacker(most).within(data)
    except CannotUnpack:
        raise
    except Exception as wrong:  # an archive can be broken in a dozen ways, each with its own error
        raise CannotUnpack(f"it is broken or locked: {type(wrong).__name__}") from wrong


class _Unpacker:
    def __init__(self, most: int) -> None:
        self.most = self.left = most

    def within(self, data: bytes, depth: int = 0) -> Iterator[bytes]:
        for member in self._members(data):
            if depth == DEEPEST:
                raise CannotUnpack(f"archives stand in it more than {DEEPEST} deep")
            yield member
            yield from self.within(member, depth + 1)

    def _members(self, data: bytes) -> Iterator[bytes]:
        if data.startswith(b"\x1f\x8b"):
            yield self._read(gzip.GzipFile(fileobj=io.BytesIO(data)))
        elif zipfile.is_zipfile(io.BytesIO(data)):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                yield archive.comment
                for member in archive.infolist():
                    yield b"\n".join((member.filename.encode(), member.comment, member.extra))
                    yield self._read(archive.open(member))

    def _read(self, packed: IO[bytes] | gzip.GzipFile) -> bytes:
        with packed:
            data = packed.read(self.left + 1)
        self.left -= len(data)
        if self.left < 0:
            raise CannotUnpack(f"it unpacks to more than {self.most:,} bytes")
        return data
