"""What an agent answers to requests outside of calls: who may ring, and how others are told no."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING

from cxassure.channels._telephony.sip import referring, session_timer
from cxassure.channels._telephony.sip.call import Call
from cxassure.channels._telephony.sip.headers import Headers
from cxassure.channels._telephony.sip.message import Request, Response, reply
from cxassure.channels._telephony.sip.taking import Incoming
from cxassure.channels._telephony.sip.transaction import Server
from cxassure.channels._telephony.sip.within import ALLOWED, SUPPORTED

if TYPE_CHECKING:
    from cxassure.channels._telephony.sip.agent import UserAgent

EXTENSIONS = frozenset(SUPPORTED.split(", "))


def cancelled(agent: UserAgent, request: Request, server: Server) -> None:
    """A CANCEL: the call it means is over if it still rings."""
    invite = agent.transactions.serving(request, "INVITE")
    server.reply(reply(request, 200 if invite else 481, tag=secrets.token_hex(6)))
    for call in agent.calls:
        if isinstance(call, Incoming) and call.server is invite:
            call.cancelled(request)


def outside(agent: UserAgent, request: Request, server: Server) -> None:
    """A request that belongs to no call yet."""
    tag = secrets.token_hex(6)
    strange = request.headers.words("Require") - EXTENSIONS
    if strange:
        told = {"Unsupported": ", ".join(sorted(strange))}
        server.reply(reply(request, 420, tag=tag, headers=told))
    elif request.method == "OPTIONS":
        server.reply(reply(request, 200, tag=tag, headers=agent.abilities()))
    elif request.method in ("INVITE", "MESSAGE"):
        challenge = agent.guard.admits(request, agent.now())[0] if agent.guard else ()
        if challenge:
            server.reply(_asking(request, challenge, tag))
        elif request.method == "INVITE":
            _rings(agent, request, server, tag)
        else:
            _message(agent, request, server, tag)
    elif request.method == "NOTIFY":
        server.reply(reply(request, 481, tag=tag))
    else:
        server.reply(reply(request, 405, tag=tag, headers={"Allow": ALLOWED}))


def _message(agent: UserAgent, request: Request, server: Server, tag: str) -> None:
    text = request.body.decode("utf-8", "replace")
    agent.messages.append((request.from_.number, text))
    del agent.messages[:-1000]
    server.reply(reply(request, 200, tag=tag))


def _rings(agent: UserAgent, request: Request, server: Server, tag: str) -> None:
    code, headers, replaced = _judged(agent, request)
    if code:
        server.reply(reply(request, code, tag=tag, headers=headers))
        return
    server.reply(reply(request, 100))
    call = Incoming(agent, request, server, tag, replaced)
    assert call.dialog
    agent.learn(call, call.dialog)
    agent.spawn(agent.taken(call))


def _judged(agent: UserAgent, request: Request) -> tuple[int, dict[str, str], Call | None]:
    """(code to refuse an INVITE with, or 0, its headers, the call that is replaced)."""
    if len(agent.calls) >= agent.most_calls:
        return 503, {"Retry-After": "5"}, None
    if agent.incoming is None:
        return 480, {}, None
    if session_timer.too_small(agent.session, request.headers):
        return 422, {"Min-SE": str(agent.session.least)}, None
    try:
        named = referring.replaced_headers(request.headers)
    except ValueError:
        return 400, {}, None
    if named is None:
        return 0, {}, None
    call = agent.known((named.call_id, named.to_tag, named.from_tag))
    if call is None or (call.state == "ringing" and isinstance(call, Incoming)):
        return 481, {}, None
    if call.ended or (named.early_only and call.state == "up"):
        return (603 if call.ended else 486), {}, None
    return 0, {}, call


def _asking(request: Request, challenge: Iterable[tuple[str, str]], tag: str) -> Response:
    answer = reply(request, 401, tag=tag)
    answer.headers = Headers([*answer.headers, *challenge])
    return answer
