"""What `cxassure.yaml` says: environments, their targets and secrets, folders, limits."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Literal
from urllib.parse import quote

import msgspec

from cxassure.errors import UsageError
from cxassure.incident import Alerts, Waiver
from cxassure.peak import Calendar, Window
from cxassure.readiness import Rules
from cxassure.text import Raw, fill, guess

DEMO = "demo"
"""The address that stands for the built-in company, started for the run."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be driven: its name, where it is, and the line or connector it is reached over.

    `address` may hold `${env.NAME}` and `${secret.name}`. `also` lists further origins that a
    journey may be led to (a payment provider). `options` belong to the channel (`number`, …).
    """

    name: str
    address: str
    over: str = ""
    also: tuple[str, ...] = ()
    options: dict[str, Raw] = {}


class SecretSource(msgspec.Struct, frozen=True, kw_only=True):
    """Where a secret is read: an environment variable or a file. The value is never kept here."""

    env: str = ""
    file: str = ""


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """A set of targets. `rehearsal` environments cost nothing; `spends` allows spending steps.

    `overridden` are the targets that are driven at another address than the one written.
    """

    name: str
    targets: dict[str, Target] = {}
    secrets: dict[str, SecretSource] = {}
    rehearsal: bool = False
    spends: bool = False
    overridden: tuple[str, ...] = ()


class MessageWindow(msgspec.Struct, frozen=True, kw_only=True):
    """What customers of `target` must be told all through `when`, and at no other time.

    `says` holds matchers; `when.journeys` are those in which it is looked for.
    """

    when: Window
    target: str
    says: dict[str, Raw]


class Announced(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a message is `due` at the instant `at` of a run; `told` says in words when it is."""

    window: MessageWindow
    due: bool
    at: str
    told: str


EvidenceKind = Literal["screenshot", "recording", "trace", "page", "exchange", "other"]


class Keep(msgspec.Struct, frozen=True, kw_only=True):
    """How long runs and their evidence are kept; what is not said sets no limit.

    `runs` and `failed` (of those that failed) are ages in seconds, `evidence` ages by its kind,
    `size` bytes and `count` runs in all.
    """

    runs: int | None = None
    failed: int | None = None
    evidence: dict[EvidenceKind, int] = {}
    size: int | None = None
    count: int | None = None


class Calls(msgspec.Struct, frozen=True, kw_only=True):
    """Guard rails for calls that ring real telephones.

    `allow` lists what may be dialled: E.164 numbers or SIP addresses, `*` for any further
    characters; without a pattern that fits nothing is. `longest` is in seconds a call; `per_run`
    and `per_day` (UTC) are ceilings of estimated cost in `currency`, `prices` a minute by prefix.
    With `masked` reports show the first and the last digits of a number only.
    """

    allow: tuple[str, ...] = ()
    at_once: int = 2
    longest: float = 600.0
    per_run: float = 1.0
    per_day: float = 10.0
    currency: str = "USD"
    prices: dict[str, float] = {}
    masked: bool = True


class StatusGroup(msgspec.Struct, frozen=True, kw_only=True):
    """What customers know as one thing: its name in their words, and the journeys that show it."""

    title: str
    journeys: tuple[str, ...]


class StatusPage(msgspec.Struct, frozen=True, kw_only=True):
    """The page that customers read: its title, and groups of journeys (names or globs)."""

    title: str = "Status"
    groups: tuple[StatusGroup, ...] = ()


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of `cxassure.yaml`; every key has a default, so an empty file is a workspace.

    Journeys with a tag of `on_request` are run only where they, or one of their tags, are named.
    """

    root: str = "."
    journeys: str = "journeys"
    probes: str = "probes"
    reports: str = "reports"
    environment: str = ""
    environments: dict[str, Environment] = {}
    workers: int = 0
    browser: str = ""
    on_request: tuple[str, ...] = ()
    within: float | None = None
    look_on: float = 5.0
    synthetic_header: str = "X-Synthetic-Test"
    every: str = ""
    calendar: Calendar = Calendar()
    message_windows: tuple[MessageWindow, ...] = ()
    readiness: Rules = Rules()
    waivers: tuple[Waiver, ...] = ()
    longest_waiver: int = 30 * 86400
    alerts: Alerts = Alerts()
    store: str = ""
    keep: Keep = Keep()
    status: StatusPage = StatusPage()
    calls: Calls = Calls()

    def choose(self, name: str = "") -> Environment:
        """The environment called `name`, else the default one; `UsageError` when there is none."""
        if not self.environments and not name:
            return Environment(name="default")
        wanted = name or self.environment or next(iter(self.environments))
        if wanted not in self.environments:
            raise UsageError(
                f"there is no environment «{wanted}» in cxassure.yaml",
                guess(wanted, self.environments),
            )
        return self.environments[wanted]


def override(target: Target, environ: Mapping[str, str] = os.environ) -> Target:
    """`target` with the address of `CXASSURE_TARGET_<NAME>` where that variable is set."""
    variable = "CXASSURE_TARGET_" + target.name.upper().replace("-", "_").replace(" ", "_")
    address = environ.get(variable)
    return msgspec.structs.replace(target, address=address) if address else target


def store_address(
    settings: Settings, environ: Mapping[str, str], reference: Callable[[str], str | None]
) -> str:
    """Where the shared store is, with `reference`s filled in; nothing where there is none.

    A reference that is a part of it is quoted: a password may hold any character.
    """
    written = environ.get("CXASSURE_STORE", settings.store)
    alone = written.startswith("${") and written.endswith("}") and written.count("${") == 1

    def value(name: str) -> str | None:
        found = reference(name)
        return found if alone or found is None else quote(found, safe="")

    return fill(written, value)
