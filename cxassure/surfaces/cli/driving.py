"""Running probes from the command line: the company if it is wanted, progress, the telling."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator, Sequence
from typing import Any

import click

from cxassure.campaign import Ran, Running
from cxassure.company import started
from cxassure.probe import Probe
from cxassure.surfaces.cli.gating import annotate, deaf
from cxassure.surfaces.cli.live import progress
from cxassure.surfaces.cli.options import STDOUT
from cxassure.surfaces.cli.telling import tell
from cxassure.workspace import Workspace


def go(
    workspace: Workspace, probes: Sequence[Probe], how: dict[str, Any], broken: Sequence[str] = ()
) -> int:
    """Drives `probes` and tells how it went; gives the exit code."""
    running = Running(
        workers=how["workers"] or 0,
        seed=how["seed"],
        retry=how["retry"],
        fail_fast=how["fail_fast"],
        timeout=how["timeout"],
        trace=how["trace"],
        rehearsed=how.get("rehearsed"),
        release=how.get("release") or "",
    )
    to_stdout = how["json_to"] == STDOUT
    with deaf(err=to_stdout) if how.get("gate") else contextlib.nullcontext():
        with company(workspace, broken), progress(probes) as watcher:
            ran = asyncio.run(_interruptible(workspace, probes, running, watcher))
        found = tell(workspace, ran, how)
    if how.get("gate"):
        annotate(ran.runs, workspace, how, err=to_stdout)
    return found


@contextlib.contextmanager
def company(workspace: Workspace, broken: Sequence[str]) -> Iterator[None]:
    """The built-in company for as long as the run takes, where a target asks for it."""
    if not workspace.needs_company:
        yield
        return
    with started(broken) as company:
        workspace.move_in(company.targets, company.secrets)
        yield


async def _interruptible(
    workspace: Workspace, probes: Sequence[Probe], running: Running, watcher: Any
) -> Ran:
    """The first Ctrl-C or SIGTERM ends runs in good order; the second one is not waited for."""
    task = asyncio.ensure_future(workspace.run(probes, running, [watcher]))
    loop = asyncio.get_running_loop()

    def stop() -> None:
        click.echo("stopping: calls and browsers are being closed", err=True)
        task.cancel()
        for sign in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(sign)

    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stop)
    return await task
