"""Plays a cassette in virtual time, to all telephone parties of a run: a replay is no company.

What nobody recorded is not known: another key, too early, too late, or listening on beyond the
recording raises `CannotLook`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from cxassure.channel import Opening, Seen
from cxassure.channels._telephony.carrier.lengths import heard_of
from cxassure.channels._telephony.cassette import tape
from cxassure.channels._telephony.cassette.blanks import filled
from cxassure.channels._telephony.cassette.tape import OVER, TURN, Cassette, Line
from cxassure.channels._telephony.cassette.way import Stretch, Way
from cxassure.errors import CannotLook
from cxassure.text import clip, span

EPSILON = 0.002
"""Seconds by which times differ that were rounded."""
RECORD = "record that too: cxassure record call JOURNEY --to FILE --add"
Hear = Callable[[Seen], None]


@dataclass
class Track:
    """One party's end, and how it stands: `rang`, `connected`, `ended` once they have come."""

    hear: Hear
    rang: Seen | None = None
    connected: Seen | None = None
    ended: Seen | None = None
    trouble: Seen | None = None
    seen: list[Seen] = field(default_factory=list)

    def take(self, seen: Seen) -> None:
        match seen.what:
            case "rang":
                self.rang, self.connected, self.ended = seen, None, None
            case "connected" | "joined":
                self.connected = self.connected or seen
            case "hung up":
                self.ended = seen
            case "error":
                self.trouble = seen
        self.seen.append(seen)
        self.hear(seen)


