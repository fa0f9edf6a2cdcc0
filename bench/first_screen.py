"""What a person on call reads first, for thirty faults: are all six questions answered?

Each fault's journey is driven with a company that is well, then with one that has the fault; the
first screen of its report, as text, is taken as it is printed. Some are heard on a real call over
SIP, in real time. `--quick` takes every sixth fault; `--only NAME` (repeatable) takes those;
`--keep FOLDER` leaves what was run; `--write` puts table and screens into docs/first-screens.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from cxassure.campaign import Running
from cxassure.company import started
from cxassure.demo.faults import FAULTS, Fault, on_the_line
from cxassure.report.answers import answers
from cxassure.report.cause import UNKNOWN
from cxassure.report.markdown import fenced, inert
from cxassure.report.text import failure
from cxassure.selection import Selection
from cxassure.workspace import Workspace

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "first-screens.md"
LINES, COLUMNS = 24, 100
WHOLE = re.compile(r" {4}(again|explain|runbook|page) ")
CHOSEN = (
    "product-page-error", "add-to-basket-does-nothing", "pay-times-out",
    "no-order-number", "slow-checkout", "pay-button-dead-on-phones",
    "bot-silent", "bot-answers-late", "bot-wrong-status", "bot-asks-again",
    "bot-shows-other-order", "handover-without-context", "socket-drops",
    "order-number-misread", "menu-options-swapped", "webhook-error",
    "twiml-malformed", "menu-has-changed",
    "call-drops-at-transfer", "desk-never-answers", "transfer-without-context",
    "bot-lacks-web-orders", "receipt-not-sent", "ivr-forgets-chat",
)  # fmt: skip
HEARD = (
    "line-busy", "garbled-audio", "dead-air-after-choice",
    "transfer-wrong-department", "agent-cannot-hear-caller", "drops-after-answer",
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
        """What is copied as it stands is never broken, so that it may be wider."""
        lines = [line for line in self.text.splitlines() if not WHOLE.match(line)]
        return len(self.text.splitlines()) <= LINES and max(map(len, lines)) <= COLUMNS

    @property
    def caused(self) -> bool:
        return all(said != UNKNOWN for _, said in self.said)


async def drive(journeys: tuple[str, ...], fault: Fault | None, reports: Path) -> Screen | None:
    """Runs `journeys` with that fault; the first screen of a run that came to its verdict."""
    workspace = Workspace(ROOT, reports=reports)
    starting = started([fault.name] if fault else [])
    company = await asyncio.to_thread(starting.__enter__)
    try:
        workspace.move_in(company.targets, company.secrets)
        ran = await workspace.run(workspace.select(Selection(journeys)), Running(workers=2))
    finally:
        await asyncio.to_thread(starting.__exit__, None, None, None)
    if not fault:
        return None
    run = next((run for run in ran.runs if run.verdict == fault.verdict), ran.runs[0])
    campaign = ran.campaign.folder.name
    context = replace(workspace.context(ran), page=f"reports/runs/{campaign}/index.html")
    said = tuple((one.label, one.said) for one in answers(run, context))
    return Screen(fault, failure(run, context), said)


async def screens(faults: list[Fault], kept: Path) -> list[Screen]:
    """The first screens of `faults`, each with one good run before it; what was run is in `kept`,
    a folder each."""
    found = []
    well = kept / "well"
    await drive(tuple(dict.fromkeys(fault.journey for fault in faults)), None, well)
    for fault in faults:
        mine = kept / f"{fault.channel}-{fault.name}"
        shutil.copytree(well, mine)
        if screen := await drive((fault.journey,), fault, mine):
            found.append(screen)
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
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    heard = [replace(on_the_line(name), channel="SIP") for name in HEARD]
    every = [fault for fault in FAULTS if fault.name in (asked.only or CHOSEN)]
    every += [fault for fault in heard if fault.name in (asked.only or HEARD)]
    with tempfile.TemporaryDirectory() as passing:
        kept = asked.keep or Path(passing)
        found = asyncio.run(screens(every[:: 6 if asked.quick else 1], kept))
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
