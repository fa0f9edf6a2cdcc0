"""Where calls are joined: a bridge of two, or a conference; what one says the others hear."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cxassure.channels._telephony.carrier.call import Call
from cxassure.channels._telephony.carrier.clock import VirtualClock

if TYPE_CHECKING:
    from cxassure.channels._telephony.carrier.bulletin import Bulletin
    from cxassure.channels._telephony.carrier.walker import GoTo


@dataclass(eq=False, slots=True)
class Room:
    """Members in the order they came. Nobody hears dead air here: people talk when they like."""

    clock: VirtualClock
    name: str = ""
    sid: str = ""
    members: list[Call] = field(default_factory=list)
    muted: set[str] = field(default_factory=set)
    held: dict[str, GoTo | None] = field(default_factory=dict)
    """Members who are kept waiting, and what they hear meanwhile (None: hold music)."""
    coaches: dict[str, str] = field(default_factory=dict)
    """Members whom only the one that they coach can hear."""
    decisive: set[str] = field(default_factory=set)
    """Members with whom the room ends (`endConferenceOnExit`)."""
    starters: set[str] = field(default_factory=set)
    """Members whose coming starts it (`startConferenceOnEnter`)."""
    started: bool = False
    over: bool = False
    since: float = 0.0
    bulletin: Bulletin | None = None
    why: str = ""
    ended_by: str = ""

    def __post_init__(self) -> None:
        self.since = self.clock.now()

    @property
    def status(self) -> str:
        """Twilio's word for it: init, in-progress or completed."""
        return "completed" if self.over else "in-progress" if self.started else "init"

    def tell(self, event: str, member: Call | None = None, **told: str) -> None:
        """Tells the conference's status callback, if it has one."""
        if self.bulletin:
            self.bulletin.tell(self, event, member, **told)

    def join(
        self, call: Call, *, muted: bool = False, starts: bool = True, ends: bool = False
    ) -> None:
        """Takes `call` in; the room starts with two members of whom one may start it."""
        self.members.append(call)
        for holds, names in ((muted, self.muted), (starts, self.starters), (ends, self.decisive)):
            if holds:
                names.add(call.sid)
        self.tell("participant-join", call)
        if not self.started:
            self.started = len(self.members) > 1 and bool(self.starters)
            newcomers = list(self.members) if self.started else []
            if self.started:
                self.tell("conference-start")
        else:
            newcomers = [call]
        for member in newcomers:
            if member.sid not in self.held:
                member.room = self
                member.ear.begin()
        self._tell_agents(newcomers)
        self.clock.stir()

    def _tell_agents(self, newcomers: list[Call]) -> None:
        """The customers hear that a person is there, and which."""
        for member in self.members:
            for other in self.members if self.started else ():
                news = member in newcomers or other in newcomers
                if news and member is not other and member.role != "agent" == other.role:
                    member.ear.note("agent", "joined", other.called)

    def mute(self, call: Call, silent: bool) -> None:
        """Nobody hears `call` while it is muted."""
        (self.muted.add if silent else self.muted.discard)(call.sid)
        self.tell("participant-mute" if silent else "participant-unmute", call)

    def hold(self, call: Call, goto: GoTo | None) -> None:
        """`call` hears nothing of the others, nor they of it; it hears `goto` instead."""
        self.held[call.sid] = goto
        call.room = None
        self.tell("participant-hold", call)
        self.clock.stir()

    def resume(self, call: Call) -> None:
        """Takes `call` back in from its hold."""
        if self.held.pop(call.sid, self) is not self and self.started and call in self.members:
            call.room = self
            call.ear.begin()
            self.tell("participant-unhold", call)
        self.clock.stir()

    def coach(self, call: Call, whom: str) -> None:
        """Only the member whose sid is `whom` hears `call` from now on; "" ends that."""
        if whom:
            self.coaches[call.sid] = whom
        else:
            self.coaches.pop(call.sid, None)
        self.tell("participant-modify", call)

    def leave(self, call: Call, why: str = "last-participant-left") -> None:
        """Lets `call` out. A bridge (no name) is over then, a conference when it was decisive."""
        if call not in self.members:
            return
        self.tell("participant-leave", call)
        self.members.remove(call)
        self.starters.discard(call.sid)
        self.held.pop(call.sid, None)
        decisive = call.sid in self.decisive
        if not self.name or decisive or not self.members:
            reason = "participant-with-end-conference-on-exit-left" if decisive else why
            self.close(reason, call)
        else:
            call.room = None
            call.ear.end()
            if len(self.members) == 1:
                self.members[0].ear.end()
        self.clock.stir()

    def close(self, why: str, last: Call | None = None) -> None:
        """The room is over, and everybody is out of it."""
        if self.over:
            return
        self.over = True
        for member in [*([last] if last else []), *self.members]:
            member.room = None
            member.ear.end()
            if member is not last:
                self.tell("participant-leave", member)
        self.members.clear()
        self.why, self.ended_by = why, last.sid if last else ""
        ended = {"ReasonConferenceEnded": why, "CallSidEndingConference": self.ended_by}
        self.tell("conference-end", None, **ended)
        self.clock.stir()

    def speak(self, call: Call, text: str, seconds: float) -> None:
        """All others hear `text` from now on for `seconds`, unless `call` is muted."""
        for member in self._hearers(call):
            member.ear.note(call.role, "speech", text, took=seconds)

    def key(self, call: Call, key: str) -> None:
        """All others hear the tone."""
        for member in self._hearers(call):
            member.ear.note(call.role, "tone", key)

    def _hearers(self, call: Call) -> list[Call]:
        if call.sid in self.muted:
            return []
        whom = self.coaches.get(call.sid)
        return [
            member
            for member in self.members
            if member is not call and member.room is self and whom in (None, member.sid)
        ]
