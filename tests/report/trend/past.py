"""Rows of history for these tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 2, tzinfo=UTC)  # a Monday


@dataclass(frozen=True)
class Row:
    """A row of history, as a store gives it."""

    started: datetime = START
    verdict: str = "passed"
    took: float = 60.0
    measures: dict[str, float] = field(default_factory=dict)
    journey: str = "pay"
    row: str = ""
    env: str = "default"
    release: str = ""
    channels: str = "ivr agent"


def day(number: float) -> datetime:
    return START + timedelta(days=number)
