"""Session descriptions: what the other side can hear, and what we answer (RFC 4566, RFC 3264)."""

from __future__ import annotations

import re
from dataclasses import dataclass

CODECS = {"PCMU": 0, "PCMA": 8}
KEYS = 101
_OPPOSITE = {"sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}


@dataclass(frozen=True)
class Media:
    """The audio of one side: where it listens, its codec's payload type, that of key events.

    `direction` is that side's: sendrecv, sendonly, recvonly or inactive. `others` are the media
    lines we have no use for, to be refused with port 0.
    """

    host: str
    port: int
    payload: int
    keys: int | None
    direction: str = "sendrecv"
    before: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()


def parse(text: str) -> Media | None:
    """The audio in an offer or answer, None where it has none that we speak (PCMU, PCMA)."""
    session, *sections = re.split(r"(?m)^(?=m=)", text.replace("\r\n", "\n"))
    place = next((n for n, part in enumerate(sections) if _plain_audio(part)), None)
    if place is None:
        return None
    audio = sections[place]
    _, port, _, *formats = audio.splitlines()[0][2:].split()
    names = dict(re.findall(r"(?m)^a=rtpmap:(\d+) ([\w-]+/\d+)", audio))
    known = {"0": "PCMU/8000", "8": "PCMA/8000", **names}
    payload = next((p for p in formats if known.get(p, "").upper() in _SPOKEN), None)
    keys = next((p for p in formats if known.get(p, "").lower() == "telephone-event/8000"), None)
    if payload is None or known[payload].upper() != _BY_NUMBER.get(payload):
        return None
    host = _first(r"^c=IN IP[46] (\S+)", audio, session) or "0.0.0.0"
    direction = _first(r"^a=(sendrecv|sendonly|recvonly|inactive)", audio, session) or "sendrecv"
    if host == "0.0.0.0":
        direction = "inactive" if direction == "recvonly" else "sendonly"
    others = [part.splitlines()[0] for part in sections]
    return Media(
        host, int(port.partition("/")[0]), int(payload), int(keys) if keys else None, direction,
        tuple(others[:place]), tuple(others[place + 1 :]),
    )  # fmt: skip


_BY_NUMBER = {"0": "PCMU/8000", "8": "PCMA/8000"}
_SPOKEN = frozenset(_BY_NUMBER.values())


def _plain_audio(section: str) -> bool:
    return re.match(r"m=audio [1-9]\d*(/\d+)? RTP/AVPF? ", section) is not None


def _first(pattern: str, *texts: str) -> str:
    found = (re.search(pattern, text, re.MULTILINE) for text in texts)
    return next((one[1] for one in found if one), "")


def offer(host: str, port: int, version: int = 1, direction: str = "sendrecv") -> str:
    return _told(host, port, version, [f"m=audio {port} RTP/AVP 0 8 {KEYS}", *_maps((0, 8), KEYS)],
                 direction)  # fmt: skip


def answer(media: Media, host: str, port: int, version: int = 1) -> str:
    """Accept what was offered in the codec it names first."""
    formats = [str(media.payload)] + ([str(media.keys)] if media.keys is not None else [])
    audio = [f"m=audio {port} RTP/AVP {' '.join(formats)}", *_maps((media.payload,), media.keys)]
    direction = _OPPOSITE.get(media.direction, "sendrecv")
    before, behind = ([_refused(line) for line in lines] for lines in (media.before, media.behind))
    return _told(host, port, version, audio, direction, before, behind)


def _told(
    host: str,
    port: int,
    version: int,
    audio: list[str],
    direction: str,
    before: list[str] | None = None,
    behind: list[str] | None = None,
) -> str:
    head = ["v=0", f"o=birch {port} {version} IN IP4 {host}", "s=Birch and Bay Gifts",
            f"c=IN IP4 {host}", "t=0 0"]  # fmt: skip
    lines = [*head, *(before or []), *audio, "a=ptime:20", f"a={direction}", *(behind or [])]
    return "\r\n".join([*lines, ""])


def _maps(codecs: tuple[int, ...], keys: int | None) -> list[str]:
    names = {number: name for name, number in CODECS.items()}
    told = [f"a=rtpmap:{codec} {names[codec]}/8000" for codec in codecs]
    if keys is not None:
        told += [f"a=rtpmap:{keys} telephone-event/8000", f"a=fmtp:{keys} 0-15"]
    return told


def _refused(line: str) -> str:
    return re.sub(r"^(m=\S+) \S+", r"\1 0", line)
