"""What there is by name: channels, connectors, matchers, senders; ours and third parties'.

Built-ins are entry points of this package and use what third parties use. Nothing is imported
before it is asked for.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points

from cxassure import matcher
from cxassure.channel import Session
from cxassure.errors import CxassureError, UsageError
from cxassure.grammar import Grammar, grammar
from cxassure.text import guess


class PluginError(CxassureError):
    """An installed plug-in cannot be imported or is not what its entry point says."""


@cache
def _points(group: str) -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=group)}


def channels() -> list[str]:
    """Names of all channels, sorted."""
    return sorted(_points("cxassure.channels"))


def connectors(channel: str) -> list[str]:
    """Names of the connectors (lines) of a channel, sorted."""
    prefix = channel + "."
    names = _points("cxassure.connectors")
    return sorted(name.removeprefix(prefix) for name in names if name.startswith(prefix))


@cache
def session(channel: str) -> type[Session]:
    """The session class of a channel; `UsageError` with a guess when there is none."""
    points = _points("cxassure.channels")
    if channel not in points:
        raise UsageError(f"unknown channel «{channel}»", guess(channel, points))
    found = _load(points[channel])
    if not (isinstance(found, type) and issubclass(found, Session)):
        raise PluginError(
            f"channel «{channel}» ({points[channel].value}) is not a Session",
            "its entry point must name a subclass of cxassure.channel.Session",
        )
    return found


@cache
def connector(channel: str, name: str) -> type:
    """The connector class `name` of a channel; `UsageError` with a guess when there is none."""
    points = _points("cxassure.connectors")
    if f"{channel}.{name}" not in points:
        raise UsageError(
            f"channel «{channel}» has no connector «{name}»", guess(name, connectors(channel))
        )
    found: type = _load(points[f"{channel}.{name}"])
    return found


@cache
def language(channel: str) -> Grammar:
    """The grammar of a channel, with third parties' matchers known."""
    load_matchers()
    return grammar(channel, session(channel))


@cache
def load_matchers() -> None:
    """Makes installed matchers known."""
    for point in _points("cxassure.matchers").values():
        matcher.register(_load(point))


def _load(point: EntryPoint):  # type: ignore[no-untyped-def]
    try:
        return point.load()
    except (ImportError, AttributeError) as wrong:
        raise PluginError(
            f"{point.group} «{point.name}» ({point.value}) cannot be loaded: {wrong}",
            "reinstall or remove the package that provides it",
        ) from wrong
