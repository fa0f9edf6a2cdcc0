"""`cxassure doctor`: whether this machine has what runs need, and what to type where it has not."""

from __future__ import annotations

import json
import platform
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cxassure.errors import CxassureError
from cxassure.surfaces.cli import options

if TYPE_CHECKING:
    from cxassure.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: `ok` false is trouble, `hint` what to do about it."""

    what: str
    ok: bool
    seen: str
    hint: str = ""


@click.command("doctor")
@options.root
@options.env
@options.as_json
def command(root: Path, env: str, as_json: bool) -> int:
    """Look at Python, browser, settings, secrets, folders; drives nothing."""
    found = list(_findings(root, env))
    if as_json:
        click.echo(json.dumps([asdict(f) for f in found], indent=2, ensure_ascii=False))
    else:
        for finding in found:
            click.echo(f"{'✓' if finding.ok else '✗'} {finding.what}: {finding.seen}")
            if finding.hint and not finding.ok:
                click.echo(f"    hint: {finding.hint}")
    return 0 if all(f.ok for f in found) else 3


def _findings(root: Path, env: str) -> Iterator[Finding]:
    yield Finding("python", True, platform.python_version())
    yield _look("browser", _browser)
    try:
        workspace = options.open_workspace(root, env)
    except CxassureError as wrong:
        yield Finding("settings", False, str(wrong).splitlines()[0], wrong.hint)
        return
    names = ", ".join(workspace.settings.environments) or "none"
    yield Finding("settings", True, f"environments: {names}; used: {workspace.environment.name}")
    yield _look("journeys", lambda: f"{len(workspace.plan().probes)} probes")
    yield _look("channels", _channels)
    yield from _secrets(workspace)
    yield _look("reports", lambda: _writable(workspace))


def _look(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, look())
    except CxassureError as wrong:
        return Finding(what, False, wrong.args[0].splitlines()[0], wrong.hint)
    except OSError as wrong:
        return Finding(what, False, f"{wrong.filename}: {wrong.strerror}", "choose --report-dir")


def _browser() -> str:
    from cxassure.workspace import find_browser

    return str(find_browser())


def _channels() -> str:
    from cxassure import catalog

    return ", ".join(catalog.language(name).channel for name in catalog.channels())


def _secrets(workspace: Workspace) -> Iterator[Finding]:
    for name in sorted(workspace.environment.secrets):
        if workspace.needs_company:
            yield Finding(f"secret.{name}", True, "set, or given by the built-in company")
        else:
            yield _look(f"secret.{name}", lambda name=name: _is_set(workspace, name))  # type: ignore[misc]


def _is_set(workspace: Workspace, name: str) -> str:
    workspace.secret(name)
    return "set"


def _writable(workspace: Workspace) -> str:
    reports = workspace.store.reports
    reports.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=reports):
        return f"{reports} can be written"
