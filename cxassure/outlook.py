"""What is to be told of peaks that come: readiness from the store's evidence, and forecasts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, structs

from cxassure.errors import CxassureError, UsageError
from cxassure.forecast import Forecast, Service, Traffic
from cxassure.peak import Peak, zone
from cxassure.probe import Probe, decode
from cxassure.readiness import Evidence, Load, Rules, Seen, Told
from cxassure.settings import DEMO, Environment, Settings
from cxassure.text import clip, fill, guess

if TYPE_CHECKING:
    from cxassure.store import Store
    from cxassure.store.reading import PastRun
    from cxassure.watch import Schedule

YEAR = timedelta(days=366)
RUNS = 20
"""Runs of a journey that are looked at, at least."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a workspace gives for it: `schedule` holds the calendar, `probes` compiles journeys."""

    settings: Settings
    environment: Environment
    schedule: Schedule
    store: Store
    probes: Callable[[], Sequence[Probe]]

    def ready(self, name: str, now: datetime, score: int | None = None) -> Told:
        """Decides about the peak `name`, keeps the decision, and tells what changed.

        Raises `UsageError` for a peak that is not written, `CannotLook` where the store cannot be
        read. `score` takes the place of that of the rules.
        """
        from cxassure.watch.choosing import chosen
        from cxassure.watch.readiness import decide, since

        peak = self.peak(name)
        self.store.look()
        rules = self.settings.readiness
        rules = rules if score is None else structs.replace(rules, score=score)
        probes = [probe for probe in self.probes() if chosen(peak.journeys, probe)]
        past = {probe.name: self._past(probe, rules) for probe in probes}
        self.store.look()  # what was guessed from this machine's files alone decides nothing
        start, end = self._coming(peak, now)
        evidence = Evidence(
            runs={probe.name: tuple(self._seen(past[probe.name], probe)) for probe in probes},
            tested=self._tested(peak, start, end, probes, past) if start and end else (),
        )
        decided = decide(peak, probes, evidence, self.settings.waivers, rules, now, start)
        today = now.astimezone(zone(peak.zone)).date()
        before = self.store.readiness_of(peak.name)
        earlier = [d for d in before if d.at.astimezone(zone(peak.zone)).date() < today]
        self.store.keep_readiness(decided)
        if not earlier:
            return Told(readiness=decided)
        last = max(earlier, key=lambda one: one.at)
        return Told(readiness=decided, earlier=last.at, changed=tuple(since(last, decided)))

    def peak(self, name: str) -> Peak:
        """The peak called `name`; `UsageError` with a guess when there is none."""
        known = {peak.name: peak for peak in self.settings.calendar.peaks}
        if name not in known:
            hint = guess(name, known) if known else "docs/calendar.md shows how to write peaks"
            raise UsageError(f"there is no peak «{clip(name, 60)}» in cxassure.yaml", hint)
        return known[name]

    def _coming(self, peak: Peak, now: datetime) -> tuple[datetime, datetime] | tuple[None, None]:
        """When it is next, or is now."""
        found = self.schedule.coming(now, now + YEAR)
        mine = [one.when for one in found if one.peak.name == peak.name and one.when.end > now]
        return (mine[0].start, mine[0].end) if mine else (None, None)

    # Evidence

    def _past(self, probe: Probe, rules: Rules) -> list[PastRun]:
        """The newest runs of a probe in each environment that is looked at."""
        most = max(need.passes for need in rules.needs.values()) if rules.needs else 1
        limit = max(RUNS, most + 1, rules.score + 1)
        places = rules.environments or (self.environment.name,)
        found = (self.store.history(probe.journey, probe.row, e, limit=limit) for e in places)
        return [past for runs in found for past in runs]

    def _seen(self, runs: Sequence[PastRun], probe: Probe) -> Iterable[Seen]:
        newest: set[str] = set()
        for past in runs:
            seen = Seen(
                at=past.started,
                verdict=past.verdict,
                place=past.env,
                flaky=past.flaky,
                why=past.why,
                took=past.took,
                wall=past.wall,
            )
            first = past.env not in newest
            newest.add(past.env)
            yield self._in_full(past, seen, probe) if first and past.good else seen

    def _in_full(self, past: PastRun, seen: Seen, probe: Probe) -> Seen:
        """The newest run is read itself; that of another machine is believed. A run whose lines
        are gone is evidence of nothing."""
        from cxassure.campaign import PROBE
        from cxassure.store.reading import read

        if self.store.elsewhere(past):
            counted = structs.replace(seen, unseen=past.unseen)
            unknown = "nobody counted what it could not see"
            return (
                counted if past.unseen >= 0 else structs.replace(seen, verdict="error", why=unknown)
            )
        folder = self.store.runs / past.campaign / past.folder
        try:
            run = read(folder).run
        except FileNotFoundError:
            return structs.replace(seen, verdict="error", why="its lines are gone from the store")
        outdated = _changed(folder / PROBE, probe)
        return structs.replace(seen, unseen=len(run.unseen), verdict=run.verdict, outdated=outdated)

    # Load

    def _tested(
        self,
        peak: Peak,
        start: datetime,
        end: datetime,
        probes: Sequence[Probe],
        past: Mapping[str, list[PastRun]],
    ) -> tuple[Load, ...]:
        """By channel, what was driven at once against what the kept forecast needs."""
        from cxassure.watch.forecast import needed

        told, where = self.store.last_forecast(), zone(peak.zone)
        if told is None or not told.enough:
            return ()
        days = start.astimezone(where).date(), (end - timedelta(seconds=1)).astimezone(where).date()
        wanted = needed(told, peak.uplift, *days)
        return tuple(
            Load(channel=channel, driven=at_once(_on(channel, probes, past)), needed=count)
            for channel, count in wanted.items()
        )

    # Forecasts

    def traffic(self, path: Path, zone_name: str) -> Traffic:
        """Hourly traffic in a CSV file. Raises `SpecError` with every problem, `Misread` for a
        zone that there is not."""
        from cxassure.watch.forecast import read

        return read(path, zone_name)

    def ask(
        self,
        name: str,
        query: str,
        since: datetime,
        until: datetime,
        zone_name: str,
        lookup: Callable[[str], str | None],
    ) -> Traffic:
        """Hourly traffic from the Prometheus that is listed as target `name`.

        `lookup` fills in `${env.…}` and `${secret.…}`. Raises `UsageError` for a target that the
        environment does not list, `CannotLook` when it does not answer.
        """
        from cxassure.watch.forecast import fetch

        zone(zone_name)
        target = self.environment.targets.get(name)
        if target is None or target.address == DEMO:
            what = f"there is no target «{clip(name, 60)}» in the environment"
            hint = guess(name, self.environment.targets)
            raise UsageError(what, hint or "list it: targets: {prometheus: {address: …}}")
        token = target.options.get("token", "")
        return fetch(
            fill(target.address, lookup),
            query,
            since,
            until,
            token=fill(token, lookup) if isinstance(token, str) else "",
            zone=zone_name,
        )

    def forecast(self, traffic: Traffic, service: Service, since: date, now: datetime) -> Forecast:
        """The forecast from traffic of the past, marked with what the calendar says already. It is
        kept, unless there was too little traffic to take the place of an earlier one."""
        from cxassure.watch.forecast import covered, forecast

        told = covered(forecast(traffic, service, since, now), self._written(since))
        if told.enough:
            self.store.keep_forecast(told)
        return told

    def _written(self, since: date) -> dict[str, list[tuple[date, date]]]:
        """The days on which each peak of the calendar is, for two years on."""
        begin = datetime(since.year, since.month, since.day, tzinfo=UTC)
        found: dict[str, list[tuple[date, date]]] = {}
        for one in self.schedule.coming(begin, begin + 2 * YEAR):
            where, last = zone(one.peak.zone), one.when.end - timedelta(seconds=1)
            days = one.when.start.astimezone(where).date(), last.astimezone(where).date()
            found.setdefault(one.peak.name, []).append(days)
        return found


