"""Reading `cxassure.yaml`: environments, their targets and secrets, folders, limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cxassure.errors import Misread, Place, SpecError
from cxassure.journey import Keys, Places
from cxassure.peak import Calendar, length
from cxassure.settings import Environment, SecretSource, Settings, Target
from cxassure.spec.alerts import read_alerts
from cxassure.spec.calls import read_calls
from cxassure.spec.keep import read_keep, read_store
from cxassure.spec.library import SETTINGS, load
from cxassure.spec.messages import read_messages
from cxassure.spec.peaks import CALENDAR_KEYS, often, read_calendar
from cxassure.spec.readiness import READINESS_KEYS, read_rules, read_waivers
from cxassure.spec.shape import Shape
from cxassure.spec.status import read_status
from cxassure.text import Raw, clip, seconds

_TEXTS = "journeys probes reports environment browser synthetic_header".split()
_TIMES = "within look_on".split()
_OTHERS = (
    "workers every on_request longest_waiver environments alerts message_windows store keep calls "
    "status"
).split()
_KEYS = [*_TEXTS, *_TIMES, *_OTHERS, *CALENDAR_KEYS, *READINESS_KEYS]


def read_settings(root: Path) -> Settings:
    """The settings of the workspace at `root`; defaults where there is no file.

    Raises `SpecError` with everything that is wrong in it.
    """
    path = root / SETTINGS
    if not path.exists():
        return Settings(root=str(root))
    found = load(str(path), SETTINGS)
    shape = Shape(found)
    settings = Settings(root=str(root))
    if isinstance(found.raw, dict):
        settings = _settings(shape, found.raw, root)
    elif found.source.text.strip() and not found.problems:
        found.say("settings are pairs", "write «environments:» at the top", 1, 1)
    problems = [p for p in found.problems if p.what != "the file is empty"]
    if problems:
        raise SpecError(problems)
    return settings


def settings_place(root: Path, *keys: str | int) -> Place:
    """Where in the settings of the workspace at `root` the value at `keys` stands."""
    return settings_places(root).at(*keys)


def settings_places(root: Path) -> Places:
    """Where the pieces of the settings stand; they are read again only to say so."""

    def find(keys: Keys, key: bool) -> tuple[int, int]:
        return load(str(root / SETTINGS), SETTINGS).source.find(keys, key)

    return Places(SETTINGS, find)


def _settings(shape: Shape, raw: dict[str, Raw], root: Path) -> Settings:
    shape.only(raw, _KEYS)
    parts: dict[str, Any] = {k: shape.text(raw[k], k) for k in _TEXTS if k in raw}
    for key in _TIMES:
        if key in raw:
            parts[key] = shape.typed(seconds, raw[key], 0.0, key)
    if "workers" in raw:
        parts["workers"] = shape.typed(_workers, raw["workers"], 0, "workers")
    if "every" in raw:
        parts["every"] = shape.typed(_often, raw["every"], "", "every")
    if "on_request" in raw:
        parts["on_request"] = shape.words(raw["on_request"], "on_request")
    if "environments" in raw:
        parts["environments"] = _environments(shape, raw["environments"])
    if not raw.keys().isdisjoint(CALENDAR_KEYS):
        parts["calendar"] = read_calendar(shape, raw)
    if "message_windows" in raw:
        home = (parts.get("calendar") or Calendar()).zone
        targets = {t for one in parts.get("environments", {}).values() for t in one.targets}
        read = read_messages(shape, raw["message_windows"], home, targets)
        parts["message_windows"] = read
    if "readiness" in raw:
        parts["readiness"] = read_rules(shape, raw)
    if "waivers" in raw:
        calendar = parts.get("calendar") or Calendar()
        parts["waivers"] = read_waivers(shape, raw, calendar.zone)
    if "longest_waiver" in raw:
        parts["longest_waiver"] = shape.typed(length, raw["longest_waiver"], 0, "longest_waiver")
    if "alerts" in raw:
        parts["alerts"] = read_alerts(shape, raw["alerts"], parts.get("waivers", ()))
    if "store" in raw:
        parts["store"] = read_store(shape, raw["store"])
    if "keep" in raw:
        parts["keep"] = read_keep(shape, raw["keep"])
    if "calls" in raw:
        parts["calls"] = read_calls(shape, raw["calls"])
    if "status" in raw:
        parts["status"] = read_status(shape, raw["status"])
    default = parts.get("environment")
    if default and default not in parts.get("environments", {}):
        hint = "name one of: " + ", ".join(parts.get("environments", {}))
        shape.say(f"there is no environment «{clip(default, 60)}»", hint, "environment")
    return Settings(root=str(root), **parts)


def _often(text: str) -> str:
    """`text`, when it says how often."""
    often(text)
    return text


def _workers(text: str) -> int:
    if not text.isdecimal() or len(text) > 4:
        raise Misread(f"«{clip(text, 40)}» is no number of workers", "0 means as many as fit")
    return int(text)


def _environments(shape: Shape, raw: Raw) -> dict[str, Environment]:
    found = {}
    for name, inner in shape.pairs(raw, "environments").items():
        at = ("environments", name)
        shape.name(name, "environment", *at)
        parts = shape.pairs(inner, *at)
        shape.only(parts, ("targets", "secrets", "rehearsal", "spends"), *at)
        flags: dict[str, Any] = {
            key: shape.flag(parts[key], *at, key) for key in ("rehearsal", "spends") if key in parts
        }
        targets = shape.pairs(parts["targets"], *at, "targets") if "targets" in parts else {}
        secrets = shape.pairs(parts["secrets"], *at, "secrets") if "secrets" in parts else {}
        found[name] = Environment(
            name=name,
            targets={t: _target(shape, t, value, name) for t, value in targets.items()},
            secrets={s: _secret(shape, s, value, name) for s, value in secrets.items()},
            **flags,
        )
    return found


def _target(shape: Shape, name: str, raw: Raw, environment: str) -> Target:
    """`name: address`, or pairs of which those that are not ours belong to the channel."""
    at = ("environments", environment, "targets", name)
    shape.name(name, "target", *at)
    if isinstance(raw, str) and raw:
        return Target(name=name, address=raw)
    options = dict(shape.pairs(raw, *at))
    address = shape.text(options.pop("address", ""), *at, "address")
    if options and not address:
        hint = "write address: https://… or address: demo"
        shape.say(f"target «{clip(name, 60)}» has no address", hint, *at, key=True)
    over = shape.text(options.pop("over", ""), *at, "over")
    also = shape.words(options.pop("also", ""), *at, "also")
    return Target(name=name, address=address, over=over, also=also, options=options)


def _secret(shape: Shape, name: str, raw: Raw, environment: str) -> SecretSource:
    """Where a secret is read. Its value never stands in a file that is committed."""
    at = ("environments", environment, "secrets", name)
    shape.name(name, "secret", *at)
    if isinstance(raw, dict) and len(raw) == 1 and raw.keys() <= {"env", "file"}:
        key, value = next(iter(raw.items()))
        return SecretSource(**{key: shape.text(value, *at, key)})
    what = f"secret «{clip(name, 60)}» must say where it is read"
    shape.say(what, "write {env: VARIABLE} or {file: path}, never the secret itself", *at)
    return SecretSource()
