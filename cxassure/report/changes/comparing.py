"""Two runs of one journey laid side by side."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from cxassure.events import Observed
from cxassure.measures import MEASURED, UNITS
from cxassure.report.changes.change import ORDER, Change, Kind, aligned, apart, lasting
from cxassure.report.changes.ear import by_chance, recognised, within
from cxassure.report.changes.pages import read_otherwise
from cxassure.report.customer import SOUND, decisive
from cxassure.report.menu import announced
from cxassure.report.tally import figure
from cxassure.run import Run, StepRun
from cxassure.text import clip, span

SPOKEN: dict[str, tuple[Kind, str]] = {
    "prompt": ("prompt", "prompt"),
    "speech": ("prompt", "person's words"),
    "reply": ("reply", "reply"),
    "message": ("reply", "message"),
    "quick replies": ("reply", "quick replies"),
    "page": ("page", "page"),
    "dialog": ("page", "dialog"),
}
_ACTS = ("pressed", "said", "picked")
_MORE = {"key_presses": "key press", "turns": "turn", "re_asks": "re-ask"}
SLOWER, BY = 2.0, 1.0
"""A step is slower when it takes that many times as long, and at least so many seconds longer."""


def changes(run: Run, good: Run) -> list[Change]:
    """What is otherwise in `run` than in `good`, what matters most first, each told once.

    What `good` has behind the step at which `run` ended is not gone: it was never reached. Over
    another line the same is told in other words and at other times: only steps are compared.
    """
    mine = [step for step in run.steps if step.part != "always"]
    mine = [s for s in mine if s.observed or (s.part != "closing" and s.verdict != "skipped")]
    last = max((step.index for step in mine), default=0)
    before = [step for step in good.steps if step.index <= last and step.part != "always"]
    after = [step for step in run.steps if step.part != "always"]
    if other_lines(run, good):
        return list(_journey(before, after))
    found = [
        *_journey(before, after),
        *_spoken(before, after, whole=run.verdict in ("passed", "degraded")),
        *_requests(before, after),
        *_rings(before, after),
        *_effort(run, good),
        *_times(before, after),
    ]
    found.sort(key=lambda change: (ORDER.index(change.kind), change.step))
    return list({change.sentence: change for change in found}.values())


def other_lines(run: Run, good: Run) -> list[str]:
    """The parties that were reached over another line then."""
    return [p for p, over in run.lines.items() if p in good.lines and good.lines[p] != over]


def _journey(before: Sequence[StepRun], after: Sequence[StepRun]) -> Iterator[Change]:
    """Other steps than then: what follows may differ for that alone."""
    was = {step.index: (step.party, step.verb, str(step.argument)) for step in before}
    for step in after:
        now = (step.party, step.verb, str(step.argument))
        if step.verb and step.index in was and was[step.index][:2] != now[:2]:
            old = " ".join(filter(None, was[step.index][:2]))
            sentence = f"the journey itself: step {step.index} was «{old}», now «{step.title}»"
            yield Change("journey", step.index, sentence)


def _spoken(before: Sequence[StepRun], after: Sequence[StepRun], whole: bool) -> Iterator[Change]:
    parties = dict.fromkeys(seen.party for step in after for seen in step.observed)
    garbled = any(_garbled(step) for step in after)
    for party in parties:
        unsure = _unsure(before, party) | _unsure(after, party)
        for what in [one for one in SPOKEN if not (whole and one == "page")]:
            now = [o for o in _of(after, party, what) if not (garbled and recognised(o))]
            yield from _said(_of(before, party, what), now, what, whole, unsure)
        yield from _greeting(before, after, party)
        if whole:
            yield from read_otherwise(before, after, party)


def _garbled(step: StepRun) -> bool:
    """Whether the sound was too bad for anybody to say what was said."""
    check = decisive(step)
    return step.verdict == "failed" and check is not None and check.facet in SOUND


def _of(steps: Sequence[StepRun], party: str, what: str) -> list[Observed]:
    found = ((seen, step.verb) for step in steps for seen in step.observed if seen.text)
    mine = (pair for pair in found if pair[0].party == party and pair[0].what == what)
    return [seen for seen, verb in mine if not by_chance(seen, verb)]


def _said(
    before: list[Observed],
    after: list[Observed],
    what: str,
    whole: bool,
    unsure: Collection[int] = (),
) -> Iterator[Change]:
    """A conversation that has left its way once is another one: unless the run was whole, what
    comes behind the first difference is not told."""
    kind, name = SPOKEN[what]
    if not whole and before and not after:
        return  # less was heard and nothing else, which is what the verdict tells already
    known = {lasting(o.text) for o in before}
    still = {lasting(o.text) for o in after}
    for old, new in aligned([o.text for o in before], [o.text for o in after]):
        was = before[old] if old is not None else None
        now = after[new] if new is not None else None
        was, now = _unlike(was, before, now, after)
        if not whole and (now is None or (was is None and lasting(now.text) in known)):
            continue  # it broke off, or came to where it had been
        if whole and _in_passing(was, now, still if was else known, unsure):
            continue
        told = list(_pair(kind, name, was, now, before[-1].step if before else 0))
        yield from told
        if told and was and not whole:
            return


def _unlike(
    was: Observed | None, before: list[Observed], now: Observed | None, after: list[Observed]
) -> tuple[Observed | None, Observed | None]:
    """What of a pair is left where a recogniser heard the same words in other letters or pieces."""
    if not any(map(recognised, (*before, *after))):
        return was, now
    gone = was if was and not within(was.text, after) else None
    new = now if now and not within(now.text, before) else None
    return gone, new


def _in_passing(
    was: Observed | None, now: Observed | None, others: Collection[str], unsure: Collection[int]
) -> bool:
    """Whether something was said once more or once less, or came when nobody waited for it any
    more: that is a matter of how long one listens."""
    alone = now if was is None else was if now is None else None
    return alone is not None and (lasting(alone.text) in others or id(alone) in unsure)


def _unsure(steps: Sequence[StepRun], party: str) -> set[int]:
    """What came when nobody waited for the party any more: behind all that was expected of its last
    step. A run just as good may have ended before it. By identity."""
    last = next((step for step in reversed(steps) if step.party == party and step.verb), None)
    if last is None:
        return set()
    came = [check.came for check in last.checked if check.came is not None]
    over = last.at + max(came, default=last.took)
    every = (seen for step in steps for seen in step.observed)
    return {id(seen) for seen in every if seen.party == party and seen.at > over}


def _pair(
    kind: Kind, name: str, was: Observed | None, now: Observed | None, at: int
) -> Iterator[Change]:
    if was and now:
        menu = list(_menu(announced(was.text), announced(now.text), now.step))
        yield from menu
        offers = list(_offers(was, now, kind)) if name == "quick replies" else []
        yield from offers
        if not menu and not offers:
            old, new = apart(was.text, now.text)
            text = f"the {name} {_be('was', name)} «{old}», now «{new}»"
            yield Change(kind, now.step, text, was.text, now.text)
    elif now:
        yield Change(
            kind,
            now.step,
            f"the {name} «{clip(now.text, 120)}» {_be('is', name)} new",
            "",
            now.text,
        )
    elif was:
        yield Change(
            kind, at, f"the {name} «{clip(was.text, 120)}» {_be('is', name)} gone", was.text, ""
        )


def _offers(was: Observed, now: Observed, kind: Kind) -> Iterator[Change]:
    """Quick replies one by one, as far as some came or went; the same in another order are not."""
    old, new = (dict.fromkeys(map(str, o.data.get("options") or ())) for o in (was, now))
    for text in [one for one in old if one not in new]:
        yield Change(kind, now.step, f"the quick reply «{clip(text, 120)}» is gone", text, "")
    for text in [one for one in new if one not in old]:
        yield Change(kind, now.step, f"the quick reply «{clip(text, 120)}» is new", "", text)


def _be(word: str, name: str) -> str:
    """`is` and `was` as the name needs them: quick replies are many."""
    return {"is": "are", "was": "were"}[word] if name.endswith(("replies", "words")) else word


def _menu(was: Mapping[str, str], now: Mapping[str, str], step: int) -> Iterator[Change]:
    """What its keys lead to, where both prompts are menus."""
    if not was or not now:
        return
    for key in sorted(was.keys() | now.keys()):
        if key not in now:
            yield Change("menu", step, f"menu option {key} «{was[key]}» is gone", was[key], "")
        elif key not in was:
            yield Change("menu", step, f"menu option {key} «{now[key]}» is new", "", now[key])
        elif lasting(was[key]) != lasting(now[key]):
            text = f"menu option {key} was «{was[key]}», now «{now[key]}»"
            yield Change("menu", step, text, was[key], now[key])


def _greeting(before: Sequence[StepRun], after: Sequence[StepRun], party: str) -> Iterator[Change]:
    was, now = _before_acting(before, party), _before_acting(after, party)
    if was and now - was >= 2 * BY:
        text = f"the greeting is {span(now - was)} longer ({span(now)}, was {span(was)})"
        yield Change("effort", 1, text)


def _before_acting(steps: Sequence[StepRun], party: str) -> float:
    """Seconds of prompts that a caller hears before there is something to press or say."""
    total = 0.0
    for seen in (o for step in steps for o in step.observed if o.party == party):
        if seen.what in _ACTS:
            return total
        total += seen.seconds if seen.what == "prompt" else 0.0
    return 0.0


def _requests(before: Sequence[StepRun], after: Sequence[StepRun]) -> Iterator[Change]:
    was, now = _asked(before), _asked(after)
    for key, (step, status) in now.items():
        if key not in was and was:
            yield Change("request", step, f"{key} is new (it answered {status})")
        elif key in was and was[key][1] != status:
            yield Change("request", step, f"{key} answered {status}, was {was[key][1]}")


def _asked(steps: Sequence[StepRun]) -> dict[str, tuple[int, str]]:
    """The status of each request, the worst where it was made several times."""
    found: dict[str, tuple[int, str]] = {}
    for seen in (o for step in steps for o in step.observed if o.what == "request"):
        path = lasting(urlsplit(str(seen.data.get("url", ""))).path)
        key = f"{seen.data.get('method', '')} {path}".strip()
        status = str(seen.data.get("status", "nothing"))
        if key and status >= found.get(key, (0, ""))[1]:
            found[key] = (seen.step, status)
    return found


def _rings(before: Sequence[StepRun], after: Sequence[StepRun]) -> Iterator[Change]:
    was = [o for step in before for o in step.observed if o.what == "rang"]
    now = [o for step in after for o in step.observed if o.what == "rang"]
    for old, new in zip(was, now, strict=False):
        if lasting(old.text) != lasting(new.text):
            text = f"the desk that rang was «{clip(old.text, 60)}», now «{clip(new.text, 60)}»"
            yield Change("ring", new.step, text)
        yield from _context(old, new)


def _context(old: Observed, new: Observed) -> Iterator[Change]:
    was, now = old.data.get("context") or {}, new.data.get("context") or {}
    for name in was:
        if name not in now:
            yield Change("ring", new.step, f"the desk was told the {name}, now it is not")


def _effort(run: Run, good: Run) -> Iterator[Change]:
    """A run that broke off cost less for that alone: then only what grew is told."""
    whole = run.verdict in ("passed", "degraded")
    for name in UNITS:
        was, now = good.measures.get(name, 0.0), run.measures.get(name, 0.0)
        if now == was or (now < was and not whole):
            continue
        if name in _MORE:
            more = "more" if now > was else "fewer"
            count, noun = int(abs(now - was)), _MORE[name]
            plural = "es" if noun.endswith("s") else "s"
            yield Change("effort", 0, f"{count} {more} {noun}{plural if count > 1 else ''}")
        elif name in MEASURED and name not in good.measures:
            continue  # nothing was there to be measured, or it was not measured yet
        elif UNITS[name] == "s" and abs(now - was) >= max(2 * BY, was / 4):
            label = name.replace("_", " ")
            yield Change("effort", 0, f"{label}: {figure(name, now)}, was {figure(name, was)}")


def _times(before: Sequence[StepRun], after: Sequence[StepRun]) -> Iterator[Change]:
    was = {step.index: step for step in before}
    for step in after:
        old = was.get(step.index)
        if old is None or (old.party, old.verb) != (step.party, step.verb):
            continue
        if step.verdict not in ("passed", "degraded"):
            continue  # how long we waited for what did not come says nothing
        if step.took > SLOWER * old.took and step.took - old.took >= BY:
            text = f"step {step.index}, {step.title}, took {span(step.took)}, was {span(old.took)}"
            yield Change("time", step.index, text)
