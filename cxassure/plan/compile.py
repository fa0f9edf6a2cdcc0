"""Journeys to probes: parties, promises and facts checked and filled in, one probe a row."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from cxassure import catalog, measures
from cxassure.errors import CxassureError, Misread, Problem
from cxassure.grammar import Grammar
from cxassure.journey import Journey, Places
from cxassure.library import Library
from cxassure.peak import cadence
from cxassure.plan.checks import Channel, bind
from cxassure.plan.findings import Enough, Findings
from cxassure.plan.references import Filling, Known, check, refers
from cxassure.plan.targets import Targets
from cxassure.plan.walk import TOP, TooLong, Walk
from cxassure.probe import FORMAT, Party, Probe, Promise, Step
from cxassure.settings import Settings
from cxassure.text import Raw, clip, guess, seconds

PROBE_STEPS = 100_000
"""Steps that all rows of a journey may come to."""
SETTINGS = Places("cxassure.yaml")
"""The settings where nobody knows how they are written."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What came of compiling: probes by journey's name and row as written, and every problem."""

    probes: list[Probe] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def compile(
    library: Library,
    settings: Settings,
    language: Callable[[str], Grammar] = catalog.language,
    places: Places = SETTINGS,
) -> Plan:
    """A probe for each row of each journey that has no problems. Raises nothing for bad journeys.

    `problems` are those found in compiling; those of reading are the library's. `places` are those
    of the settings, whose targets are held against the channels of the parties that name them.
    """
    plan = Plan()
    unreadable = {problem.place.path for problem in library.problems}
    compiler = _Compiler(
        library, Known(settings), language, Targets(settings, places), settings.every
    )
    for journey in sorted(library.journeys, key=lambda one: (one.name, one.places.path)):
        findings, through = Findings(), {journey.places.path}
        probes = compiler.probes(journey, findings, through)
        plan.problems.extend(findings.said.values())
        if not findings.said and not through & unreadable:
            plan.probes.extend(probes)
    plan.problems[:] = sorted({(p.place, p.what): p for p in reversed(plan.problems)}.values())
    return plan


@dataclass(slots=True)
class _Compiler:
    """What all journeys of a workspace share."""

    library: Library
    known: Known
    language: Callable[[str], Grammar]
    targets: Targets
    every: str = ""
    channels: dict[str, Channel | CxassureError] = field(default_factory=dict)

    def probes(self, journey: Journey, findings: Findings, through: set[str]) -> list[Probe]:
        shared: dict[Any, Step] | None = {} if len(journey.rows) > 1 else None
        made = []
        try:
            for row in journey.rows or ({},):
                one = _Row(self, journey, row, findings)
                made.append(one.probe(shared, through))
                if made[0].steps and len(journey.rows) * made[0].steps[-1].index > PROBE_STEPS:
                    raise TooLong
        except TooLong:
            what = f"«{journey.name}» comes to more steps than anybody waits for"
            with suppress(Enough):
                findings.say(journey.places.at("steps"), what, "split it, or use fewer rows")
        except Enough:
            return []
        return made

    def channel(self, name: str) -> Channel | CxassureError:
        """A channel by name, or why there is none."""
        if name not in self.channels:
            try:
                self.channels[name] = Channel(self.language(name))
            except CxassureError as wrong:
                self.channels[name] = wrong
        return self.channels[name]


