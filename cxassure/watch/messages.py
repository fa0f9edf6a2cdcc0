"""Messages to all customers: which of them are due at an instant, and when else they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cxassure import catalog
from cxassure.errors import CxassureError, Misread, Problem, SpecError
from cxassure.peak import Calendar, Occurrence, zone
from cxassure.probe import Probe
from cxassure.settings import Announced, MessageWindow
from cxassure.watch.choosing import chosen
from cxassure.watch.occurring import occurrences
from cxassure.watch.windows import LENGTH

SLACK = timedelta(seconds=60)
"""By the real clock, the company's may differ from ours by so much."""

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Messages:
    """`calendar` holds the windows of the messages, their feeds filled in."""

    windows: Sequence[MessageWindow]
    calendar: Calendar

    def announced(self, probe: Probe, at: datetime | None = None) -> list[Announced]:
        """What must be told in `probe` at the instant `at`, and what must not.

        Without `at` it is now, by the real clock: a message that begins or ends about when the
        probe is run is left out, as it may be there or not. Raises `SpecError`.
        """
        about = [window for window in self.windows if concerns(window, probe)]
        if at:
            return [self._at(window, at) for window in about]
        now = datetime.now(UTC)
        over = now + timedelta(seconds=probe.budget or LENGTH) + SLACK
        sure = [window for window in about if not self._changes(window, now - SLACK, over)]
        return [self._at(window, now.astimezone(zone(window.when.zone))) for window in sure]

    def _changes(self, window: MessageWindow, since: datetime, until: datetime) -> bool:
        """Whether the message begins or ends between the two."""
        found = self._near(window, since)
        return any(since < edge <= until for one in found for edge in (one.start, one.end))

    def _at(self, window: MessageWindow, at: datetime) -> Announced:
        found = list(self._near(window, at))
        where = getattr(at.tzinfo, "key", None) or f"{at.isoformat()[19:]}"
        return Announced(
            window=window,
            due=any(one.start <= at < one.end for one in found),
            at=f"{at:%F %R} {where}",
            told=_told(found, at, window),
        )

    def _near(self, window: MessageWindow, at: datetime) -> Iterator[Occurrence]:
        try:
            for year in (at.year - 1, at.year, at.year + 1):
                yield from occurrences(self.calendar, window.when, year)
        except Misread as wrong:
            raise SpecError([Problem(window.when.place, wrong.what, wrong.hint)]) from None

    def edges(self, probes: Sequence[Probe], after: datetime) -> list[datetime]:
        """A minute before each coming message, its start, a minute before its end, and its end,
        each in the message's zone and in order, for messages that concern any of `probes`."""
        found: dict[datetime, datetime] = {}
        for window in self.windows:
            if any(concerns(window, probe) for probe in probes):
                where = zone(window.when.zone)
                coming = [one for one in self._near(window, after) if one.end > after][:1]
                for edge in (e for one in coming for e in (one.start, one.end)):
                    found |= {at: at.astimezone(where) for at in (edge - MINUTE, edge)}
        return [found[at] for at in sorted(found)]


def concerns(window: MessageWindow, probe: Probe) -> bool:
    """Whether `probe` has a party that can hear or see the message where it is to be found."""
    return any(_hears(channel) for channel in _channels(window, probe))


def unheard(windows: Sequence[MessageWindow], probes: Sequence[Probe]) -> list[Problem]:
    """The messages that nobody can hear or see in any of `probes`, which are all there are: runs
    would pass without a word about them."""
    return [_unheard(w, probes) for w in windows if not any(concerns(w, p) for p in probes)]


def _unheard(window: MessageWindow, probes: Sequence[Probe]) -> Problem:
    there = sorted({channel for probe in probes for channel in _channels(window, probe)})
    why = f"only {', '.join(there)} parties go" if there else "none of its journeys goes"
    what = f"nobody can hear «{window.when.name}»: {why} to «{window.target}»"
    hint = f"write a journey with an ivr, chat or web party at {window.target}, or take it out"
    return Problem(window.when.place, what, hint)


def _channels(window: MessageWindow, probe: Probe) -> set[str]:
    """Over which channels `probe` goes where the message is to be found."""
    if not chosen(window.when.journeys, probe):
        return set()
    return {party.channel for party in probe.parties.values() if party.target == window.target}


def _hears(channel: str) -> bool:
    """Whether anything is announced on a channel. Of one that cannot be loaded nobody knows:
    the run says what is wrong with it."""
    try:
        return bool(catalog.session(channel).announces)
    except CxassureError:
        return True


def _told(found: Sequence[Occurrence], at: datetime, window: MessageWindow) -> str:
    """`from … to …`: the window that `at` is in, else `only from … to …` of the nearest."""
    if not found:
        return "never in these years"
    near = min(found, key=lambda one: max(one.start - at, at - one.end))
    where = zone(window.when.zone)
    start, end = near.start.astimezone(where), near.end.astimezone(where)
    only = "" if near.start <= at < near.end else "only "
    return f"{only}from {start:%F %R} to {end:%F %R} {where.key}"
