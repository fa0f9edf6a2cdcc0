"""Recordings that a program begins and ends on a call that is up (Twilio, Recordings resource)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cxassure.channels._telephony.carrier.api.wire import Asked, Refusal, Reply
from cxassure.channels._telephony.carrier.recording import Recording

if TYPE_CHECKING:
    from cxassure.channels._telephony.carrier.exchange import Exchange

UNDER_WAY = "in-progress"


def begin(asked: Asked) -> Reply:
    """RecordingChannels; the call must be up, and one recording of it at a time."""
    from cxassure.channels._telephony.carrier.api.papers import recording

    exchange, call = asked.exchange, asked.exchange.find(asked.named["call"])
    if call is None:
        raise asked.missing()
    if call.status != "in-progress":
        raise Refusal(21220)
    if any(one.call is call and one.status == UNDER_WAY for one in exchange.recordings.values()):
        raise Refusal(21220)
    sid, account = exchange.new_sid("RE"), call.account.account_sid
    url = f"{exchange.api_address}/2010-04-01/Accounts/{account}/Recordings/{sid}"
    channels = 2 if asked.get("RecordingChannels") == "dual" else 1
    source, began = "StartCallRecordingAPI", exchange.clock.now()
    tape = Recording(sid, call, source, began, 0, url, channels=channels, status=UNDER_WAY)
    exchange.recordings[sid] = tape
    return Reply(recording(asked, tape), 201)


def change(asked: Asked) -> Reply:
    """Status=stopped ends it; others are not obeyed here."""
    from cxassure.channels._telephony.carrier.api.papers import recording

    tape = asked.exchange.recordings.get(asked.named["recording"])
    if tape is None or tape.call.sid != asked.named["call"]:
        raise asked.missing()
    if asked.get("Status") != "stopped":
        raise Refusal(21218, asked.get("Status"))
    tape = settled(asked.exchange, tape)
    if tape.status != UNDER_WAY:
        raise asked.missing()
    return Reply(recording(asked, _ended(asked.exchange, tape, asked.exchange.clock.now())))


def settled(exchange: Exchange, tape: Recording) -> Recording:
    """A recording ends with its call."""
    if tape.status == UNDER_WAY and tape.call.ended:
        return _ended(exchange, tape, tape.call.ended.at)
    return tape


def _ended(exchange: Exchange, tape: Recording, at: float) -> Recording:
    lasted = max(at - tape.began, 0.0)
    done = replace(tape, status="completed", lasted=lasted, seconds=round(lasted))
    exchange.recordings[tape.sid] = done
    return done
