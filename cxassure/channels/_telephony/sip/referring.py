"""Transfers by REFER (RFC 3515): asked of the far end, and obeyed for it; with Replaces (RFC 3891)
where another call's place is taken."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cxassure.channels._telephony.sip import events
from cxassure.channels._telephony.sip.causes import PHRASES, clean
from cxassure.channels._telephony.sip.headers import Headers, number
from cxassure.channels._telephony.sip.message import Request, reply
from cxassure.channels._telephony.sip.parsing import Unparsable
from cxassure.channels._telephony.sip.transaction import Server
from cxassure.channels._telephony.sip.uri import Address, Uri, escape, read_params
from cxassure.errors import CxassureError

if TYPE_CHECKING:
    from cxassure.channels._telephony.sip.call import Call

SIPFRAG = "message/sipfrag;version=2.0"
_NOT_EMBEDDED = frozenset(
    "via from to call-id cseq contact route record-route max-forwards content-length content-type "
    "authorization proxy-authorization require supported allow path body expires session-id "
    "p-asserted-identity p-preferred-identity identity privacy diversion history-info".split()
)
"""What a REFER may not put into our INVITE: what makes it go, and who we are said to be."""


@dataclass(frozen=True, slots=True)
class Replaces:
    """Which dialog's place is taken, as the one who has it sees it: its own tag is `to_tag`."""

    call_id: str
    to_tag: str
    from_tag: str
    early_only: bool = False

    @classmethod
    def read(cls, value: str) -> Replaces | None:
        call_id, _, rest = value.strip().partition(";")
        params = dict(read_params(rest))
        if not call_id or not params.get("to-tag") or not params.get("from-tag"):
            return None
        early = "early-only" in params
        return cls(call_id.strip(), params["to-tag"], params["from-tag"], early)

    def __str__(self) -> str:
        return f"{self.call_id};to-tag={self.to_tag};from-tag={self.from_tag}"


@dataclass(frozen=True, slots=True)
class Referral:
    """What a REFER asks for: whom to call, with which headers (those embedded in Refer-To that
    may be), and whether another call's place is taken."""

    to: Uri
    headers: dict[str, str]
    replaces: Replaces | None
    by: str


@dataclass
class Transfer:
    """A transfer that we asked for. `code` is the answer to the REFER (202: will do). `told` is
    what the far end said of it since; `done` once it said how it ended, or the REFER failed."""

    code: int
    reason: str = ""
    told: list[events.Transferring] = field(default_factory=list)
    done: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def outcome(self) -> int:
        """The last SIP code told (200: the far end is through), else that of the REFER."""
        return self.told[-1].code if self.told else self.code

    async def result(self, timeout: float) -> int:
        """`outcome` once it is final, or as it stands after `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                await self.done.wait()
        except TimeoutError:
            pass
        return self.outcome


async def refer(call: Call, to: str, replaces: Call | None, headers: Mapping[str, str]) -> Transfer:
    """Sends the REFER; its subscription is implicit (section 2.4.4). Raises `CannotLook` where
    the gate gives no leave: whom the far end calls for us rings as well."""
    dialog = call.identity
    if call.agent.gate:
        call.agent.gate.check(to)
    if replaces is not None:
        other = replaces.identity
        named = Replaces(other.call_id, other.remote.tag, other.local.tag)
        to = f"{to}{'&' if '?' in to else '?'}Replaces={escape(str(named))}"
    call.transfer = transfer = Transfer(0)
    asked = {"Refer-To": f"<{to}>", "Referred-By": f"<{dialog.local.uri}>", **headers}
    answer = await call.ask("REFER", asked)
    transfer.code, transfer.reason = answer.code, answer.reason
    if not answer.good or answer.headers.get("Refer-Sub").lower() == "false":
        transfer.done.set()
    return transfer


def notified(call: Call, request: Request, server: Server) -> None:
    """A NOTIFY of how our transfer goes; others are politely not known (489)."""
    transfer = call.transfer
    event = request.headers.get("Event").partition(";")[0].strip().lower()
    if transfer is None or event != "refer":
        server.reply(reply(request, 481 if event == "refer" else 489))
        return
    server.reply(reply(request, 200))
    code, reason = fragment(request.body)
    if code:
        told = events.Transferring(call.agent.now(), code, reason)
        transfer.told.append(told)
        call.tell(told)
    state = request.headers.get("Subscription-State").lower()
    if code >= 200 or state.startswith("terminated"):
        transfer.done.set()


def fragment(body: bytes) -> tuple[int, str]:
    """Code and phrase of a sipfrag's status line (RFC 3420); (0, "") where there is none."""
    words = body.decode("utf-8", "replace").strip().partition("\n")[0].split(None, 2)
    if len(words) < 2 or not words[0].upper().startswith("SIP/"):
        return 0, ""
    return number(words[1], 0, 699), clean(words[2]) if len(words) > 2 else ""


