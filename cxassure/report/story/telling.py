"""A run as a story: what happened in order of time, across channels and parties, ready to show."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cxassure.events import Kept, Observed
from cxassure.measures import SPOKEN, TURNS
from cxassure.report.context import Context
from cxassure.report.legs import Leg, read
from cxassure.report.moment import noticed
from cxassure.report.proofs import Proof, proofs
from cxassure.report.story.ladder import rungs
from cxassure.report.story.waveform import Waveform, waveform
from cxassure.report.story.way import Hop, broken_at, hops
from cxassure.report.tally import figures
from cxassure.run import Run, StepRun
from cxassure.text import clip, span

IMAGES = ("image/png", "image/jpeg", "image/webp", "image/gif")
TEXTS = ("text/", "application/json", "application/xml", "application/x-ndjson")
MOST_LINES = 400
MOST_TEXT = 20_000
MOST_IMAGE = 2_000_000
MOST_IMAGES = 24_000_000
SOUNDS = ("audio/wav", "audio/x-wav", "audio/wave")
KEYS = ("pressed",)
RINGS = ("rang", "ringing", "dialled", "connected", "answered", "joined", "hung up")
_BEGINS = ("connected", "answered", "in call")
_BEFORE = ("dialled", "rang")
_SOME, _NEAR = 6, 2
"""Of more than so many steps before the broken one or behind it, only the nearest stay unfolded."""


@dataclass(slots=True)
class Line:
    """One thing that was said, done, seen or kept.

    `kind`: speech, keys, options, ring, note, exchange, image, text, ladder, sound, legs, file.
    """

    kind: str
    at: str
    who: str
    actor: str
    what: str
    text: str = ""
    lasted: str = ""
    parts: list[tuple[str, str]] = field(default_factory=list)
    source: str = ""
    sound: Sound | None = None
    options: list[str] = field(default_factory=list)
    legs: list[Leg] = field(default_factory=list)


@dataclass(slots=True)
class Sound:
    """A recording: where it plays from and what is said in it.

    `start` is the second that broke, None where it is not in it; `said` are (clock, second, who,
    words); `link` is its file beside the page, "" where there is none.
    """

    wave: Waveform
    start: float | None
    link: str
    said: Sequence[tuple[str, float, str, str]]

    @property
    def place(self) -> float | None:
        """Where in the picture it broke."""
        return None if self.start is None else self.wave.place(self.start)


@dataclass(slots=True)
class Moment:
    """A step with its lines; `broken` marks the step that decided the verdict."""

    step: StepRun
    anchor: str
    at: str
    took: str
    broken: bool
    lines: list[Line]
    proofs: list[Proof] = field(default_factory=list)
    left_out: int = 0


@dataclass(slots=True)
class Story:
    """All that the page shows of a run beside its verdict."""

    moments: list[Moment]
    hops: list[Hop]
    figures: list[tuple[str, str]]
    files: list[tuple[str, str, str]]
    parts: list[tuple[str, list[Moment]]]
    broken_hop: str = ""


class Budget:
    """How many bytes of pictures the page may still take in; what is over is only linked."""

    def __init__(self, left: int = MOST_IMAGES) -> None:
        self.left = left

    def take(self, size: int) -> bool:
        """Whether a picture of `size` bytes goes in."""
        if size > min(MOST_IMAGE, self.left):
            return False
        self.left -= size
        return True


def story(run: Run, context: Context, budget: Budget) -> Story:
    """The story of `run`; pictures and texts are read from its folder where they lie."""
    bad = run.first_bad
    moments = [_moment(run, step, step is bad, context, budget) for step in run.steps]
    _gather(moments)
    files = list(_files(run, context))
    way = list(hops(run))
    at = broken_at(way, bad.party) if bad and bad.party else ""
    bounded = _bounded(moments)
    return Story(bounded, way, figures(run), files, list(_parts(bounded)), at)


def _gather(moments: list[Moment]) -> None:
    """What was recorded of a call stands where the call broke, not where it was put away."""
    broken = next((one for one in moments if one.broken), None)
    if broken is None or broken.step.channel not in ("ivr", "agent"):
        return
    for moment in moments:
        if moment is not broken:
            taken = [line for line in moment.lines if line.kind in ("sound", "ladder", "legs")]
            moment.lines = [line for line in moment.lines if line not in taken]
            broken.lines += taken


def _parts(moments: list[Moment]) -> Iterator[tuple[str, list[Moment]]]:
    """(summary, steps): folded under their summary, or open where it is ""."""
    at = next((n for n, one in enumerate(moments) if one.broken), None)
    first = 0 if at is None or at <= _SOME else at - _NEAR
    last = len(moments) if at is None or len(moments) - at <= _SOME else at + _NEAR + 1
    if first:
        yield f"{first} steps before", moments[:first]
    yield "", moments[first:last]
    if last < len(moments):
        yield f"{len(moments) - last} steps after", moments[last:]


def _moment(run: Run, step: StepRun, broken: bool, context: Context, budget: Budget) -> Moment:
    items: list[Observed | Kept] = [*step.observed, *step.kept]
    items.sort(key=lambda item: item.at)
    lines = [
        _observed(item) if isinstance(item, Observed) else _kept(run, item, context, budget)
        for item in items
    ]
    anchor = context.anchor(run, step.index)
    return Moment(step, anchor, clock(step.at), span(step.took), broken, lines, proofs(step))


def _bounded(moments: list[Moment]) -> list[Moment]:
    """A talkative run is cut, and says so: a page must open on a phone."""
    left = MOST_LINES
    for moment in moments:
        room = max(left, 20 if moment.broken else 0)
        moment.left_out = max(len(moment.lines) - room, 0)
        moment.lines = moment.lines[len(moment.lines) - room :] if moment.left_out else moment.lines
        left = max(left - len(moment.lines), 0)
    return moments


def _observed(seen: Observed) -> Line:
    return Line(
        kind=_kind(seen),
        at=clock(seen.at),
        who=seen.who,
        actor=seen.party if seen.who in ("customer", "agent") else seen.who,
        what=seen.what,
        text=seen.text if len(seen.text) < MOST_TEXT else clip(seen.text, MOST_TEXT),
        lasted=span(seen.seconds) if seen.seconds >= 0.05 else "",
        parts=[(str(name), _shown(value)) for name, value in seen.data.items()],
        options=_options(seen),
    )


def _options(seen: Observed) -> list[str]:
    found = seen.data.get("options")
    return [clip(str(one), 80) for one in found[:20]] if isinstance(found, list) else []


def _kind(seen: Observed) -> str:
    """As what it is shown: words as a bubble, keys as keys, a ring as a ring."""
    if seen.text and seen.what in KEYS:
        return "keys"
    if seen.what == "quick replies" and _options(seen):
        return "options"
    if seen.what in RINGS:
        return "ring"
    if seen.text and (seen.what in SPOKEN or seen.what in TURNS):
        return "speech"
    return "exchange" if seen.data else "note"


def _kept(run: Run, kept: Kept, context: Context, budget: Budget) -> Line:
    line = Line("note", clock(kept.at), "line", kept.party, "kept", kept.name)
    if not kept.path:
        return replace(line, text=f"{kept.name} = {kept.value}")
    file = context.evidence(run, kept.path)
    line = replace(line, kind="file", source=_link(run, kept.path, context))
    if file and kept.media in IMAGES and budget.take(file.stat().st_size):
        data = base64.b64encode(file.read_bytes()).decode()
        return replace(line, kind="image", source=f"data:{kept.media};base64,{data}")
    if file and kept.media in SOUNDS and (wave := waveform(file)):
        return _sound(run, kept, line, file, wave, budget)
    if file and kept.media.startswith(TEXTS):
        text = _read(file)
        if measured := read(file):
            return replace(line, kind="legs", legs=measured, parts=[(kept.path, text)])
        if file.name.startswith("sip") and (drawn := rungs(text)):
            return replace(line, kind="ladder", source=drawn, parts=[(kept.path, text)])
        return replace(line, kind="text", parts=[(kept.path, text)])
    return line


def _sound(run: Run, kept: Kept, line: Line, file: Path, wave: Waveform, budget: Budget) -> Line:
    """A recording that plays in the page, from the second that broke (Media Fragments URI 1.0)."""
    mine = [seen for seen in run.transcript() if seen.party == kept.party]
    began = _began(mine, kept, wave)
    bad = run.first_bad
    start = None if began is None or bad is None else noticed(run, bad).began - began
    start = round(start, 1) if start is not None and 0 <= start < wave.seconds else None
    said = [
        (clock(o.at), round(o.at - began, 1), o.who, clip(o.text, 300))
        for o in mine
        if began is not None and 0 <= o.at - began < wave.seconds and o.text and _words(o)
    ]
    sound = Sound(wave, start, line.source, said)
    if budget.take(file.stat().st_size):
        data = base64.b64encode(file.read_bytes()).decode()
        return replace(line, kind="sound", source=f"data:audio/wav;base64,{data}", sound=sound)
    return replace(line, kind="sound", sound=sound)


def _began(mine: Sequence[Observed], kept: Kept, wave: Waveform) -> float | None:
    """When the recording began. Where nobody says when the call was taken it is as long as it is:
    until it was put away, or the call was over."""
    if (known := _first(mine, _BEGINS)) is not None:
        return known
    called = _first(mine, _BEFORE)
    over = next((o.at for o in mine if o.what == "hung up" and o.who == "line"), kept.at)
    return None if called is None else max(called, min(over, kept.at) - wave.seconds)


def _first(mine: Sequence[Observed], kinds: Sequence[str]) -> float | None:
    return next((o.at for what in kinds for o in mine if o.what == what), None)


def _words(seen: Observed) -> bool:
    return seen.what in SPOKEN or (seen.what in TURNS and seen.what not in RINGS)


def _read(file: Path) -> str:
    with file.open("rb") as opened:
        data = opened.read(MOST_TEXT + 1)
    text = data[:MOST_TEXT].decode("utf-8", "replace")
    return text + ("\n… cut, see the file" if len(data) > MOST_TEXT else "")


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else _json(value)
    return text if len(text) <= MOST_TEXT else text[:MOST_TEXT] + "\n… cut, see the events"


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def _files(run: Run, context: Context) -> Iterator[tuple[str, str, str]]:
    """(name, address, size) of all evidence."""
    for step in run.steps:
        for kept in step.kept:
            if kept.path:
                yield kept.name, _link(run, kept.path, context), _size(kept.size)


def _link(run: Run, path: str, context: Context) -> str:
    """The address of evidence relative to the page; empty when it is not there. The page of a run
    alone lies in its folder."""
    file = context.evidence(run, path)
    if not file:
        return ""
    folder = context.folders[run.id].resolve()
    base = Path(context.page).resolve().parent if context.page else folder.parent
    base = folder if context.alone else base
    return quote(Path(os.path.relpath(file, base)).as_posix())


def _size(count: int) -> str:
    return f"{count} B" if count < 1024 else f"{count / 1024:.0f} KB"


def clock(seconds: float) -> str:
    """Customer time as on a stopwatch: `0:41.3`."""
    minutes, rest = divmod(max(seconds, 0.0), 60)
    return f"{int(minutes)}:{min(int(rest * 10) / 10, 59.9):04.1f}"
