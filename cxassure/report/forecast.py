"""A forecast as lines for people, as `peaks:` for `cxassure.yaml`, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

import msgspec

from cxassure.forecast import Band, Demand, Forecast, Rise
from cxassure.report.tally import number
from cxassure.text import clip, span

SCHEMA = 1


def lines(told: Forecast) -> Iterator[str]:
    """What was seen, what comes, how sure, and how many at once; nine of ten lie in each band."""
    yield _seen(told)
    yield from (f"note: {note}" for note in told.notes)
    if not told.enough:
        return
    for rise in told.rises:
        yield ""
        yield from _rise(rise)
    if told.ordinary:
        yield ""
        yield "the busiest hour of ordinary weeks"
        yield from (f"  {_demand(one)}" for one in told.ordinary)


def _seen(told: Forecast) -> str:
    if told.first is None:
        return "no whole day was seen"
    growth = f", this year {told.growth:.2f} times last year" if told.growth is not None else ""
    stray = f", ordinary days stray by {told.noise:.0%}" if told.enough else ""
    days = number(told.days, "whole day")
    return f"{days} from {told.first} to {told.last} ({told.zone}){growth}{stray}"


def _rise(rise: Rise) -> Iterator[str]:
    until = f", {rise.days} days" if rise.days > 1 else ""
    written = f" · in the calendar as {clip(rise.written, 60)}" if rise.written else ""
    yield f"{rise.name}  {rise.start}{until} · {_times(rise.multiple)} ordinary traffic{written}"
    yield f"  why       {rise.rule}: {rise.why}"
    ways = f"{rise.by_day:.2f} by the four days before, {rise.by_season:.2f} by the season"
    yield f"  measured  {ways}"
    yield f"  contacts  {_band(rise.contacts)} on {rise.busiest}; plan on the upper end"
    yield from (f"  {_demand(one)}" for one in rise.demands)


def _demand(one: Demand) -> str:
    assumed = ", assumed: say --handle" if one.assumed else ""
    each = f"{span(one.seconds)} each{assumed}"
    hour = f"{_band(one.busiest)} in the busiest hour"
    load = f"{one.at_once:.1f} at once, be ready for {one.needed} ({one.method})"
    return f"{clip(one.channel, 40):9} {hour}, {each}: {load}"


def _band(band: Band) -> str:
    return f"{_count(band.mid)} ({_count(band.low)} to {_count(band.high)})"


def _times(band: Band) -> str:
    return f"{band.mid:.2f} times ({band.low:.2f} to {band.high:.2f})"


def _count(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def proposals(told: Forecast, taken: Collection[str] = ()) -> str:
    """The peaks that the calendar does not say yet as YAML; empty where there are none.

    `taken` are names that are in the calendar for something else.
    """
    new = [rise for rise in told.rises if not rise.written]
    if not new:
        return ""
    names = set(taken)
    out = ["peaks:"]
    for rise in new:
        out += _proposal(rise, _free(rise.name, names), told.zone)
    return "\n".join(out) + "\n"


def _proposal(rise: Rise, name: str, zone: str) -> list[str]:
    until = [f"    end: {rise.until}"] if rise.until else []
    return [
        f"  {name}:  # next {rise.start}; {rise.why}",
        f"    start: {rise.rule}",
        *until,
        f"    zone: {zone}",
        f"    uplift: {rise.multiple.mid:.1f}  # {_times(rise.multiple)}",
    ]


def _free(name: str, names: set[str]) -> str:
    found, number = name, 1
    while found in names:
        number += 1
        found = f"{name}-{number}"
    names.add(found)
    return found


def document(told: Forecast, taken: Collection[str] = ()) -> dict[str, Any]:
    """`{"schema": 1, "enough": …, "rises": […], "ordinary": […], "notes": […], "peaks": YAML}`."""
    found: dict[str, Any] = json.loads(msgspec.json.encode(told))
    return {"schema": SCHEMA, **found, "peaks": proposals(told, taken)}
