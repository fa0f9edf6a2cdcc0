"""Accepting a prompt: what was heard becomes a recording in a folder of golden prompts."""

from __future__ import annotations

import re
from pathlib import Path

from cxassure.channels._telephony.audio.fingerprint import fingerprint
from cxassure.channels._telephony.audio.golden import compare
from cxassure.channels._telephony.audio.repertoire import SCRIPT, recording, slug
from cxassure.channels._telephony.audio.sound import Sound

_BRACKETS = re.compile(r"\s*\[[^\]]*\]$")
LONGEST = 120
"""Characters of a file's name."""


def accepted(folder: Path, text: str, sound: Sound) -> str:
    """Writes `sound` as the golden prompt of these words, and the words beside it as they are
    written; the sentence tells what became of it. Raises `OSError`. A wording in brackets, by
    which a recogniser was helped, is none of them."""
    text = _BRACKETS.sub("", text)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{slug(text)[:LONGEST] or 'prompt'}.wav"
    before = fingerprint(recording(path)) if path.is_file() else None
    heard = sound.at(8000)
    path.write_bytes(heard.wav())
    _note(folder / SCRIPT, " ".join(text.split()))
    if before is None:
        return f"{path}: accepted, {sound.seconds:.1f} s"
    return f"{path}: accepted anew, it was {compare(before, fingerprint(heard))}"


def _note(script: Path, text: str) -> None:
    """The words as they are written, once."""
    written = script.read_text("utf-8") if script.is_file() else ""
    if text not in (line.partition("|")[0].strip() for line in written.splitlines()):
        start = "" if not written or written.endswith("\n") else "\n"
        script.write_text(f"{written}{start}{text}\n", "utf-8")
