"""Requests of the far end's within a call, and what each does to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from cxassure.channels._telephony.sip import events, referring
from cxassure.channels._telephony.sip.headers import number
from cxassure.channels._telephony.sip.message import Request, reply
from cxassure.channels._telephony.sip.transaction import Server

if TYPE_CHECKING:
    from cxassure.channels._telephony.sip.call import Call

ALLOWED = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY, MESSAGE"
SUPPORTED = "100rel, timer, replaces, norefersub"


def handle(call: Call, request: Request, server: Server) -> None:
    """Answers a request in the dialog; one that is older than the last one is refused (12.2.2)."""
    dialog = call.dialog
    if dialog is None or (call.ended and request.method != "NOTIFY"):
        server.reply(reply(request, 481))
        return
    if request.cseq.number < dialog.remote_seq:
        server.reply(reply(request, 500, "Out Of Order"))
        return
    dialog.remote_seq = request.cseq.number
    act = ACTS.get(request.method)
    if act is None:
        server.reply(reply(request, 405, headers={"Allow": ALLOWED}))
        return
    act(call, request, server)


def _bye(call: Call, request: Request, server: Server) -> None:
    server.reply(reply(request, 200))
    call.hung_up(request)


def _change(call: Call, request: Request, server: Server) -> None:
    if call.state != "up" and request.method == "INVITE":
        server.reply(reply(request, 500, headers={"Retry-After": "1"}))
    else:
        call.session.changed(request, server)


def _options(call: Call, request: Request, server: Server) -> None:
    server.reply(reply(request, 200, headers=call.agent.abilities()))


def _told(call: Call, request: Request, server: Server) -> None:
    key = pressed(request)
    server.reply(reply(request, 200))
    if key:
        call.tell(events.Key(call.agent.now(), *key))
    elif request.body:
        call.tell(events.Told(call.agent.now(), request.method, request.content_type, request.body))


def _prack(call: Call, request: Request, server: Server) -> None:
    call.pracked(request, server)


def pressed(request: Request) -> tuple[str, int, str] | None:
    """(digit, milliseconds, way) of an INFO that carries a key, else None.

    `application/dtmf-relay` has `Signal=5` and `Duration=160` in lines; `application/dtmf` only
    the key; some senders write 10 and 11 for star and pound, as RFC 4733 numbers them.
    """
    text = request.body.decode("latin-1").strip()
    if request.method != "INFO":
        return None
    if request.content_type == "application/dtmf-relay":
        signal = re.search(r"^\s*signal\s*=\s*(\S{1,2})", text, re.I | re.M)
        length = re.search(r"^\s*duration\s*=\s*(\d+)", text, re.I | re.M)
        digit = _digit(signal[1]) if signal else ""
        return (digit, number(length[1], 0) if length else 0, "dtmf-relay") if digit else None
    if request.content_type == "application/dtmf":
        digit = _digit(text.partition("=")[2].strip() if "=" in text else text)
        return (digit, 0, "dtmf") if digit else None
    return None


def _digit(text: str) -> str:
    named = {"10": "*", "11": "#", "star": "*", "pound": "#"}.get(text.lower(), text.upper())
    return named if re.fullmatch(r"[0-9*#A-D]", named) else ""


ACTS: dict[str, Callable[[Call, Request, Server], None]] = {
    "BYE": _bye,
    "INVITE": _change,
    "UPDATE": _change,
    "OPTIONS": _options,
    "INFO": _told,
    "MESSAGE": _told,
    "PRACK": _prack,
    "REFER": referring.referred,
    "NOTIFY": referring.notified,
}