def _changed(kept: Path, probe: Probe) -> bool:
    """Whether a run's own probe does or asks something else than `probe`; where none was kept
    nobody knows of a change."""
    try:
        before = decode(kept.read_bytes(), str(kept))
    except (OSError, CxassureError):
        return False
    return bool(_done(before) != _done(probe))


def _done(probe: Probe) -> Any:
    """What a probe does and asks, without where in a file it is written."""
    return _unplaced([structs.asdict(probe)[name] for name in _DOES])


def _unplaced(thing: Any) -> Any:
    if isinstance(thing, (list, tuple)):
        return [_unplaced(one) for one in thing]
    if isinstance(thing, Struct):
        return {k: _unplaced(v) for k, v in structs.asdict(thing).items() if k not in _WHERE}
    if isinstance(thing, dict):
        return {key: _unplaced(one) for key, one in thing.items()}
    return thing


_DOES = "parties facts promises steps always budget".split()
_WHERE = ("place", "via")


def at_once(runs: Iterable[PastRun]) -> int:
    """The most of the good `runs` that went on at one moment."""
    marks = [
        mark
        for run in runs
        if run.good
        for mark in ((run.started, 1), (run.started + timedelta(seconds=run.wall), -1))
    ]
    most = count = 0
    for _, step in sorted(marks):
        count += step
        most = max(most, count)
    return most


def _on(
    channel: str, probes: Sequence[Probe], past: Mapping[str, list[PastRun]]
) -> Iterable[PastRun]:
    for probe in probes:
        if any(party.channel == channel for party in probe.parties.values()):
            yield from past[probe.name]
