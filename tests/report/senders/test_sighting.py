"""Runs become looks, looks an incident, and an incident words: the whole way without a network."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

sys.path.append(str(Path(__file__).parents[1]))

from sample import broken, gift_card

from cxassure.incident import WORDS, Account, Rules, State
from cxassure.report.context import Context, Past
from cxassure.report.senders import markdown, observe, plain, title
from cxassure.report.senders.conformance import HOSTILE, sample
from cxassure.report.senders.wording import inert
from cxassure.settings import Target
from cxassure.watch.incidents import decide

DESK = {
    "agent": Target(name="billing-desk", address="https://kim:pw@desk.example:8443/x", over="twiml")
}
NOW = datetime(2026, 11, 22, 3, 2, tzinfo=UTC)


def test_a_lost_context_is_a_look_with_its_cause_and_its_command() -> None:
    run = gift_card("mobile", lost=True)
    past = {run.id: Past(NOW - timedelta(hours=3))}
    context = Context(runs=(run,), past=past, page="reports/runs/x/index.html", now=NOW)
    seen = observe(run, context, DESK)
    assert seen.fault is not None
    assert (seen.fault.host, seen.fault.connector) == ("desk.example:8443", "agent.twiml")
    assert (seen.fault.step, seen.fault.group) == ("agent answer", "context")
    told = seen.account
    assert told.step == "step 6 of 7: agent answer → the context had no «order number»"
    assert told.expected == "order number = 1048213"
    assert told.customer.startswith("would be asked for the order number again")
    assert "lost the context" in told.cause
    assert told.again == "cxassure run gift-card-to-agent --row mobile"
    assert told.link == "reports/runs/x/index.html#step-6"
    assert told.last_good == NOW - timedelta(hours=3)


def test_a_run_that_passes_has_no_fault() -> None:
    seen = observe(gift_card(), Context(), DESK)
    assert (seen.verdict, seen.fault, seen.account) == ("passed", None, Account())


def test_journeys_that_fail_alike_are_one_incident_and_those_that_do_not_are_two() -> None:
    shop = {"shopper": Target(name="shop", address="https://shop.example")}

    def look(journey: str, page: str, code: str) -> object:
        run = broken("shopper", "web", "open", page, journey=journey, code=code, why=f"HTTP {code}")
        return observe(run, Context(runs=(run,)), shop)

    looks = [look("a", "/one", "503"), look("b", "/two", "503"), look("c", "/three", "404")]
    now = looks[0].at  # type: ignore[attr-defined]
    _, said = decide(State(), looks, Rules(otherwise=("ops",)), now)  # type: ignore[arg-type]
    assert [m.word for m in said] == ["opened"]
    assert [one.name for one in said[0].affected] == ["a", "b"]


def test_what_differs_from_run_to_run_is_the_same_trouble() -> None:
    groups = set()
    for number in ("1048213", "1048999"):
        why = f"order «{number}» took 3.2 s"
        run = broken("asker", "chat", "say", f"Where is {number}?", why=why)
        fault = observe(run, Context(runs=(run,)), {}).fault
        assert fault is not None
        groups.add((fault.step, fault.group))
    assert len(groups) == 1


def test_an_error_is_the_same_whatever_was_to_be_looked_at() -> None:
    faults = set()
    for journey, page in (("a", "/"), ("b", "/gift-cards")):
        run = broken(
            "shopper", "web", "open", page, journey=journey, verdict="error", why="no browser"
        )
        faults.add(observe(run, Context(runs=(run,)), {}).fault)
    assert len(faults) == 1


def test_a_message_tells_all_that_the_person_on_call_needs() -> None:
    assert title(sample()) == "✗ critical: gift-card[mobile] and 1 more fail"
    assert plain(sample()).splitlines() == [
        "journeys  gift-card[mobile] (from fra), buy (from fra)",
        "step      step 4 of 9: shopper click Pay now → page never had «Thank you»",
        "expected  page contains Thank you",
        "seen      an error page",
        "customer  would not get any further",
        "since     2026-11-27 10:00 UTC, for 12 min 0 s",
        "last good 2026-11-27 07:00 UTC",
        "cause     2 of 2 runs → web is broken for every journey",
        "deployed  shop 4.2, 4 min 0 s before it began",
        "owner     checkout",
        "runbook   https://runbooks.example/pay",
        "evidence  https://cx.example/runs/17#step-4",
        "again     cxassure run gift-card --row mobile",
        "incident  inc-1f",
    ]


def test_every_word_has_a_heading_of_its_own() -> None:
    headings = {title(sample(word=word, why="x")) for word in WORDS}
    assert len(headings) == len(WORDS)


@given(st.text() | st.just(HOSTILE))
def test_text_from_outside_is_read_only(text: str) -> None:
    said = inert(text)
    assert "\n" not in said
    assert len(said) <= 300
    for live in ("://", "<!", "<@", "@everyone", "@here", "\x1b", "\u202e"):
        assert live not in said


@given(st.text())
def test_in_markdown_text_from_outside_stays_in_its_code_span(text: str) -> None:
    account = Account(seen=text, step=text, expected=text)
    for line in markdown(sample(account=account)).splitlines():
        assert line.startswith("- **")
        assert line.count("`") == 2 or line.endswith(">")
