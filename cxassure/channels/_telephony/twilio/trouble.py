"""What Twilio refuses, in its own words and number, as trouble of ours (Twilio, Errors)."""

from __future__ import annotations

from urllib.parse import parse_qs

from cxassure.errors import Broken, CannotLook
from cxassure.text import clip

_HINTS = {
    20003: "is {secret} the token of that account, and not one that was taken back?",
    20005: "the account is not active: look at Twilio's console",
    20404: "the account knows no such thing: look at account_sid and number",
    20429: "fewer runs at once, or calls: at_once in cxassure.yaml",
    21210: "verify `from` in Twilio's console, or use a number of the account",
    21211: "write the target's number as E.164: +12025550100",
    21212: "write `from` as E.164: +12025550100",
    21215: "allow that country in Twilio's console: Voice, Geographic permissions",
    21216: "Twilio does not dial that number for this account",
    13223: "write the target's number as E.164: +12025550100",
    13224: "is it a number that Twilio can call? Write it as E.164: +12025550100",
    13225: "Twilio does not dial that number for this account",
    21217: "write the target's number as E.164: +12025550100",
    21219: "a trial account dials verified numbers only: verify it in Twilio's console",
    21606: "`from` must be a number of this account that has voice",
    10001: "the account is not active: look at Twilio's console",
    13227: "allow that country in Twilio's console: Voice, Geographic permissions",
}


def refused(code: int | None, status: int, message: str, secret: str) -> CannotLook:
    """An answer of Twilio's that is no success; `secret` names the secret that was used."""
    number = code or (20003 if status == 401 else 20429 if status == 429 else 0)
    what = "Twilio does not let us in" if status in (401, 403) else "Twilio refuses"
    if status >= 500:
        what = f"Twilio is in trouble (HTTP {status})"
    told = f"{what}: {clip(message, 300)}" + (f" ({number})" if number else "")
    hint = hint_of(number)
    if status in (401, 403) and not hint:
        hint = _HINTS[20003]
    return CannotLook(told, hint.format(secret=secret) or "try again later")


def failed(number: int, words: str) -> CannotLook | Broken:
    """A call that Twilio could not put through. What it has against our number, account or document
    is our own matter; from what is wrong behind it (SIP and trunks: 32xxx), or from what it does
    not tell, the company's customers suffer too."""
    told = f"{clip(words, 300)} ({number})" if number else ""
    if number and number // 1000 != 32:
        return CannotLook(f"Twilio did not put the call through: {told}", hint_of(number))
    why = told or "the network knows no way to that number"
    return Broken(
        f"the call was not put through: {why}",
        expected="the company picks up",
        seen="failed",
        hint=hint_of(number),
        code=str(number or ""),
    )


def hint_of(number: int) -> str:
    known = f"https://www.twilio.com/docs/errors/{number}" if number else ""
    return _HINTS.get(number, known)


def complained(text: str | None) -> str:
    """The words of a notification, whose text is written as a form's."""
    form = parse_qs(text or "", keep_blank_values=True)
    return form.get("Msg", [text or ""])[0]


def unreached(wrong: BaseException, host: str) -> CannotLook:
    """Twilio was not to be reached. What the network said holds addresses and is not repeated."""
    return CannotLook(
        f"Twilio at {host} cannot be reached ({type(wrong).__name__})",
        "look at this machine's network and proxy",
    )
