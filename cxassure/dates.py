"""The calendars of a workspace: of peaks and windows, of messages, of when no telephone rings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from cxassure.errors import Problem, SpecError
from cxassure.peak import Calendar, Feed
from cxassure.probe import Probe
from cxassure.settings import Environment, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cxassure.watch import Messages

YEAR = timedelta(days=365)
REHEARSED = ("", "twiml", "desk", "cassette")
"""Lines on which no telephone rings."""


def calendar(settings: Settings, environment: Environment, root: Path) -> Calendar:
    """The calendar of peaks and windows, loaded. Raises `SpecError`."""
    from cxassure import watch

    return watch.load(settings.calendar, root, _dialled(environment))


def _dialled(environment: Environment) -> frozenset[str]:
    """The targets at which a call rings for real."""
    if environment.rehearsal:
        return frozenset()
    targets = environment.targets.values()
    return frozenset(t.name for t in targets if t.over not in REHEARSED)


def _spoken(settings: Settings) -> Calendar:
    """A calendar of the message windows alone."""
    windows = tuple(message.when for message in settings.message_windows)
    return Calendar(zone=settings.calendar.zone, windows=windows)


def messages(settings: Settings, root: Path) -> Messages:
    """The message windows and what is due in them. Raises `SpecError`."""
    from cxassure import watch

    return watch.Messages(settings.message_windows, watch.load(_spoken(settings), root))


def unfit(settings: Settings, root: Path, probes: Sequence[Probe] | None) -> list[Problem]:
    """What is wrong with peaks, windows and messages in the year to come, and, where `probes` are
    all that there are, with which of them peaks and windows are about, and whether anybody hears
    the messages. Nothing is fetched."""
    found = {*_wrong(settings.calendar, root, probes), *_wrong(_spoken(settings), root, None)}
    return sorted({*found, *_unheard(settings, probes)})


def _unheard(settings: Settings, probes: Sequence[Probe] | None) -> list[Problem]:
    if not (probes and settings.message_windows):
        return []
    from cxassure import watch

    return watch.unheard(settings.message_windows, probes)


def _wrong(written: Calendar, root: Path, probes: Sequence[Probe] | None) -> list[Problem]:
    if not written.entries:
        return []
    from cxassure import watch
    from cxassure.watch.looking import problems

    now, found = datetime.now(UTC), list[Problem]()
    try:
        loaded = watch.load(written, root)
    except SpecError as wrong:
        found, loaded = [*wrong.problems], _without_feeds(written)
    return [*found, *problems(loaded, probes, now, now + YEAR)]


def _without_feeds(written: Calendar) -> Calendar:
    """What can be computed of a calendar whose files cannot be read."""
    peaks = tuple(one for one in written.peaks if not isinstance(one.dates, Feed))
    windows = tuple(one for one in written.windows if not isinstance(one.dates, Feed))
    return msgspec.structs.replace(written, peaks=peaks, windows=windows)


def fetch(settings: Settings, root: Path, secret: Callable[[str], str]) -> list[Path]:
    """Fetches the calendars that the settings give addresses of, and says where copies are."""
    from cxassure import watch

    found = [watch.fetch(each, root, secret) for each in (settings.calendar, _spoken(settings))]
    return list(dict.fromkeys(path for paths in found for path in paths))


def quiet(settings: Settings, environment: Environment, root: Path, document: Probe) -> str:
    """Why nobody is to be telephoned now, "" where that is fine."""
    from cxassure import watch

    return watch.quiet(calendar(settings, environment, root), document, datetime.now(UTC))