class Player:
    """`ways` are the calls that have gone as the parties have so far; it plays the one on which
    nobody acted for longest."""

    def __init__(self, cassette: Cassette, name: str, slack: float = 1.0) -> None:
        self.name, self.slack = name, slack
        self.ways = [Way(call) for call in cassette.calls]
        self.cut = frozenset(text for way in self.ways for text in way.cut)
        self.tracks: dict[str, Track] = {}
        self.done = 0
        self.since = self._now = 0.0
        self.values: dict[str, str] = {}
        self.turns: dict[str, float] = {}
        self.left = False
        self._told = 0
        self._fresh = False
        self._cut_short: tuple[Track, Seen] | None = None
        self._follow()

    @classmethod
    async def of(cls, opening: Opening, path: str, slack: float) -> Player:
        """The player that all parties of the run share, a cassette each."""

        async def make() -> Player:
            from pathlib import Path

            return cls(tape.read(Path(path)), path, slack)

        player: Player = await opening.run.once(f"cassette {path}", make)
        return player

    def now(self) -> float:
        return self._now

    def seat(self, party: str, channel: str, hear: Hear) -> str:
        """Whose part `party` has: its own, or that of the only recorded party of its channel."""
        parts = {n: c for way in self.ways for n, c in way.call.parties.items() if c == channel}
        free = [name for name in parts if name not in self.tracks]
        part = party if party in free else free[0] if len(free) == 1 else ""
        if not part:
            known = ", ".join(sorted(parts)) or "none"
            raise CannotLook(
                f"{self.name} has no part for «{party}» ({channel})",
                f"parties on it of that channel: {known}",
            )
        self.tracks[part] = Track(hear)
        return part

    # Time

    async def attend(self, until: float) -> None:
        """Goes on to the next thing that was heard, or to `until` where that is before."""
        if self.left and not self.over:
            raise self._unknown()
        line = self._next()
        if line and self.since + self.here.due(line) <= min(until, self._end) + EPSILON:
            self._now = max(self._now, self.since + self.here.due(line))
            self._tell()
        elif until <= self._end + self.slack or self.over:
            self._now = max(self._now, until)
        elif self._now + EPSILON < self._end:
            self._now = self._end
        else:
            raise self._unknown()

    @property
    def here(self) -> Stretch:
        return self.followed.stretches[self.done]

    @property
    def _end(self) -> float:
        """When somebody acts on what is played."""
        return self.since + self.here.length

    @property
    def over(self) -> bool:
        """Whether all calls have ended: nothing more can come."""
        known = [t for t in self.tracks.values() if t.rang or t.connected or t.ended]
        return bool(known) and all(t.ended for t in known) and self._next() is None

    def _next(self) -> Line | None:
        none = self.left or self._told >= len(self.here.lines)
        return None if none else self.here.lines[self._told]

    def _tell(self) -> None:
        """All that is due by now is heard."""
        if self._cut_short:
            (track, cut), self._cut_short = self._cut_short, None
            track.take(cut)
        while (line := self._next()) and self.since + self.here.due(line) <= self._now + EPSILON:
            self._told += 1
            if not (self._fresh and self.here.began(line) < -EPSILON):
                self._hear(line)

    def _hear(self, line: Line) -> None:
        track = self.tracks.get(line.party)
        if line.what == TURN:
            self.turns[line.party] = self._now
        elif track:
            at, ends = self.since + self.here.began(line), self.since + self.here.ended(line)
            text, data = filled(line.text, self.values), filled(line.data, self.values)
            track.take(Seen(line.who, line.what, text, at, ends, data))

    def settled(self, part: str) -> bool:
        """Whether the company waited at this moment of the recording."""
        waits = abs(self.turns.get(part, -1.0) - self._now) <= EPSILON
        return waits or self.over or self._now >= self._end - EPSILON

    def quiet(self, part: str) -> float:
        """Seconds of dead air that is not over yet."""
        after = self.followed.stretches[self.done : self.done + 2]
        for stretch in after:
            shift = self.since + (self.here.length if stretch is not self.here else 0.0)
            for line in stretch.lines:
                began = shift + stretch.began(line)
                if (line.party, line.what) == (part, "silence") and (
                    began <= self._now < shift + stretch.ended(line) - EPSILON
                ):
                    return self._now - began
        return 0.0

    # Acting

    async def act(
        self, part: str, what: str, text: str | None = None, *, now: bool = False
    ) -> Line:
        """`part` does something: where it was recorded, or `now`; gives the act as recorded.

        Raises `CannotLook` where no call on the cassette goes on like that.
        """
        if self.left:
            raise self._unknown()
        fitting = [way for way in self.ways if way.goes(self.done, part, what, text) is not None]
        if not fitting:
            raise self._unrecorded(part, what, text)
        way = self._chosen(fitting, part, now)
        planned = self.since + way.stretches[self.done].length
        if not now or 0 < planned - self._now <= self.slack:
            self._change_to(way)
            while self._now < planned - EPSILON:
                await self.attend(planned)
            self._now = max(self._now, planned)
            self._tell()
        moved = abs(self._now - planned) > EPSILON
        act = way.next(self.done)
        assert act
        self.values |= way.goes(self.done, part, what, text) or {}
        self._go_on(part, fitting, way, moved)
        return act

    def leave(self) -> None:
        """A party has gone where nobody did in the recording: what comes then is not known."""
        self.left = True

    def _chosen(self, fitting: list[Way], part: str, now: bool) -> Way:
        """The call whose act comes next; raises `CannotLook` out of the time of all acts here."""
        times = {way: self.since + way.stretches[self.done].length for way in fitting}
        ahead = [way for way in fitting if times[way] >= self._now - EPSILON]
        way = min(ahead, key=times.__getitem__) if ahead else max(fitting, key=times.__getitem__)
        mine = [w for w in self.ways if (a := w.next(self.done)) and a.party == part]
        window = [self.since + w.stretches[self.done].length for w in mine] or list(times.values())
        if self._now > max(window) + self.slack:
            raise self._out_of_time("late", self._now - max(window), times[way])
        early = min(window) - self._now
        if now and early > self.slack and not self._interruptible(part):
            raise self._out_of_time("early", early, times[way])
        return way

    def _sounding(self, part: str) -> tuple[Line, float] | None:
        """The prompt that `part` hears at this moment, and since when."""
        for stretch, shift in self._around():
            for line in stretch.lines:
                began, ended = shift + stretch.began(line), shift + stretch.ended(line)
                mine = line.party == part and line.what == "prompt"
                if mine and began < self._now - EPSILON and self._now + EPSILON < ended:
                    return line, began
        return None

    def _around(self) -> list[tuple[Stretch, float]]:
        """What is played, and what was under way when the next act came."""
        found = [(self.here, self.since)]
        if self.done + 1 < len(self.followed.stretches):
            found.append((self.followed.stretches[self.done + 1], self._end))
        return found

    def _interruptible(self, part: str) -> bool:
        """Whether the prompt that is playing was cut short on any call of the cassette."""
        playing = self._sounding(part)
        return (
            playing is not None and str(playing[0].data.get("whole", playing[0].text)) in self.cut
        )

    def _go_on(self, part: str, fitting: list[Way], way: Way, moved: bool) -> None:
        """The act is done: from here those calls are played on which it was done too."""
        playing = self._sounding(part) if moved else None
        self.ways, self.done, self.since = fitting, self.done + 1, self._now
        self._follow()
        self._fresh = moved
        if playing and (track := self.tracks.get(part)):
            line, began = playing
            whole = filled(str(line.data.get("whole", line.text)), self.values)
            data = {**filled(line.data, self.values), "cut": True, "whole": whole}
            heard = heard_of(whole, self._now - began)
            seen = Seen(line.who, "prompt", heard, began, self._now, data)
            self._cut_short = track, seen

    def _follow(self) -> None:
        """Plays, of the calls that went the same way, the one on which nobody acted for longest."""
        self.followed = max(self.ways, key=lambda way: way.stretches[self.done].length)
        self._told = 0

    def _change_to(self, way: Way) -> None:
        """Plays `way` on from where the time is."""
        if way is not self.followed:
            self.followed, gone = way, self._now - self.since + EPSILON
            self._told = sum(self.here.due(line) <= gone for line in self.here.lines)

    def heard_now(self) -> None:
        """What belongs to this moment is heard, behind an act."""
        self._tell()

    async def spend(self, seconds: float) -> None:
        """Time in which a party is busy: what comes meanwhile is heard."""
        until = self._now + seconds
        while (line := self._next()) and self.since + self.here.due(line) <= until + EPSILON:
            self._now = max(self._now, self.since + self.here.due(line))
            self._tell()
        self._now = max(self._now, until)

    def finish(self) -> None:
        """The journey is over: what was under way in the recording then is told."""
        way = next((w for w in self.ways if w.goes(self.done, "", OVER) is not None), None)
        if (
            way
            and not self.left
            and abs(self.since + way.stretches[self.done].length - self._now) <= self.slack
        ):
            self.ways, self.done, self.since = [way], self.done + 1, self._now
            self._follow()
            self._tell()

    # What is not known

    def _recorded(self) -> str:
        acts = [act for way in self.ways if (act := way.next(self.done)) and act.what != OVER]
        told = dict.fromkeys(f"{act.party} {act.what} {clip(act.text, 40)}".strip() for act in acts)
        return ", ".join(told) or "nothing more"

    def _unrecorded(self, part: str, what: str, text: str | None) -> CannotLook:
        done = f"{part} {what} {clip(text or '', 40)}".strip()
        return CannotLook(
            f"the cassette has no call in which «{done}» comes here; recorded: {self._recorded()}",
            RECORD,
        )

    def _out_of_time(self, how: str, much: float, recorded: float) -> CannotLook:
        return CannotLook(
            f"too {how} by {span(much)} for what the cassette holds: it was recorded at"
            f" {span(max(recorded - self.since, 0))} after the act before it",
            RECORD,
        )

    def _unknown(self) -> CannotLook:
        heard = [s for t in self.tracks.values() for s in t.seen if s.text and s.what == "prompt"]
        last = max(heard, key=lambda s: s.ends, default=None)
        return CannotLook(
            f"the cassette does not know what comes when nobody acts any more; recorded here:"
            f" {self._recorded()}" + (f"; heard last: «{clip(last.text, 80)}»" if last else ""),
            RECORD,
        )
