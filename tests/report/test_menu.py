"""A menu told as a tree: a function of what is declared and what was heard."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxassure.events import Observed
from cxassure.journey import Places
from cxassure.menu import Desk, Escape, Menu, Node, paths
from cxassure.report.menu import announced, document, told, tree
from cxassure.run import Run, StepRun
from cxassure.verdict import Verdict

ZERO = Escape(name="zero", keys=(), way="press", said="0", hears="one moment")
MENU = Menu(
    name="line",
    places=Places("m.yaml"),
    target="line",
    title="The line",
    escapes=(ZERO,),
    root=Node(
        name="",
        keys=(),
        way="listen",
        hears="welcome",
        options=(
            Node(name="orders", keys=(), said="1", title="Orders", escapes=(), options=(
                Node(name="status", keys=(), said="1047352#"),
            )),
            Node(name="returns", keys=(), said="2"),
            Node(name="person", keys=(), said="9", person=Desk("desk")),
        ),
    ),
)  # fmt: skip
WELCOME = "Welcome. For orders, press 1. For returns press two. Press 9 to speak to a person."


def ran(name: str, *heard: str, verdict: Verdict = "passed") -> Run:
    """A run whose step n heard the nth text; the last has the run's verdict."""
    steps = [
        StepRun(index=n, at=n * 5.0, took=4.0, verdict=verdict if n == len(heard) else "passed",
                observed=[Observed(step=n, at=0, party="caller", channel="ivr", who="company",
                                   what="prompt", text=text)])
        for n, text in enumerate(heard, 1)
    ]  # fmt: skip
    return Run(id=name, journey=f"line-{name}", verdict=verdict, steps=steps)


ALL = [
    ran("orders-status", WELCOME, "your number", "on its way"),
    ran("returns", WELCOME, "30 days"),
    ran("person", WELCOME, "one moment"),
    ran("at-zero", WELCOME, "one moment"),
]


def test_every_leaf_and_every_way_out_is_a_path() -> None:
    names = [path.journey(MENU) for path in paths(MENU)]
    assert names == ["line-at-zero", "line-orders-status", "line-returns", "line-person"]


def test_a_place_has_its_keys_its_seconds_and_what_was_heard() -> None:
    root, orders, status, returns, person = tree(MENU, ALL).stops
    assert (root.keys, root.seconds, root.verdict, root.escapes) == (
        0, 9.0, "passed", {"zero": "passed"},
    )  # fmt: skip
    assert (orders.keys, orders.heard, orders.escapes) == (1, "your number", {})
    assert (status.path, status.keys, status.seconds) == ("orders → status", 9, 19.0)
    assert (returns.verdict, person.person) == ("passed", True)


def test_a_whole_menu_is_told_with_the_way_to_a_person() -> None:
    lines = told(tree(MENU, ALL))
    assert lines[0] == "line · 4 of 4 paths passed"
    assert lines[1].startswith("✓ The line") and "ways out: ✓ zero" in lines[1]
    assert "to a person: 1 key, 14.0 s, by person" in lines
    assert lines[-1] == "depth 2, 5 places, all reached"


def test_what_is_announced_and_not_declared_is_drift_and_the_other_way_round() -> None:
    other = WELCOME.replace("9 to", "5 for store hours, or press 8 to")
    found = tree(MENU, [ran("returns", other, "30 days")])
    assert found.drift == [
        "line: key 5 «store hours» is announced and not declared",
        "line: key 8 «speak to a person» is announced and not declared",
        "line: key 9 is declared and not announced",
    ]


def test_a_way_out_that_is_announced_is_declared() -> None:
    found = tree(MENU, [ran("returns", WELCOME + " For help, press 0.", "30 days")])
    assert found.drift == []


def test_what_nobody_got_to_look_at_is_not_reached() -> None:
    found = tree(MENU, [ran("returns", WELCOME, "wrong number", verdict="failed")])
    assert (found.looked, found.passed) == (1, 0)
    verdicts = {stop.path: stop.verdict for stop in found.stops}
    assert verdicts == {
        "line": "passed", "orders": None, "orders → status": None, "returns": "failed",
        "person": None,
    }  # fmt: skip
    assert told(found)[0] == "line · 0 of 4 paths passed, 3 not looked at"
    assert "not reached: orders; orders → status; returns; person" in told(found)[-1]


@pytest.mark.parametrize(
    ("prompt", "offered"),
    {
        "For your order, press 2.": {"2": "your order"},
        "Press one for English, press star to go back": {"1": "English", "*": "go back"},
        "To speak to a person press the pound key": {"#": "speak to a person"},
        "Press 5.": {"5": ""},
        "Press 12 now": {},
        "Your order will be pressed into 3 boxes": {},
    }.items(),
)
def test_offers_are_read_off_a_prompt(prompt: str, offered: dict[str, str]) -> None:
    assert announced(prompt) == offered


@given(st.text(max_size=200))
def test_any_prompt_is_read(prompt: str) -> None:
    assert all(key in "0123456789*#" for key in announced(f"for {prompt}, press 3"))
    announced(prompt)


def test_the_tree_is_told_to_scripts_too() -> None:
    made = document(tree(MENU, ALL))
    assert (made["menu"], made["paths"], made["drift"]) == ("line", 4, [])
    assert made["stops"][1]["announced"] == {}
