"""Recordings beside a cassette, held against those of a new call by their fingerprints."""

from __future__ import annotations

from collections.abc import Iterator

from cxassure.channels._telephony.cassette.tape import Call, Line
from cxassure.text import clip

LEAST = 0.3
"""Seconds of a prompt that are worth comparing."""
MARGIN = 0.2
"""Seconds of silence that are heard along with it: lines tell their times about so well."""


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


def _prompts(call: Call, party: str) -> list[Line]:
    mine = (line for line in call.lines if line.party == party)
    return [x for x in mine if x.what == "prompt" and x.seconds >= LEAST and "cut" not in x.data]


def _compared(was: Line, now: Line, before: tuple[Call, bytes], after: tuple[Call, bytes]) -> str:
    from cxassure.channels._telephony.audio.fingerprint import fingerprint
    from cxassure.channels._telephony.audio.golden import Verdict, compare
    from cxassure.channels._telephony.audio.wav import read_wav

    prints = []
    for line, (call, wav) in ((was, before), (now, after)):
        began = line.at - _answered(call, line.party)
        around = max(began - MARGIN, 0.0), began + line.seconds + MARGIN
        prints.append(fingerprint(read_wav(wav, 0).cut(*around)))
    found = compare(prints[0], prints[1])
    return "" if found.verdict == Verdict.SAME else str(found)


def _answered(call: Call, party: str) -> float:
    """When the sound of `party` began."""
    whats = ("connected", "answered")
    return next((x.at for x in call.lines if x.party == party and x.what in whats), 0.0)
