"""Recordings beside a cassette, held against those of a new call by their fingerprints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from cxassure.channels._telephony.cassette.tape import Call, Line
from cxassure.text import clip

if TYPE_CHECKING:
    from cxassure.channels._telephony.audio.sound import Sound

LEAST = 0.3
"""Seconds of a prompt that are worth comparing."""
MARGIN = 0.1
"""Seconds of silence that are heard along with it."""
EARLY, LATE = 0.3, 2.5
"""Seconds by which a prompt may begin before it is told, or after: what began before its step did
is told as if it had followed on what came before it."""
LETTERS = 0.6
"""The share of letters in common from which a recogniser may have written one word as another."""
BETWEEN, NEAR = 0.15, 0.35
"""Seconds of silence between two prompts at least; by how much a prompt's length may be off."""


def otherwise(
    old: Call, new: Call, before: dict[str, bytes], after: dict[str, bytes]
) -> Iterator[str]:
    """Sentences on prompts that sound otherwise than they did, told by the second.

    `before` and `after` are WAV files by party, of what the party heard from its `connected` on.
    Raises `CannotLook` for what is no WAV file.
    """
    for party in sorted(before.keys() & after.keys()):
        was, now = _prompts(old, party), _prompts(new, party)
        for one, other in zip(was, now, strict=False):
            if told := _compared(one, other, (old, before[party]), (new, after[party])):
                yield f"{party}, {one.at:.1f} s: «{clip(one.text, 60)}» sounds otherwise: {told}"


def settled(old: Call, new: Call, before: dict[str, bytes], after: dict[str, bytes]) -> Call:
    """`new` with the words of `old` where it sounds as it did: a recogniser may write the same
    sound otherwise. `before` and `after` as in `otherwise`."""
    words: dict[int, str] = {}
    for party in before.keys() & after.keys():
        for one, other in zip(_prompts(old, party), _prompts(new, party), strict=False):
            calls = (old, before[party]), (new, after[party])
            if one.text != other.text and _alike(one, other, *calls):
                words[id(other)] = one.text
    lines = (replace(line, text=words.get(id(line), line.text)) for line in new.lines)
    return replace(new, lines=tuple(lines))


def prompts(call: Call, sounds: dict[str, bytes]) -> Iterator[tuple[Line, Sound]]:
    """Each prompt that was heard to its end, with its sound; `sounds` are WAV files by party."""
    for party in sorted(sounds):
        for line in _prompts(call, party):
            yield line, _sound(line, call, sounds[party])


def _alike(was: Line, now: Line, before: tuple[Call, bytes], after: tuple[Call, bytes]) -> bool:
    """Whether they sound alike; where pieces of the sound are missing, whether their words are
    alike, each for itself, but for as many as there are gaps."""
    gaps = _gaps(was, now)
    if not gaps:
        return not _compared(was, now, before, after)
    from cxassure.channels._telephony.audio.likeness import differences

    found = differences(was.text, now.text, part=False)
    lost = [one for one in found if not one.expected or not one.heard]
    other = [one for one in found if one not in lost]
    same = all(one.alike >= LETTERS and not one.number for one in other)
    return same and len(lost) <= gaps


def _gaps(*lines: Line) -> int:
    """In how many places sound is missing from what was heard."""
    counts = (line.data.get("gaps") for line in lines)
    return sum(count for count in counts if isinstance(count, int))


def _prompts(call: Call, party: str) -> list[Line]:
    mine = (line for line in call.lines if line.party == party)
    return [x for x in mine if x.what == "prompt" and x.seconds >= LEAST and "cut" not in x.data]


def _compared(was: Line, now: Line, before: tuple[Call, bytes], after: tuple[Call, bytes]) -> str:
    from cxassure.channels._telephony.audio.fingerprint import fingerprint
    from cxassure.channels._telephony.audio.golden import Verdict, compare

    prints = [fingerprint(_sound(line, *one)) for line, one in ((was, before), (now, after))]
    found = compare(prints[0], prints[1])
    if found.verdict == Verdict.SAME or (_gaps(was, now) and found.verdict != Verdict.OTHER):
        return ""
    return str(found)


def _sound(line: Line, call: Call, wav: bytes) -> Sound:
    """What is heard of a prompt in the recording of its call."""
    from cxassure.channels._telephony.audio.voice import spoken
    from cxassure.channels._telephony.audio.wav import read_wav

    told = line.at - _answered(call, line.party)
    first = max(told - EARLY, 0.0)
    around = read_wav(wav, 0).cut(first, told + line.seconds + LATE)
    stretches = spoken(around, BETWEEN)
    if first and stretches and not stretches[0][0]:
        del stretches[0]  # the end of what was said before
    began = _began(stretches, told - first, line.seconds)
    return around.cut(max(began - MARGIN, 0.0), began + line.seconds + MARGIN)


def _began(stretches: list[tuple[float, float]], told: float, seconds: float) -> float:
    """When a prompt began that lasted `seconds`: where somebody begins to speak and falls silent so
    long after; as `told` where nothing of what is heard lasts like that."""
    found = [
        (abs(end - start - seconds), abs(start - told), start)
        for at, (start, _) in enumerate(stretches)
        for _, end in stretches[at:]
    ]
    likely = [one for one in found if one[0] < NEAR]
    return min(likely, key=lambda one: one[0] + one[1] / 10)[2] if likely else told


def _answered(call: Call, party: str) -> float:
    """When the sound of `party` began."""
    whats = ("connected", "answered")
    return next((x.at for x in call.lines if x.party == party and x.what in whats), 0.0)
