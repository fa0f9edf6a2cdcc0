"""The sound of a call in figures, as they were kept with it: packets, jitter, quality."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxassure.report.context import Context
from cxassure.run import Run

LARGEST = 1_000_000
"""Bytes of such a file that are read."""


@dataclass(frozen=True, slots=True)
class Leg:
    """What we heard on a leg of a call: packets (RFC 3550), `lost` as a share of those `expected`,
    `jitter` in seconds, `mos` from 1 to 5 (E-model, ITU-T G.107), None where it is not known."""

    codec: str
    expected: int
    received: int
    lost: float
    jitter: float
    mos: float | None

    @property
    def told(self) -> list[tuple[str, str]]:
        """(name, value) in words."""
        if not self.expected:
            return [("codec", self.codec or "unknown"), ("packets heard", "none at all")]
        return [
            ("codec", self.codec or "unknown"),
            ("packets heard", f"{self.received} of {self.expected}"),
            ("lost", f"{self.lost:.1%}"),
            ("jitter", f"{self.jitter * 1000:.1f} ms"),
            *([("MOS", f"{self.mos:.1f} of 5")] if self.mos is not None else []),
        ]


def legs(run: Run, context: Context) -> list[Leg]:
    """All legs of the run's calls of which the sound was measured."""
    found = (context.evidence(run, kept.path) for step in run.steps for kept in step.kept)
    return [leg for file in found if file and file.suffix == ".json" for leg in read(file)]


def read(file: Path) -> list[Leg]:
    """The legs in a file of evidence; none where it is about something else."""
    try:
        if file.stat().st_size > LARGEST:
            return []
        told = json.loads(file.read_bytes())
        return list(_legs(told["legs"]))
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _legs(told: Any) -> Iterator[Leg]:
    for one in told:
        heard = one["heard"]
        yield Leg(
            codec=str(heard["codec"]),
            expected=int(heard["expected"]),
            received=int(heard["received"]),
            lost=float(heard["loss"] or 0.0),
            jitter=float(heard["jitter"] or 0.0),
            mos=None if one["mos"] is None else float(one["mos"]),
        )
