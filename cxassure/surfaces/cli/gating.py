"""`run --gate`: what a pipeline is told, and whether it goes on."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from cxassure.errors import Problem, UsageError

_F = TypeVar("_F", bound=Callable[..., Any])
_OF_THE_GATE = ("baseline", "summary", "annotations", "codequality")


def options(command: _F) -> _F:
    """`--gate` and what belongs to it."""
    path = click.Path(path_type=Path, dir_okay=False)
    for option in (
        click.option("--codequality", type=path, help="Gate: write GitLab's code quality report."),
        click.option(
            "--annotations",
            type=click.Choice(["github", "none"]),
            help="Gate: notes at the lines of journeys (default: github in GitHub Actions).",
        ),
        click.option(
            "--summary",
            type=path,
            help="Gate: append a summary in Markdown (default: the job's in GitHub Actions).",
        ),
        click.option(
            "--baseline-days",
            type=click.IntRange(1),
            default=14,
            help="Gate: an older baseline counts as none (14).",
        ),
        click.option("--baseline", type=path, help="Gate: runs of the target branch, as JSON."),
        click.option("--gate", is_flag=True, help="Exit 1 only on what is worse than --baseline."),
    ):
        command = option(command)
    return command


def misused(how: Mapping[str, Any]) -> None:
    """Refuses the gate's options without the gate: they would silently do nothing."""
    asked = [f"--{name}" for name in _OF_THE_GATE if how.get(name) is not None]
    if asked and not how.get("gate"):
        raise UsageError(f"{', '.join(asked)} without --gate", "add --gate, or leave it out")


def in_actions(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether GitHub Actions reads what we print."""
    return environ.get("GITHUB_ACTIONS") == "true"


@contextlib.contextmanager
def deaf(err: bool = False) -> Iterator[None]:
    """While it lasts, GitHub obeys nothing that is printed: what a bot or page said is data.

    GitHub Actions, «Workflow commands», stopping and starting them.
    """
    if not in_actions():
        yield
        return
    token = secrets.token_hex(16)
    click.echo(f"::stop-commands::{token}", err=err)
    try:
        yield
    finally:
        click.echo(f"::{token}::", err=err)


def told(workspace: Any, ran: Any, context: Any, how: Mapping[str, Any]) -> tuple[Any, list[str]]:
    """The `Gate` of a campaign, and what could not be written of it."""
    from cxassure.report.gate import Baseline, judge, read

    now = datetime.now(UTC)
    path = how["baseline"]
    baseline = read(path, now, how["baseline_days"] * 86400) if path else Baseline()
    waivers = workspace.settings.waivers
    gate = judge(ran.runs, baseline, waivers, strict=how["strict"], now=now)
    for row in [*gate.having("worse"), *gate.having("borne")]:
        click.echo(f"{row.standing:7} {row.run.name}: {row.why}", err=True)
    click.echo(str(gate), err=True)
    return gate, _write(gate, ran, context, how, _prefix(workspace))


def _write(gate: Any, ran: Any, context: Any, how: Mapping[str, Any], prefix: str) -> list[str]:
    from cxassure.report import annotations
    from cxassure.report.gate.summary import summary

    troubles = []
    where = how["summary"] or os.environ.get("GITHUB_STEP_SUMMARY")
    if where and (how["summary"] or in_actions()):
        troubles += _put(Path(where), summary(gate, context, context.page), "a")
    if how["codequality"]:
        issues = annotations.gitlab(ran.runs, prefix)
        troubles += _put(how["codequality"], json.dumps(issues, indent=2) + "\n", "w")
    return troubles


def annotate(runs: Sequence[Any], workspace: Any, how: Mapping[str, Any], err: bool) -> None:
    """Prints the notes of runs, where GitHub reads them."""
    from cxassure.report import annotations

    if how["annotations"] == "github" or (how["annotations"] is None and in_actions()):
        found = list(annotations.notes(runs, _prefix(workspace)))
        click.echo("".join(f"{line}\n" for line in annotations.github(found)), nl=False, err=err)


def annotate_problems(problems: Sequence[Problem]) -> None:
    """In GitHub Actions, notes at the lines of journeys that cannot be read."""
    from cxassure.report import annotations

    if in_actions():
        found = list(annotations.of_problems(problems, _below(Path())))
        click.echo("".join(f"{line}\n" for line in annotations.github(found)), nl=False, err=True)


def _prefix(workspace: Any) -> str:
    return _below(Path(workspace.root))


def _below(folder: Path) -> str:
    """`folder` as seen from the repository's root, empty where they are the same."""
    top = Path(os.environ.get("GITHUB_WORKSPACE") or os.environ.get("CI_PROJECT_DIR") or ".")
    with contextlib.suppress(ValueError):
        below = folder.resolve().relative_to(top.resolve()).as_posix()
        return "" if below == "." else below
    return ""


def _put(path: Path, text: str, mode: str) -> list[str]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open(mode, encoding="utf-8") as file:
            file.write(text)
    except OSError as wrong:
        return [f"{path} could not be written: {wrong.strerror or wrong}"]
    return []
