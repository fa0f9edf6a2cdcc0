"""The ladder: every message of an agent as data, and as text for evidence."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cxassure.channels._telephony.sip.causes import clean
from cxassure.channels._telephony.sip.headers import CSeq
from cxassure.channels._telephony.sip.message import Request, Response

_SECRET = re.compile(rb'((?<![a-z])(?:response|cnonce|nextnonce|rspauth)\s*=\s*"?)[^",\s]+', re.I)
_AUTH = re.compile(
    rb"^((?:proxy-)?(?:authorization|authentication-info)[ \t]*:)(.*(?:\r?\n[ \t].*)*)", re.I | re.M
)
_KEYS = re.compile(rb"(inline:)[A-Za-z0-9+/=]+")
_OTHER_AUTH = re.compile(rb"^(\s*(?!Digest\b)[A-Za-z]+\s+)\S.*", re.I | re.S)


def masked(raw: bytes) -> bytes:
    """Without digest answers, other credentials and media keys; all else byte for byte."""
    return _KEYS.sub(rb"\1***", _AUTH.sub(_without, raw))


def _without(found: re.Match[bytes]) -> bytes:
    value = _OTHER_AUTH.sub(rb"\1***", found[2])
    return found[1] + _SECRET.sub(rb"\1***", value)


@dataclass(frozen=True, slots=True)
class Rung:
    """One message. `at` is the agent's clock in seconds; `what` is its first line, or why bytes
    that came were let fall; `raw` is as it went over the wire, but for secrets."""

    at: float
    transport: str
    source: str
    destination: str
    ours: bool
    what: str
    call_id: str
    cseq: str
    raw: bytes
    odd: tuple[str, ...] = ()


class Ladder:
    """What went over the wire, the newest `most` messages in `room` bytes; `lost` counts those
    before them."""

    def __init__(self, most: int = 20_000, room: int = 64 << 20) -> None:
        self._rungs: deque[Rung] = deque()
        self._most, self._room = most, room
        self._noted = self._size = 0

    @property
    def lost(self) -> int:
        return self._noted - len(self._rungs)

    def note(self, rung: Rung) -> None:
        self._noted += 1
        self._rungs.append(rung)
        self._size += len(rung.raw)
        while len(self._rungs) > self._most or self._size > self._room:
            self._size -= len(self._rungs.popleft().raw)

    def __iter__(self) -> Iterator[Rung]:
        return iter(self._rungs)

    def __len__(self) -> int:
        return len(self._rungs)

    def of(self, call_ids: Iterable[str]) -> list[Rung]:
        """Those of some calls, in order."""
        wanted = frozenset(call_ids)
        return [rung for rung in self._rungs if rung.call_id in wanted]


def described(message: Request | Response) -> tuple[str, str, str]:
    """First line, Call-ID and CSeq as a rung has them."""
    cseq: CSeq = message.cseq
    return clean(message.first_line), clean(message.call_id), str(cseq)


def drawn(rungs: Iterable[Rung], whole: bool = False) -> str:
    """The ladder as text: a line a message, ours to the right; `whole` puts each below its line.

    `     0.012  127.0.0.1:5060 ──▶ 127.0.0.1:5080  UDP  INVITE sip:2@127.0.0.1 SIP/2.0  (1 INVITE)`
    """
    lines = []
    rungs = list(rungs)
    began = rungs[0].at if rungs else 0.0
    for rung in rungs:
        here, there = (
            (rung.source, rung.destination) if rung.ours else (rung.destination, rung.source)
        )
        arrow = "──▶" if rung.ours else "◀──"
        odd = f"  [{clean('; '.join(rung.odd))}]" if rung.odd else ""
        about = f"  ({rung.cseq})" if rung.what.startswith("SIP/2.0") else ""
        lines.append(
            f"{rung.at - began:10.3f}  {here} {arrow} {there}  {rung.transport.upper()}  "
            f"{rung.what}{about}{odd}"
        )
        if whole:
            text = rung.raw.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
            lines += [f"            | {_shown(line)}" for line in text.rstrip("\n").split("\n")]
    return "".join(f"{line}\n" for line in lines)


def _shown(line: str) -> str:
    return "".join(c if c.isprintable() or c == "\t" else repr(c)[1:-1] for c in line)
