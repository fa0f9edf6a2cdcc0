"""What a cassette holds: calls as lines in order, and the file that they are written in."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from cxassure.errors import CannotLook
from cxassure.events import Who
from cxassure.text import clip

LARGEST = 64 << 20
"""Bytes that a cassette may have."""
LONGEST = 86_400.0
"""Seconds that a line may be away from the beginning of its call."""
ACTS = frozenset(
    "dialled,pressed,said,answered,declined,held,resumed,consulted,transferred,hung up,let ring,"
    "over".split(",")
)
"""What a party does; all else happens to it. `over` is the end of the journey."""
OVER, TURN = "over", "turn"
_AT_ONCE = frozenset(("speech", "tone", "tones", "keys"))
_SOUNDS = "the folder of sounds belongs to the cassette: keep both, or record it anew"
_DOES: tuple[Who, ...] = ("customer", "agent")


class Line(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """What `who` did or was heard with: `at` seconds from the first act, lasting `seconds`.

    `text` may hold `‹name›`, which stands for what differs from call to call. `turn` (of the line)
    says that the company was silent and waited.
    """

    at: float
    party: str = ""
    who: Who = "company"
    what: str
    text: str = ""
    seconds: float = 0.0
    data: dict[str, Any] = {}

    @property
    def act(self) -> bool:
        return self.what in ACTS and self.who in _DOES

    @property
    def due(self) -> float:
        """When it is known: sound that the company makes once it has ended, all else at once."""
        past = self.who in ("company", "line") and self.what not in _AT_ONCE
        return self.at + self.seconds if past else self.at


class Sound(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A recording of what `party` heard: a WAV file in the folder beside the cassette."""

    party: str
    file: str


