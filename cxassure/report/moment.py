"""When a customer would notice what broke: their time, without our own waiting for it to mend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from cxassure.events import Observed
from cxassure.run import Run, StepRun
from cxassure.text import plain

_BEGUN, _ENDED, _TAKEN = ("dialled", "connected"), ("hung up",), ("answered", "joined")
_QUIET = ("silence",)
"""That nothing came was measured by us: to a customer it begins with the last thing that did."""


class Noticed(NamedTuple):
    """Seconds of the journey: when what broke began to show, and when it had been lived through."""

    began: float
    ended: float


def noticed(run: Run, step: StepRun) -> Noticed:
    """When the customer would notice that `step` had gone wrong.

    That is when the call was ended; when the wrong words came; when the agent answered who was not
    told what they should know; else where what there was to see or hear ended.
    """
    over = step.at + step.took
    known = [o for o in run.transcript() if o.at <= over]
    mine = [o for o in known if o.step == step.index]
    words = [o for o in mine if o.who == "company" and _quoted(o, step)]
    cut = _last(known, lambda o: o.what in (*_ENDED, *_BEGUN))
    cut = cut if cut and cut.what in _ENDED and cut.data.get("by") != "customer" else None
    if words or cut:
        said = [min(o.at + o.seconds, over) for o in words]
        ended = cut.at if cut else max(said)
        return Noticed(min([o.at for o in words], default=ended), ended)
    if taken := _last(mine, lambda o: o.what in _TAKEN):
        return Noticed(taken.at, taken.at)
    if step.seen not in ("", "nothing"):
        return Noticed(over, over)
    rest = [o for o in known if o.what not in _QUIET and o.who != "agent"]
    last = max((o.at + o.seconds for o in rest), default=over)
    at = min(max(last, step.at), over)
    return Noticed(at, at)


def _last(every: Sequence[Observed], which: Callable[[Observed], bool]) -> Observed | None:
    return next((o for o in reversed(every) if which(o)), None)


def _quoted(seen: Observed, step: StepRun) -> bool:
    """Whether it is what the step came to see in place of what it should."""
    said, wrong = plain(seen.text), plain(step.seen)
    return bool(said) and wrong not in ("", "nothing") and (said in wrong or wrong in said)
