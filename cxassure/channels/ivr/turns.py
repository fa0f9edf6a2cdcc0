"""How a voice agent takes turns: first sound, latency, recovery from interruptions, loops."""

from __future__ import annotations

import math
from dataclasses import dataclass, field


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
        if self._interrupted is not None and began <= self._interrupted:
            self.recoveries.append(max(ended - self._interrupted, 0.0))
            self._interrupted = None
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

    def fields(self) -> dict[str, float | int]:
        """The figures that there are, as fields of the call."""
        told: dict[str, float | int] = {"loops": self.loops}
        if self.first is not None:
            told["first_audio"] = self.first
        if self.latencies:
            told["turn_p50"] = share(self.latencies, 0.5)
            told["turn_p95"] = share(self.latencies, 0.95)
        if self.recoveries:
            told["recovery"] = max(self.recoveries)
        return told


def share(figures: list[float], part: float) -> float:
    """The smallest figure that `part` of them do not exceed (nearest rank)."""
    return sorted(figures)[max(math.ceil(part * len(figures)) - 1, 0)]
