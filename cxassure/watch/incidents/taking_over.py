"""Lines of sight that change hands: an environment is looked at from another place from now on."""

from __future__ import annotations

from msgspec.structs import replace

from cxassure.incident import Incident, Observation, State, Track


def taken_over(state: State, env: str, place: str) -> State:
    """The state in which all lines of `env` are looked along from `place`, and from nowhere else.

    A line of a place from which nobody looks any more could never be seen to be well again. Of two
    lines that become one the one in an incident stays, else the one that was looked along last.
    """
    leaving = [key for key, track in state.tracks.items() if _left(track, env, place)]
    for key in leaving:
        state = _carried(state, key, place)
    return state


def _left(track: Track, env: str, place: str) -> bool:
    return track.last.env == env and track.last.vantage.place != place


def _carried(state: State, key: str, place: str) -> State:
    """`state` with one line under the name that it has from `place`."""
    tracks, incidents = dict(state.tracks), dict(state.incidents)
    track = _from(tracks.pop(key), place)
    name = track.last.line(track.fault.kind)
    there = tracks.get(name)
    stays = there is None or _rank(track) > _rank(there)
    if stays:
        tracks[name] = track
    if (found := incidents.get(track.incident)) and (stays or found.id == tracks[name].incident):
        incidents[found.id] = _renamed(found, key, name, str(track.last.vantage))
    return replace(state, tracks=tracks, incidents=incidents)


def _rank(track: Track) -> tuple[bool, object]:
    return bool(track.incident), track.looks[-1].at


def _from(track: Track, place: str) -> Track:
    return replace(
        track,
        first=_seen_from(track.first, place),
        last=_seen_from(track.last, place),
        other=track.other and _seen_from(track.other, place),
    )


def _seen_from(seen: Observation, place: str) -> Observation:
    return replace(seen, vantage=replace(seen.vantage, place=place))


def _renamed(incident: Incident, key: str, name: str, vantage: str) -> Incident:
    """`incident` in which the line `key` is called `name`, where it is still named."""
    affected = dict(incident.affected)
    if (mine := affected.pop(key, None)) is None:
        return incident
    since = min(mine.since, affected[name].since) if name in affected else mine.since
    affected[name] = replace(mine, vantage=vantage, since=since)
    return replace(incident, affected=affected)
