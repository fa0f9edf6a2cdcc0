"""Calendars as authors write them, and probes for them: what the tests of watch/ start from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cxassure.errors import Problem
from cxassure.peak import Calendar
from cxassure.probe import FORMAT, Party, Probe
from cxassure.spec import document
from cxassure.spec.peaks import read_calendar
from cxassure.spec.shape import Shape


def read(text: str) -> tuple[Calendar, list[Problem]]:
    """The calendar in the YAML `text`, and what is wrong with it."""
    found = document.read(text.encode(), "cxassure.yaml")
    assert isinstance(found.raw, dict)
    calendar = read_calendar(Shape(found), found.raw)
    return calendar, found.problems


def calendar(text: str) -> Calendar:
    """The calendar in `text`, which must be right."""
    found, problems = read(text)
    assert problems == []
    return found


def probe(journey: str = "pay", **parts: Any) -> Probe:
    return Probe(format=FORMAT, journey=journey, **parts)


def caller(journey: str = "call", **parts: Any) -> Probe:
    """A probe that phones the target `line`."""
    return probe(journey, parties={"kim": Party(channel="ivr", target="line")}, **parts)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
