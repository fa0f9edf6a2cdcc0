"""Opening: each party of a probe gets a session on its channel, pointed at its target."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import msgspec

from cxassure.channel import Calling, Opening, Scope, Session
from cxassure.engine.references import NotKept, References
from cxassure.engine.stepping import Party
from cxassure.engine.stream import Emit, PutAway, Stream
from cxassure.errors import CannotLook, CxassureError, Misread
from cxassure.grammar import Grammar
from cxassure.probe import Party as PartyPlan
from cxassure.probe import Probe, Step, raw
from cxassure.settings import Announced, Environment, Target
from cxassure.text import Raw

_HOST = re.compile(r"(?:[a-z][a-z0-9+.-]*://|sips?:)([^/?#;]*)", re.IGNORECASE)
"""What an address (RFC 3986, 3.2; RFC 3261, 19.1) says of who signs in where."""


class OpenSession(Protocol):
    """Makes (does not open) the session of a party, and gives its grammar."""

    def __call__(self, opening: Opening) -> tuple[Session, Grammar]: ...


@dataclass(frozen=True, slots=True)
class Outside:
    """All that the engine knows of the world: open a session, emit an event, keep evidence."""

    open_session: OpenSession
    emit: Emit
    keep: PutAway


@dataclass(slots=True)
class Drive:
    """How one run is to be done. `secret(name)` raises `CannotLook` when there is no such one."""

    run_id: str
    environment: Environment
    secret: Callable[[str], str]
    campaign: Scope
    secrets: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    attempt: int = 1
    within: float | None = None
    look_on: float = 5.0
    timeout: float | None = None
    browser: str = ""
    synthetic_header: str = "X-Synthetic-Test"
    trace: bool = False
    rehearsed: datetime | None = None
    release: str = ""
    announced: Sequence[Announced] = ()
    calling: Calling | None = None
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)


@dataclass(slots=True)
class Opener:
    """Opens the parties of one run.

    `no_mask` is why secrets could not be kept in, if so; `at` the party being opened.
    """

    open_session: OpenSession
    how: Drive
    stream: Stream
    references: References
    run: Scope
    no_mask: CannotLook | None
    at: str = ""
    judges: frozenset[str] = frozenset()
    acts: tuple[tuple[str, str, Raw], ...] = ()
    """The party, the verb and the argument of each step."""

    def hosts(self, probe: Probe) -> dict[str, str]:
        """`host:port` of each party's target; left out where it cannot be told."""
        targets = self.how.environment.targets
        known = {n: targets[p.target] for n, p in probe.parties.items() if p.target in targets}
        found = {name: self._host(target) for name, target in known.items()}
        return {name: host for name, host in found.items() if host}

    def lines(self, probe: Probe) -> dict[str, str]:
        """Over what each party's target is reached, where it says so."""
        targets = self.how.environment.targets
        known = {n: targets[p.target] for n, p in probe.parties.items() if p.target in targets}
        return {name: target.over for name, target in known.items() if target.over}

    def _host(self, target: Target) -> str:
        try:
            address = self.references.text(target.address)
        except (CxassureError, NotKept):
            return ""
        found = _HOST.match(address.strip())
        return found[1].rpartition("@")[2].lower() if found else ""

    async def open(self, probe: Probe, parties: dict[str, Party]) -> None:
        """Fills `parties` one by one. Raises whatever keeps one from being opened."""
        self._allowed(probe)
        self.judges = frozenset(_judged(probe.every_step()))
        self.acts = tuple((s.party, s.verb, raw(s.argument)) for s in probe.every_step())
        for name, party in probe.parties.items():
            self.at = name
            await self._open_party(name, party, parties)

    def _allowed(self, probe: Probe) -> None:
        """Refuses before anything is spent or dialled."""
        if self.no_mask:
            raise self.no_mask
        if refused := refusal(probe, self.how.environment):
            raise refused

    async def _open_party(self, name: str, party: PartyPlan, parties: dict[str, Party]) -> None:
        target = self._target(name, party)
        opening = self._opening(name, party, target)
        session, grammar = self.open_session(opening)
        opening.observe = lambda seen: self.stream.observed(name, session, seen)
        parties[name] = Party(name, party.channel, session, grammar)
        options = self.references.resolve(raw(party.options))
        try:
            bound = grammar.options.bind(options) if grammar.options.items else {}
        except Misread as misread:
            raise CannotLook(misread.what, misread.hint) from None
        await session.open(**bound)

    def _target(self, name: str, party: PartyPlan) -> Target:
        targets = self.how.environment.targets
        if party.target not in targets:
            raise CannotLook(
                f"target «{party.target}» is not in environment «{self.how.environment.name}»",
                "add it to cxassure.yaml, or choose another --env",
            )
        return self._resolved(targets[party.target])

    def _resolved(self, target: Target) -> Target:
        options = self.references.resolve(raw(target.options))
        assert isinstance(options, dict)
        address = self.references.text(target.address)
        return msgspec.structs.replace(target, address=address, options=options)

    def _opening(self, name: str, party: PartyPlan, target: Target) -> Opening:
        how = self.how

        async def keep(evidence: str, data: bytes, media: str) -> None:
            await self.stream.keep(name, evidence, data, media)

        return Opening(
            party=name,
            channel=party.channel,
            target=target,
            targets=how.environment.targets,
            observe=lambda seen: None,
            keep=keep,
            finding=self.stream.finding,
            conceals=self.stream.mask.conceals,
            run=self.run,
            campaign=how.campaign,
            run_id=how.run_id,
            seed=how.seed,
            browser=how.browser,
            synthetic_header=how.synthetic_header,
            trace=how.trace,
            rehearsed=how.rehearsed,
            calling=how.calling,
            judges=self.judges,
            acts=tuple(one[1:] for one in self.acts if one[0] == name),
        )


def refusal(probe: Probe, environment: Environment) -> CannotLook | None:
    """Why `probe` is not begun in `environment`, whatever else is there; None where it may be."""
    spends = next((s for s in probe.every_step() if s.spends), None)
    if spends is None or environment.rehearsal or environment.spends:
        return None
    return CannotLook(
        f"step {spends.index} spends, and environment «{environment.name}» does not allow it",
        "set `spends: true` for the environment in cxassure.yaml, or choose --env",
    )


def _judged(steps: Iterable[Step]) -> Iterator[str]:
    """The facets that steps and their branches expect something of."""
    for step in steps:
        branches = [expectation for branch in step.one_of for expectation in branch.expect]
        yield from (expectation.facet for expectation in (*step.expect, *branches))
