"""How a party speaks, looked over before anybody is rung: voice, noise behind it, files."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxassure.channel import Opening
from cxassure.channels._telephony.live.options import SipOptions
from cxassure.errors import CannotLook, CxassureError
from cxassure.text import clip, guess, references

if TYPE_CHECKING:
    from cxassure.channels._telephony.audio.sound import Sound

LEAST, MOST = -10.0, 60.0
"""dB by which speech may be louder than the noise behind it."""
_LEVEL = re.compile(r"(-?\d+(?:\.\d+)?) ?dB", re.IGNORECASE)


async def look_over(opening: Opening, options: SipOptions) -> None:
    """Raises `CannotLook`, which names the target, for what this party could not say later."""
    try:
        noise_of(options)
        await asyncio.to_thread(_look_over, opening, options)
    except CxassureError as wrong:
        raise of_target(opening, wrong) from None


def of_target(opening: Opening, wrong: CxassureError) -> CannotLook:
    """The same, with the target's name."""
    return CannotLook(f"target «{opening.target.name}»: {wrong.what}", wrong.hint)


def spoken(text: str, options: SipOptions, seed: int) -> Sound:
    """A text, or a file, as it is sent. Blocks; raises as `speaking.say`."""
    from cxassure.channels._telephony.audio.speaking import say

    kind, level = noise_of(options)
    return say(text, options.voice, noise=kind, snr=level, seed=seed)


def noise_of(options: SipOptions) -> tuple[str, float]:
    """(kind, dB below the speech); the kind is empty where there is none. Raises `CannotLook`."""
    from cxassure.channels._telephony.audio.noise import KINDS
    from cxassure.channels._telephony.audio.speaking import QUIET

    written: Any = options.noise
    one = written if isinstance(written, dict) else {written: f"{QUIET:g}dB"} if written else {}
    if len(one) > 1:
        raise CannotLook("there is one noise at a time behind a party", "noise: {street: 15dB}")
    for kind, level in one.items():
        if kind not in KINDS:
            raise CannotLook(f"«{clip(kind, 40)}» is no noise known here", guess(kind, KINDS))
        found = _LEVEL.fullmatch(level.strip())
        if found is None or not LEAST <= float(found[1]) <= MOST:
            raise CannotLook(
                f"«{clip(level, 40)}» is no level of {kind} below the speech",
                f"a level from {LEAST:g}dB to {MOST:g}dB: noise: {{{kind}: 15dB}}",
            )
        return kind, float(found[1])
    return "", QUIET


def _look_over(opening: Opening, options: SipOptions) -> None:
    from cxassure.channels._telephony.audio.voices import known
    from cxassure.channels._telephony.audio.wav import read_wav

    if options.voice:
        known(options.voice)
    for path in _files(opening):
        read_wav(Path(path), 0)


def _files(opening: Opening) -> Iterator[str]:
    """The files that this party's steps name; those with a reference are known later."""
    from cxassure.channels._telephony.audio.speaking import is_file

    for verb, argument in opening.acts:
        written = argument.get("text", "") if isinstance(argument, dict) else argument
        if verb not in ("say", "speak") or not isinstance(written, str):
            continue
        if is_file(written) and not references(written):
            yield written
