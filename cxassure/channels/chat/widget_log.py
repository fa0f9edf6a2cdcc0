"""What the bubbles of a log amount to: each is told when it is whole, and what it grows by after.

A bubble is whole when it has not changed for a while. One that goes on after a longer pause was
told too early: the rest of it is told as another, which is better than losing it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cxassure.channel import Clock
from cxassure.channels.chat.connector import Bubble, Incoming, QuickReplies, Typing


@dataclass(slots=True)
class _Line:
    own: bool
    agent: bool
    number: Any
    text: str
    began: float
    ended: float
    told: str = ""

    @property
    def pending(self) -> bool:
        """Whether it says something that was not told yet."""
        return not self.own and self.text not in ("", self.told)

    def change(self, text: str, at: float, last: bool) -> None:
        """Takes what it says now. What was told is written anew only in the last bubble (a
        placeholder gives way); elsewhere that is a log being written once more."""
        if text == self.text or (self.told.startswith(text) and self.told):
            return
        if self.told and not last and not text.startswith(self.told):
            return
        self.began = self.began if self.pending else at
        self.text, self.ended = text, at

    @property
    def news(self) -> str:
        """What was not told yet."""
        grown = self.told and self.text.startswith(self.told)
        return self.text[len(self.told) :].strip() if grown else self.text


class WidgetLog:
    """A fold over what `widget_script.WATCH` tells. `still`: seconds after which a bubble that
    does not change is whole; `named` parts an agent's name from the text of a bubble."""

    def __init__(
        self,
        clock: Clock,
        deliver: Callable[[Incoming], None],
        still: float,
        named: re.Pattern[str],
    ) -> None:
        self.clock = clock
        self.deliver = deliver
        self.still = still
        self.named = named
        self._lines: list[_Line] = []
        self._quick: tuple[str, ...] = ()
        self._sign = self._typing = False
        self._due: asyncio.TimerHandle | None = None

    def take(self, bubbles: Sequence[Mapping[str, Any]], quick: Sequence[str], sign: bool) -> None:
        """Takes what the page shows; `sign` is whether it says that somebody is typing."""
        self._sign = sign
        self._grow(bubbles, self.clock.now())
        self._settle()
        if tuple(quick) != self._quick:
            self._quick = tuple(quick)
            self.deliver(QuickReplies(self._quick))

    def _grow(self, bubbles: Sequence[Mapping[str, Any]], at: float) -> None:
        if len(bubbles) < len(self._lines):
            return  # the log is being written anew
        for index, shown in enumerate(bubbles):
            text = str(shown["text"])
            if index < len(self._lines):
                self._lines[index].change(text, at, index == len(bubbles) - 1)
            else:
                own, agent = bool(shown["own"]), bool(shown["agent"])
                self._lines.append(_Line(own, agent, shown["number"], text, at, at))

    def _settle(self) -> None:
        """Tells what is whole, in order, and comes back for the first that is not yet."""
        self.close()
        while line := next((line for line in self._lines if line.pending), None):
            left = line.ended + self.still - self.clock.now()
            if left > 0:
                self._due = asyncio.get_running_loop().call_later(left, self._settle)
                break
            self._tell(line)
        typing = self._sign or line is not None
        if typing or self._typing:
            self.deliver(Typing(typing))
        self._typing = typing

    def flush(self) -> None:
        """Tells all that stands there: nothing more will come."""
        self.close()
        for line in self._lines:
            if line.pending:
                self._tell(line)

    def _tell(self, line: _Line) -> None:
        text, agent = line.news, ""
        if line.agent:
            found = self.named.search(line.text)
            parted = found.groupdict() if found else {}
            agent = parted.get("agent") or "somebody"
            text = parted.get("text", text) if text == line.text else text
        line.told = line.text
        if text:
            self.deliver(Bubble(text, agent, _number(line.number), line.began, line.ended))

    def close(self) -> None:
        """Stops waiting."""
        if self._due:
            self._due.cancel()
            self._due = None


def _number(text: Any) -> float | None:
    try:
        return float(text)
    except (TypeError, ValueError):
        return None
