"""Duty: decisions carried out on what is kept, one after another, whoever asks for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Generic, Protocol, TypeAlias, TypeVar

from cxassure.incident import Deploy, Message, Observation, Rules, State
from cxassure.watch.incidents.alive import ping_is_due
from cxassure.watch.incidents.deciding import acknowledge, decide, deployed, suspects
from cxassure.watch.incidents.taking_over import taken_over

Change: TypeAlias = Callable[[State], tuple[State, tuple[Message, ...]]]


class Kept(Protocol):
    """Where the state is kept, and in the same transaction the messages that come of it."""

    def state(self) -> State:
        """What is remembered now."""

    def change(self, change: Change) -> tuple[Message, ...]:
        """Carries out one decision, or none of it."""


_K = TypeVar("_K", bound=Kept)


class Duty(Generic[_K]):
    """Decides by `rules`. Everything raises what `kept` raises."""

    def __init__(self, kept: _K, rules: Rules) -> None:
        self.kept, self.rules = kept, rules

    def state(self) -> State:
        """What is remembered now."""
        return self.kept.state()

    def look(
        self, seen: Sequence[Observation], now: datetime, only: tuple[str, str] | None = None
    ) -> tuple[tuple[Message, ...], list[Observation]]:
        """What is said after these looks (or none), and where to look again at once.

        `only` is (environment, place): that environment is looked at from there and from nowhere
        else.
        """
        suspected: list[Observation] = []

        def decided(state: State) -> tuple[State, tuple[Message, ...]]:
            state = taken_over(state, *only) if only else state
            after, said = decide(state, seen, self.rules, now)
            suspected[:] = suspects(after, self.rules)
            return after, said

        return self.kept.change(decided), suspected

    def ping_is_due(
        self, last: datetime | None, overdue: datetime | None, every: float, now: datetime
    ) -> bool:
        """Whether somebody outside is told now that cxassure lives."""
        return ping_is_due(last, overdue, every, now)

    def acknowledge(
        self, incident: str, who: str, now: datetime, note: str = ""
    ) -> tuple[Message, ...]:
        """`who` has taken it. Raises `UsageError` where no such incident is open."""
        return self.kept.change(lambda state: acknowledge(state, incident, who, now, note))

    def deployed(self, deploy: Deploy) -> None:
        """From now on the deployment is known."""
        self.kept.change(lambda state: (deployed(state, deploy), ()))
