"""A recorded call as a player has it: cut at its acts, each with what came after it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from cxassure.channels._telephony.cassette.blanks import fits
from cxassure.channels._telephony.cassette.tape import OVER, Call, Line

START = Line(at=0.0, who="customer", what="")


@dataclass(frozen=True)
class Stretch:
    """What came after `act` until the next one, or until nothing more is recorded; times count
    from `act`."""

    act: Line
    lines: tuple[Line, ...]
    length: float

    def due(self, line: Line) -> float:
        return line.due - self.act.at

    def began(self, line: Line) -> float:
        return line.at - self.act.at

    def ended(self, line: Line) -> float:
        return line.at + line.seconds - self.act.at


@dataclass(frozen=True, eq=False)
class Way:
    """One call, and how it may be gone along."""

    call: Call

    @cached_property
    def stretches(self) -> tuple[Stretch, ...]:
        """The first lies before any act."""
        acts: list[Line] = [START]
        lines: list[list[Line]] = [[]]
        for line in self.call.lines:
            if line.act:
                acts.append(line)
                lines.append([])
            else:
                lines[-1].append(line)
        ends = [acts[n + 1].at - acts[n].at for n in range(len(acts) - 1)]
        known = max([line.due - acts[-1].at for line in lines[-1]], default=0.0)
        lasting = [max(end, 0.0) for end in [*ends, known]]
        return tuple(Stretch(*one) for one in zip(acts, map(tuple, lines), lasting, strict=True))

    def next(self, done: int) -> Line | None:
        """The act behind the first `done` ones; None where there is none."""
        return self.stretches[done + 1].act if done + 1 < len(self.stretches) else None

    def goes(
        self, done: int, party: str, what: str, text: str | None = None
    ) -> dict[str, str] | None:
        """Whether `party` does that next: what blanks stand for then, None where it does not.

        Without `text` any is right.
        """
        act = self.next(done)
        if act is None or act.what != what or (act.party != party and what != OVER):
            return None
        return {} if text is None else fits(act.text, text)

    @cached_property
    def cut(self) -> frozenset[str]:
        """The prompts that somebody cut short on it: they let themselves be."""
        return frozenset(
            str(line.data["whole"]) for line in self.call.lines
            if line.data.get("cut") and isinstance(line.data.get("whole"), str)
        )  # fmt: skip
