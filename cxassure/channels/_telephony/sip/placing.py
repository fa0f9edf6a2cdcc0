"""Calls that we place: the INVITE, what it is answered with, and taking it back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from cxassure.channels._telephony.sip import events, session_timer
from cxassure.channels._telephony.sip.call import Call
from cxassure.channels._telephony.sip.dialog import Dialog, next_hop
from cxassure.channels._telephony.sip.digest import Authorizer
from cxassure.channels._telephony.sip.headers import number
from cxassure.channels._telephony.sip.media import Media, refused
from cxassure.channels._telephony.sip.message import Request, Response
from cxassure.channels._telephony.sip.transaction import Client
from cxassure.channels._telephony.sip.uri import Address, Uri
from cxassure.errors import CannotLook

if TYPE_CHECKING:
    from cxassure.channels._telephony.sip.agent import UserAgent

MOST_REDIRECTS = 5
MOST_TRIES = 12
"""INVITEs of one call: challenges, redirections and longer timers together."""


class Outgoing(Call):
    """A call that we place. `state` goes from `calling` over `ringing` to `up`, or `ended`."""

    def __init__(
        self,
        agent: UserAgent,
        media: Media,
        invite: Request,
        authorizer: Authorizer,
        late_offer: bool,
    ) -> None:
        super().__init__(agent)
        self.media = media
        self.invite = invite
        self._authorizer = authorizer
        self._late_offer = late_offer
        self._policy = agent.session
        self._client: Client | None = None
        self._tries = self._redirects = 0
        self._provisional = self._taken_back = False
        self._early: dict[str, Dialog] = {}
        self._accepted: dict[str, bytes] = {}
        self._rseq: dict[str, int] = {}

    @property
    def call_id(self) -> str:
        return self.invite.call_id

    async def place(self) -> None:
        """Sends the first INVITE. Raises `NotAllowed`, and `CannotLook` for an address that leads
        nowhere; everything after is told as events."""
        if not self._late_offer and self.media:
            self.invite.carry(self.media.offer())
        await self._send()

    async def _send(self) -> None:
        self._tries += 1
        self._authorizer.authorize(self.invite)
        session_timer.request(self._policy, self.invite.headers)
        try:
            hop = next_hop(self.invite, self.agent.transport)
        except ValueError as error:
            raise CannotLook(str(error), "give the target a SIP address, or a proxy") from error
        invite = self.invite
        self._client = await self.agent.transactions.begin(
            invite, hop, lambda answer: self._told(answer, invite)
        )
        if self._taken_back:
            self._cancel()

    def _told(self, answer: Response, invite: Request) -> None:
        if answer.good:
            self._good(answer, invite)
        elif self.ended:
            return
        elif answer.code < 200:
            self._progress(answer)
        else:
            self.agent.spawn(self._refused(answer))

    @property
    def heard_of(self) -> bool:
        """Whether anything came back to the INVITE."""
        return self._provisional or self._tries > 1

    # While it rings

    def _progress(self, answer: Response) -> None:
        first = not self._provisional
        self._provisional = True
        if first and self._taken_back:
            self._cancel()
        if answer.code == 100:
            return
        self.state = "ringing"
        self.knows(answer)
        if not self._reliably(answer):
            return
        early = bool(answer.sdp) and self._use(answer)
        self.tell(events.Progress(self.agent.now(), answer.code, answer.reason, early))

    def _reliably(self, answer: Response) -> bool:
        """Whether this is news; acknowledges what asks for it (RFC 3262)."""
        tag = answer.to.tag
        if tag and tag not in self._early:
            self._early[tag] = self._dialog(answer)
            self.dialog = self._early[tag]
            self.agent.learn(self, self.dialog)
        rseq = number(answer.headers.get("RSeq"))
        if not tag or not rseq or "100rel" not in answer.headers.words("Require"):
            return True
        if rseq <= self._rseq.get(tag, 0):
            return False
        self._rseq[tag] = rseq
        prack = self._early[tag].request("PRACK")
        prack.headers.add("RAck", f"{rseq} {answer.headers.get('CSeq')}")
        if self._late_offer and answer.sdp and self.media:
            prack.carry(self._answering(answer) or b"")
        self.agent.spawn(self.agent.send(prack, self._early[tag]))
        return True

    def _dialog(self, answer: Response) -> Dialog:
        dialog = Dialog.of_answer(self.invite, answer)
        dialog.authorizer = self._authorizer
        return dialog

    def _use(self, answer: Response) -> bool:
        """Gives their answer to media, once; raises nothing."""
        tag = answer.to.tag
        if self._accepted.get(tag) == answer.sdp or self._late_offer or self.media is None:
            return tag in self._accepted
        self._accepted[tag] = answer.sdp
        try:
            self.media.accept(answer.sdp)
        except Exception as error:
            if not refused(error):
                raise
            del self._accepted[tag]
            what = f"the far end's description cannot be used: {error}"
            self.tell(events.Trouble(self.agent.now(), what))
            return False
        return True

    # Answered

    def _good(self, answer: Response, invite: Request) -> None:
        tag = answer.to.tag
        known = self._client
        if known is None:
            return
        if self.ended or (self.state == "up" and self.dialog and self.dialog.remote.tag != tag):
            self.agent.spawn(self._drop(answer, invite, known))
        elif self.state != "up":
            self._up(answer)
            self.agent.spawn(self._confirm(answer, invite, known))

    def _up(self, answer: Response) -> None:
        dialog = self._dialog(answer)
        early = self._early.get(answer.to.tag)
        if early:
            dialog.local_seq = max(early.local_seq, dialog.local_seq)
            dialog.remote_seq = early.remote_seq
        self.dialog = dialog
        self.agent.learn(self, dialog)
        self.knows(answer)
        self.state = "up"

    async def _confirm(self, answer: Response, invite: Request, client: Client) -> None:
        """Acknowledges, and begins the talk; hangs up where media finds nothing it can do."""
        assert self.dialog
        body, fits = self._settled(answer)
        why = await self._acknowledge(self.dialog, answer, invite, client, body)
        if why:
            self.end("us", 0, why=why, check="where the far end's Contact and Record-Route lead")
        elif self.ended:
            return
        elif self._taken_back:
            await self.bye(why="answered while we took it back")
        elif not fits:
            reason = {"Reason": 'SIP;cause=488;text="Not Acceptable Here"'}
            await self.bye(reason, why="their description of the session cannot be used")
        else:
            took = self.agent.now() - self.began
            self.tell(events.Answered(self.agent.now(), took))
            self.session.agree(session_timer.agreed(answer))

    def _settled(self, answer: Response) -> tuple[bytes, bool]:
        """(what the ACK carries, whether the session can be)."""
        if self.media is None:
            return b"", True
        if not self._late_offer:
            fits = self._use(answer) if answer.sdp else answer.to.tag in self._accepted
            return b"", fits
        if answer.to.tag in self._accepted:
            return b"", True
        body = self._answering(answer)
        return body or b"", body is not None

    def _answering(self, answer: Response) -> bytes | None:
        """Our answer to their offer; None where media finds nothing in it."""
        assert self.media
        try:
            body = self.media.answer(answer.sdp)
        except Exception as error:
            if not refused(error):
                raise
            return None
        self._accepted[answer.to.tag] = answer.sdp
        return body

    async def _acknowledge(
        self, dialog: Dialog, answer: Response, invite: Request, client: Client, body: bytes = b""
    ) -> str:
        """Empty, or why the ACK could not be sent."""
        try:
            await self.agent.acknowledge(dialog, answer, invite, client, body)
        except (CannotLook, ValueError) as error:
            return error.what if isinstance(error, CannotLook) else str(error)
        return ""

    async def _drop(self, answer: Response, invite: Request, client: Client) -> None:
        """A second phone answered, or one that we had given up on: ACK, then BYE (13.2.2.4)."""
        dialog = self._dialog(answer)
        self.tell(events.Forked(self.agent.now(), dialog.target))
        if not await self._acknowledge(dialog, answer, invite, client):
            await self.agent.send(dialog.request("BYE"), dialog)

    # Refused

    async def _refused(self, answer: Response) -> None:
        if self._taken_back and not answer.ours:
            self.end("us", 487, why="we took the call back")
            return
        try:
            if self._tries >= MOST_TRIES or not self._mended(answer):
                self.end_by(answer)
                return
            await self._send()
        except CannotLook as error:
            self.end("us", answer.code, answer.headers, why=error.what, check=error.hint)

    def _mended(self, answer: Response) -> bool:
        """Whether there is another INVITE to try after this answer; makes it."""
        invite = self.invite
        if self._authorizer.challenged(answer, invite):
            self._again(invite.uri)
        elif answer.code in (301, 302) and self._redirects < MOST_REDIRECTS:
            return self._redirected(answer)
        elif answer.code == 422 and (least := number(answer.headers.get("Min-SE"), 0, 86_400)):
            self._policy = session_timer.Policy(max(least, self._policy.interval), least)
            self._again(invite.uri)
        else:
            return False
        return True

    def _redirected(self, answer: Response) -> bool:
        contacts = sorted(answer.headers.addresses("Contact"), key=_wish)
        if not contacts:
            return False
        try:
            to = Uri.read(contacts[0].uri).bare()
        except ValueError:
            return False
        self.agent.allowed.check(to.param("maddr") or to.host, f"the answer {answer.code}")
        if self.agent.gate:
            self.agent.gate.check(str(to))
        self._redirects += 1
        self.tell(events.Redirected(self.agent.now(), answer.code, str(to)))
        self._again(str(to))
        return True

    def _again(self, uri: str) -> None:
        """The same call with the next number; what was learnt of its far end is forgotten."""
        old, seq = self.invite, self.invite.cseq.number + 1
        self.invite = Request(old.headers.copy(), old.body, method="INVITE", uri=uri)
        self.invite.headers.put("CSeq", f"{seq} INVITE")
        self._early.clear()
        self._provisional = False

    # Taken back

    async def hang_up(self, headers: Mapping[str, str] | None = None) -> None:
        if self.state == "up" or self.ended:
            await super().hang_up(headers)
            return
        if not self._taken_back:
            self._taken_back = True
            self._cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.agent.timers.give_up):
                async for _ in self.events(len(self.history)):
                    pass
        if not self.ended and self._client:
            self._client.end()
        self.end("us", 487, why="we took the call back")

    def _cancel(self) -> None:
        """A CANCEL may only follow a provisional answer (section 9.1)."""
        if self._provisional and self._client:
            self.agent.transactions.cancel(self._client)


def _wish(contact: Address) -> float:
    """Contacts by their `q`, the most wanted first."""
    try:
        return -float((contact.param("q") or "1")[:5])
    except ValueError:
        return 0.0
