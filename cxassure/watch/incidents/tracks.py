"""Lines of sight on which something is wrong: looks put one after another, confirmed, recovered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec.structs import replace

from cxassure.incident import KINDS, Fault, Kind, Look, Observation, Rules, Track
from cxassure.verdict import Verdict

EFFECTS: dict[Verdict, dict[Kind, bool]] = {
    "passed": dict.fromkeys(KINDS, False),
    "degraded": dict.fromkeys(KINDS, False),
    "failed": {"failed": True, "error": False, "missed": False},
    "error": {"error": True, "missed": False},
    "missed": {"missed": True},
    "skipped": {"missed": False},
}
"""What a verdict says of each kind: bad (True), good (False), or nothing: an error tells nothing
about the customer, so it neither confirms a failure nor ends one."""

MOST_CALM = 8
SOME = 3
"""Looks that may be left out before a line counts as looked along no more."""


def follow(tracks: dict[str, Track], seen: Observation, rules: Rules, now: datetime) -> None:
    """Puts one look to its tracks. A look no newer than the last of its line changes nothing."""
    for kind, bad in EFFECTS[seen.verdict].items():
        key = seen.line(kind)
        track = tracks.get(key)
        if track is None:
            if bad and now - seen.at <= timedelta(seconds=rules.late):
                tracks[key] = begun(_with_fault(seen, kind))
        elif seen.at > track.looks[-1].at:
            tracks[key] = _worse(track, _with_fault(seen, kind), rules) if bad else track
            if not bad:
                tracks[key] = _better(track, seen.at, rules)


def _with_fault(seen: Observation, kind: Kind) -> Observation:
    if seen.fault is not None and seen.fault.kind == kind:
        return seen
    return replace(seen, fault=Fault(kind=kind, env=seen.env))


def begun(seen: Observation) -> Track:
    return Track(first=seen, last=seen, looks=(Look(at=seen.at, bad=True),))


def _worse(track: Track, seen: Observation, rules: Rules) -> Track:
    looks = (*track.looks, Look(at=seen.at, bad=True))[-rules.of :]
    if track.incident and another(track, seen):
        return replace(track, looks=looks, goods=0, well=None, other=seen, parted=track.well)
    return replace(track, last=seen, looks=looks, goods=0, well=None, other=None, parted=None)


def _better(track: Track, at: datetime, rules: Rules) -> Track:
    looks = (*track.looks, Look(at=at, bad=False))[-rules.of :]
    return replace(track, looks=looks, goods=track.goods + 1, well=track.well or at)


def another(track: Track, seen: Observation) -> bool:
    """Whether a bad look seems of another cause: the line was well since, and now fails otherwise.

    One that fails otherwise without having been well is the same cause with another face.
    """
    return track.goods > 0 and seen.fault is not None and not seen.fault.agrees(track.fault)


def parting(track: Track, seen: Observation) -> bool:
    """Whether a bad look confirms that the line fails of another cause now."""
    again = seen.fault is not None and seen.fault.agrees(track.fault)
    return track.other is not None and not again


def failing(track: Track) -> bool:
    """Whether the newest look was bad."""
    return track.looks[-1].bad


def confirmed(key: str, tracks: Mapping[str, Track], rules: Rules) -> bool:
    """Whether the failure on this line is no slip: seen again, or along another line as well."""
    track = tracks[key]
    if not failing(track) or brief(track, rules):
        return False
    if sum(look.bad for look in track.looks) >= rules.bad:
        return True
    return any(other is not track and agreeing(track, other, rules) for other in tracks.values())


def brief(track: Track, rules: Rules) -> bool:
    """Whether runs were missed for so short a time that nobody needs to hear of it: the scheduler
    was begun anew."""
    unseen = track.last.at - track.since
    return track.fault.kind == "missed" and unseen < timedelta(seconds=rules.missed)


def agreeing(track: Track, other: Track, rules: Rules) -> bool:
    """Whether both lines show the same trouble at about the same time."""
    apart = abs(track.last.at - other.last.at)
    near = failing(other) and apart <= timedelta(seconds=rules.together)
    return near and track.fault.agrees(other.fault)


def calm(times: int, rules: Rules) -> timedelta:
    """How long it must be good: twice as long each time that it comes back, up to eight times."""
    return timedelta(seconds=rules.calm * min(2 ** (times - 1), MOST_CALM))


def recovered(track: Track, times: int, rules: Rules, now: datetime) -> bool:
    """Whether it is over: good looks enough, and none bad for long enough."""
    bad = track.other or track.last
    return track.goods >= rules.good and now - bad.at >= calm(times, rules)


def over(track: Track, rules: Rules, now: datetime) -> bool:
    """Whether a line in no incident needs no more thought: no bad look of it can count any more."""
    return track.goods > rules.of - rules.bad or forgotten(track, rules, now)


def forgotten(track: Track, rules: Rules, now: datetime) -> bool:
    """Whether nobody has looked along this line for so long that it says nothing any more."""
    patience = max(rules.forget, SOME * track.last.every)
    return now - track.looks[-1].at > timedelta(seconds=patience)
