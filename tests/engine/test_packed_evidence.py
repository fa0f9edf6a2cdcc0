"""Evidence that is packed is kept only where no secret stands in anything that is packed in it."""

from __future__ import annotations

import gzip
import io
import zipfile
from urllib.parse import quote

import pytest

from cxassure.engine.masking import Mask
from cxassure.engine.stream import Stream
from cxassure.engine.unpacking import CannotUnpack, contents
from cxassure.events import AnyEvent, Kept

SECRET = "It's a Canary/9"
MASK = Mask({"tok": SECRET})


def packed(*members: tuple[str, bytes], comment: bytes = b"") -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
        archive.comment = comment
    return whole.getvalue()


PLAIN = SECRET.encode()
HOLDING = {
    "in a member": packed(("trace.trace", b"{}"), ("trace.network", b"k=" + PLAIN)),
    "encoded in a member": packed(("trace.network", quote(SECRET).encode())),
    "in a name": packed((f"{SECRET}.txt", b"")),
    "in a comment": packed(("a", b""), comment=PLAIN),
    "in gzip": gzip.compress(PLAIN),
    "in the second part of gzip": gzip.compress(b"first") + gzip.compress(PLAIN),
    "in gzip in zip": packed(("resources/1", gzip.compress(PLAIN))),
    "in zip in gzip in zip": packed(("1", gzip.compress(packed(("2", PLAIN))))),
}
UNREADABLE = {
    "cut off": gzip.compress(PLAIN)[:-9],
    "cut off in zip": packed(("resources/1", gzip.compress(b"so it is" * 9)[:-9])),
    "broken": packed(("a", b"so it is" * 99)).replace(b"PK\x03\x04", b"PK\x03\x05"),
}


@pytest.mark.parametrize("data", HOLDING.values(), ids=HOLDING)
def test_what_has_a_secret_packed_in_it_is_found(data: bytes) -> None:
    assert PLAIN not in data or data == HOLDING["in a name"] or data == HOLDING["in a comment"]
    assert MASK.seals(data) == "a secret is packed in it, where it cannot be masked"


@pytest.mark.parametrize("data", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_looked_through_is_not_trusted(data: bytes) -> None:
    assert MASK.seals(data).startswith("it cannot be looked through for secrets, it is broken")


def test_what_unpacks_without_end_is_not_unpacked_to_it() -> None:
    bomb = gzip.compress(gzip.compress(bytes(1 << 24)))
    with pytest.raises(CannotUnpack, match="more than 1,000,000 bytes"):
        list(contents(bomb, most=1_000_000))
    for _ in range(9):
        bomb = packed(("deeper", bomb))
    with pytest.raises(CannotUnpack, match="more than 8 deep"):
        list(contents(bomb))


@pytest.mark.parametrize("data", [b"", b"so it is", b"PK, he said", packed(("a", b"so it is"))])
def test_evidence_without_a_secret_is_kept(data: bytes) -> None:
    assert MASK.seals(data) == ""
    assert Mask({}).seals(HOLDING["in a member"]) == ""


async def test_packed_evidence_with_a_secret_is_not_put_away_and_that_is_told() -> None:
    put: dict[str, bytes] = {}
    told: list[AnyEvent] = []

    async def keep(name: str, data: bytes, media: str) -> tuple[str, int]:
        put[name] = data
        return name, len(data)

    stream = Stream(told.append, keep, MASK)
    innocent = packed(("a", b"so it is"))
    await stream.keep("kim", "trace.zip", HOLDING["in a member"], "application/zip")
    await stream.keep("kim", "other.zip", innocent, "application/zip")
    assert put == {"other.zip": innocent}
    assert [event.name for event in told if isinstance(event, Kept)] == ["other.zip"]
    assert stream.findings == [
        "trace.zip of kim was not kept: a secret is packed in it, where it cannot be masked"
    ]
