"""What a compiled probe that came from elsewhere says and this version does not know."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from cxassure import catalog, measures
from cxassure.errors import CxassureError, Place, Problem
from cxassure.grammar import Grammar
from cxassure.probe import Expectation, Probe, Step, raw
from cxassure.text import clip, guess

_NAME = re.compile(r"\w[\w-]{0,99}")

Said = tuple[str, str]
"""What is wrong, and a hint."""


def strange(
    probe: Probe, path: str, language: Callable[[str], Grammar] = catalog.language
) -> list[Problem]:
    """What would break in driving `probe`, read from `path`: a probe of another version, or one
    that somebody has edited. Empty for what this version compiles."""
    place = Place(path)
    said = chain(_itself(probe), _parties(probe, language))
    found = [Problem(place, what, hint) for what, hint in said]
    return found or [Problem(place, what, hint) for what, hint in _steps(probe, language)]


def _itself(probe: Probe) -> Iterator[Said]:
    for name in filter(None, (probe.journey or "?", probe.row)):
        if not _NAME.fullmatch(name):
            yield f"«{clip(name, 60)}» is no name for a journey or a row", ""
    if not probe.steps:
        yield "it has no steps, so nothing would be looked at", ""
    for name in probe.promises.keys() - measures.UNITS.keys():
        yield f"unknown measure «{clip(name, 60)}»", guess(name, measures.UNITS)


def _parties(probe: Probe, language: Callable[[str], Grammar]) -> Iterator[Said]:
    for name, party in probe.parties.items():
        try:
            language(party.channel)
        except CxassureError as wrong:
            yield f"party «{clip(name, 60)}»: {wrong.what}", wrong.hint
    for step in probe.every_step():
        if step.party not in probe.parties:
            yield f"{_where(step)}: nobody is «{clip(step.party, 60)}»", ""


def _steps(probe: Probe, language: Callable[[str], Grammar]) -> Iterator[Said]:
    for step in probe.every_step():
        grammar = language(probe.parties[step.party].channel)
        for what, hint in _step(step, grammar):
            yield f"{_where(step)}: {what}", hint


def _step(step: Step, grammar: Grammar) -> Iterator[Said]:
    if step.verb not in grammar.verbs:
        yield _unknown(f"verb of channel {grammar.channel}", step.verb, grammar.verbs)
    for one in chain(step.expect, step.until, *(branch.expect for branch in step.one_of)):
        yield from _expectation(one, grammar)
    for keep in step.keep.values():
        if keep.facet and keep.facet not in grammar.facets:
            yield _unknown(f"facet of channel {grammar.channel}", keep.facet, grammar.facets)


def _expectation(one: Expectation, grammar: Grammar) -> Iterator[Said]:
    facet = grammar.facets.get(one.facet)
    if facet is None:
        yield _unknown(f"facet of channel {grammar.channel}", one.facet, grammar.facets)
        return
    must = raw(one.must)
    assert isinstance(must, dict)
    for _, misread in facet.problems(must):
        yield f"{one.facet}: {misread.what}", misread.hint


def _unknown(kind: str, name: str, known: Iterable[str]) -> Said:
    return f"unknown {kind} «{clip(name, 60)}»", guess(name, known)


def _where(step: Step) -> str:
    return f"step {step.index}"
