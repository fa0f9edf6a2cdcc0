"""What the settings say of the targets that parties name, held against their channels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from cxassure import catalog
from cxassure.errors import CxassureError, Problem
from cxassure.grammar import Grammar
from cxassure.journey import Keys, Places
from cxassure.settings import DEMO, Settings, Target
from cxassure.text import clip, guess

_SIGNED_IN = re.compile(r"//[^/]*@")


class Targets:
    """Targets as channels reach them, in every environment; `places` are those of the settings.

    Each is looked at once for each channel, however many journeys name it. What it is reached over
    is imported only where it is given options, or no address that reads as one.
    """

    def __init__(self, settings: Settings, places: Places) -> None:
        self._environments = settings.environments.values()
        self._places = places
        self._found: dict[tuple[str, str], list[Problem]] = {}

    def problems(self, grammar: Grammar, name: str) -> list[Problem]:
        """What is wrong with the target `name` for parties on a channel."""
        same = (grammar.channel, name)
        if same not in self._found:
            self._found[same] = list(self._look(grammar, name))
        return self._found[same]

    def _look(self, grammar: Grammar, name: str) -> Iterator[Problem]:
        for one in self._environments:
            if name in one.targets:
                at = ("environments", one.name, "targets", name)
                yield from self._wrong(grammar, one.targets[name], at)

    def _wrong(self, grammar: Grammar, target: Target, at: Keys) -> Iterator[Problem]:
        over = target.over or next(iter(grammar.lines), "")
        if grammar.lines and over not in (known := catalog.connectors(grammar.channel)):
            what = f"channel «{grammar.channel}» has no connector «{clip(over, 60)}»"
            yield Problem(self._places.at(*at, "over"), what, guess(over, known))
            return
        try:
            yield from self._options(grammar.channel, over, target, at)
            yield from self._address(grammar.channel, over, target, at)
        except CxassureError as wrong:
            yield Problem(self._places.at(*at, "over"), wrong.what, wrong.hint)

    def _options(self, channel: str, over: str, target: Target, at: Keys) -> Iterator[Problem]:
        shape = getattr(_reached(channel, over), "Options", None) if target.options else None
        config = getattr(shape, "__struct_config__", None)
        if shape is None or config is None or not config.forbid_unknown_fields:
            return
        known, way = shape.__struct_encode_fields__, f"{channel} over {over}" if over else channel
        for key in [key for key in target.options if key not in known]:
            what = f"unknown option of a target for {way} «{clip(key, 60)}»"
            yield Problem(self._places.key(*at, key), what, guess(key, known))

    def _address(self, channel: str, over: str, target: Target, at: Keys) -> Iterator[Problem]:
        address, way = target.address, "SCHEME://HOST:PORT/PATH"
        if address == DEMO or "${" in address:
            return
        if "://" in address:
            why = _unreadable(address)
        else:
            way = " or ".join(f"{one}://…" for one in _schemes(channel, over))
            why = "it has no scheme" if way else ""
        if why:
            what = f"«{clip(_SIGNED_IN.sub('//', address), 60)}» is no address: {why}"
            yield Problem(self._places.at(*at, "address"), what, f"write {way}")


def _reached(channel: str, over: str) -> Any:
    """The class that reads a target's options. Raises `CxassureError` of a plug-in."""
    return catalog.connector(channel, over) if over else catalog.session(channel)


def _schemes(channel: str, over: str) -> tuple[str, ...]:
    """Those of the addresses that a way is reached at; none where they need not be URLs."""
    schemes: tuple[str, ...] = getattr(_reached(channel, over), "schemes", ())
    return schemes


def _unreadable(address: str) -> str:
    """Why a URL cannot be read (RFC 3986), "" where it can."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError as wrong:
        return str(wrong)
    return "" if parts.hostname else "it names no host"
