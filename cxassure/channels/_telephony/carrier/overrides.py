"""What a webhook's address says of its own delivery (Twilio, Webhooks connection overrides)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs

PATIENCE = 15.0
"""Seconds that a webhook has to answer in, all tries together."""
MOST_TRIES = 5


@dataclass(frozen=True, slots=True)
class Overrides:
    """`total` and `read` in seconds; `again` tries beyond the first for what `policy` names.

    A policy is `ct` (not reached, the default), `rt` (no answer in time), `4xx`, `5xx` or `all`.
    """

    total: float = PATIENCE
    read: float = PATIENCE
    again: int = 1
    policy: frozenset[str] = frozenset(("ct",))

    @property
    def hurried(self) -> bool:
        """Whether one try has less time than all together."""
        return self.read < self.total

    def retries(self, kind: str) -> bool:
        return bool(kind) and (kind in self.policy or "all" in self.policy)


USUAL = Overrides()


def overrides(url: str) -> tuple[str, Overrides]:
    """The address without its fragment, and what the fragment sets: `#tt=2000&rc=2&rp=5xx`."""
    if "#" not in url:
        return url, USUAL
    bare, _, fragment = url.partition("#")
    told = {name: values[0] for name, values in parse_qs(fragment).items()}
    policy = frozenset(told.get("rp", "ct").lower().split(","))
    tries = _number(told.get("rc"), 1)
    total, read = _seconds(told.get("tt")), _seconds(told.get("rt"))
    return bare, Overrides(total, read, min(tries, MOST_TRIES), policy)


def _seconds(milliseconds: str | None) -> float:
    return min(_number(milliseconds, 0) / 1000 or PATIENCE, PATIENCE)


def _number(text: str | None, usual: int) -> int:
    """More digits than nine say no more, and `int` refuses very many."""
    return int(text[:9]) if text and text.isdecimal() else usual
