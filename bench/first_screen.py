"""What a person on call reads first, for thirty faults: are all six questions answered?

Each fault's journey is driven with a company that is well, then with one that has the fault; the
first screen of its report, as text, is taken as it is printed. `--quick` takes every sixth fault;
`--only NAME` (repeatable) takes those; `--write` puts table and screens into docs/first-screens.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from cxassure.campaign import Running
from cxassure.company import started
from cxassure.demo.faults import FAULTS, Fault
from cxassure.report.answers import answers
from cxassure.report.cause import UNKNOWN
from cxassure.report.markdown import fenced, inert
from cxassure.report.text import failure
from cxassure.selection import Selection
from cxassure.workspace import Workspace

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "first-screens.md"
LINES, COLUMNS = 24, 100
CHOSEN = (
    "product-page-error", "add-to-basket-does-nothing", "basket-price-differs", "pay-times-out",
    "no-order-number", "slow-checkout", "pay-button-dead-on-phones",
    "bot-silent", "bot-answers-late", "bot-loops-fallback", "bot-wrong-status", "bot-asks-again",
    "handover-without-context", "socket-drops",
    "wrong-welcome", "menu-options-swapped", "invalid-key-hangs-up", "line-busy", "webhook-error",
    "twiml-malformed", "menu-has-changed",
    "call-drops-at-transfer", "desk-never-answers", "transfer-wrong-department",
    "transfer-without-context", "queue-beyond-promise",
    "bot-lacks-web-orders", "receipt-not-sent", "opening-hours-differ", "ivr-forgets-chat",
)  # fmt: skip


@dataclass(frozen=True)
class Screen:
    """The first screen of a fault: its `text` and the six answers as they stand in it."""

    fault: Fault
    text: str
    said: tuple[tuple[str, str], ...]

    @property
    def empty(self) -> list[str]:
        return [label for label, said in self.said if not said.strip()]

    @property
    def fits(self) -> bool:
        """A command is never broken, so that it may be wider."""
        lines = [line for line in self.text.splitlines() if "cxassure " not in line]
        return len(self.text.splitlines()) <= LINES and max(map(len, lines)) <= COLUMNS

    @property
    def caused(self) -> bool:
        return all(said != UNKNOWN for _, said in self.said)


async def drive(journeys: tuple[str, ...], faults: list[str], reports: Path) -> Screen | None:
    """Runs `journeys` with these faults; the worst run's first screen where there is one."""
    workspace = Workspace(ROOT, reports=reports)
    starting = started(faults)
    company = await asyncio.to_thread(starting.__enter__)
    try:
        workspace.move_in(company.targets, company.secrets)
        ran = await workspace.run(workspace.select(Selection(journeys)), Running(workers=2))
    finally:
        await asyncio.to_thread(starting.__exit__, None, None, None)
    if not faults:
        return None
    fault = next(one for one in FAULTS if one.name == faults[0])
    run = next((run for run in ran.runs if run.verdict == fault.verdict), ran.runs[0])
    campaign = ran.campaign.folder.name
    context = replace(workspace.context(ran), page=f"reports/runs/{campaign}/index.html")
    said = tuple((one.label, one.said) for one in answers(run, context))
    return Screen(fault, failure(run, context), said)


async def screens(faults: list[Fault]) -> list[Screen]:
    """The first screens of `faults`, each with one good run before it."""
    found = []
    with tempfile.TemporaryDirectory() as kept:
        well = Path(kept) / "well"
        await drive(tuple(dict.fromkeys(fault.journey for fault in faults)), [], well)
        for fault in faults:
            mine = Path(kept) / fault.name
            shutil.copytree(well, mine)
            if screen := await drive((fault.journey,), [fault.name], mine):
                found.append(screen)
            shutil.rmtree(mine)
    return found


def table(found: list[Screen]) -> Iterator[str]:
    """The six answers as printed, a row a fault."""
    yield "| fault | what broke | where | who is hurt | since when | probable cause | what next |"
    yield "|---|---|---|---|---|---|---|"
    for one in found:
        cells = [inert(said) or "**empty**" for _, said in one.said]
        yield f"| {one.fault.channel}: {one.fault.name} | {' | '.join(cells)} |"


def document(found: list[Screen]) -> str:
    """The page that holds them, to be made anew by `./cx bench first-screen --write`."""
    lines = [
        "# First screens",
        "",
        "What a person on call reads first, for thirty faults of the built-in company, each after",
        "one good run. Made by `./cx bench first-screen --write`; do not edit it by hand.",
        "",
        *table(found),
        "",
        "## As printed",
    ]
    for one in found:
        lines += ["", f"### {one.fault.name}", "", inert(one.fault.notice) + ":", ""]
        lines.append(fenced(one.text))
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    wanted = asked.only or CHOSEN[:: 6 if asked.quick else 1]
    found = asyncio.run(screens([fault for fault in FAULTS if fault.name in wanted]))
    print("\n".join(table(found)))
    for one in found:
        if one.empty or not one.fits:
            print(f"{one.fault.name}: empty {one.empty}, fits one screen: {one.fits}\n{one.text}")
    if asked.write:
        PAGE.write_text(document(found), "utf-8")
    figures = {
        "faults": len(found),
        "answers_empty": sum(len(one.empty) for one in found),
        "one_screen": sum(one.fits for one in found),
        "with_a_cause": sum(one.caused for one in found),
    }
    print(json.dumps({"bench": "first-screen", "figures": figures}))


if __name__ == "__main__":
    main()
