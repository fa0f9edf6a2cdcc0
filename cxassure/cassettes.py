"""Calls kept on cassettes: made of stored runs, and what a new call has otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cxassure.errors import UsageError
from cxassure.events import Kept, Observed
from cxassure.store import Stored
from cxassure.text import clip, span

if TYPE_CHECKING:
    from cxassure.channels._telephony.cassette.tape import Call, Cassette, Line
    from cxassure.report.changes import Change

__all__ = ["Cassette", "Taken", "accept", "differences", "read", "take", "write"]

TIMES = ("effort", "time")
"""Kinds of changes that are only of time and toil."""
SLOWER = 1.0
"""Seconds by which dead air or a prompt may be longer or shorter."""


@dataclass(frozen=True)
class Taken:
    """A call made of a run, with its sounds: WAV files by party, of what the party heard."""

    call: Call
    sounds: Mapping[str, bytes] = field(default_factory=dict)
    whole: bool = True
    why: str = ""


def take(stored: Stored) -> Taken:
    """The telephone part of a stored run. Raises `UsageError` where it has none."""
    from cxassure.channels._telephony.cassette.recording import call_of

    run = stored.run
    sounds: dict[str, bytes] = {}
    for event in stored.events:
        if isinstance(event, Kept) and event.media == "audio/wav" and event.party:
            path = stored.folder / event.path
            if event.path and path.is_file():
                sounds[event.party] = path.read_bytes()
    made = call_of(stored.events)
    whole = run.verdict in ("passed", "degraded")
    return Taken(made, {p: d for p, d in sounds.items() if p in made.parties}, whole, run.why)


def accept(stored: Stored, folder: Path, step: int | None = None) -> list[str]:
    """Puts the prompts of a stored run, or of one step of it, away as golden prompts, named after
    their words; tells of each how it stood to the one that was accepted before.

    Raises `UsageError` where nothing was heard, `CannotLook` for sounds that are none, `OSError`.
    """
    from cxassure.channels._telephony.audio.accepting import accepted
    from cxassure.channels._telephony.cassette.listening import prompts

    taken = take(stored)
    here = {
        (seen.party, seen.text)
        for seen in stored.events
        if isinstance(seen, Observed) and seen.what == "prompt" and step in (None, seen.step)
    }
    found = [
        (line.text, sound)
        for line, sound in prompts(taken.call, dict(taken.sounds))
        if line.text and (line.party, line.text) in here
    ]
    if not found:
        where = f" at step {step}" if step is not None else ""
        raise UsageError(
            f"no prompt was heard with sound{where} in «{stored.run.name}»",
            "run it over sip with --trace, which keeps the sound of what passes as well",
        )
    return [accepted(folder, text, sound) for text, sound in found]


def read(path: Path) -> Cassette:
    """The cassette in a file. Raises `CannotLook` that says what is wrong with it."""
    from cxassure.channels._telephony.cassette import tape

    return tape.read(path)


def write(path: Path, takes: list[Taken], *, add: bool = False) -> Cassette:
    """Writes calls and their sounds; with `add` beside those that the cassette has. A call that
    goes the way of another takes its place. Raises `CannotLook`, `OSError`."""
    from cxassure.channels._telephony.cassette import tape

    cassette = read(path) if add and path.exists() else tape.Cassette()
    files: dict[str, bytes] = {}
    for taken in takes:
        call, sounds = tape.with_sounds(taken.call, taken.sounds)
        cassette, files = cassette.plus(call), files | sounds
    tape.write(path, cassette, files)
    return cassette


def differences(path: Path, old: Call, new: Taken) -> list[Change]:
    """What is otherwise in `new` than in `old`, a call of the cassette at `path`, what matters most
    first. Raises `CannotLook` for sounds that are none."""
    from cxassure.channels._telephony.cassette.retold import retold
    from cxassure.report.changes import changes

    new, otherwise = _listened(path, old, new)
    found = changes(retold(new.call, whole=new.whole), retold(old))
    told = {change.sentence: change for change in found}
    for change in [*_way(old, new), *_rings(old, new.call), *_lasting(old, new.call)]:
        told.setdefault(change.sentence, change)
    for change in otherwise:
        told.setdefault(change.sentence, change)
    return sorted(told.values(), key=lambda change: change.kind in TIMES)


def _way(old: Call, new: Taken) -> list[Change]:
    """The acts themselves: how far it came, and where it left the way."""
    from cxassure.report.changes import Change

    was, now = _acts(old), _acts(new.call)
    if len(now) < len(was):
        party, what, text = was[len(now)]
        why = f": {clip(new.why, 200)}" if new.why else ""
        gone = f"the call did not come as far as «{party} {what} {text}»".replace(" »", "»")
        return [Change("journey", len(now) + 1, gone + why)]
    if len(now) > len(was):
        party, what, text = now[len(was)]
        more = f"the call went on: «{party} {what} {text}» is new".replace(" »", "»")
        return [Change("journey", len(was) + 1, more)]
    if not new.whole:
        return [Change("journey", len(now), f"the journey broke: {clip(new.why, 200)}")]
    return []


def _acts(call: Call) -> list[tuple[str, str, str]]:
    """The way without its end: who is quicker to hang up a call that is over is nobody's news."""
    found = [one for one in call.way if one[1] != "over"]
    while found and found[-1][1] == "hung up":
        del found[-1]
    return found


