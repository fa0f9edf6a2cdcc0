"""What is put away of a call over SIP: its course, its ladder, its sound, its figures, packets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cxassure.channels._telephony.carrier.told import timeline
from cxassure.channels._telephony.live import told
from cxassure.channels._telephony.sip.ladder import drawn

if TYPE_CHECKING:
    from cxassure.channels._telephony.live.talk import Talk


async def put_away(talk: Talk, name: str) -> None:
    """Keeps all evidence of a party's calls; `name` begins the files' names."""
    keep, phone = talk.session.opening.keep, talk.phone
    if phone is None:
        return
    await keep(f"{name}.txt", timeline(talk.session.course).encode(), "text/plain")
    if phone.there and len(phone.agent.ladder):
        ladder = drawn(phone.agent.ladder, whole=True)
        await keep("sip.txt", ladder.encode("utf-8", "replace"), "text/plain")
    elif talk.call and talk.call.ended:
        why = f"no message left or came: {talk.call.ended.words}\n"
        await keep("sip.txt", why.encode(), "text/plain")
    for place, leg in enumerate(phone.legs, 1):
        more = f"-{place}" if len(phone.legs) > 1 else ""
        if leg.recording is not None and leg.recording.seconds:
            await keep(f"{name}{more}.wav", leg.recording.wav(), "audio/wav")
    await keep(f"{name}.json", _figures(talk), "application/json")
    if phone.capture:
        await keep("rtp.pcap", phone.capture.file(), "application/vnd.tcpdump.pcap")


def _figures(talk: Talk) -> bytes:
    assert talk.phone
    legs = [leg.quality().data() for leg in talk.phone.legs if leg.agreed]
    calls = [
        {**told.call_fields(call, talk.who), "signal": told.signal_fields(call)}
        for call in talk.calls
    ]
    keys = "".join(seen.text for seen in talk.session.seen if seen.what == "keys")
    found = {"calls": calls, "legs": legs, "keys": keys}
    return json.dumps(found, indent=1, ensure_ascii=False).encode()
