"""The command line: a command a file, imported when it is asked for.

stdout is for data, stderr for talk. Exit codes: 0 as promised, 1 failed, 2 the command or the
journeys are wrong, 3 we could not look, 130 interrupted.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from cxassure import __version__

if TYPE_CHECKING:
    from cxassure.errors import Problem

COMMANDS = {
    "new": "Make a workspace with a first journey.",
    "check": "Read journeys and tell every problem.",
    "compile": "Write journeys down as probes, or check that they are up to date.",
    "run": "Drive journeys and tell how it went.",
    "menu": "Drive every path of a phone menu and tell it as a tree.",
    "record": "Keep a call as a cassette that replays offline; tell what a new call has otherwise.",
    "report": "Tell a stored run again.",
    "explain": "Tell a stored run whole: what broke, why, and what happened.",
    "compare": "Tell what is otherwise in one run than in another.",
    "again": "Drive a stored run once more, the same way.",
    "trend": "Tell CX figures over time, by channel, row or release.",
    "export": "Export runs as a table, for Prometheus, or as traces.",
    "digest": "Write what a week, or a peak, was like for customers.",
    "bundle": "Pack a stored run into one file for a ticket.",
    "schedule": "Run by the calendar, and write down what did not happen.",
    "peaks": "Tell the coming peaks and when it is looked.",
    "ready": "Decide whether we are ready for a peak: GO, CONDITIONAL or NO-GO.",
    "forecast": "Find the peaks that nobody wrote down in past traffic.",
    "incidents": "Tell what is wrong, who has it, and what could not be told.",
    "ack": "Take an incident: no more reminders.",
    "waive": "Bear a journey's failures until a day.",
    "deployed": "Mark a deployment, for pipelines.",
    "alert": "Send a marked test message to those who would be told.",
    "serve": "Serve the dashboard: what is broken now and everything round it.",
    "user": "Say who may look at the dashboard.",
    "status": "Write the status page for customers.",
    "store": "Look after what is kept: status, upgrade, prune, backup.",
    "calls": "Tell and end real calls that are still up.",
    "channels": "What can be said to and asked of each channel.",
    "schema": "JSON Schema of journey files, for editors.",
    "demo": "Run the sample journeys against the built-in company.",
    "doctor": "Look whether this machine has what runs need.",
}


class Commands(click.Group):
    """A group whose commands are modules beside this one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"{__name__}.{cmd_name}_command")
        command: click.Command = module.command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """A reader who has gone (`| head`) is no failed journey, for which click's 1 stands."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            from cxassure.errors import CannotLook

            raise CannotLook("standard output was closed before all was told") from None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS:
            from cxassure.text import guess

            raise click.UsageError(f"no such command «{args[0]}»; {guess(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table above, so that help imports no command."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="cxassure")
def group() -> None:
    """CX assurance: journeys in YAML, driven across web, chat, phone and transfer."""


def main(args: list[str] | None = None) -> None:
    """Runs the command line; every error of ours is told in words, never as a traceback."""
    from cxassure.errors import CxassureError, SpecError, UsageError

    try:
        code = group.main(args=args, prog_name="cxassure", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(2)
    except (SpecError, UsageError) as wrong:
        click.echo(str(wrong), err=True)
        if isinstance(wrong, SpecError):
            _annotate(wrong.problems)
        sys.exit(2)
    except CxassureError as wrong:
        click.echo(str(wrong), err=True)
        _drop_stdout()
        sys.exit(3)
    except OSError as wrong:
        told = f"{wrong.filename}: {wrong.strerror}" if wrong.filename else f"output: {wrong}"
        click.echo(f"{told}\n    hint: make room, or write somewhere else", err=True)
        _drop_stdout()
        sys.exit(3)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(130)


def _annotate(problems: Sequence[Problem]) -> None:
    """Notes for GitHub at the lines that are wrong, where its Actions run us."""
    if os.environ.get("GITHUB_ACTIONS") == "true":
        from cxassure.surfaces.cli.gating import annotate_problems

        annotate_problems(problems)


def _drop_stdout() -> None:
    """What a full or closed stdout did not take is let go: Python would stumble over it at exit."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
