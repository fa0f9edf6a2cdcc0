"""The one place that puts the rooms together, and the Python API: a folder with journeys, probes,
reports and `cxassure.yaml`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from cxassure import dates, probe, retelling
from cxassure.errors import Problem, SpecError, UsageError
from cxassure.keyring import Keyring
from cxassure.probe import Probe
from cxassure.selection import Selection, filtered, named, once
from cxassure.settings import (
    DEMO,
    Announced,
    Environment,
    Settings,
    Target,
    override,
    store_address,
)

if TYPE_CHECKING:
    from cxassure.campaign import Ran, Running, Watcher
    from cxassure.channels._telephony.guard.estimate import Estimate
    from cxassure.channels._telephony.twilio.standing import LiveCalls
    from cxassure.incident import Waiver
    from cxassure.menu import Menu
    from cxassure.outlook import Outlook
    from cxassure.plan import Plan
    from cxassure.report.context import Context
    from cxassure.run import Run
    from cxassure.store import Campaign, Store
    from cxassure.store.incidents import Incidents
    from cxassure.store.ledger import Ledger
    from cxassure.watch import Messages, Schedule
    from cxassure.watch.incidents import Duty


class Workspace:
    """A folder. `addresses` and `secrets` of a started company fill in for `address: demo`."""

    def __init__(
        self,
        root: Path,
        env: str = "",
        reports: Path | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        from cxassure import spec

        self.root = root
        self.settings: Settings = spec.read_settings(root)
        self.environ = environ
        self._env, self._reports = env, reports
        self._addresses: Mapping[str, str] = {}
        self._secrets: Mapping[str, str] = {}
        self.environment: Environment = self._overridden(self.settings.choose(env))

    # What is written

    def plan(self, paths: Sequence[Path] = ()) -> Plan:
        """Reads and compiles `paths`, by default the journeys folder. Raises `SpecError`.

        Named journeys may use the fragments of the journeys folder.
        """
        from cxassure import plan, spec

        library = spec.read(self._with_fragments(paths) or [self._folder()], self.root)
        planned = plan.compile(library, self.settings, places=spec.settings_places(self.root))
        problems = [*library.problems, *planned.problems]
        if problems:
            raise SpecError(problems)
        return planned

    def write_probes(self, probes: Sequence[Probe], *, prune: bool = True) -> list[Path]:
        """Writes `probes` to the probes folder; gives the files that changed.

        Probes that no journey compiles to go, unless `prune` is off (`probes` are only some).
        """
        from cxassure import plan

        return plan.write(probes, self.probes, prune=prune)

    def stale_probes(self, probes: Sequence[Probe], *, prune: bool = True) -> list[str]:
        """In what the probes folder differs from `probes`, a line each; empty when in nothing."""
        from cxassure import plan

        return plan.compare(probes, self.probes, prune=prune)

    def menus(self) -> dict[str, Menu]:
        """The phone menus of the journeys folder, by name. Raises `SpecError`."""
        from cxassure import spec

        library = spec.read([self._folder()], self.root)
        if library.problems:
            raise SpecError(library.problems)
        return library.menus

    def is_fragment(self, path: Path) -> bool:
        """Whether a file holds a fragment, and nothing that is wrong."""
        from cxassure import spec

        library = spec.read([path], self.root)
        return bool(library.fragments) and not library.problems

    @property
    def journeys(self) -> Path:
        return self.root / self.settings.journeys

    def _folder(self) -> Path:
        """The journeys folder; `UsageError` where there is none yet."""
        if not self.journeys.exists():
            raise UsageError(
                f"there are no journeys: no folder {self.journeys}",
                "cxassure new DIR makes a workspace with a first journey; -C DIR names one",
            )
        return self.journeys

    @property
    def probes(self) -> Path:
        return self.root / self.settings.probes

    @cached_property
    def store(self) -> Store:
        """What is kept. Raises `CannotLook` where a secret of its address is not set."""
        from cxassure.store import Store

        address = store_address(self.settings, self.environ, self.reference)
        return Store(self._reports or self.root / self.settings.reports, address)

    def select(self, selection: Selection) -> list[Probe]:
        """The probes of a selection; `UsageError` when any part of it matches nothing."""
        compiled = [s for s in selection.selectors if s.endswith(".json")]
        written = [Path(s) for s in selection.selectors if s.endswith((".yaml", ".yml"))]
        names = [s for s in selection.selectors if s not in compiled and Path(s) not in written]
        found = [_decoded(Path(path)) for path in compiled]
        if written:
            found += self.plan(written).probes
        if names or not selection.selectors:
            found += named(self.plan().probes, names)
        if not selection.selectors and not selection.tags:
            found = [p for p in found if not set(p.tags) & set(self.settings.on_request)]
        return filtered(once(found), selection)

    def _with_fragments(self, written: Sequence[Path]) -> list[Path]:
        """Named files, and the fragments of the journeys folder that they may use."""
        for path in written:
            if not path.exists():
                raise UsageError(f"there is no file {path}", "selectors are names, globs or files")
        from cxassure import spec

        if not written or not self.journeys.is_dir():
            return list(written)
        fragments = spec.read([self.journeys], self.root).fragments.values()
        paths = {self.root / fragment.places.path for fragment in fragments}
        return [*written, *sorted(paths - {path.absolute() for path in written} - set(written))]

    # Where things are

    @property
    def needs_company(self) -> bool:
        """Whether any target stands for the built-in company."""
        return any(t.address == DEMO for t in self.environment.targets.values())

    def move_in(self, addresses: Mapping[str, str], secrets: Mapping[str, str]) -> None:
        """The built-in company was started: its addresses take the place of `demo`."""
        self._addresses, self._secrets = addresses, secrets
        targets = {n: self._settled(t) for n, t in self.environment.targets.items()}
        self.environment = msgspec.structs.replace(self.environment, targets=targets)

    def afresh(self) -> Workspace:
        """The same folder, read anew. Raises `SpecError`, `UsageError`."""
        made = Workspace(self.root, self._env, self._reports, self.environ)
        made.move_in(self._addresses, self._secrets)
        return made

    def _settled(self, target: Target) -> Target:
        if target.address != DEMO or target.name not in self._addresses:
            return target
        return msgspec.structs.replace(target, address=self._addresses[target.name])

    def _overridden(self, environment: Environment) -> Environment:
        targets = {n: override(t, self.environ) for n, t in environment.targets.items()}
        other = tuple(n for n, t in environment.targets.items() if t != targets[n])
        return msgspec.structs.replace(environment, targets=targets, overridden=other)

    @property
    def keyring(self) -> Keyring:
        """Where secrets are read."""
        return Keyring(self.root, self.environment, self.environ, self._secrets)

    def secret(self, name: str) -> str:
        """The value of `${secret.name}`. Raises `CannotLook` that says where it was looked for."""
        return self.keyring.secret(name)

    def reference(self, name: str) -> str | None:
        """The value of `${secret.name}` or `${env.name}`; None for a reference of another kind."""
        return self.keyring.reference(name)

    def probe_of(self, run: Run) -> Probe:
        """The probe that a stored run was made of. Raises `UsageError` where it was not kept."""
        return _decoded(retelling.probe_path(self.store, run))

    def unfit(self) -> list[Problem]:
        """Recipients of alerts who can never be told as they are written, whatever their secrets
        are. No secret is read."""
        if not (known := self.settings.alerts.recipients):
            return []
        from cxassure.report.senders import unfit
        from cxassure.spec import settings_place

        found = {name: unfit(one) for name, one in known.items()}
        return [
            Problem(settings_place(self.root, "alerts", "to", name), wrong.what, wrong.hint)
            for name, wrong in found.items()
            if wrong
        ]

    # When it is looked

    def schedule(self, probes: Sequence[Probe] | None = None) -> Schedule:
        """The calendar and the probes that it is about, by default those of the journeys.

        Raises `SpecError`.
        """
        from cxassure import watch

        calendar = dates.calendar(self.settings, self.environment, self.root)
        return watch.Schedule(calendar, self.plan().probes if probes is None else probes)

    def compiled(self) -> list[Probe]:
        """What the probes folder holds; no journey is read. Raises `UsageError`, `SpecError`."""
        found = [_decoded(path) for path in sorted(self.probes.glob("*.json"))]
        if not found:
            hint = "write them: cxassure compile"
            raise UsageError(f"there are no compiled probes in {self.probes}", hint)
        return found

    def ledger(self) -> Ledger:
        """What was due and what became of it. Raises `CannotLook` where it cannot be kept."""
        from cxassure.store.ledger import Ledger

        url = self.store.url
        return Ledger(self.store.reports, url, self.environment.name if url else "")

    def duty(self) -> Duty[Incidents]:
        """What is known of incidents, and the rules that decide. Raises `CannotLook`."""
        from cxassure.store.incidents import Incidents
        from cxassure.watch.incidents import Duty

        self.store.reports.mkdir(parents=True, exist_ok=True)
        kept = Incidents(self.store.url or f"sqlite:///{self.store.reports / 'incidents.db'}")
        return Duty(kept, self.settings.alerts.rules)

    def outlook(self) -> Outlook:
        """Readiness for the peaks of the calendar, and forecasts of peaks."""
        from cxassure import watch
        from cxassure.outlook import Outlook

        calendar = dates.calendar(self.settings, self.environment, self.root)
        schedule = watch.Schedule(calendar, ())
        probes = (lambda: self.plan().probes) if self.journeys.exists() else list
        return Outlook(self.settings, self.environment, schedule, self.store, probes)

    def fetch_calendars(self) -> list[Path]:
        """Fetches the calendars that the settings give addresses of, and says where copies are."""
        return dates.fetch(self.settings, self.root, self.secret)

    def messages(self) -> Messages:
        """The message windows and what is due in them. Raises `SpecError`."""
        return dates.messages(self.settings, self.root)

    def instant(self, wall: datetime, zone_name: str = "") -> tuple[datetime, str]:
        """The instant that is rehearsed by `wall`, in its zone, and what is to be said of it: of a
        wall time that does not exist, or comes twice.

        The zone is by default the offset of `wall`, else that of the calendar. Raises `Misread`.
        """
        from cxassure.watch import settled

        return settled(wall, zone_name, self.settings.calendar.zone)

    def _quiet(self, document: Probe) -> str:
        return dates.quiet(self.settings, self.environment, self.root, document)

    def waive(self, given: Mapping[str, str]) -> Waiver:
        """Adds to `waivers:` what `given` (journeys, owner, reason, until) says; the settings of
        this workspace stay. Raises `UsageError`, `SpecError`; then nothing is changed."""
        from cxassure.spec.waiving import waive

        return waive(self.root, given)

    def live_calls(self) -> LiveCalls:
        """Real calls that are written down."""
        from cxassure.campaign import CALLS
        from cxassure.channels._telephony.twilio.standing import LiveCalls

        return LiveCalls(self.store.reports / CALLS, self.environment.targets, self.reference)

    def calls_of(self, document: Probe) -> list[Estimate]:
        """The real calls that a probe would place or take, and what each may cost."""
        from cxassure.channels._telephony.guard.estimate import estimate

        return estimate(document, self.environment.targets, self.settings.calls)

    def shown(self, target: Target) -> str:
        """A target's address, a number that is masked in reports without its middle."""
        from cxassure.channels._telephony.guard.estimate import shown

        return shown(target, self.settings.calls)

    # Running

    async def run(
        self,
        probes: Sequence[Probe],
        how: Running,
        watchers: Sequence[Watcher] = (),
        kept: Campaign | None = None,
    ) -> Ran:
        """Drives `probes` at once as far as the machine bears; every one started gives a run.

        `kept` is where the runs are put, a new campaign by default. Raises `UsageError` for a
        rehearsed date that cannot be carried to the company, `SpecError` for messages of which
        cannot be said when they are due.
        """
        from cxassure.campaign import Campaigning, Grounds, refuse_to_rehearse

        if how.rehearsed:
            refuse_to_rehearse(probes, self.environment)
        grounds = Grounds(
            self.settings,
            self.environment,
            self.secret,
            self.keyring.sayable(probes),
            self.environ,
            self.store,
            self.messages().announced if self.settings.message_windows else _nothing,
            self._quiet,
        )
        return await Campaigning(grounds, probes, how, watchers, kept).go()

    def context(self, ran: Ran, again: str = "cxassure run") -> Context:
        """What a report says beside the runs themselves: the past, folders, the page's path.

        `again` is the command that drives a journey, named after it, once more.
        """
        return self.context_of(ran.runs, ran.folders, ran.campaign.folder, again)

    def context_of(
        self,
        runs: Sequence[Run],
        folders: Mapping[str, Path],
        campaign: Path,
        again: str = "cxassure run",
    ) -> Context:
        """`context` for runs that are told again; `campaign` is the folder of their page."""
        return retelling.context_of(self.store, runs, folders, campaign, again)


def _nothing(document: Probe, at: datetime | None) -> Sequence[Announced]:
    """What is announced where nothing ever is."""
    return ()


def journey_schema() -> dict[str, Any]:
    """JSON Schema of journey files, from the grammars of all channels."""
    from cxassure import plan

    return plan.schema()


def find_browser(setting: str = "") -> Path:
    """The browser that web journeys would use. Raises `CannotLook` that says what to type."""
    from cxassure.channels._browser.finding import find

    return find(setting)


def _decoded(path: Path) -> Probe:
    """A compiled probe that says nothing which this version does not know."""
    from cxassure.plan import strange

    try:
        document = probe.decode(path.read_bytes(), str(path))
    except OSError as wrong:
        raise UsageError(f"{path} cannot be read: {wrong.strerror}") from None
    if problems := strange(document, str(path)):
        raise SpecError(problems)
    return document
