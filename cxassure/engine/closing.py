"""Closing: what the journey cost its customer, and whether the company kept its promises."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cxassure.engine.stepping import Ending
from cxassure.engine.stream import Stream
from cxassure.events import Checked, Measured
from cxassure.measures import UNITS, Measures
from cxassure.probe import Promise
from cxassure.text import clip, span
from cxassure.verdict import worst


def close(stream: Stream, promises: dict[str, Promise], messages: Iterable[Ending] = ()) -> Ending:
    """Tells every figure and judges every promise; the worst one speaks for the closing step.

    `messages` is how the announcements were found.
    """
    endings = [_judge(stream, name, promise) for name, promise in promises.items()]
    endings += messages
    for name, value, unit in stream.measures.items():
        stream.emit(
            Measured(
                step=stream.step,
                at=round(stream.now(), 4),
                name=name,
                value=value,
                unit=unit,
                blamed=_blamed(stream.measures, name, promises.get(name)),
            )
        )
    total = worst(ending.verdict for ending in endings)
    return next((e for e in endings if e.verdict == total and total != "passed"), Ending())


def _judge(stream: Stream, name: str, promise: Promise) -> Ending:
    seen = stream.measures.figures.get(name)
    ending = Ending("skipped", f"{name}: there was none") if seen is None else Ending()
    if seen is not None:
        ending = next(_breaches(stream.measures, name, seen, promise), ending)
    stream.emit(
        Checked(
            step=stream.step,
            at=round(stream.now(), 4),
            facet=name,
            expected=_expected(name, promise),
            verdict="unseen" if seen is None else ending.verdict,  # type: ignore[arg-type]
            seen="nothing" if seen is None else _figure(name, seen),
            why=ending.why,
        )
    )
    return ending


def _breaches(measures: Measures, name: str, seen: float, promise: Promise) -> Iterator[Ending]:
    limit = promise.at_most if promise.within is None else promise.within
    expected = _expected(name, promise)
    if limit is not None and seen > limit:
        yield Ending("failed", _why(measures, name, seen, limit), expected, _figure(name, seen))
    if promise.at_least is not None and seen < promise.at_least:
        why = f"{name} was {_figure(name, seen)}, promised at least {promise.at_least:g}"
        yield Ending("failed", why, expected, _figure(name, seen))
    if promise.aim is not None and seen > promise.aim:
        why = f"{name} was {_figure(name, seen)}, aim {_figure(name, promise.aim)}"
        yield Ending("degraded", why, expected, _figure(name, seen))


def _why(measures: Measures, name: str, seen: float, limit: float) -> str:
    step = measures.step_over(name, limit)
    why = f"{name} was {_figure(name, seen)}, promised {_figure(name, limit)}"
    why += f", broken at step {step}" if step is not None else ""
    if name == "re_asks" and measures.asked_again:
        _, fact, quote = measures.asked_again[0]
        why += f": asked again for the {fact}, «{clip(quote, 120)}»"
    return why


def _blamed(measures: Measures, name: str, promise: Promise | None) -> int | None:
    if promise is None:
        return None
    limits = (promise.within, promise.at_most, promise.aim)
    steps = (measures.step_over(name, limit) for limit in limits if limit is not None)
    return next((step for step in steps if step is not None), None)


def _expected(name: str, promise: Promise) -> str:
    said = {"within": promise.within, "at most": promise.at_most, "at least": promise.at_least}
    parts = [f"{word} {_figure(name, value)}" for word, value in said.items() if value is not None]
    return f"{name} {' and '.join(parts)}".strip()


def _figure(name: str, value: float) -> str:
    return span(value) if UNITS.get(name) == "s" else f"{value:g}"
