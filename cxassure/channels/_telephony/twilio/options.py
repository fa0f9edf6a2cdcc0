"""What a target over twilio may say, and what it must."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from cxassure.channel import Opening
from cxassure.channels._http.options import read_options
from cxassure.channels._telephony.guard.numbers import plain
from cxassure.errors import CannotLook

_SID = re.compile(r"AC[0-9a-fA-F]{32}")


class TwilioOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A target over twilio.

    `number` is dialled (caller) or answered (agent) where the address is none; `from` shown to the
    company: a number of the account, or a verified one. `public` is this machine's address as
    Twilio reaches it, `listen` the port that stands behind it; without `public` a caller hears by
    recordings of `piece` seconds. `language` and `voice` are Twilio's, for what a caller says;
    `recogniser` and its `recogniser_options` make words out of what is heard. `api` and `insights`
    are other addresses of Twilio's interfaces; `poll` is how often a call is asked how it is.
    """

    account_sid: str = ""
    auth_token: str = ""
    number: str = ""
    from_: str = msgspec.field(default="", name="from")
    public: str = ""
    listen: int = 0
    language: str = "en-US"
    voice: str = ""
    recogniser: str = "whisper"
    recogniser_options: dict[str, Any] = {}
    piece: float = 8.0
    poll: float = 1.0
    longest: float = 0.0
    api: str = ""
    insights: str = ""
    # what the same target says for other lines is no mistake here
    method: str = ""
    status_callback: str = ""
    fallback: str = ""
    settle: float = 0.0
    headers: dict[str, str] = {}


def options_of(opening: Opening) -> TwilioOptions:
    """The target's options; raises `CannotLook` for what is missing, and where to put it."""
    options, name = read_options(opening, TwilioOptions), opening.target.name
    if not _SID.fullmatch(options.account_sid):
        raise CannotLook(
            f"target «{name}» needs the account_sid of a Twilio account",
            "write account_sid: ${env.TWILIO_ACCOUNT_SID}; it begins with AC",
        )
    if not options.auth_token:
        raise CannotLook(
            f"target «{name}» needs the account's auth_token",
            "write auth_token: ${secret.twilio_token}",
        )
    if options.public and not options.public.startswith(("https://", "http://127.0.0.1:")):
        raise CannotLook(
            f"public «{options.public}» of target «{name}» is no https:// address",
            "give the address under which Twilio reaches this machine, as a tunnel names it",
        )
    return options


def number_of(opening: Opening, options: TwilioOptions) -> str:
    """The number that the target stands for, as E.164."""
    for written in (options.number, opening.target.address):
        number = plain(written)
        if number.startswith("+") and number[1:].isdecimal():
            return number
    raise CannotLook(
        f"target «{opening.target.name}» has no number", "write number: '+12025550100'"
    )


def secret_of(opening: Opening, option: str = "auth_token") -> str:
    """The secret that the target's option is read from, as it stands in cxassure.yaml."""
    written = opening.targets.get(opening.target.name, opening.target).options.get(option, "")
    found = re.search(r"\$\{((?:secret|env)\.[^}]+)\}", str(written))
    return found[1] if found else f"{option} of target «{opening.target.name}»"
