"""A probe: one journey and one row compiled to a self-contained, deterministic document.

It holds no secret and no address: `${env…}`, `${secret…}`, `${person…}`, `${target…}` and kept
values stay references until the machine that runs it resolves them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from cxassure.errors import UsageError
from cxassure.text import Raw

FORMAT = "cxassure.probe/1"


class Frozen(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Shared options of the document's parts: unknown keys are refused, defaults left out."""


class Party(Frozen, frozen=True, forbid_unknown_fields=True):
    """Who acts: channel, the name of a target, the channel's own options."""

    channel: str
    target: str
    options: dict[str, Any] = {}


class Expectation(Frozen, frozen=True, forbid_unknown_fields=True):
    """`facet` asked with the parameters `given` must suit the matchers in `must`.

    `must` is `{matcher: expected}`, or `{field: {matcher: expected}}` for a facet with fields.
    """

    facet: str
    given: dict[str, Any] = {}
    must: dict[str, Any] = {}


class Keep(Frozen, frozen=True, forbid_unknown_fields=True):
    """How a kept value is read: a facet, or a locator of the channel; then a pattern's group."""

    facet: str = ""
    given: dict[str, Any] = {}
    locator: Any = ""
    matches: str = ""


class Branch(Frozen, frozen=True, forbid_unknown_fields=True):
    """One way of a `one_of`; one without `expect` is taken when no other suits."""

    expect: tuple[Expectation, ...] = ()
    steps: tuple[Step, ...] = ()


class Step(Frozen, frozen=True, forbid_unknown_fields=True):
    """`party` does `verb` with `argument`; limits are seconds of the acting party's clock.

    `index` counts from 1 through all steps in the order they are written, branches included.
    `place` is `file:line:column`; `via` names the fragment it came from.
    """

    index: int
    party: str
    verb: str
    place: str
    argument: Any = ""
    expect: tuple[Expectation, ...] = ()
    within: float | None = None
    aim: float | None = None
    keep: dict[str, Keep] = {}
    until: tuple[Expectation, ...] = ()
    one_of: tuple[Branch, ...] = ()
    optional: bool = False
    carry_on: bool = False
    spends: bool = False
    via: str = ""


class Promise(Frozen, frozen=True, forbid_unknown_fields=True):
    """What the company promises for the whole journey: a limit and an aim on one measure."""

    within: float | None = None
    aim: float | None = None
    at_most: float | None = None
    at_least: float | None = None


class Probe(Frozen, frozen=True, forbid_unknown_fields=True):
    """The compiled document; `row` is `""` for a journey without rows."""

    format: str
    journey: str
    row: str = ""
    title: str = ""
    severity: str = "major"
    owner: str = ""
    runbook: str = ""
    every: str = ""
    tags: tuple[str, ...] = ()
    budget: float | None = None
    source: str = ""
    parties: dict[str, Party] = {}
    facts: dict[str, str] = {}
    promises: dict[str, Promise] = {}
    steps: tuple[Step, ...] = ()
    always: tuple[Step, ...] = ()

    @property
    def name(self) -> str:
        """`journey` or `journey[row]`, as people and selectors write it."""
        return f"{self.journey}[{self.row}]" if self.row else self.journey

    @property
    def file_name(self) -> str:
        """The probe's file under `probes/`."""
        return f"{self.journey}.{self.row}.json" if self.row else f"{self.journey}.json"

    def every_step(self) -> Iterator[Step]:
        """All steps in the order of their index, branches included, `always` last."""
        yield from _flat(self.steps)
        yield from _flat(self.always)


def _flat(steps: tuple[Step, ...]) -> Iterator[Step]:
    for step in steps:
        yield step
        for branch in step.one_of:
            yield from _flat(branch.steps)


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Probe)


def encode(probe: Probe) -> bytes:
    """The probe's bytes: indented by two, one newline at the end.

    Keys stand as they were written: fields are filled and parties opened in that order, so it is
    part of what the probe says.
    """
    return msgspec.json.format(_ENCODER.encode(probe), indent=2) + b"\n"


def decode(data: bytes, path: str) -> Probe:
    """The probe in `data`; `UsageError` naming `path` when it is none or of another version."""
    try:
        probe = _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        raise UsageError(
            f"{path} is not a compiled probe: {wrong}", "compile it again: cxassure compile"
        ) from None
    if probe.format != FORMAT:
        raise UsageError(
            f"{path} is of format {probe.format}; this version reads {FORMAT}",
            "compile it again: cxassure compile",
        )
    return probe


def raw(value: Any) -> Raw:
    """A probe's free part as the text tree it is; numbers or nulls put there by hand are text."""
    if isinstance(value, dict):
        return {str(key): raw(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [raw(item) for item in value]
    return value if isinstance(value, str) else str(value)
