"""`cxassure demo`: the sample journeys against the built-in company, healthy or broken."""

from __future__ import annotations

import json
import os
import shlex
import signal
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import cxassure
from cxassure.errors import CannotLook
from cxassure.surfaces.cli import options, rehearsing

if TYPE_CHECKING:
    from cxassure.company import Company


@click.command("demo")
@click.option("--break", "broken", multiple=True, metavar="NAME", help="Switch a fault on.")
@click.option("--list-faults", is_flag=True, help="Tell what can be broken, by channel.")
@click.option("--serve", is_flag=True, help="Only start the company and tell where it is.")
@click.option("--journey", "journeys", multiple=True, help="Only these journeys.")
@options.running
@options.telling
@rehearsing.options
def command(
    broken: tuple[str, ...],
    list_faults: bool,
    serve: bool,
    journeys: tuple[str, ...],
    **how: Any,
) -> int:
    """Start the built-in company, run the sample journeys against it, and report.

    With --break NAME the company has that fault; the tool is not told which.
    """
    if list_faults:
        return _list(how["json_to"], "sip" in how["tags"])
    if serve:
        return _serve(broken, how["json_to"])
    return _run(broken, journeys, how)


def samples() -> Path:
    """The sample workspace: in the installed package, else the repository's root."""
    package = Path(cxassure.__file__).parent
    installed = package / "demo"
    return installed if (installed / "journeys").is_dir() else package.parent


def _run(broken: tuple[str, ...], journeys: tuple[str, ...], how: dict[str, Any]) -> int:
    from cxassure.selection import Selection

    reports = how["report_dir"] or Path("reports")
    workspace = options.open_workspace(samples(), reports=reports, environ=_own())
    probes = workspace.select(Selection(journeys, how["tags"], how["rows"]))
    switches = "".join(f" --break {name}" for name in broken)

    def again(more: str) -> str:
        return " ".join(filter(None, [f"cxassure demo{switches}", more, "--journey"]))

    return rehearsing.go(workspace, probes, how, again, broken)


def _own() -> dict[str, str]:
    """The environment without other addresses: the demo drives the company that it starts."""
    theirs = ("CXASSURE_TARGET_", "CXASSURE_SECRET_")
    return {name: value for name, value in os.environ.items() if not name.startswith(theirs)}


def _list(json_to: str | None, heard: bool) -> int:
    """The faults that the demo catches, or those that its real calls do."""
    from cxassure.demo.faults import CAUGHT_ON_THE_LINE, FAULTS, on_the_line

    rows = [_row(fault) for fault in (map(on_the_line, CAUGHT_ON_THE_LINE) if heard else FAULTS)]
    if json_to == options.STDOUT:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    elif json_to is not None:
        Path(json_to).write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
    else:
        click.echo(
            "\n".join(_lines(sorted(rows, key=lambda row: row["channel"]) if heard else rows))
        )
        if not heard:
            click.echo("what real calls catch: --list-faults --tag sip", err=True)
    return 0


def _row(fault: Any) -> dict[str, Any]:
    names = ("name", "number", "channel", "notice", "verdict", "journey", "step", "party")
    return {name: getattr(fault, name) for name in names}


def _lines(rows: list[dict[str, Any]]) -> Iterable[str]:
    for channel, faults in groupby(rows, key=lambda row: row["channel"]):
        yield channel
        for row in faults:
            yield f"  {row['name']:32} {row['verdict']:9} {row['notice']}"


def _serve(broken: tuple[str, ...], json_to: str | None) -> int:
    """Addresses to stdout in a form that a shell can read; until Ctrl-C."""
    from cxassure.company import started

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with started(broken) as company:
            click.echo(_doors(company, as_json=json_to is not None))
            click.echo(f"{company.name} is open; Ctrl-C closes it", err=True)
            assert company.process is not None
            company.process.wait()
    except KeyboardInterrupt:
        click.echo("closed", err=True)
        return 0
    raise CannotLook("the built-in company has ended by itself", "start it again")


def _doors(company: Company, as_json: bool) -> str:
    """Addresses and secrets as JSON, or as a shell reads them."""
    if as_json:
        told = {"company": company.name, "targets": company.targets, "secrets": company.secrets}
        return json.dumps(told)
    parts = (("TARGET", company.targets), ("SECRET", company.secrets))
    return "\n".join(
        f"export CXASSURE_{kind}_{_variable(name)}={shlex.quote(value)}"
        for kind, values in parts
        for name, value in values.items()
    )


def _variable(name: str) -> str:
    return name.upper().replace("-", "_")