def referred(call: Call, request: Request, server: Server) -> None:
    """The far end asks us to call somebody: obeyed where the agent was told how to, and only to
    hosts that it may talk to."""
    code, why, referral = _judged(call, request)
    headers = {} if code != 202 else call.agent.told(server.flow)
    silent = code == 202 and request.headers.get("Refer-Sub").strip().lower() == "false"
    if silent:
        headers["Refer-Sub"] = "false"
    server.reply(reply(request, code, headers=headers))
    to = clean(request.headers.address("Refer-To").uri)
    attended = referral is not None and referral.replaces is not None
    call.tell(events.Referred(call.agent.now(), to, attended, code, why))
    if referral and code == 202:
        call.agent.spawn(_obey(call, referral, 0 if silent else request.cseq.number))


def _judged(call: Call, request: Request) -> tuple[int, str, Referral | None]:
    try:
        referral = read(request)
    except ValueError as error:
        return 400, str(error), None
    agent = call.agent
    host = referral.to.param("maddr") or referral.to.host
    if not agent.allowed.permits(host):
        return 403, f"it leads to {clean(host) or 'no host'}, where we may not go", referral
    if agent.obey is None:
        return 603, "this agent obeys no transfers", referral
    return 202, "", referral


def read(request: Request) -> Referral:
    """Raises `ValueError` where there is not exactly one Refer-To that could be called."""
    values = request.headers.each("Refer-To")
    if len(values) != 1:
        raise ValueError(f"{len(values)} Refer-To headers where there must be one")
    to = Uri.read(Address.read(values[0]).uri)
    if (to.param("method") or "INVITE").upper() != "INVITE":
        raise ValueError(f"a Refer-To that asks for {clean(to.param('method') or '')}")
    embedded = {n: v for n, v in to.headers if n.lower() not in _NOT_EMBEDDED}
    replaces = next((v for n, v in embedded.items() if n.lower() == "replaces"), "")
    by = request.headers.get("Referred-By")
    return Referral(to.bare(), embedded, Replaces.read(replaces) if replaces else None, by)


async def _obey(call: Call, referral: Referral, event_id: int) -> None:
    agent = call.agent
    notify = _Notifier(call, event_id)
    notify(100, "")
    try:
        assert agent.obey
        media = await agent.obey(call, referral)
        by = {"Referred-By": referral.by} if referral.by else {}
        new = await agent.call(referral.to, media, headers=referral.headers | by)
    except (CxassureError, Unparsable) as error:
        notify(503, "active")
        call.tell(events.Trouble(agent.now(), f"the transfer could not be made: {error}"))
        return
    call.moved_to = new
    async for event in new.events():
        if isinstance(event, events.Progress):
            notify(event.code, event.reason)
        elif isinstance(event, events.Answered):
            notify(200, "")
            return
        elif isinstance(event, events.Ended):
            notify(event.code or 487, "")


class _Notifier:
    """Sends NOTIFYs of one subscription, in order; that they are not answered is only told."""

    def __init__(self, call: Call, event_id: int) -> None:
        self._call, self._id = call, event_id

    def __call__(self, code: int, reason: str) -> None:
        call, dialog = self._call, self._call.dialog
        if not self._id or dialog is None:
            return
        request = dialog.request("NOTIFY")
        request.headers.add("Event", "refer")
        state = "active;expires=60" if code < 200 else "terminated;reason=noresource"
        request.headers.add("Subscription-State", state)
        frag = f"SIP/2.0 {code} {clean(reason) or PHRASES.get(code, 'Unknown')}\r\n"
        request.carry(frag.encode(), SIPFRAG)
        call.agent.spawn(self._sent(request))

    async def _sent(self, request: Request) -> None:
        call = self._call
        assert call.dialog
        answer = await call.agent.send(request, call.dialog)
        if not answer.good:
            what = f"our NOTIFY of the transfer was answered {answer.code} {clean(answer.reason)}"
            call.tell(events.Trouble(call.agent.now(), what))


def replaced_headers(headers: Headers) -> Replaces | None:
    """The Replaces of an INVITE, None where there is none; raises `ValueError` for one that
    cannot be read."""
    value = headers.get("Replaces")
    if not value:
        return None
    found = Replaces.read(value)
    if found is None:
        raise ValueError("a Replaces without both tags")
    return found
