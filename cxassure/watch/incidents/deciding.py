"""The decision: which incidents open, gather, come back, are said again, and end."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec.structs import replace

from cxassure.errors import UsageError
from cxassure.incident import (
    LOUDS,
    Affected,
    Deploy,
    Fault,
    Incident,
    Loud,
    Message,
    Observation,
    Rules,
    State,
    Track,
    Word,
    encode,
    louder,
)
from cxassure.text import guess
from cxassure.watch.incidents.holding import KEPT, MOST, held
from cxassure.watch.incidents.telling import hearers, tell
from cxassure.watch.incidents.tracks import (
    EFFECTS,
    begun,
    confirmed,
    failing,
    follow,
    forgotten,
    over,
    parting,
    recovered,
)


def decide(
    state: State, observations: Iterable[Observation], rules: Rules, now: datetime
) -> tuple[State, tuple[Message, ...]]:
    """What is remembered and said after these looks, at `now` (UTC).

    It is called with new looks as they come, and without any every minute or so, since reminders,
    escalations and recoveries fall due by themselves.
    """
    desk = _Desk(state, rules, now)
    for seen in sorted(observations, key=lambda one: one.at):
        desk.look(seen)
    desk.settle()
    return desk.state(), tuple(desk.said)


def acknowledge(
    state: State, incident: str, who: str, now: datetime, note: str = ""
) -> tuple[State, tuple[Message, ...]]:
    """`who` has taken it: no more reminders or escalations. Raises `UsageError`.

    Everybody who was told hears it, with the `note`; acknowledging twice changes nothing.
    """
    found = state.incidents.get(incident)
    if found is None or found.ended is not None:
        known = [one.id for one in state.open()]
        hint = guess(incident, known) or "none is open"
        raise UsageError(f"there is no open incident «{incident}»", hint)
    if found.acknowledged:
        return state, ()
    taken = replace(found, acknowledged=who)
    taken, said = tell(
        taken, "acknowledged", found.told, now, why=f"{who}: {note}" if note else who
    )
    return replace(state, incidents={**state.incidents, incident: taken}), tuple(said)


def deployed(state: State, deploy: Deploy) -> State:
    """The state that knows of a deployment."""
    return replace(state, deploys=(*state.deploys, deploy))


def suspects(state: State, rules: Rules | None = None) -> list[Observation]:
    """The newest bad look of each line that fails and is not confirmed: look there again, now.

    Nothing is suspected in a maintenance window, and no look can confirm that a run was missed.
    """
    rules = rules or Rules()
    return [
        track.last
        for key, track in state.tracks.items()
        if failing(track)
        and not track.incident
        and not track.last.window
        and track.fault.kind != "missed"
        and not confirmed(key, state.tracks, rules)
    ]


class _Desk:
    """The state while one decision is made."""

    def __init__(self, state: State, rules: Rules, now: datetime) -> None:
        self.tracks, self.incidents = dict(state.tracks), dict(state.incidents)
        self.deploys = tuple(one for one in state.deploys if now - one.at <= KEPT)[-MOST:]
        self.rules, self.now = rules, now
        self.said: list[Message] = []

    def state(self) -> State:
        return State(tracks=self.tracks, incidents=self.incidents, deploys=self.deploys)

    def look(self, seen: Observation) -> None:
        """Takes a look. Before a good one, what was bad until then is told: looks that come late
        and together must not hide an outage that they both begin and end."""
        for kind, bad in EFFECTS[seen.verdict].items():
            key = seen.line(kind)
            track = self.tracks.get(key)
            if track is None or seen.at <= track.looks[-1].at:
                continue
            if bad and track.incident and track.other and parting(track, seen):
                self.leave(track.incident, key, track.parted)
                self.tracks[key] = begun(track.other)
            elif not bad and not track.incident and failing(track):
                self.gather()
        follow(self.tracks, seen, self.rules, self.now)

    def settle(self) -> None:
        """Everything that follows from the tracks and from time."""
        self.forgive()
        self.gather()
        self.recover()
        self.escalate()
        self.remind()
        for key, track in list(self.tracks.items()):
            if not track.incident and over(track, self.rules, self.now):
                del self.tracks[key]
        aged = self.now - timedelta(seconds=self.rules.reopen)
        self.incidents = {i: o for i, o in self.incidents.items() if not o.ended or o.ended >= aged}

    # Opening and gathering

    def gather(self) -> None:
        """Opens an incident for each confirmed cause that has none; the rest of it joins."""
        loose = [k for k, t in self.tracks.items() if not t.incident and failing(t)]
        for key in loose:
            track = self.tracks[key]
            free = not held(track, self.deploys, self.rules, self.now)
            if free and confirmed(key, self.tracks, self.rules) and not self.home(track):
                self.begin(key, track)
        for key in loose:
            track = self.tracks[key]
            if (home := self.home(track)) and not track.last.window and not track.incident:
                self.join(key, track, home)
        for incident in [one for one in self.incidents.values() if one.ended is None]:
            self.spread(incident)

    def home(self, track: Track) -> Incident | None:
        """The open incident of this line's cause, or one that has come to show the same face."""
        at_once = timedelta(seconds=self.rules.together)
        for one in self.incidents.values():
            if one.ended is not None:
                continue
            near = abs(track.since - one.since) <= at_once and track.fault.agrees(one.fault)
            if near or track.fault == one.fault or self.shows(one, track.fault):
                return one
        return None

    def shows(self, incident: Incident, fault: Fault) -> bool:
        return any(failing(t) and t.fault == fault for _, t in self.members(incident))

    def begin(self, key: str, track: Track) -> None:
        """A new incident, or one that ended a short while ago and is back."""
        ended = (one for one in self.incidents.values() if one.ended)
        if back := next((one for one in ended if one.fault == track.fault), None):
            begun = replace(
                back, opened=self.now, times=back.times + 1, told={}, rung=0, ended=None,
                affected={}, since=track.since, acknowledged="", lead=track.last, spoke=self.now,
                severity=track.last.severity,
            )  # fmt: skip
        else:
            begun = Incident(
                id=_id(track, key),
                fault=track.fault,
                since=track.since,
                opened=self.now,
                severity=track.last.severity,
                lead=track.last,
                affected={},
                spoke=self.now,
            )
        self.join(key, track, begun)

    def join(self, key: str, track: Track, incident: Incident) -> None:
        seen = track.last
        affected = Affected(
            name=seen.name,
            vantage=str(seen.vantage),
            severity=seen.severity,
            owner=seen.owner,
            since=track.since,
            waived=self.waived(track),
        )
        worse = louder(seen.severity) > louder(incident.severity) and not affected.waived
        self.tracks[key] = replace(track, incident=incident.id)
        self.incidents[incident.id] = replace(
            incident,
            affected={**incident.affected, key: affected},
            since=min(incident.since, track.since),
            severity=seen.severity if worse else incident.severity,
            lead=seen if worse else incident.lead,
        )

    def spread(self, incident: Incident) -> None:
        """Tells whoever has not heard of it yet, or not as loudly as it has become."""
        wanted = hearers(incident, self.rules)
        told = incident.told
        new = {n: loud for n, loud in wanted.items() if n not in told}
        more = {n: w for n, w in wanted.items() if n in told and _over(w, told[n])}
        self.tell(incident.id, "opened" if incident.times == 1 else "reopened", new)
        self.tell(incident.id, "joined", more)

    def tell(self, incident: str, word: Word, to: dict[str, Loud], why: str = "") -> None:
        if to:
            self.incidents[incident], said = tell(
                self.incidents[incident], word, to, self.now, self.deploys, why
            )
            self.said += said

    # Members, and the end

    def members(self, incident: Incident) -> list[tuple[str, Track]]:
        found = ((key, self.tracks.get(key)) for key in incident.affected)
        return [(key, t) for key, t in found if t and t.incident == incident.id]

    def waived(self, track: Track) -> str:
        waiver = self.rules.waiver(track.last, self.now)
        return f"by {waiver.owner} until {waiver.until:%Y-%m-%d}" if waiver else ""

    def forgive(self) -> None:
        """Waivers begin and run out while an incident is open."""
        for incident in list(self.incidents.values()):
            fresh = {
                key: replace(incident.affected[key], waived=self.waived(track))
                for key, track in self.members(incident)
            }
            if any(one != incident.affected[key] for key, one in fresh.items()):
                affected = {**incident.affected, **fresh}
                self.incidents[incident.id] = replace(incident, affected=affected)

    def recover(self) -> None:
        for incident in [one for one in self.incidents.values() if one.ended is None]:
            for key, track in self.members(incident):
                if recovered(track, incident.times, self.rules, self.now):
                    self.leave(incident.id, key, track.well)
                elif forgotten(track, self.rules, self.now):
                    self.leave(incident.id, key, None)
            self.end(self.incidents[incident.id])

    def leave(self, incident: str, key: str, until: datetime | None) -> None:
        found = self.incidents[incident]
        affected = {**found.affected, key: replace(found.affected[key], until=until)}
        self.incidents[incident] = replace(found, affected=affected)
        del self.tracks[key]

    def end(self, incident: Incident) -> None:
        """Ends what no line but waived ones shows any more; those go on by themselves."""
        left = self.members(incident)
        if any(not incident.affected[key].waived for key, _ in left):
            return
        for key, track in left:
            self.tracks[key] = replace(track, incident="")
        counted = [one for one in incident.affected.values() if not one.waived]
        known = [one.until for one in counted if one.until]
        well = bool(counted) and len(known) == len(counted)
        why = "" if well else "nobody looks there any more" if counted else "it has been waived"
        ended = max(known) if well else self.now
        self.incidents[incident.id] = replace(incident, ended=ended)
        self.tell(incident.id, "resolved" if well else "lapsed", incident.told, why)

    # What time brings

    def pressing(self) -> list[Incident]:
        """Open incidents that nobody has taken, and that are not wholly held for now."""
        return [
            one
            for one in self.incidents.values()
            if one.ended is None
            and not one.acknowledged
            and any(not held(t, (), self.rules, self.now) for _, t in self.members(one))
        ]

    def escalate(self) -> None:
        for one in self.pressing():
            ladder = self.rules.loudness(one.severity).escalate
            due = [e for e in ladder[one.rung :] if self.past(one.opened, e.after)]
            if due:
                self.incidents[one.id] = replace(one, rung=one.rung + len(due))
                to = {name: LOUDS[-1] for rung in due for name in rung.to}
                self.tell(one.id, "escalated", to, "nobody has acknowledged it")

    def remind(self) -> None:
        for one in self.pressing():
            every = self.rules.loudness(one.severity).remind
            if every and self.past(one.spoke, every):
                self.tell(one.id, "reminded", one.told)

    def past(self, since: datetime, after: float) -> bool:
        return self.now - since >= timedelta(seconds=after)


def _over(wanted: Loud, told: Loud) -> bool:
    return LOUDS.index(wanted) > LOUDS.index(told)


def _id(track: Track, key: str) -> str:
    """A name that the same outage gets wherever it is decided."""
    told = encode(track.fault) + key.encode() + track.first.at.isoformat().encode()
    return f"inc-{hashlib.sha256(told).hexdigest()[:12]}"
