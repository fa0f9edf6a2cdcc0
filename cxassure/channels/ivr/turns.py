"""How a voice agent takes turns: first sound, latency, recovery from interruptions, loops."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cxassure.channel import Seen
from cxassure.channels._telephony.carrier.lengths import NOTICEABLE
from cxassure.text import span

NEAR = 0.1
"""Seconds by which a sound may begin after an interruption of it."""
_WORDS = {
    "first_audio": "first sound after {}",
    "turn_p50": "answers after {} at the median",
    "turn_p95": "{} at the 95th percentile",
    "recovery": "talked on for {} when interrupted",
}


@dataclass(slots=True)
class Turns:
    """Fed with what happened, in seconds of one clock; figures are None before there are any."""

    connected: float = 0.0
    first: float | None = None
    latencies: list[float] = field(default_factory=list)
    recoveries: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    _asked: float | None = None
    _interrupted: float | None = None

    def caller_spoke(self, ended: float) -> None:
        """The caller has said something, up to `ended`; the next sound is the answer."""
        self._asked = ended

    def caller_interrupted(self, at: float) -> None:
        """The caller began to speak while the agent did."""
        self._interrupted = at

    def agent_spoke(self, began: float, ended: float) -> None:
        """The agent was heard from `began` to `ended`."""
        if self.first is None:
            self.first = began - self.connected
        cut, self._interrupted = self._interrupted, None
        if cut is not None and began <= cut + NEAR:
            self.recoveries.append(max(ended - cut, 0.0))
        elif self._asked is not None:
            self.latencies.append(max(began - self._asked, 0.0))
            self._asked = None

    def agent_said(self, words: str) -> None:
        self.said.append(" ".join(words.lower().split()))

    @property
    def waiting_since(self) -> float | None:
        """Since when the caller has been waiting for an answer."""
        return self._asked

    @property
    def loops(self) -> int:
        """How often the same was said directly after itself, at most."""
        most = now = 0
        for before, after in zip(self.said, self.said[1:], strict=False):
            now = now + 1 if before == after else 0
            most = max(most, now)
        return most

    def fields(self, now: float, *, talking: bool = False) -> dict[str, float | int]:
        """The figures that there are at `now`, as fields of the call.

        An answer that has not come counts with what has been waited for it once that is longer than
        any other; an agent that is still `talking` has not recovered yet.
        """
        told: dict[str, float | int] = {"loops": self.loops}
        if self.first is not None:
            told["first_audio"] = self.first
        latencies = [*self.latencies, *self._overdue(now)]
        if latencies:
            told["turn_p50"] = share(latencies, 0.5)
            told["turn_p95"] = share(latencies, 0.95)
        going_on = [now - self._interrupted] if talking and self._interrupted is not None else []
        if recoveries := [*self.recoveries, *going_on]:
            told["recovery"] = max(recoveries)
        return told

    def _overdue(self, now: float) -> list[float]:
        waited = 0.0 if self._asked is None else now - self._asked
        return [waited] if waited > max([NOTICEABLE, *self.latencies]) else []


def taken(seen: Sequence[Seen], now: float) -> Turns:
    """The turns of a call that was observed; `now` is on the clock of what is `seen`."""
    turns = Turns(next((s.at for s in seen if s.what == "connected"), 0.0))
    sounds = [s for s in seen if s.who == "company" and s.what in ("prompt", "sound")]
    for one in seen:
        if one.who == "customer" and one.what in ("said", "pressed"):
            if any(s.at <= one.at < s.ends for s in sounds) and one.what == "said":
                turns.caller_interrupted(one.at)
            turns.caller_spoke(min(one.ends, now))
        elif one in sounds:
            turns.agent_spoke(one.at, one.ends)
            if one.what == "prompt":
                turns.agent_said(one.text)
    return turns


def told(figures: Mapping[str, float | int]) -> str:
    """Figures of turns as a line of the transcript."""
    parts = [text.format(span(figures[n])) for n, text in _WORDS.items() if n in figures]
    loops = int(figures.get("loops", 0))
    parts += [f"said the same {loops + 1} times in a row"] if loops else []
    return ", ".join(parts) or "no sound came"


def share(figures: list[float], part: float) -> float:
    """The smallest figure that `part` of them do not exceed (nearest rank)."""
    return sorted(figures)[max(math.ceil(part * len(figures)) - 1, 0)]
