"""What a caller's and an agent's end have in common over a cassette."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from cxassure.channel import Clock, RealClock, Seen, Session, Unseen
from cxassure.channels._http.options import read_options
from cxassure.channels._telephony.carrier.told import timeline
from cxassure.channels._telephony.cassette.player import Player, Track
from cxassure.errors import Broken, CannotLook
from cxassure.events import Who
from cxassure.text import clip, span


class CassetteOptions(msgspec.Struct, frozen=True, kw_only=True):
    """`cassette` is the file (else the target's address is), `slack` by how many seconds an act may
    miss its recorded time. Options of other lines may stand beside them."""

    cassette: str = ""
    slack: float = 1.0


class Playing:
    """One end. It hears what its part of the recording heard."""

    rehearses: ClassVar[bool] = False
    """What was recorded was said on one day: on another, something else may be."""
    channel: ClassVar[str] = ""
    name: ClassVar[str] = ""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.clock: Clock = RealClock()
        self._told = False

    async def _open(self) -> None:
        options = read_options(self.session.opening, CassetteOptions)
        target = self.session.opening.target
        path = options.cassette or target.address
        if not path.endswith(".cassette"):
            raise CannotLook(
                f"target «{target.name}» names no cassette",
                "give it the option `cassette: FILE.cassette`",
            )
        self.player = await Player.of(self.session.opening, path, options.slack)
        self.part = self.player.seat(self.session.opening.party, self.channel, self.session.record)
        self.clock = self.player

    @property
    def track(self) -> Track:
        return self.player.tracks[self.part]

    async def _do(self, what: str, text: str | None, shown: str = "", *, now: bool = False) -> None:
        """Acts, as recorded or as given, and takes the time that it took."""
        act = await self.player.act(self.part, what, text, now=now)
        began = self.clock.now()
        done = Seen(
            act.who, what, shown or text or act.text, began, began + act.seconds, dict(act.data)
        )
        self.session.record(done)
        self.player.heard_now()
        await self.player.spend(act.seconds)
        self._tell()

    async def _leave(self) -> None:
        """Hangs up, be it that nobody did so here in the recording."""
        try:
            await self._do("hung up", None)
        except CannotLook:
            who: Who = "customer" if self.channel == "ivr" else "agent"
            self.player.leave()
            self.session.note(who, "hung up")
            how = f"hung up by the {who}"
            self.track.ended = self.session.note("line", "hung up", how, by=who)

    async def attend(self, until: float) -> None:
        await self.player.attend(until)
        self._tell()

    def _tell(self) -> None:
        """A call that the line broke off is told once, where it ended."""
        ended, trouble = self.track.ended, self.track.trouble
        if self._told or not ended or not trouble or ended.data.get("by") != "line":
            return
        self._told = True
        raise Broken(
            f"the call broke off: {clip(trouble.text)}",
            expected="a call that goes on",
            seen=ended.text,
            code=str(trouble.data.get("code", "")),
        )

    def _up(self, what: str) -> None:
        """Raises `Broken` when the call has ended."""
        if ended := self.track.ended:
            raise Broken(
                f"the call had ended: {ended.text} at {span(ended.at)}",
                expected=what,
                seen=ended.text,
            )

    @property
    def settled(self) -> bool:
        return self.player.settled(self.part)

    def fields(self, ended: bool) -> dict[str, Any]:
        """The fields of the call that a recording tells."""
        track = self.track
        until = track.ended.at if track.ended else self.clock.now()
        up = track.connected
        status = "completed" if track.ended else "in-progress" if up else "ringing"
        told: dict[str, Any] = {
            "status": status,
            "duration": max(until - up.at, 0.0) if up else 0.0,
        }
        if track.ended and ended:
            told |= {
                "ended_by": str(track.ended.data.get("by", "line")),
                "ending": track.ended.text,
            }
        if track.trouble:
            told["code"] = str(track.trouble.data.get("code", ""))
        return told

    def audio(self) -> str:
        raise Unseen("a cassette carries no sound: run it over a real line")

    async def witness(self) -> None:
        data = timeline(self.session.seen).encode()
        await self.session.opening.keep(f"{self.name}.txt", data, "text/plain")

    async def close(self) -> None:
        if hasattr(self, "player"):
            self.player.finish()


def mapping(raw: Any) -> Mapping[str, str]:
    """What a desk was told, as texts."""
    return {str(k): str(v) for k, v in raw.items()} if isinstance(raw, Mapping) else {}