class Call(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """One way through the company: the telephone part of one run.

    `parties` are its telephone parties and their channels; `started` is ISO 8601 in UTC.
    """

    journey: str
    row: str = ""
    started: str = ""
    parties: dict[str, Literal["ivr", "agent"]]
    sounds: tuple[Sound, ...] = ()
    lines: tuple[Line, ...]

    @property
    def name(self) -> str:
        return f"{self.journey}[{self.row}]" if self.row else self.journey

    @property
    def way(self) -> tuple[tuple[str, str, str], ...]:
        """The acts alone: by this calls are told apart."""
        return tuple((one.party, one.what, one.text) for one in self.lines if one.act)


class Cassette(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Calls that have their beginnings in common make a tree: a menu, path by path."""

    cassette: Literal[1] = 1
    calls: tuple[Call, ...] = ()

    def plus(self, call: Call) -> Cassette:
        """With `call` on it, in the place of one that went the same way."""
        others = [one for one in self.calls if (one.name, one.way) != (call.name, call.way)]
        return Cassette(calls=(*others, call))


def encoded(cassette: Cassette) -> bytes:
    """The file: JSON, a line of it for a line of a call, so that people read and compare it."""
    calls = ",\n".join(_call(call) for call in cassette.calls)
    return f'{{"cassette":{cassette.cassette},"calls":[\n{calls}\n]}}\n'.encode()


def _call(call: Call) -> str:
    """Keys in order, what is empty left out: the same call is the same text."""
    head = _told(call)
    lines = ",\n  ".join(msgspec.json.encode(_told(line)).decode() for line in call.lines)
    written = msgspec.json.encode({**head, "lines": []}).decode()
    return written.replace('"lines":[]', f'"lines":[\n  {lines}\n ]', 1)


def _told(one: Call | Line) -> dict[str, Any]:
    fields = ((name, getattr(one, name)) for name in one.__struct_fields__)
    told = {name: value for name, value in fields if value or name == "at"}
    if told.get("data"):
        told["data"] = msgspec.Raw(msgspec.json.encode(told["data"], order="sorted"))
    return told


def read(path: Path) -> Cassette:
    """The cassette in `path`. Raises `CannotLook` that says what is wrong with it, and where."""
    try:
        if path.stat().st_size > LARGEST:
            raise CannotLook(f"{path} is too large for a cassette", "keep fewer calls on one")
        data = path.read_bytes()
    except OSError as wrong:
        hint = "make one: cxassure record call JOURNEY --to FILE"
        raise CannotLook(f"{path}: {wrong.strerror or wrong}", hint) from None
    return decoded(data, str(path))


def decoded(data: bytes, name: str = "the cassette") -> Cassette:
    """`read` of bytes."""
    try:
        found = msgspec.json.decode(data, type=Cassette)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        told = clip(str(wrong))
        raise CannotLook(f"{name}{_where(data, told)}: {told}", _hint(data)) from None
    for number, call in enumerate(found.calls, 1):
        if what := _fault(call):
            raise CannotLook(f"{name}: call {number} («{clip(call.name, 60)}») {what[0]}", what[1])
    if not found.calls:
        raise CannotLook(f"{name}: there is no call on it", "cxassure record call JOURNEY --add")
    return found


def _where(data: bytes, told: str) -> str:
    """`:7` for what msgspec tells by its byte."""
    found = re.search(r"byte (\d+)", told)
    return f":{data.count(10, 0, int(found[1])) + 1}" if found else ""


def _hint(data: bytes) -> str:
    if not data.lstrip().startswith(b"{"):
        return "a cassette is a JSON document, as cxassure record call writes it"
    return "a cassette is as docs/cassettes.md tells; or record it anew"


def _fault(call: Call) -> tuple[str, str] | None:
    """What is wrong with the lines of a call, and what to do."""
    last = 0.0
    for number, line in enumerate(call.lines, 1):
        here = f"line {number} ({clip(line.what, 40)})"
        ends = line.act and line.what == OVER
        if line.party not in call.parties and not ends:
            return f"{here}: no party «{clip(line.party, 40)}»", "`parties` names them all"
        if not (-LONGEST <= line.at <= LONGEST and 0 <= line.seconds <= LONGEST):
            return f"{here}: {line.at} lasting {line.seconds} is no time", "seconds, up to a day"
        if not isinstance(line.data.get("context") or {}, dict):
            return f"{here}: its context is none", 'names with texts: {"caller": "+12025550101"}'
        if line.act and line.at < last:
            return f"{here}: it is before the act above it", "acts stand in order of time"
        last = line.at if line.act else last
    if not any(line.act for line in call.lines):
        return "has nobody who does anything", "its lines begin with what was dialled or answered"
    for sound in call.sounds:
        if "/" in sound.file or "\\" in sound.file or sound.file.startswith("."):
            return (
                f"has its sound at «{clip(sound.file, 60)}»",
                "sounds lie in the folder beside it",
            )
    return None


def folder(path: Path) -> Path:
    """Where the sounds of a cassette lie: `menu.sounds` beside `menu.cassette`."""
    return path.with_suffix(".sounds")


def sound(path: Path, one: Sound) -> bytes:
    """A WAV file of the cassette at `path`. Raises `CannotLook` that names it where it is missing,
    or none."""
    from cxassure.channels._telephony.audio.wav import read_wav

    file = folder(path) / one.file
    try:
        data = file.read_bytes()
        read_wav(data, 0)
    except OSError as wrong:
        raise CannotLook(f"{file}: {wrong.strerror or wrong}", _SOUNDS) from None
    except CannotLook as wrong:
        raise CannotLook(f"{file}: {wrong.what}", _SOUNDS) from None
    return data


def write(path: Path, cassette: Cassette, sounds: Mapping[str, bytes] = {}) -> None:
    """Writes `cassette`, all or nothing, and `sounds` by their names. Raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for name, data in sounds.items():
        folder(path).mkdir(exist_ok=True)
        (folder(path) / name).write_bytes(data)
    scratch = path.with_name(path.name + ".part")
    scratch.write_bytes(encoded(cassette))
    scratch.replace(path)


def sound_name(data: bytes) -> str:
    """The same sound has the same name."""
    return hashlib.sha256(data).hexdigest()[:16] + ".wav"


def with_sounds(call: Call, sounds: Mapping[str, bytes]) -> tuple[Call, dict[str, bytes]]:
    """`call` with references to `sounds`, which are WAV files by party; and the files by name."""
    named = {party: sound_name(data) for party, data in sorted(sounds.items())}
    told = tuple(Sound(party=party, file=name) for party, name in named.items())
    files = {named[party]: sounds[party] for party in named}
    return msgspec.structs.replace(call, sounds=told), files
