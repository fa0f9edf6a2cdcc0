"""A run as a story: what happened in order of time, across channels and parties, ready to show."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cxassure.events import Kept, Observed
from cxassure.measures import SPOKEN, TURNS
from cxassure.report.context import Context
from cxassure.report.tally import figures
from cxassure.run import Run, StepRun
from cxassure.text import clip, span
from cxassure.verdict import worst

IMAGES = ("image/png", "image/jpeg", "image/webp", "image/gif")
TEXTS = ("text/", "application/json", "application/xml", "application/x-ndjson")
MOST_LINES = 400
MOST_TEXT = 20_000
MOST_IMAGE = 2_000_000
MOST_IMAGES = 24_000_000


@dataclass(slots=True)
class Line:
    """One thing that was said, done, seen or kept. `kind`: speech, note, exchange, image, text."""

    kind: str
    at: str
    who: str
    actor: str
    what: str
    text: str = ""
    lasted: str = ""
    parts: list[tuple[str, str]] = field(default_factory=list)
    source: str = ""


@dataclass(slots=True)
class Moment:
    """A step with its lines; `broken` marks the step that decided the verdict."""

    step: StepRun
    anchor: str
    at: str
    took: str
    broken: bool
    lines: list[Line]
    left_out: int = 0


@dataclass(slots=True)
class Hop:
    """A party on the customer's way; `state` is its verdict, `arrow` how the way led to it."""

    party: str
    channel: str
    state: str
    arrow: str = ""


@dataclass(slots=True)
class Story:
    """All that the page shows of a run beside its verdict."""

    moments: list[Moment]
    hops: list[Hop]
    figures: list[tuple[str, str]]
    files: list[tuple[str, str, str]]


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
    files = list(_files(run, context))
    return Story(_bounded(moments), list(hops(run)), figures(run), files)


def hops(run: Run) -> Iterator[Hop]:
    """The parties in the order in which the customer met them."""
    met: dict[str, list[StepRun]] = {}
    for step in run.steps:
        if step.party and step.part == "steps":
            met.setdefault(step.party, []).append(step)
    bad, broken = run.first_bad, False
    for number, (party, steps) in enumerate(met.items()):
        state = worst(s.verdict for s in steps if not s.optional)
        at_the_hop = bad is not None and bad is steps[0] and number > 0
        arrow = "" if not number else "broken" if at_the_hop else "cut" if broken else "whole"
        broken = broken or bool(bad and bad.party == party)
        yield Hop(party, steps[0].channel, "unreached" if state == "skipped" else state, arrow)


def _moment(run: Run, step: StepRun, broken: bool, context: Context, budget: Budget) -> Moment:
    items: list[Observed | Kept] = [*step.observed, *step.kept]
    items.sort(key=lambda item: item.at)
    lines = [
        _observed(item) if isinstance(item, Observed) else _kept(run, item, context, budget)
        for item in items
    ]
    anchor = context.anchor(run, step.index)
    return Moment(step, anchor, clock(step.at), span(step.took), broken, lines)


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
    speech = bool(seen.text) and (seen.what in SPOKEN or seen.what in TURNS)
    kind = "exchange" if seen.data else "speech" if speech else "note"
    return Line(
        kind="speech" if speech else kind,
        at=clock(seen.at),
        who=seen.who,
        actor=seen.party if seen.who in ("customer", "agent") else seen.who,
        what=seen.what,
        text=seen.text if len(seen.text) < MOST_TEXT else clip(seen.text, MOST_TEXT),
        lasted=span(seen.seconds) if seen.seconds >= 0.05 else "",
        parts=[(str(name), _shown(value)) for name, value in seen.data.items()],
    )


def _kept(run: Run, kept: Kept, context: Context, budget: Budget) -> Line:
    line = Line("note", clock(kept.at), "line", kept.party, "kept", kept.name)
    if not kept.path:
        return replace(line, text=f"{kept.name} = {kept.value}")
    file = context.evidence(run, kept.path)
    line = replace(line, kind="file", source=_link(run, kept.path, context))
    if file and kept.media in IMAGES and budget.take(file.stat().st_size):
        data = base64.b64encode(file.read_bytes()).decode()
        return replace(line, kind="image", source=f"data:{kept.media};base64,{data}")
    if file and kept.media.startswith(TEXTS):
        return replace(line, kind="text", parts=[(kept.path, _read(file))])
    return line


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
    """The address of evidence relative to the page; empty when it is not there."""
    file = context.evidence(run, path)
    if not file:
        return ""
    folder = context.folders[run.id].resolve()
    base = Path(context.page).resolve().parent if context.page else folder.parent
    return quote(Path(os.path.relpath(file, base)).as_posix())


def _size(count: int) -> str:
    return f"{count} B" if count < 1024 else f"{count / 1024:.0f} KB"


def clock(seconds: float) -> str:
    """Customer time as on a stopwatch: `0:41.3`."""
    minutes, rest = divmod(max(seconds, 0.0), 60)
    return f"{int(minutes)}:{min(int(rest * 10) / 10, 59.9):04.1f}"
