"""Quiet hours at an instant: why nobody real is to be telephoned then."""

from __future__ import annotations

from datetime import datetime

from cxassure.peak import Calendar, zone
from cxassure.probe import Probe
from cxassure.watch.choosing import chosen
from cxassure.watch.windows import spans


def quiet(calendar: Calendar, probe: Probe, at: datetime) -> str:
    """The quiet window that holds `at` (aware), and until when; "" where there is none."""
    for window in calendar.windows:
        if window.kind == "quiet" and chosen(window.journeys, probe):
            end = spans(calendar, window, at.year).inside(at)
            if end:
                until = end.astimezone(zone(window.zone))
                return f"«{window.name}» until {until:%F %R} ({window.zone})"
    return ""
