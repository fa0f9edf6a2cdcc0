"""Which probes a peak or window is about."""

from __future__ import annotations

from fnmatch import fnmatchcase

from cxassure.peak import Journeys
from cxassure.probe import Probe


def chosen(journeys: Journeys, probe: Probe) -> bool:
    """Whether `probe` has any of the tags, any of the severities and any of the names asked for."""
    tagged = not journeys.tags or not set(journeys.tags).isdisjoint(probe.tags)
    severe = not journeys.severities or probe.severity in journeys.severities
    called = not journeys.names or any(fnmatchcase(probe.journey, n) for n in journeys.names)
    return tagged and severe and called
