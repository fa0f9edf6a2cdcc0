"""The session of a call: how it is described anew, by either side, and kept alive."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

from cxassure.channels._telephony.sip import events, session_timer
from cxassure.channels._telephony.sip.causes import clean
from cxassure.channels._telephony.sip.media import Media, held, refused
from cxassure.channels._telephony.sip.message import Request, Response, reply
from cxassure.channels._telephony.sip.session_timer import Agreed
from cxassure.channels._telephony.sip.timers import Handle
from cxassure.channels._telephony.sip.transaction import Server

if TYPE_CHECKING:
    from cxassure.channels._telephony.sip.call import Call

TRIES = 5
"""How often a change is tried that the far end's own changes cross (491)."""


class Session:
    """Offers and answers after the first ones, and the session timer."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._changing = asyncio.Lock()
        self._ours = self._holding = False
        self._unacknowledged: Server | None = None
        self._offered = False
        self._agreed: Agreed | None = None
        self._timer: Handle | None = None
        self.acked = asyncio.Event()

    # Ours

    async def change(
        self, *, hold: bool = False, method: str = "INVITE", describe: bool = True
    ) -> int:
        """Describes the session anew; the final code. Changes of ours wait for each other, and
        one that crosses the far end's is tried again (section 14.1)."""
        call = self._call
        assert call.identity
        async with self._changing:
            answer = Response(code=491)
            for _ in range(TRIES):
                if answer.code == 491:
                    answer = await self._change(method, hold, describe)
                if answer.code != 491 or call.ended:
                    break
                await asyncio.sleep(self._glare())
        self._changed(answer, method, hold)
        return answer.code

    def _glare(self) -> float:
        timers, dialog = self._call.agent.timers, self._call.dialog
        span = timers.glare_own if dialog and dialog.ours else timers.glare_other
        return random.uniform(*span)

    async def _change(self, method: str, hold: bool, describe: bool) -> Response:
        call = self._call
        dialog, agent = call.identity, call.agent
        request = dialog.request(method)
        self._refreshing(request)
        if describe and call.media:
            request.carry(call.media.offer(hold=hold))
        self._ours = True
        try:
            answer = await (agent.invite if method == "INVITE" else agent.send)(request, dialog)
        finally:
            self._ours = False
        if answer.good:
            dialog.refresh(answer)
            self._accept(answer.sdp if request.body else b"")
        return answer

    def _refreshing(self, request: Request) -> None:
        agreed = self._agreed
        request.headers.add("Supported", "timer, replaces")
        if agreed:
            policy = session_timer.Policy(agreed.interval, self._call.agent.session.least)
            session_timer.request(policy, request.headers, "uac" if agreed.ours else "uas")

    def _changed(self, answer: Response, method: str, hold: bool) -> None:
        call = self._call
        call.tell(events.Changed(call.agent.now(), "us", method, hold, answer.code))
        if answer.code in (408, 481):
            call.end_by(answer)
        elif answer.good:
            self._holding = hold
            self.agree(session_timer.agreed(answer) or self._agreed)

    def _accept(self, answer: bytes) -> bool:
        call = self._call
        if not (answer and call.media):
            return True
        try:
            call.media.accept(answer)
        except Exception as error:
            if not refused(error):
                raise
            call.tell(events.Trouble(call.agent.now(), f"their answer cannot be used: {error}"))
            return False
        return True

    # Theirs

    def changed(self, request: Request, server: Server) -> None:
        """A re-INVITE or UPDATE has come."""
        call = self._call
        agent, policy = call.agent, call.agent.session
        waiting = self._unacknowledged is not None and request.method == "INVITE"
        if self._ours and request.sdp:
            server.reply(reply(request, 491))
        elif waiting:
            server.reply(reply(request, 500, headers={"Retry-After": "1"}))
        elif session_timer.too_small(policy, request.headers):
            server.reply(reply(request, 422, headers={"Min-SE": str(policy.least)}))
        else:
            self._answer(request, server, call.media)
            code = server.answer.code if server.answer else 0
            said = clean(request.headers.get("P-Asserted-Identity"))
            hold = held(request.sdp)
            call.tell(events.Changed(agent.now(), "them", request.method, hold, code, said))

    def _answer(self, request: Request, server: Server, media: Media | None) -> None:
        call = self._call
        described = self._described(request, media)
        if described is None:
            server.reply(reply(request, 488))
            return
        if call.dialog:
            call.dialog.refresh(request)
        if "P-Asserted-Identity" in request.headers:
            call.knows(request)
        agreed, told = session_timer.answer(call.agent.session, request.headers)
        answer = reply(request, 200, headers=told | call.agent.told(server.flow), body=described)
        if request.method == "INVITE":
            self._offered = not request.sdp
            self.awaits(server)
        server.reply(answer)
        self.agree(agreed or (self._agreed if request.method == "UPDATE" else None))

    def _described(self, request: Request, media: Media | None) -> bytes | None:
        """Our description, empty where none is asked for, None where nothing fits."""
        if media is None:
            return b""
        if not request.sdp:
            return media.offer() if request.method == "INVITE" else b""
        try:
            return media.answer(request.sdp)
        except Exception as error:
            if not refused(error):
                raise
            return None

    def awaits(self, server: Server, *, offered: bool | None = None) -> None:
        """A 2xx to an INVITE is on its way: its ACK must come, with an answer if we `offered`."""
        if offered is not None:
            self._offered = offered
        self.acked.clear()
        self._unacknowledged = server
        server.unacknowledged = self._never

    def acknowledged(self, ack: Request) -> None:
        server = self._unacknowledged
        if server is None or ack.cseq.number != server.request.cseq.number:
            return
        server.acknowledged()
        self._unacknowledged = None
        self.acked.set()
        if self._offered:
            self._offered = False
            if not ack.sdp or not self._accept(ack.sdp):
                self._call.agent.spawn(self._call.bye(why="their ACK brought no usable answer"))

    def _never(self) -> None:
        self._unacknowledged = None
        self.acked.set()
        call = self._call
        call.agent.spawn(call.bye(by="network", why="our answer was never acknowledged"))

    # Staying alive

    def agree(self, agreed: Agreed | None) -> None:
        """Starts the session timer anew."""
        self.stop()
        self._agreed = agreed
        if agreed and not self._call.ended:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(agreed.due * self._call.agent.timers.second, self._due)

    def stop(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _due(self) -> None:
        call = self._call
        if self._agreed and self._agreed.ours:
            call.agent.spawn(self.change(hold=self._holding))
        else:
            why = "the session timer ran out: the far end did not say that the call is alive"
            told = {"Reason": 'SIP;cause=408;text="session timer", Q.850;cause=102'}
            call.agent.spawn(call.bye(told, "network", why))
