"""What `cxassure.yaml` says: environments, their targets and secrets, folders, limits."""

from __future__ import annotations

import os
from collections.abc import Mapping

import msgspec

from cxassure.errors import UsageError
from cxassure.incident import Alerts, Waiver
from cxassure.peak import Calendar
from cxassure.readiness import Rules
from cxassure.text import Raw, guess

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
    """A set of targets. `rehearsal` environments cost nothing; `spends` allows spending steps."""

    name: str
    targets: dict[str, Target] = {}
    secrets: dict[str, SecretSource] = {}
    rehearsal: bool = False
    spends: bool = False


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of `cxassure.yaml`; every key has a default, so an empty file is a workspace."""

    root: str = "."
    journeys: str = "journeys"
    probes: str = "probes"
    reports: str = "reports"
    environment: str = ""
    environments: dict[str, Environment] = {}
    workers: int = 0
    browser: str = ""
    within: float | None = None
    look_on: float = 5.0
    synthetic_header: str = "X-Synthetic-Test"
    calendar: Calendar = Calendar()
    readiness: Rules = Rules()
    waivers: tuple[Waiver, ...] = ()
    alerts: Alerts = Alerts()

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
