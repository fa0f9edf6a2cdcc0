"""Options that several commands share, and the workspace that they open."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from cxassure.workspace import Workspace

_F = TypeVar("_F", bound=Callable[..., Any])

STDOUT = "-"
"""The value of `--json` without a file."""


class _Duration(click.ParamType):  # type: ignore[type-arg]
    """`90s`, `5m`, `1m30s`."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        from cxassure.errors import Misread
        from cxassure.text import seconds

        try:
            if (length := seconds(str(value))) > 0:
                return length
            self.fail("no time at all is too short to look at anything", param, ctx)
        except Misread as misread:
            self.fail(f"{misread.what}; {misread.hint}", param, ctx)


DURATION = _Duration()


def root(command: _F) -> _F:
    """`-C DIR`: the workspace."""
    return click.option(
        "-C",
        "--root",
        type=click.Path(path_type=Path, file_okay=False, exists=True),
        default=Path(),
        help="The workspace's folder (default: here).",
    )(command)


def env(command: _F) -> _F:
    """`--env NAME`: which block of targets."""
    return click.option("--env", default="", help="Environment in cxassure.yaml.")(command)


def report_dir(command: _F) -> _F:
    """`--report-dir DIR`: where runs, incidents and reports are kept."""
    return click.option(
        "--report-dir",
        type=click.Path(path_type=Path, file_okay=False),
        help="Folder of runs and reports (default: reports).",
    )(command)


def as_json(command: _F) -> _F:
    """`--json`: the command's answer as JSON on stdout."""
    return click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")(command)


def json_to(command: _F) -> _F:
    """`--json [FILE]`: the command's answer as JSON in a file, or on stdout."""
    return click.option(
        "--json",
        "json_to",
        is_flag=False,
        flag_value=STDOUT,
        default=None,
        metavar="[FILE]",
        help="Write JSON to FILE, or to stdout.",
    )(command)


def answer(document: dict[str, Any], json_to: str) -> None:
    """Writes a JSON answer where `--json` said. Raises `OSError`."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    if json_to == STDOUT:
        click.echo(text)
    else:
        Path(json_to).write_text(text + "\n", "utf-8")


def _no_probe(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """`run --json probes/x.json` means to drive that probe, not to write over it."""
    path = Path(value or STDOUT)
    if path.is_file() and b'"cxassure.probe/' in path.read_bytes()[:200]:
        raise click.UsageError(f"{path} is a compiled probe; write what to run before --json")
    return value


def telling(command: _F) -> _F:
    """Where results of runs go, and how strictly they are judged."""
    for option in (
        click.option("--strict", is_flag=True, help="Degraded, flaky and unseen are failures."),
        click.option("--html", type=click.Path(path_type=Path), help="Also write the page here."),
        click.option(
            "--json",
            "json_to",
            is_flag=False,
            flag_value=STDOUT,
            default=None,
            metavar="[FILE]",
            callback=_no_probe,
            help="Write JSON to FILE, or to stdout.",
        ),
        click.option(
            "--allure",
            type=click.Path(path_type=Path, file_okay=False),
            help="Also write Allure results into this folder.",
        ),
        click.option("--ctrf", type=click.Path(path_type=Path), help="Also write CTRF JSON here."),
        click.option("--junit", type=click.Path(path_type=Path), help="Also write JUnit XML here."),
        click.option(
            "--report-dir",
            type=click.Path(path_type=Path, file_okay=False),
            help="Folder for runs and reports (default: reports).",
        ),
    ):
        command = option(command)
    return command


def running(command: _F) -> _F:
    """How runs are done."""
    for option in (
        click.option(
            "--release", help="What of the company is in place (default: CXASSURE_RELEASE)."
        ),
        click.option("--timeout", type=DURATION, help="Longest time for one run (90s, 5m)."),
        click.option(
            "--trace", is_flag=True, help="Keep full browser traces, but where a secret is in them."
        ),
        click.option("--fail-fast", is_flag=True, help="Start nothing more after a failure."),
        click.option(
            "--retry", type=click.IntRange(0, 10), default=0, help="Tries after a failure."
        ),
        click.option("--seed", type=int, help="Seed of generated people (default: drawn, shown)."),
        click.option("--workers", type=click.IntRange(1), help="Runs at once."),
        click.option("--row", "rows", multiple=True, help="Only these rows."),
        click.option("--tag", "tags", multiple=True, help="Only journeys with any of these tags."),
    ):
        command = option(command)
    return command


def again(root: Path, env: str = "", more: str = "") -> str:
    """The command that runs journeys of this workspace, to be followed by a journey's name.

    `more` is options as a shell reads them.
    """
    words = ["cxassure", "run"]
    words += ["-C", str(root)] if root != Path() else []
    words += ["--env", env] if env else []
    return " ".join(filter(None, [shlex.join(words), more]))


def count(number: int, noun: str) -> str:
    """`1 probe`, `2 probes`."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def open_workspace(
    root: Path,
    env: str = "",
    reports: Path | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Workspace:
    """The workspace at `root`; raises `SpecError` or `UsageError`."""
    from cxassure.workspace import Workspace

    return Workspace(root, env, reports, environ)
