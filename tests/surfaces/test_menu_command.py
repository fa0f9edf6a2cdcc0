"""`menu` as somebody types it, against the built-in company's phone tree."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from counter import Counter

MENU = (Path(__file__).parents[2] / "journeys/phone/support-menu.yaml").read_text()
HOURS = MENU[MENU.index("  - press: 4") : MENU.index("  - press: 0")]
SETTINGS = """\
environments:
  here:
    rehearsal: true
    targets:
      support-line:
        {address: demo, over: twiml, number: "+15550199", auth_token: "${secret.twilio_token}"}
      billing-desk: {address: demo, over: twiml}
"""


@pytest.fixture
def line(empty: Counter) -> Counter:
    """A workspace with the built-in company's menu, and nothing else."""
    empty.write("cxassure.yaml", SETTINGS)
    empty.write("journeys/menu.yaml", MENU)
    return empty


def test_a_menu_is_told_as_a_tree(line: Counter) -> None:
    done = line.run("menu")
    assert done.code == 0, done.both
    told = done.out.splitlines()
    assert told[0] == "support-menu · 9 of 9 paths passed"
    assert "ways out: ✓ zero, ✓ agent, ✓ silence, ✓ nonsense" in told[1]
    assert any(row.startswith("✓     1047352# status") and "9 keys" in row for row in told)
    assert any(row.startswith("to a person: 1 key, ") for row in told)
    assert told[-1] == "depth 2, 7 places, all reached"
    assert "9 runs: 9 passed" in done.err


def test_what_the_line_offers_and_nobody_declared_is_drift(line: Counter) -> None:
    line.write("journeys/menu.yaml", MENU.replace(HOURS, ""))
    done = line.run("menu", "support-menu", "--strict", "--json")
    assert done.code == 1
    assert done.json["drift"] == [
        "support-menu: key 4 «opening hours» is announced and not declared"
    ]
    written = line.run("menu", "--json", "tree.json")
    assert (written.code, "drift: support-menu: key 4" in written.out) == (0, True)
    assert json.loads((line.root / "tree.json").read_text())["paths"] == 8


def test_a_menu_that_leads_elsewhere_fails(line: Counter) -> None:
    line.write("journeys/menu.yaml", MENU.replace("within 30 days", "within 60 days"))
    done = line.run("menu")
    assert done.code == 1
    assert "support-menu · 8 of 9 paths passed" in done.out
    assert "not reached: returns" in done.out
    assert "✗ support-menu-returns  failed at step 2 of 2" in done.err


def test_without_a_menu_it_says_how_one_is_written(counter: Counter) -> None:
    done = counter.ask("menu")
    assert (done.code, done.out) == (2, "")
    assert "docs/menus.md" in done.err


def test_an_unknown_menu_is_guessed(line: Counter) -> None:
    done = line.ask("menu", "suport-menu")
    assert done.code == 2
    assert "did you mean «support-menu»?" in done.err