def _rings(old: Call, new: Call) -> list[Change]:
    """What the desk was told, value by value; what differs from call to call is left out."""
    from cxassure.channels._telephony.cassette.playing import mapping
    from cxassure.report.changes import Change
    from cxassure.report.changes.change import lasting

    found: list[Change] = []
    was, now = _of(old, "rang"), _of(new, "rang")
    for before, after in zip(was, now, strict=False):
        one, other = mapping(before.data.get("context")), mapping(after.data.get("context"))
        for name in sorted(other):
            new_value = clip(str(other[name]), 60)
            if name not in one:
                found.append(Change("ring", 0, f"the desk is told the {name}, it was not before"))
            elif lasting(str(one[name])) != lasting(str(other[name])):
                was_told = clip(str(one[name]), 60)
                text = f"the desk was told the {name} «{was_told}», now «{new_value}»"
                found.append(Change("ring", 0, text))
    if len(was) != len(now):
        text = f"desks rang {len(now)} times, it was {len(was)} times"
        found.append(Change("ring", 0, text))
    return found


def _lasting(old: Call, new: Call) -> list[Change]:
    """Dead air and prompts that take more or less time than they did."""
    from cxassure.report.changes import Change

    found: list[Change] = []
    for what, name in (("silence", "the longest dead air"), ("ringing", "ringing")):
        was = max((x.seconds for x in _of(old, what)), default=0.0)
        now = max((x.seconds for x in _of(new, what)), default=0.0)
        if abs(now - was) >= SLOWER:
            found.append(Change("time", 0, f"{name} lasted {span(now)}, was {span(was)}"))
    spoken = zip(_of(old, "prompt"), _of(new, "prompt"), strict=False)
    for before, after in spoken:
        longer = abs(before.seconds - after.seconds) >= SLOWER
        if before.text == after.text and longer:
            text = (
                f"the prompt «{clip(after.text, 60)}» lasted {span(after.seconds)},"
                f" was {span(before.seconds)}"
            )
            found.append(Change("time", 0, text))
    return found


def _of(call: Call, what: str) -> list[Line]:
    return [line for line in call.lines if line.what == what]


def _listened(path: Path, old: Call, new: Taken) -> tuple[Taken, list[Change]]:
    """The new call with the words of the old one where it sounds as that did, and what does not."""
    from cxassure.channels._telephony.cassette import tape
    from cxassure.report.changes import Change

    if not old.sounds or not new.sounds:
        return new, []
    from cxassure.channels._telephony.cassette.listening import otherwise, settled

    before = {sound.party: tape.sound(path, sound) for sound in old.sounds}
    after = dict(new.sounds)
    found = [Change("prompt", 0, one) for one in otherwise(old, new.call, before, after)]
    return replace(new, call=settled(old, new.call, before, after)), found
