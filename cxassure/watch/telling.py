"""A coming ladder as lines for people, with dates in the peak's zone and the reader's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

from cxassure.peak import MONTHS, WEEKDAYS, zone
from cxassure.probe import Probe
from cxassure.text import clip
from cxassure.watch.ladder import Coming, Stretch

Reader: TypeAlias = Callable[[datetime], datetime]


def told(
    one: Coming, about: Sequence[Probe], reader: Reader, rounds: Callable[[Stretch], int]
) -> Iterator[str]:
    """A heading, then a line for each rung: from when to when, how often, how many `rounds`."""
    peak, when = one.peak, one.when
    title = f" · {clip(peak.title, 80)}" if peak.title else ""
    uplift = f" · {peak.uplift:g} times ordinary traffic" if peak.uplift else ""
    journeys = len({probe.journey for probe in about})
    many = f"{_count(journeys, 'journey')}, {_count(len(about), 'probe')}"
    yield f"{peak.name}{title}{uplift} · {many}"
    where = zone(peak.zone)

    def both(at: datetime) -> str:
        return f"{clock(at.astimezone(where)):<27}{clock(reader(at))}"

    yield f"  {'':9}{peak.zone:<27}yours"
    yield f"  {'starts':9}{both(when.start)}"
    yield f"  {'ends':9}{both(when.end)}"
    if peak.finish_before is not None:
        limit = when.start - timedelta(seconds=peak.finish_before)
        yield f"  {'finish':9}{both(limit)}  runs before the peak must be over"
    for s in one.stretches:
        if s.cadence.period or s.cadence.cron:
            come, all_ = rounds(s), s.rounds
            said = _count(all_, "round") if come == all_ else f"{come} of {_count(all_, 'round')}"
            yield f"  {s.rung:9}{both(s.start):<55}{s.cadence.said}, {said}"
            if all_ and not come:
                yield f"  {'':9}warning: nothing is run then: {_forbidden(s)}"
    yield ""


def _forbidden(stretch: Stretch) -> str:
    late = " or must_finish_before" if stretch.finish else ""
    return f"windows{late} of the calendar forbid every round"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def clock(at: datetime) -> str:
    """`Fri 27 Nov 2026 00:00 EST`, whatever the machine's language."""
    day = f"{WEEKDAYS[at.weekday()][:3]} {at.day:2} {MONTHS[at.month - 1][:3]} {at.year}"
    return f"{day} {at:%H:%M} {at.tzname()}"
