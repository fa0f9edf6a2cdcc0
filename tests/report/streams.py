"""Streams to test with: any that the grammar of events allows, and one told in a few words."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from cxassure.events import (
    AnyEvent,
    Checked,
    Kept,
    Measured,
    Observed,
    RunEnded,
    RunStarted,
    StepEnded,
    StepStarted,
)
from cxassure.run import Run, fold

VERDICTS = ("passed", "degraded", "failed", "error", "skipped")
texts = st.text(max_size=30)
moments = st.floats(min_value=0, max_value=1e6, allow_nan=False)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=3,
)


def inside(step: int) -> st.SearchStrategy[AnyEvent]:
    """What may stand between the start and the end of a step."""
    at = {"step": st.just(step), "at": moments}
    return st.one_of(
        st.builds(
            Observed,
            **at,
            party=texts,
            channel=st.sampled_from(["web", "chat", "ivr", "agent"]),
            who=st.sampled_from(["customer", "company", "agent", "line"]),
            what=st.sampled_from(["said", "prompt", "request", "silence", "page", "rang"]) | texts,
            text=texts,
            seconds=moments,
            data=st.dictionaries(texts, values, max_size=2),
        ),
        st.builds(
            Checked,
            **at,
            facet=texts,
            expected=texts,
            verdict=st.sampled_from(["passed", "degraded", "failed", "error", "unseen"]),
            seen=texts,
            came=st.none() | moments,
            why=texts,
        ),
        st.builds(Kept, **at, name=texts, path=texts, media=texts, size=st.integers(0, 9)),
        st.builds(Measured, **at, name=texts, value=moments, unit=texts),
    )


@st.composite
def steps(draw: st.DrawFn, index: int) -> list[AnyEvent]:
    part = "opening" if index == 0 else draw(st.sampled_from(["steps", "always", "closing"]))
    start = draw(
        st.builds(
            StepStarted,
            index=st.just(index),
            at=moments,
            part=st.just(part),
            party=texts,
            channel=st.sampled_from(["", "web", "chat", "ivr", "agent"]),
            verb=texts,
            argument=values,
            place=texts,
            optional=st.booleans(),
        )
    )
    end = draw(
        st.builds(
            StepEnded,
            index=st.just(index),
            at=moments,
            verdict=st.sampled_from(VERDICTS),
            why=texts,
            expected=texts,
            seen=texts,
            hint=texts,
            code=texts | st.sampled_from(["500", "11200", "486", "1006"]),
            took=moments,
            wall=moments,
            findings=st.lists(texts, max_size=2).map(tuple),
        )
    )
    return [start, *draw(st.lists(inside(index), max_size=3)), end]


@st.composite
def streams(draw: st.DrawFn) -> list[AnyEvent]:
    """A whole run of up to four steps."""
    count = draw(st.integers(0, 4))
    started = draw(
        st.builds(
            RunStarted,
            run=st.uuids().map(str),
            journey=texts,
            started=st.just("2026-11-22T03:00:00Z"),
            row=texts,
            title=texts,
            owner=texts,
            runbook=texts,
            source=texts,
            env=texts,
            tags=st.lists(texts, max_size=2).map(tuple),
            steps=st.just(count),
            parties=st.dictionaries(texts, texts, max_size=2),
            attempt=st.integers(1, 3),
        )
    )
    ended = draw(
        st.builds(
            RunEnded,
            at=moments,
            verdict=st.sampled_from(VERDICTS),
            why=texts,
            took=moments,
            wall=moments,
            ended=texts,
            flaky=st.booleans(),
        )
    )
    middle = [event for index in range(count) for event in draw(steps(index))]
    return [started, *middle, ended]


def cut(stream: list[AnyEvent], at: int) -> list[AnyEvent]:
    """The stream as a killed writer leaves it."""
    return stream[: at % (len(stream) + 1)]


class Telling:
    """A stream told step by step: `step(…)` for one that went through, `.runs()` for its fold."""

    def __init__(self, journey: str = "gift-card", row: str = "", **known: Any) -> None:
        known = {"run": f"{journey}-{row}", "started": "2026-11-22T03:00:00Z", **known}
        self.events: list[AnyEvent] = [RunStarted(journey=journey, row=row, **known)]
        self.at = 0.0
        self.index = -1
        self.step("", "", "", part="opening")

    def step(
        self,
        party: str,
        channel: str,
        verb: str,
        argument: Any = "",
        *,
        verdict: Any = "passed",
        part: Any = "steps",
        inside: list[tuple[type, dict[str, Any]]] | None = None,
        took: float = 1.0,
        **ended: Any,
    ) -> Telling:
        self.index += 1
        started = StepStarted(
            index=self.index,
            at=self.at,
            part=part,
            party=party,
            channel=channel,
            verb=verb,
            argument=argument,
        )
        self.events.append(started)
        for kind, fields in inside or ():
            if kind is Observed:
                fields = {"party": party, "channel": channel, **fields}
            self.events.append(kind(**{"step": self.index, "at": self.at, **fields}))
        self.at += took
        self.events.append(
            StepEnded(index=self.index, at=self.at, verdict=verdict, took=took, **ended)
        )
        return self

    def end(self, verdict: Any = "passed", **fields: Any) -> Run:
        self.step("", "", "", part="closing")
        self.events.append(
            RunEnded(at=self.at, verdict=verdict, **{"took": self.at, "wall": 0.5, **fields})
        )
        run = fold(self.events)
        run.author_steps = sum(step.part == "steps" for step in run.steps)
        return run
