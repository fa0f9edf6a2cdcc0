"""Against peers that we did not write (sipp, Kamailio, baresip): scenario, expected, seen.

`--write` puts the tables into docs/peers.md. Each scenario is a test, in a folder of the suite.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "peers.md"
TESTS = ROOT / "tests" / "channels" / "telephony" / "sip"
PEERS = {
    "sipp": "test_sip_with_sipp.py",
    "Kamailio": "test_sip_through_kamailio.py",
    "baresip": "test_sip_with_baresip.py",
}


@dataclass
class Rows:
    """A plug-in that keeps what the tests of one file recorded: (scenario, expected, seen)."""

    rows: list[tuple[str, str, str]] = field(default_factory=list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        recorded = [value for key, value in report.user_properties if key == "row"]
        if report.when == "call":
            self.rows += recorded  # type: ignore[arg-type]
        if report.when == "call" and report.failed and not recorded:
            self.rows.append((report.nodeid.partition("::")[2], "it is played", "an error"))
        if report.skipped:
            why = report.longrepr[2] if isinstance(report.longrepr, tuple) else "skipped"
            self.rows.append((report.nodeid.partition("::")[2], "-", why))

    @property
    def wrong(self) -> list[str]:
        return [name for name, expected, seen in self.rows if expected != seen]


def played(file: str) -> Rows:
    """All scenarios of a peer, one after the other."""
    rows = Rows()
    options = ["-p", "no:cacheprovider", "-p", "no:terminal", "-k", "not page"]
    pytest.main([str(TESTS / file), *options], plugins=[rows])
    return rows


def table(rows: Rows) -> str:
    lines = ["| scenario | expected | seen |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(map(cell, row))} |" for row in rows.rows)])


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def write(peer: str, rows: Rows) -> None:
    """Puts a peer's table in place of the one that stands under its heading."""
    text = PAGE.read_text("utf-8")
    head, heading, rest = text.partition(f"\n## {peer}\n")
    assert heading, f"docs/peers.md has no heading «{peer}»"
    section, following, tail = rest.partition("\n## ")
    words = section.partition("| scenario |")[0]
    PAGE.write_text(f"{head}{heading}{words}{table(rows)}\n{following}{tail}", "utf-8")


def main() -> None:
    found = {}
    for peer, file in PEERS.items():
        rows = found[peer] = played(file)
        print(f"\n## {peer}\n\n{table(rows)}", flush=True)
        if "--write" in sys.argv:
            write(peer, rows)
    figures = {peer: {"rows": len(r.rows), "wrong": r.wrong} for peer, r in found.items()}
    print(json.dumps({"bench": "peers", "figures": figures}))


if __name__ == "__main__":
    main()
