"""Where calls are joined: a bridge of two, or a conference; what one says the others hear."""

from __future__ import annotations

from dataclasses import dataclass, field

from cxassure.channels._telephony.carrier.call import Call
from cxassure.channels._telephony.carrier.clock import VirtualClock


@dataclass(eq=False, slots=True)
class Room:
    """Members in the order they came. Nobody hears dead air here: people talk when they like."""

    clock: VirtualClock
    name: str = ""
    members: list[Call] = field(default_factory=list)
    muted: set[str] = field(default_factory=set)
    decisive: set[str] = field(default_factory=set)
    """Members with whom the room ends (`endConferenceOnExit`)."""
    starters: set[str] = field(default_factory=set)
    """Members whose coming starts it (`startConferenceOnEnter`)."""
    started: bool = False
    over: bool = False

    def join(
        self, call: Call, *, muted: bool = False, starts: bool = True, ends: bool = False
    ) -> None:
        """Takes `call` in; the room starts with two members of whom one may start it."""
        self.members.append(call)
        for holds, names in ((muted, self.muted), (starts, self.starters), (ends, self.decisive)):
            if holds:
                names.add(call.sid)
        if not self.started:
            self.started = len(self.members) > 1 and bool(self.starters)
            newcomers = list(self.members) if self.started else []
        else:
            newcomers = [call]
        for member in newcomers:
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

    def leave(self, call: Call) -> None:
        """Lets `call` out. A bridge (no name) is over then, a conference when it was decisive."""
        if call not in self.members:
            return
        self.members.remove(call)
        self.starters.discard(call.sid)
        self.over = not self.name or call.sid in self.decisive or not self.members
        for member in [call, *self.members] if self.over else [call]:
            member.room = None
            member.ear.end()
        if self.over:
            self.members.clear()
        elif len(self.members) == 1:
            self.members[0].ear.end()
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
        return [member for member in self.members if member is not call]
