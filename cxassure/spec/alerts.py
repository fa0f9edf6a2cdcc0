"""Reading `alerts:` in `cxassure.yaml`: who can be told and by what, and when it is spoken."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from cxassure.errors import Misread
from cxassure.incident import (
    LOUDER,
    LOUDNESS,
    LOUDS,
    Alerts,
    Escalation,
    Loudness,
    Recipient,
    Rules,
    Waiver,
)
from cxassure.peak import length
from cxassure.spec.shape import Shape
from cxassure.text import Raw, clip, references

LENGTHS = "together calm reopen settle late missed forget".split()
ALERT_KEYS = [
    "to",
    "owners",
    "otherwise",
    "ours",
    "confirm",
    "good",
    *LENGTHS,
    *LOUDER,
    "alive",
    "address",
]
LOUDNESS_KEYS = "loud also remind escalate".split()
OPEN = ("mailto", "mailtos", "json", "jsons", "xml", "xmls", "syslog", "dbus", "windows")
"""Schemes of addresses that hold no key of their own; a password in them is one all the same."""

_CONFIRM = re.compile(r"(\d) of (\d)")
_WEB = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?(/[A-Za-z0-9/._~%-]*)?")
_T = TypeVar("_T")


def read_alerts(shape: Shape, raw: Raw, waivers: tuple[Waiver, ...] = ()) -> Alerts:
    """The block; what is wrong is said to `shape`. `waivers` are those of the whole workspace."""
    return _Reading(shape, shape.pairs(raw, "alerts")).alerts(waivers)


class _Reading:
    """The block under inspection; `names` are those of the recipients."""

    def __init__(self, shape: Shape, raw: dict[str, Raw]) -> None:
        self.shape, self.raw = shape, raw
        shape.only(raw, ALERT_KEYS, "alerts")
        listed = shape.pairs(raw["to"], "alerts", "to") if "to" in raw else {}
        self.recipients = {name: self.recipient(name, one) for name, one in listed.items()}
        if raw and not listed:
            shape.say("nobody can be told", "name recipients under to:", "alerts", key=True)

    def alerts(self, waivers: tuple[Waiver, ...]) -> Alerts:
        ping, every = self.alive()
        return Alerts(
            recipients=self.recipients,
            rules=self.rules(waivers),
            address=self.typed(_web, "", "address") if "address" in self.raw else "",
            ping=ping,
            ping_every=every,
        )

    def recipient(self, name: str, raw: Raw) -> Recipient:
        at = ("alerts", "to", name)
        self.shape.file_name(name, "recipient", *at)
        options = dict(self.shape.texts(raw, *at))
        sender = options.pop("send", "")
        if options and not sender:
            self.shape.say(f"«{name}» does not say by what", "write send: apprise", *at, key=True)
        for key, value in options.items():
            if _telling(key, value):
                what = f"the {key} of «{name}» stands in the open"
                hint = f'write "${{secret.{name.replace("-", "_")}_{key}}}" and set that'
                self.shape.say(what, hint, *at, key)
        return Recipient(name=name, sender=sender, options=options)

    def rules(self, waivers: tuple[Waiver, ...]) -> Rules:
        parts: dict[str, Any] = {
            key: self.typed(_long, 0.0, key) for key in LENGTHS if key in self.raw
        }
        if "confirm" in self.raw:
            parts["bad"], parts["of"] = self.typed(_confirm, (2, 3), "confirm")
        if "good" in self.raw:
            parts["good"] = self.typed(_count, 2, "good")
        for key in ("otherwise", "ours"):
            if key in self.raw:
                parts[key] = self.people(self.raw[key], key)
        parts.setdefault("otherwise", tuple(self.recipients)[:1])
        severities = {one: self.loudness(one) for one in LOUDER if one in self.raw}
        return Rules(
            names=tuple(self.recipients),
            owners=self.owners(),
            severities=severities,
            waivers=waivers,
            **parts,
        )

    def owners(self) -> dict[str, tuple[str, ...]]:
        if "owners" not in self.raw:
            return {}
        listed = self.shape.pairs(self.raw["owners"], "alerts", "owners")
        return {owner: self.people(names, "owners", owner) for owner, names in listed.items()}

    def loudness(self, severity: str) -> Loudness:
        """What differs from the usual for that severity."""
        raw = self.shape.pairs(self.raw[severity], "alerts", severity)
        self.shape.only(raw, LOUDNESS_KEYS, "alerts", severity)
        usual = LOUDNESS[severity]
        also = self.people(raw["also"], severity, "also") if "also" in raw else usual.also
        remind = usual.remind
        if "remind" in raw:
            remind = self.shape.typed(_remind, raw["remind"], 0.0, "alerts", severity, "remind")
        loud = usual.loud
        if "loud" in raw:
            loud = self.shape.typed(_loud, raw["loud"], loud, "alerts", severity, "loud")
        escalate = self.ladder(raw["escalate"], severity) if "escalate" in raw else ()
        return Loudness(loud=loud, also=also, remind=remind, escalate=escalate)

    def ladder(self, raw: Raw, severity: str) -> tuple[Escalation, ...]:
        """One rung `{after: 20m, to: duty}`, or a list of them."""
        at = (severity, "escalate")
        alone = isinstance(raw, dict)
        rungs = [raw] if alone else self.shape.items(raw, "alerts", *at)
        found = (self.rung(one, *at, *(() if alone else (n,))) for n, one in enumerate(rungs))
        return tuple(sorted(found, key=lambda rung: rung.after))

    def rung(self, raw: Raw, *at: str | int) -> Escalation:
        parts = self.shape.pairs(raw, "alerts", *at)
        self.shape.only(parts, ("after", "to"), "alerts", *at)
        if parts and len(parts) < 2:
            self.shape.say("a rung needs after: and to:", "add the other", "alerts", *at)
        after = parts.get("after", "1s")
        people = self.people(parts["to"], *at, "to") if "to" in parts else ()
        read = self.shape.typed(length, after, 0, "alerts", *at, "after")
        return Escalation(after=float(read), to=people)

    def people(self, raw: Raw, *at: str | int) -> tuple[str, ...]:
        """One or several names, each of somebody under `to:`."""
        names = self.shape.words(raw, "alerts", *at)
        for index, name in enumerate(names):
            if name not in self.recipients:
                what = f"there is nobody called «{clip(name, 60)}» under to:"
                where = () if isinstance(raw, str) else (index,)
                hint = "known: " + (", ".join(self.recipients) or "nobody")
                self.shape.say(what, hint, "alerts", *at, *where)
        return names

    def alive(self) -> tuple[str, float]:
        if "alive" not in self.raw:
            return "", Alerts().ping_every
        parts = self.shape.pairs(self.raw["alive"], "alerts", "alive")
        self.shape.only(parts, ("ping", "every"), "alerts", "alive")
        ping = self.shape.text(parts.get("ping", ""), "alerts", "alive", "ping")
        if parts and not ping:
            self.shape.say("alive: does not say whom to ping", "write ping: https://…", "alerts")
        if "every" not in parts:
            return ping, Alerts().ping_every
        every = self.shape.typed(length, parts["every"], 60, "alerts", "alive", "every")
        return ping, float(every)

    def typed(self, read: Callable[[str], _T], other: _T, key: str) -> _T:
        return self.shape.typed(read, self.raw[key], other, "alerts", key)


def _telling(key: str, value: str) -> bool:
    """Whether a value holds what should be a secret: a key, or an address with one in it."""
    if references(value):
        return False
    scheme, found, rest = value.partition("://")
    if key == "url" and found:
        password = re.match(r"[^/@?]*:[^/@?]+@", rest)
        return bool(password) or scheme.casefold() not in (*OPEN, "http", "https")
    return key in ("key", "token", "password", "secret")


def _web(text: str) -> str:
    if not _WEB.fullmatch(text.strip()):
        raise Misread(f"«{clip(text, 60)}» is no web address", "write https://cx.example/reports")
    return text.strip().rstrip("/")


def _confirm(text: str) -> tuple[int, int]:
    found = _CONFIRM.fullmatch(text.strip())
    bad, of = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= bad <= of:
        raise Misread(f"«{clip(text, 40)}» does not say how many looks", "write 2 of 3")
    return bad, of


def _long(text: str) -> float:
    return 0.0 if text.strip() == "0s" else float(length(text))


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 5 and 1 <= int(text) <= 100):
        raise Misread(f"«{clip(text, 40)}» is no number of looks", "write 2")
    return int(text)


def _remind(text: str) -> float:
    return 0.0 if text.strip() == "never" else float(length(text))


def _loud(text: str) -> Any:
    if text not in LOUDS:
        raise Misread(f"«{clip(text, 40)}» is no loudness", "write " + ", ".join(LOUDS))
    return text
