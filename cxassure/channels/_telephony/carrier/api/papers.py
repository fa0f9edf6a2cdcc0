"""Text messages and recordings (Twilio, Message and Recording resources), and the account."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from cxassure.channels._telephony.carrier.api.recordings import settled
from cxassure.channels._telephony.carrier.api.wire import Asked, Refusal, Reply, page
from cxassure.channels._telephony.carrier.call import Call
from cxassure.channels._telephony.carrier.fault import Fault
from cxassure.channels._telephony.carrier.message import Message, inform, send
from cxassure.channels._telephony.carrier.recording import Recording, sound


def account(asked: Asked) -> Reply:
    sid = asked.account.account_sid
    return Reply(
        {
            "sid": sid,
            "friendly_name": asked.account.target,
            "status": "active",
            "type": "Full",
            "owner_account_sid": sid,
            "uri": f"/2010-04-01/Accounts/{sid}.json",
        }
    )


def message(asked: Asked, sent: Message) -> dict[str, Any]:
    date = asked.exchange.date(sent.at)
    return {
        "sid": sent.sid,
        "account_sid": asked.account.account_sid,
        "from": sent.sender,
        "to": sent.to,
        "body": sent.text,
        "status": "delivered",
        "direction": "outbound-api",
        "num_segments": "1",
        "num_media": "0",
        "date_created": date,
        "date_sent": date,
        "date_updated": date,
        "price": None,
        "price_unit": "USD",
        "error_code": None,
        "error_message": None,
        "messaging_service_sid": None,
        "api_version": "2010-04-01",
        "uri": asked.uri(f"Messages/{sent.sid}.json"),
        "subresource_uris": {},
    }


def text(asked: Asked) -> Reply:
    """To, From, Body, StatusCallback."""
    for name, code in (("To", 21604), ("From", 21603), ("Body", 21602)):
        if not asked.get(name):
            raise Refusal(code)
    exchange, told = asked.exchange, (asked.get("From"), asked.get("To"), asked.get("Body"))
    sent = send(exchange, asked.account, *told)
    if asked.get("StatusCallback"):
        exchange.clock.start(inform(exchange, sent, asked.get("StatusCallback")))
    return Reply({**message(asked, sent), "status": "queued", "date_sent": None}, 201)


def read(asked: Asked) -> Reply:
    sent = asked.exchange.messages.get(asked.named["message"])
    if sent is None:
        raise asked.missing()
    return Reply(message(asked, sent))


def messages(asked: Asked) -> Reply:
    """The newest first; filters To, From."""
    to, sender = asked.query.get("To"), asked.query.get("From")
    shown = [
        sent
        for sent in reversed(asked.exchange.messages.values())
        if to in (None, sent.to) and sender in (None, sent.sender)
    ]
    return page(asked, "messages", shown, lambda sent: message(asked, sent))


def recording(asked: Asked, tape: Recording) -> dict[str, Any]:
    uri = asked.uri(f"Recordings/{tape.sid}")
    return {
        "sid": tape.sid,
        "account_sid": asked.account.account_sid,
        "call_sid": tape.call.sid,
        "conference_sid": None,
        "status": tape.status,
        "source": tape.source,
        "channels": tape.channels,
        "duration": str(tape.seconds),
        "start_time": asked.exchange.date(tape.began),
        "date_created": asked.exchange.date(tape.began),
        "date_updated": asked.exchange.date(tape.began + tape.seconds),
        "price": None,
        "price_unit": "USD",
        "error_code": None,
        "api_version": "2010-04-01",
        "media_url": tape.url,
        "uri": f"{uri}.json",
        "subresource_uris": {},
    }


def tape(asked: Asked) -> Recording:
    found = asked.exchange.recordings.get(asked.named["recording"])
    if found is None:
        raise asked.missing()
    return settled(asked.exchange, found)


def fetch(asked: Asked) -> Reply:
    return Reply(recording(asked, tape(asked)))


def recordings(asked: Asked) -> Reply:
    """The newest first; of one call where the path or CallSid names it."""
    call = asked.named.get("call") or asked.query.get("CallSid")
    shown = [
        found
        for found in reversed(asked.exchange.recordings.values())
        if call in (None, found.call.sid)
    ]
    return page(asked, "recordings", shown, lambda found: recording(asked, found))


def notifications(asked: Asked) -> Reply:
    """What the carrier complained of about a call (Twilio, Call Notification resource); Log."""
    call = asked.exchange.find(asked.named["call"])
    if call is None:
        raise asked.missing()
    faults = [call.fault] if call.fault and asked.query.get("Log", "0") == "0" else []
    return page(asked, "notifications", faults, lambda fault: _notification(asked, call, fault))


def _notification(asked: Asked, call: Call, fault: Fault) -> dict[str, Any]:
    date = asked.exchange.date(call.ended.at if call.ended else asked.exchange.clock.now())
    sid = "NO" + call.sid[2:]
    text = {"ErrorCode": str(fault.code), "LogLevel": "ERROR", "Msg": fault.words}
    return {
        "sid": sid,
        "account_sid": asked.account.account_sid,
        "call_sid": call.sid,
        "api_version": "2010-04-01",
        "error_code": str(fault.code),
        "log": "0",
        "message_date": date,
        "message_text": urlencode(text),
        "more_info": f"https://www.twilio.com/docs/errors/{fault.code}",
        "request_method": None,
        "request_url": "",
        "date_created": date,
        "date_updated": date,
        "uri": asked.uri(f"Calls/{call.sid}/Notifications/{sid}.json"),
    }


def remove(asked: Asked) -> Reply:
    del asked.exchange.recordings[tape(asked).sid]
    return Reply(status=204)


def media(asked: Asked) -> Reply:
    """The sound as WAV, the length that was recorded; there is no MP3 here."""
    return Reply(sound(tape(asked)), kind="audio/x-wav")
