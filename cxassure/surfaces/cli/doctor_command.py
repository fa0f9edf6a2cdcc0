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

from cxassure.company import GIVES
from cxassure.errors import CxassureError, SpecError
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
        yield Finding("settings", False, *_said(wrong))
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
        return Finding(what, False, *_said(wrong))
    except OSError as wrong:
        return Finding(what, False, f"{wrong.filename}: {wrong.strerror}", "choose --report-dir")


def _said(wrong: CxassureError) -> tuple[str, str]:
    """What is wrong in a line, and what to do about it."""
    if not isinstance(wrong, SpecError):
        return wrong.what, wrong.hint
    first, *others = wrong.problems
    more = f" (and {options.count(len(others), 'problem')} more)" if others else ""
    return f"{first.place}: {first.what}{more}", first.hint or "cxassure check tells them all"


def _browser() -> str:
    from cxassure.workspace import find_browser

    return str(find_browser())


def _channels() -> str:
    from cxassure import catalog

    return ", ".join(catalog.language(name).channel for name in catalog.channels())


def _secrets(workspace: Workspace) -> Iterator[Finding]:
    for name in sorted(workspace.environment.secrets):
        if workspace.needs_company and name in GIVES:
            yield Finding(f"secret.{name}", True, "set, or given by the built-in company")
        else:
            yield _look(f"secret.{name}", lambda name=name: _is_set(workspace, name))  # type: ignore[misc]


def _is_set(workspace: Workspace, name: str) -> str:
    workspace.secret(name)
    return "set"


def _writable(workspace: Workspace) -> str:
    """Tried in the nearest folder that is there, so that looking leaves nothing behind."""
    reports = workspace.store.reports.absolute()
    there = next(path for path in (reports, *reports.parents) if path.exists())
    with tempfile.TemporaryFile(dir=there):
        return f"{workspace.store.reports} can be written"
