"""The coming ladders as an ICS calendar (RFC 5545), for the calendars that people look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from cxassure.watch.ladder import Coming


def as_ics(comings: Iterable[Coming], stamp: datetime) -> bytes:
    """An event for each peak and one for each rung, in UTC; the same bytes for the same arguments.

    `stamp` is when it was made, which RFC 5545 wants in every event.
    """
    import icalendar

    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//cxassure//peaks//EN")
    calendar.add("version", "2.0")
    for one in comings:
        for event in _events(one):
            event.add("dtstamp", stamp)
            calendar.add_component(event)
    return bytes(calendar.to_ical())


def _events(one: Coming) -> Iterator[Any]:
    import icalendar

    title = one.peak.title or one.peak.name
    uplift = f", {one.peak.uplift:g} times the ordinary traffic" if one.peak.uplift else ""
    spans = [("peak", title, f"Peak {one.peak.name}{uplift}", one.when.start, one.when.end)]
    for s in one.stretches:
        told = f"Journeys of {one.peak.name} are run by this cadence: {s.cadence.said}"
        spans.append((s.rung, f"{title}: {s.why}", told, s.start, s.end))
    for kind, summary, told, start, end in spans:
        event = icalendar.Event()
        event.add("uid", f"{one.peak.name}-{one.when.start:%Y%m%dT%H%M%SZ}-{kind}@cxassure".lower())
        event.add("summary", summary)
        event.add("description", told)
        event.add("dtstart", start)
        event.add("dtend", end)
        event.add("transp", "TRANSPARENT")
        yield event
