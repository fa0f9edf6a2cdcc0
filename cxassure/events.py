"""The stream: what an engine says while it drives a probe, one frozen JSON line an event.

`RunStarted ( StepStarted ( Observed | Checked | Kept | Measured )* StepEnded )* RunEnded`.
Times named `at` and `took` are seconds of customer time since the run began; `wall` is ours.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Literal, TypeAlias

import msgspec

from cxassure.verdict import Verdict

SCHEMA = 1

Part = Literal["opening", "steps", "always", "closing"]
Who = Literal["customer", "company", "agent", "line"]


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="event"):
    """What all events share: they are tagged by `event` and frozen."""


class RunStarted(Event, frozen=True, tag="run started"):
    """`started` is ISO 8601 in UTC; `steps` the number of author's steps, `always` not counted.

    `rehearsed` is the instant that the company was asked to act for, as RFC 9557 writes it
    (`2026-12-24T13:00:00-05:00[America/New_York]`), "" for a run of its own day. `release` is
    what of the company was in place, as whoever drove it said. `overridden` are the targets that
    were driven at another address than the environment's. `hosts` says by party at which host and
    port its target is (`shop.example:8443`), where that is known, `lines` over what each is
    reached (`sip`), where its target says so.
    """

    run: str
    journey: str
    started: str
    schema: int = SCHEMA
    row: str = ""
    title: str = ""
    severity: str = "major"
    owner: str = ""
    runbook: str = ""
    source: str = ""
    tags: tuple[str, ...] = ()
    env: str = ""
    seed: int = 0
    steps: int = 0
    parties: dict[str, str] = {}
    hosts: dict[str, str] = {}
    lines: dict[str, str] = {}
    budget: float | None = None
    attempt: int = 1
    rehearsed: str = ""
    release: str = ""
    overridden: tuple[str, ...] = ()


class StepStarted(Event, frozen=True, tag="step started"):
    """`index` 0 opens the parties; author's steps count from 1; `always` and closing follow."""

    index: int
    at: float
    part: Part = "steps"
    party: str = ""
    channel: str = ""
    verb: str = ""
    argument: Any = ""
    place: str = ""
    optional: bool = False


class Observed(Event, frozen=True, tag="observed"):
    """A line of the transcript: `who` did or said `what` (a word such as `prompt`), and `text`."""

    step: int
    at: float
    party: str
    channel: str
    who: Who
    what: str
    text: str = ""
    seconds: float = 0.0
    data: dict[str, Any] = {}


class Checked(Event, frozen=True, tag="checked"):
    """An expectation was judged: `came` is when it came true, `None` when it never did.

    `blamed` is the step to look at, where it was judged only when the journey closed.
    """

    step: int
    at: float
    facet: str
    expected: str
    verdict: Literal["passed", "degraded", "failed", "error", "unseen"]
    seen: str = ""
    came: float | None = None
    why: str = ""
    blamed: int | None = None


class Kept(Event, frozen=True, tag="kept"):
    """Evidence that is already put away: `path` is relative to the run's folder.

    A value kept by the author has `name` and `value` and no path.
    """

    step: int
    at: float
    name: str
    path: str = ""
    media: str = ""
    size: int = 0
    party: str = ""
    value: str = ""


class Measured(Event, frozen=True, tag="measured"):
    """A figure of the journey or of the step, and the step that took it over its limit."""

    step: int
    at: float
    name: str
    value: float
    unit: str = ""
    blamed: int | None = None


class StepEnded(Event, frozen=True, tag="step ended"):
    """The step's verdict, and in words why, what was expected and what was seen.

    `party` is set where it is known only at the end: who could not be opened.
    """

    index: int
    at: float
    verdict: Verdict
    why: str = ""
    expected: str = ""
    seen: str = ""
    hint: str = ""
    code: str = ""
    took: float = 0.0
    wall: float = 0.0
    findings: tuple[str, ...] = ()
    party: str = ""


class RunEnded(Event, frozen=True, tag="run ended"):
    """The fold of the steps' verdicts."""

    at: float
    verdict: Verdict
    why: str = ""
    took: float = 0.0
    wall: float = 0.0
    ended: str = ""
    flaky: bool = False


AnyEvent: TypeAlias = (
    RunStarted | StepStarted | Observed | Checked | Kept | Measured | StepEnded | RunEnded
)

_ENCODER = msgspec.json.Encoder()
_DECODER: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


def encode(event: AnyEvent) -> bytes:
    """One JSON line without its newline."""
    return _ENCODER.encode(event)


def decode(line: bytes) -> AnyEvent:
    """The event in a line; `msgspec.DecodeError` when it is none."""
    return _DECODER.decode(line)


def decode_all(data: bytes) -> list[AnyEvent]:
    """The events of a stored run; a half-written last line (a killed writer) is left out."""
    found: list[AnyEvent] = []
    for line in data.split(b"\n"):
        if line.strip():
            try:
                found.append(decode(line))
            except msgspec.DecodeError:
                break
    return found


def trace_id(run: str) -> str:
    """The trace that a run is (W3C Trace Context 2.2.3), in hex: anybody who has the run's id can
    find what the company's own back end wrote of it."""
    return sha256(f"cxassure run {run}".encode()).hexdigest()[:32]


def span_id(run: str, step: int | None = None) -> str:
    """The span of a run, or of one of its steps, in hex."""
    return sha256(f"cxassure run {run} step {step}".encode()).hexdigest()[:16]


def traceparent(run: str, step: int) -> str:
    """The header that makes what the company does for a step part of its trace; always sampled."""
    return f"00-{trace_id(run)}-{span_id(run, step)}-01"
