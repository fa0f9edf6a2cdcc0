"""What a step says to its channel, held against the channel's grammar."""

from __future__ import annotations

import re
from collections.abc import Callable

from cxassure.errors import Misread, Place
from cxassure.grammar import Facet, Grammar, Parameters, Type
from cxassure.journey import Keys, StepSpec
from cxassure.plan.findings import Findings
from cxassure.plan.references import refers
from cxassure.probe import Expectation, Keep
from cxassure.text import Raw, clip

At = Callable[..., Place]


class Channel:
    """A channel's grammar as the compiler asks it."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self.locators = grammar.locator_keys()

    def deed(self, spec: StepSpec, findings: Findings) -> None:
        """Says what is wrong with a step's verb and its argument."""
        party, verb, argument, key = spec.party, spec.verb, spec.argument, spec.key
        found = self.grammar.verbs.get(verb)
        if found is None:
            kind = f"verb of channel {self.grammar.channel}"
            findings.unknown(key(party, verb), kind, verb, self.grammar.verbs)
            return
        try:
            bind(found.parameters, argument, spec.refers)
        except Misread as misread:
            hint = misread.hint
            if argument == "":
                hint += '; a value that begins with # is quoted: "#"'
            findings.say(key(party, verb, *misread.where), f"{verb}: {misread.what}", hint)

    def expectations(
        self, raw: dict[str, Raw], findings: Findings, at: At, key: At, *keys: str | int
    ) -> tuple[Expectation, ...]:
        """Expectations as written, as the probe has them; says what is wrong with them."""
        made = []
        for name, asked in raw.items():
            facet = self.grammar.facets.get(name)
            if facet is None:
                kind = f"facet of channel {self.grammar.channel}"
                findings.unknown(key(*keys, name), kind, name, self.grammar.facets)
                continue
            try:
                made.append(self._expectation(facet, asked, findings, key, (*keys, name)))
            except Misread as misread:
                place = at(*keys, name, *misread.where)
                findings.say(place, f"{name}: {misread.what}", misread.hint)
        return tuple(made)

    def _expectation(
        self, facet: Facet, asked: Raw, findings: Findings, key: At, keys: Keys
    ) -> Expectation:
        given, must = facet.divide(asked)
        if facet.parameters.items:
            bind(facet.parameters, given)
        if not must:
            if facet.kind != "flag":
                raise Misread("nothing is expected of it", "write {contains: …} or a value")
            must = {"equals": "true"}
        for path, misread in facet.problems(must):
            hint = misread.hint
            if must.get(str(path[0])) == "":
                hint += "; a comma inside {} begins a new pair: quote a value that holds one"
            findings.say(key(*keys, *path), f"{facet.name}: {misread.what}", hint)
        return Expectation(facet=facet.name, given=given, must=must)

    def keep(self, raw: Raw) -> Keep:
        """How a value is kept. Raises `Misread` with the path of the part that is wrong."""
        if isinstance(raw, str):
            return self._from_facet(raw, {}, "")
        if isinstance(raw, list):
            raise Misread("one thing is kept, not a list", "write {facet: …, matches: …}")
        rest = dict(raw)
        matches = _pattern(rest.pop("matches", ""))
        if "facet" in rest:
            return self._from_facet(_one(rest.pop("facet"), "facet"), rest, matches)
        name = next(iter(rest), "")
        if len(rest) == 1 and self._names_facet(name, rest[name]):
            return self._from_inner(name, rest[name], matches)
        return self._from_locator(rest, matches)

    def _names_facet(self, name: str, inner: Raw) -> bool:
        """A word may be both facet and locator key; with a scalar behind it, it points."""
        points = isinstance(inner, str) and inner != "" and name in self.locators
        return name in self.grammar.facets and not points

    def _from_inner(self, name: str, inner: Raw, matches: str) -> Keep:
        """`{facet: {matches: …, parameter: …}}`, `{facet: ""}` or `{facet: first parameter}`."""
        given: dict[str, Raw] = {}
        if isinstance(inner, dict):
            given = dict(inner)
            matches = _pattern(given.pop("matches", matches))
        elif inner:
            first = next(iter(self.grammar.facets[name].parameters.items), None)
            if first is None:
                raise Misread("nothing can be given here", f'write {{{name}: ""}}', (name,))
            given = {first: inner}
        return self._from_facet(name, given, matches)

    def _from_facet(self, name: str, given: dict[str, Raw], matches: str) -> Keep:
        facet = self.grammar.facets.get(name)
        if facet is None:
            raise Misread(f"unknown facet «{clip(name, 60)}»", self._keepable())
        if given or any(p.required for p in facet.parameters.items.values()):
            bind(facet.parameters, given)
        return Keep(facet=name, given=given, matches=matches)

    def _from_locator(self, locator: dict[str, Raw], matches: str) -> Keep:
        if not locator:
            raise Misread("this says not what is kept", self._keepable())
        for key in locator:
            if key not in self.locators:
                raise Misread(f"«{clip(key, 60)}» is nothing to be kept", self._keepable(), (key,))
        if not refers(locator):
            self._locator_type(locator).read(locator)
        return Keep(locator=locator, matches=matches)

    def _locator_type(self, locator: dict[str, Raw]) -> Type:
        """The argument type that has these keys."""
        spoken = [verb.parameters for verb in self.grammar.verbs.values()]
        spoken += [facet.parameters for facet in self.grammar.facets.values()]
        types = [p.type for one in spoken for p in one.items.values() if p.type.keys]
        return next((t for t in types if locator.keys() <= t.keys), types[0])

    def _keepable(self) -> str:
        ways = ", ".join(sorted(self.grammar.facets))
        keys = ", ".join(sorted(self.locators))
        return f"keep a facet ({ways})" + (f" or point at a thing by {keys}" if keys else "")


def bind(parameters: Parameters, raw: Raw, may_refer: bool = True) -> None:
    """Reads `raw` as these parameters, but for what a reference stands in. Raises `Misread`."""
    for name, part in parameters.split(raw).items():
        if not (may_refer and refers(part)):
            try:
                parameters.items[name].type.read(part)
            except Misread as misread:
                where = (name, *misread.where)
                raise Misread(misread.what, misread.hint, where) from None


def _one(raw: Raw, name: str) -> str:
    if isinstance(raw, str):
        return raw
    raise Misread("a single value is expected here", where=(name,))


def _pattern(raw: Raw) -> str:
    """A pattern that compiles: it is used as it stands, so nothing may be left to fill in."""
    pattern = _one(raw, "matches")
    if refers(pattern):
        what = "a pattern cannot hold a value that is known only in the run"
        raise Misread(what, "keep more, or write it out", ("matches",))
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as wrong:
        what = f"«{clip(pattern, 60)}» is not a pattern: {wrong}"
        raise Misread(what, "patterns are Python's regular expressions", ("matches",)) from None
    return pattern
