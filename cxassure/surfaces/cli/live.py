"""Live progress on stderr: a table while a terminal watches, plain lines when none does."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from cxassure.events import AnyEvent, RunEnded, RunStarted, StepEnded, StepStarted
from cxassure.probe import Probe
from cxassure.report.tally import MARKS
from cxassure.text import clip, span
from cxassure.verdict import Verdict

if TYPE_CHECKING:
    from rich.table import Table

STYLES: dict[Verdict, str] = {
    "passed": "green",
    "degraded": "yellow",
    "failed": "bold red",
    "error": "magenta",
    "skipped": "dim",
    "missed": "magenta",
}


@contextlib.contextmanager
def progress(probes: Sequence[Probe]) -> Iterator[Callable[[str, AnyEvent], None]]:
    """A watcher for runs; what it draws is gone when the block is left."""
    if not sys.stderr.isatty():
        yield _plain
        return
    from rich.console import Console
    from rich.live import Live

    board = _Board(len(probes))
    with Live(
        get_renderable=board.table,
        console=Console(stderr=True),
        transient=True,
        refresh_per_second=8,
    ):
        yield board.watch


def _plain(name: str, event: AnyEvent) -> None:
    """One line for each run that has ended."""
    if isinstance(event, RunEnded):
        why = f": {clip(event.why, 160)}" if event.verdict != "passed" and event.why else ""
        print(
            f"{MARKS[event.verdict]} {name}  {event.verdict} in {span(event.wall)}{why}",
            file=sys.stderr,
            flush=True,
        )


class _Board:
    """What each run is doing now."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done: dict[Verdict, int] = {}
        self.rows: dict[str, list[str]] = {}
        self.began = time.monotonic()
        self.steps: dict[str, int] = {}

    def watch(self, name: str, event: AnyEvent) -> None:
        """Takes an event of the run `name`."""
        match event:
            case RunStarted():
                self.steps[name] = event.steps
                self.rows[name] = ["…", "opening"]
            case StepStarted() if event.verb:
                self.rows[name] = [
                    f"{event.index}/{max(self.steps[name], event.index)}",
                    f"{event.party} {event.verb}",
                ]
            case StepEnded() if event.verdict in ("failed", "error", "degraded"):
                self.rows[name][1] += f"  {MARKS[event.verdict]}"
            case RunEnded():
                self.rows.pop(name, None)
                self.done[event.verdict] = self.done.get(event.verdict, 0) + 1

    def table(self) -> Table:
        """The runs under way, and how many have ended how."""
        from rich.markup import escape
        from rich.table import Table

        ended = sum(self.done.values())
        counts = "  ".join(
            f"[{STYLES[v]}]{MARKS[v]} {n} {v}[/]" for v, n in sorted(self.done.items())
        )
        title = f"{ended} of {self.total} runs, {span(time.monotonic() - self.began)}  {counts}"
        table = Table(title=title, title_justify="left", box=None, show_header=False)
        for name, (step, doing) in list(self.rows.items()):
            table.add_row(escape(name), step, escape(doing))
        return table
