"""Reading what readiness asks for in `cxassure.yaml`: `readiness:` and `waivers:`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

from cxassure.errors import Misread
from cxassure.incident import Waiver
from cxassure.journey import SEVERITIES, Severity
from cxassure.peak import length, zone
from cxassure.readiness import Need, Rules
from cxassure.spec.shape import Shape
from cxassure.text import Raw, clip

READINESS_KEYS = "readiness waivers".split()
NEED_KEYS = "passes newest places".split()
RULE_KEYS = [*NEED_KEYS, *"environments share score aim floor weights".split(), *SEVERITIES]
LIMITS = {"aim", "floor"}
"""Of points; each has a default that is also held to."""
WAIVER_KEYS = "journeys owner reason until".split()
_NUMBER = re.compile(r"\d{1,6}(\.\d{1,6})?")


def read_rules(shape: Shape, raw: dict[str, Raw]) -> Rules:
    """The rules under `readiness:`; what is wrong is said to `shape`."""
    at = "readiness"
    parts = shape.pairs(raw[at], at)
    shape.only(parts, RULE_KEYS, at)
    numbers: dict[str, Callable[[str], Any]] = {
        "share": _share,
        "score": partial(_whole, most=50),
        "aim": partial(_number, most=100),
        "floor": partial(_number, most=100),
    }
    asked = numbers.keys() & parts.keys()
    told = {key: shape.typed(numbers[key], parts[key], None, at, key) for key in sorted(asked)}
    found: dict[str, Any] = {key: value for key, value in told.items() if value is not None}
    if LIMITS & parts.keys() <= found.keys():
        _in_order(shape, found)
    if "environments" in parts:
        found["environments"] = _environments(shape, parts["environments"], raw)
    if "weights" in parts:
        found["weights"] = _weights(shape, parts["weights"])
    return Rules(needs=_needs(shape, parts), **found)


def read_waivers(shape: Shape, raw: dict[str, Raw], home: str) -> tuple[Waiver, ...]:
    """The list under `waivers:`; a day is meant to its end in the zone `home`."""
    found = enumerate(shape.items(raw["waivers"], "waivers"))
    return tuple(w for index, one in found if (w := _waiver(shape, one, home, index)))


def _in_order(shape: Shape, found: dict[str, Any]) -> None:
    """That `floor` is not above `aim`: between the two is what may be gone with, on conditions."""
    plain = Rules()
    floor, aim = found.get("floor", plain.floor), found.get("aim", plain.aim)
    if floor > aim:
        unsaid = "".join(f"; {k} is {getattr(plain, k):g} unsaid" for k in LIMITS if k not in found)
        hint = "write both, floor the lower: below aim is CONDITIONAL, below floor NO-GO"
        written = "floor" if "floor" in found else "aim"
        shape.say(f"floor {floor:g} is above aim {aim:g}{unsaid}", hint, "readiness", written)


def _needs(shape: Shape, parts: dict[str, Raw]) -> dict[Severity, Need]:
    """What is asked of each severity: of all, with what one of them says otherwise."""
    found: dict[Severity, Need] = {}
    common = {key: value for key, value in parts.items() if key in NEED_KEYS}
    plain = _need(shape, common, Need(), "readiness")
    for severity in SEVERITIES:
        own: dict[str, Raw] = {}
        if severity in parts:
            own = shape.pairs(parts[severity], "readiness", severity)
            shape.only(own, NEED_KEYS, "readiness", severity)
        found[severity] = _need(shape, own, plain, "readiness", severity)
    return found


def _need(shape: Shape, parts: dict[str, Raw], plain: Need, *at: str) -> Need:
    def read(key: str, how: Callable[[str], Any], other: Any) -> Any:
        return shape.typed(how, parts[key], other, *at, key) if key in parts else other

    return Need(
        passes=read("passes", partial(_whole, least=1, most=50), plain.passes),
        newest=read("newest", length, plain.newest),
        places=read("places", partial(_whole, least=1, most=50), plain.places),
    )


def _environments(shape: Shape, raw: Raw, settings: dict[str, Raw]) -> tuple[str, ...]:
    names = shape.words(raw, "readiness", "environments")
    blocks = settings.get("environments")
    known = list(blocks) if isinstance(blocks, dict) else []
    for index, name in enumerate(names):
        if name not in known:
            where = () if isinstance(raw, str) else (index,)
            hint = "name one of: " + ", ".join(known) if known else "write environments: first"
            what = f"there is no environment «{clip(name, 60)}»"
            shape.say(what, hint, "readiness", "environments", *where)
    return names


def _weights(shape: Shape, raw: Raw) -> dict[Severity, float]:
    at = ("readiness", "weights")
    parts = shape.pairs(raw, *at)
    shape.only(parts, SEVERITIES, *at)
    return {s: shape.typed(_number, parts[s], 1.0, *at, s) for s in SEVERITIES if s in parts}


def _waiver(shape: Shape, raw: Raw, home: str, index: int) -> Waiver | None:
    at = ("waivers", index)
    parts = shape.pairs(raw, *at)
    shape.only(parts, WAIVER_KEYS, *at)
    for key in WAIVER_KEYS:
        if parts and not parts.get(key):
            what = f"a waiver without «{key}» bears nothing"
            shape.say(what, "say journeys:, owner:, reason: and until:", *at)
            return None
    if not parts:
        return None
    until = shape.typed(partial(_until, home=home), parts["until"], None, *at, "until")
    names = shape.words(parts["journeys"], *at, "journeys")
    owner = shape.text(parts["owner"], *at, "owner")
    reason = shape.text(parts["reason"], *at, "reason")
    return Waiver(journeys=names, owner=owner, reason=reason, until=until) if until else None


def _until(text: str, home: str) -> datetime | None:
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text.strip()):
            day = date.fromisoformat(text.strip()) + timedelta(days=1)
            return datetime.combine(day, time(), zone(home))
        found = datetime.fromisoformat(text.strip())
        return found if found.tzinfo else found.replace(tzinfo=zone(home))
    except (ValueError, OverflowError):
        what = f"«{clip(text, 40)}» is no time"
        raise Misread(what, "write 2026-11-30, to its end, or 2026-11-30T18:00") from None


def _whole(text: str, least: int = 0, most: int = 50) -> int:
    if text.isascii() and text.isdecimal() and len(text) < 4 and least <= int(text) <= most:
        return int(text)
    raise Misread(f"«{clip(text, 40)}» is not {least} to {most}", "write a whole number")


def _number(text: str, most: float = 1000) -> float:
    if _NUMBER.fullmatch(text) and float(text) <= most:
        return float(text)
    raise Misread(f"«{clip(text, 40)}» is no number from 0 to {most:g}", "write 75 or 2.5")


def _share(text: str) -> float:
    found = re.fullmatch(r"(\d{1,3}(?:\.\d{1,3})?) ?%", text.strip())
    if found and float(found[1]) <= 100:
        return float(found[1]) / 100
    raise Misread(f"«{clip(text, 40)}» is no share", "write 30%")