class _Row:
    """One row of a journey under way to its probe."""

    def __init__(
        self, compiler: _Compiler, journey: Journey, row: dict[str, str], findings: Findings
    ) -> None:
        self.compiler, self.journey, self.row, self.findings = compiler, journey, row, findings
        self.filling = Filling(row, "row.")
        self.at = journey.places.at

    def probe(self, shared: dict[Any, Step] | None, through: set[str]) -> Probe:
        journey = self.journey
        parties, channels = self._parties()
        budget = self._budget()
        walk = Walk(
            self.compiler.known, self.compiler.library.fragments, channels, self.row,
            self.findings, budget, shared, through,
        )  # fmt: skip
        steps = walk.steps(journey.steps, {}, TOP)
        always = walk.steps(journey.always, walk.kept, TOP)
        return Probe(
            format=FORMAT,
            journey=journey.name,
            row=self.row.get("id", ""),
            severity=journey.severity,
            tags=journey.tags,
            budget=budget,
            source=journey.places.path,
            parties=parties,
            facts=self._facts(walk),
            promises=self._promises(),
            steps=steps,
            always=always,
            every=self._every(),
            **{key: self._early(getattr(journey, key), key) for key in _TEXTS},
        )

    def _every(self) -> str:
        """The journey's own cadence, else that of the workspace."""
        said = self._early(self.journey.every, "every")
        try:
            if said != self.journey.every:  # what holds no reference was looked at in reading
                cadence(said)
        except Misread as misread:
            self.findings.say(self.at("every"), misread.what, misread.hint)
        return said or self.compiler.every

    def _fill(self, raw: Raw, *keys: str | int, kept: Any = ()) -> Raw:
        """`raw` with row values in place, and the references that stay checked."""
        filled = self.filling.fill(raw)
        if filled is None:
            self.findings.say(self.at(*keys), "references swell this beyond all measure")
            return ""
        known = self.compiler.known
        check(filled, lambda n: known.wrong(n, kept, self.row), self.findings, self.at, *keys)
        return filled

    def _early(self, text: str, key: str) -> str:
        """A text of the probe itself, which nothing resolves later: only row values will do."""
        if "${" not in text:
            return text
        filled = self.filling.fill(text)
        if filled is None or refers(filled):
            known = ", ".join(f"${{row.{name}}}" for name in self.row)
            hint = f"write a row's value ({known})" if known else "write it out"
            self.findings.say(self.at(key), f"{key} cannot wait for the run to be known", hint)
        return str(filled)

    def _budget(self) -> float | None:
        text = self._early(self.journey.budget, "budget")
        try:
            return seconds(text) if text else None
        except Misread as misread:
            self.findings.misread(self.at("budget"), misread)
            return None

    def _parties(self) -> tuple[dict[str, Party], dict[str, Channel | None]]:
        parties: dict[str, Party] = {}
        channels: dict[str, Channel | None] = {}
        for name, spec in self.journey.parties.items():
            at = ("parties", name)
            channel, target, options = spec.channel, spec.target, spec.options
            if "${" in channel or "${" in target:
                channel = str(self._fill(channel, *at, "channel"))
                target = str(self._fill(target, *at, "target"))
            if options and refers(options):
                filled = self._fill(dict(options), *at)
                options = filled if isinstance(filled, dict) else {}
            channels[name] = self._channel(name, channel, target, options)
            parties[name] = Party(channel=channel, target=target, options=options)
        return parties, channels

    def _channel(
        self, name: str, channel: str, target: str, options: dict[str, Raw]
    ) -> Channel | None:
        at = ("parties", name)
        if target and target not in self.compiler.known.targets:
            hint = guess(target, self.compiler.known.targets) or "cxassure.yaml names no targets"
            self.findings.say(self.at(*at, "target"), f"unknown target «{clip(target, 60)}»", hint)
        found = self.compiler.channel(channel) if channel else None
        if isinstance(found, CxassureError):
            self.findings.say(self.at(*at, "channel"), found.what, found.hint)
            return None
        if found:
            self._options(found.grammar, options, *at)
            for problem in self.compiler.targets.problems(found.grammar, target):
                self.findings.say(problem.place, problem.what, problem.hint)
        return found

    def _options(self, grammar: Grammar, options: dict[str, Raw], *at: str) -> None:
        known = grammar.options.items
        for key in options:
            if key not in known:
                kind = f"option of channel {grammar.channel}"
                self.findings.unknown(
                    self.journey.places.key(*at, key), kind, key, [*known, "channel", "target"]
                )
                return
        try:
            if known:
                bind(grammar.options, options)
        except Misread as misread:
            option = f"{misread.where[0]}: " if misread.where else ""
            place = self.at(*at, *misread.where)
            self.findings.say(place, f"{option}{misread.what}", misread.hint)

    def _facts(self, walk: Walk) -> dict[str, str]:
        """Facts may refer to whatever is kept at any time: they count from then on."""
        facts = {}
        for label, text in self.journey.facts.items():
            if "${" in text:
                text = str(self._fill(text, "facts", label, kept=walk.kept))
            facts[label] = text
        return facts

    def _promises(self) -> dict[str, Promise]:
        made = {}
        for measure, limits in self.journey.promises.items():
            if measure not in measures.UNITS:
                place = self.journey.places.key("promises", measure)
                self.findings.unknown(place, "measure", measure, measures.UNITS)
            elif promise := self._promise(measure, limits):
                made[measure] = promise
        return made

    def _promise(self, measure: str, limits: dict[str, Raw]) -> Promise | None:
        """A limit and an aim: lengths of time for what is measured in seconds, else numbers."""
        usual = "within" if measures.UNITS[measure] == "s" else "at_most"
        values: dict[str, float] = {}
        for key, text in limits.items():
            key = key or usual
            if key not in _LIMITS:
                place = self.journey.places.key("promises", measure, key)
                self.findings.unknown(place, "limit", key, _LIMITS)
                return None
            try:
                values[key] = _limit(self._early_limit(text, measure), measure)
            except Misread as misread:
                self.findings.misread(self.at("promises", measure, key), misread)
                return None
        return self._ordered(values, measure)

    def _early_limit(self, text: Raw, measure: str) -> str:
        return str(self._fill(text, "promises", measure)) if refers(text) else str(text)

    def _ordered(self, values: dict[str, float], measure: str) -> Promise:
        most = min((values[key] for key in ("within", "at_most") if key in values), default=None)
        aim, at = values.get("aim"), ("promises", measure)
        if most is None and "at_least" not in values:
            hint = "write {within: …, aim: …} or {at_most: …}"
            self.findings.say(self.at(*at), f"«{measure}» is promised no limit", hint)
        elif aim is not None and most is not None and aim > most:
            what = f"the aim of «{measure}» is beyond its limit"
            self.findings.say(self.at(*at), what, "aim is the better of the two")
        return Promise(**values)


_TEXTS = ("title", "owner", "runbook")
_LIMITS = ("within", "at_most", "at_least", "aim")


def _limit(text: str, measure: str) -> float:
    """Raises `Misread`."""
    if measures.UNITS[measure] == "s":
        return seconds(text)
    if measure in measures.SCORES:
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
            raise Misread(f"«{clip(text, 40)}» is no number", "write it as 0.1")
        return float(text)
    if not text.isdecimal() or len(text) > 9:
        raise Misread(f"«{clip(text, 40)}» is no count", "write a whole number")
    return float(text)
