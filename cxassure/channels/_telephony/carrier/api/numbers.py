"""The numbers of an account, and where they lead (Twilio, IncomingPhoneNumbers resource)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cxassure.channels._telephony.carrier.api.wire import Asked, Reply, page

FIELDS = {
    "VoiceUrl": "voice_url",
    "VoiceMethod": "voice_method",
    "VoiceFallbackUrl": "voice_fallback_url",
    "VoiceFallbackMethod": "voice_fallback_method",
    "VoiceApplicationSid": "voice_application_sid",
    "TrunkSid": "trunk_sid",
    "StatusCallback": "status_callback",
    "StatusCallbackMethod": "status_callback_method",
    "FriendlyName": "friendly_name",
}


@dataclass(slots=True)
class Number:
    """A number and what is set for it, by Twilio's names."""

    sid: str
    number: str
    settings: dict[str, str] = field(default_factory=dict)


def form(asked: Asked, one: Number) -> dict[str, Any]:
    settings = {name: one.settings.get(name, "") for name in FIELDS.values()}
    methods = {name: settings[name] or "POST" for name in settings if name.endswith("_method")}
    led = {name: settings[name] or None for name in ("voice_application_sid", "trunk_sid")}
    return {
        "sid": one.sid,
        "account_sid": asked.account.account_sid,
        "phone_number": one.number,
        **settings,
        **methods,
        **led,
        "capabilities": {"voice": True, "sms": False, "mms": False, "fax": False},
        "status": "in-use",
        "uri": asked.uri(f"IncomingPhoneNumbers/{one.sid}.json"),
    }


def _found(asked: Asked) -> Number:
    found = asked.exchange.numbers.get(asked.named["number"])
    if found is None:
        raise asked.missing()
    return found


def fetch(asked: Asked) -> Reply:
    return Reply(form(asked, _found(asked)))


def listed(asked: Asked) -> Reply:
    """Filter PhoneNumber."""
    wanted = asked.query.get("PhoneNumber")
    shown = [one for one in asked.exchange.numbers.values() if wanted in (None, one.number)]
    return page(asked, "incoming_phone_numbers", shown, lambda one: form(asked, one))


def update(asked: Asked) -> Reply:
    """VoiceUrl, VoiceMethod and what else leads a call."""
    found = _found(asked)
    told = {name: asked.get(key) for key, name in FIELDS.items() if key in asked.form}
    found.settings.update(told)
    return Reply(form(asked, found))
