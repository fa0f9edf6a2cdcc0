"""The written report: what broke and for how long, what was missed, how readiness held."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxassure.channels._browser.printing import printed
from cxassure.errors import CannotLook
from cxassure.incident import Deploy
from cxassure.peak import Slot
from cxassure.readiness import Readiness
from cxassure.report.written import Digest, Foretold, Material, digest, outages, telling

START = datetime(2026, 11, 16, tzinfo=UTC)
HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Row:
    """A row of history, as a store gives it."""

    started: datetime = START
    verdict: str = "passed"
    why: str = ""
    id: str = "c/pay"
    journey: str = "pay"
    row: str = ""
    env: str = "default"
    took: float = 60.0
    measures: dict[str, float] = field(default_factory=dict)
    release: str = ""
    channels: str = "ivr"


def hourly(letters: str, **more: Any) -> list[Row]:
    """A run an hour: `p`assed, `f`ailed, `e`rror, `m`issed."""
    words = {"p": "passed", "f": "failed", "e": "error", "m": "missed", "d": "degraded"}
    return [
        Row(START + n * HOUR, words[letter], "no prompt came", id=f"c/{n}", **more)
        for n, letter in enumerate(letters)
    ]


def told(runs: list[Row], **more: Any) -> Digest:
    return digest(Material(runs=runs, **more), START, START + WEEK)


def part(found: Digest, title: str) -> list[str]:
    return dict(telling.sections(found, UTC))[title]


def test_an_outage_lasts_from_the_first_bad_look_to_the_next_good_one() -> None:
    (one,) = told(hourly("pffpp"), felt={"c/1": "would hear nothing"}).outages
    assert (one.since, one.until, one.runs) == (START + HOUR, START + 3 * HOUR, 2)
    assert (one.run, one.why, one.felt) == ("c/1", "no prompt came", "would hear nothing")


def test_an_outage_that_changes_its_face_is_felt_by_its_parts_the_longest_first() -> None:
    runs = hourly("pfffffp")
    runs[1:3] = [replace(run, why="the host is down") for run in runs[1:3]]
    found = told(runs, felt={"c/1": "would not get through", "c/3": "would hear nothing"})
    assert part(found, "What customers would have felt") == [
        "a customer would hear nothing: pay, 3 h 0 min",
        "a customer would not get through: pay, 2 h 0 min",
    ]
    assert part(told(hourly("pfp")), "What customers would have felt") == [
        "not to be said any more: pay, 1 h 0 min"
    ]


def test_a_look_that_told_nothing_neither_begins_nor_ends_an_outage() -> None:
    assert [one.runs for one in outages(hourly("epfemfp"))] == [2]
    assert list(outages(hourly("pemp"))) == []


def test_what_is_late_is_not_broken() -> None:
    assert [one.until for one in outages(hourly("fd"))] == [START + HOUR]


def test_what_still_fails_goes_on() -> None:
    found = told(hourly("pff"))
    (one,) = found.outages
    assert one.until is None
    assert one.lasted(START + 5 * HOUR) == 4 * HOUR
    assert part(found, "In short")[-1] == "still broken: pay"
    assert "and goes on" in part(found, "What broke")[0]


def test_environments_and_rows_are_lines_of_their_own() -> None:
    runs = [*hourly("fp", row="a"), *hourly("pp", row="b"), *hourly("pf", env="other")]
    assert {(one.name, one.env) for one in outages(runs)} == {
        ("pay[a]", "default"),
        ("pay", "other"),
    }


@settings(max_examples=100, deadline=None)
@given(st.text("pfemd", max_size=12))
def test_every_failed_run_is_in_one_outage(letters: str) -> None:
    found = list(outages(hourly(letters)))
    assert sum(one.runs for one in found) == letters.count("f")
    assert sum(one.until is None for one in found) <= 1


def test_customers_feelings_are_told_once_for_all_that_felt_so() -> None:
    felt = {f"c/{n}": "would get no answer" for n in range(9)}
    runs = [*hourly("fp", row="a"), *hourly("ffp", row="b")]
    assert part(told(runs, felt=felt), "What customers would have felt") == [
        "a customer would get no answer: pay[a] and pay[b], 3 h 0 min"
    ]


def test_what_was_missed_is_told_by_due_runs_errors_and_gaps() -> None:
    runs = [*hourly("pppppe"), Row(START + 20 * HOUR)]
    slots = [Slot(probe="find", at=START, state="missed"), Slot(probe="find", at=START)]
    lines = part(told(runs, slots=slots), "What was missed")
    assert lines[:2] == ["find: 1 run due and not made", "pay: 1 run could not look"]
    assert (
        lines[2] == "pay: nobody knows of 16 h 0 min from Mon 16 Nov 2026 04:00 (usual: 1 h 0 min)"
    )
    assert len(lines) == 4  # since the last look it is a gap too


def test_a_missed_run_of_history_and_of_the_ledger_is_one() -> None:
    slots = [Slot(probe="pay", at=START, state="missed")]
    assert told(hourly("m"), slots=slots).missed == {"pay": 1}


def decided(answer: Any) -> Readiness:
    return Readiness(peak="sale", at=START, answer=answer, zone="UTC")


@pytest.mark.parametrize(
    ("answer", "letters", "said"),
    [
        ("GO", "ppp", "GO on Mon 16 Nov 2026 00:00; nothing broke that was looked at"),
        ("GO", "pfp", "1 outage: pay (it was GO and did not hold)"),
        ("NO-GO", "ppp", "nothing broke that was looked at (it was not GO and held)"),
        ("NO-GO", "pfp", "NO-GO on Mon 16 Nov 2026 00:00; 1 outage: pay"),
        (None, "ppp", "nobody had decided about it"),
    ],
)
def test_readiness_is_laid_against_what_happened(answer: Any, letters: str, said: str) -> None:
    peak = Foretold("sale", START, START + 5 * HOUR, decided(answer) if answer else None)
    (line,) = part(told(hourly(letters), peaks=[peak]), "Readiness and what happened")
    assert said in line


def test_a_move_is_called_one_only_where_it_is_more_than_chance() -> None:
    def against(now: str, before: str) -> str:
        earlier = [replace(run, started=run.started - WEEK) for run in hourly(before)]
        return part(told(hourly(now), before=earlier), "Against the time before")[0]

    assert against("p" * 20 + "f" * 20, "p" * 40).endswith("→ worse")
    assert against("p" * 40, "p" * 20 + "f" * 20).endswith("→ better")
    assert "→" not in against("p" * 39 + "f", "p" * 40)
    assert "→" not in against("ffff", "pppp")


def test_nothing_at_all_is_said_in_words() -> None:
    said = "\n".join(telling.lines(told([]), UTC))
    assert "nobody looked at anything" in said
    assert "%" not in said


# Its forms

EVIL = "<script>alert(1)</script> [x](javascript:alert(1)) @all \x1b[2J\u202e `"


def evil() -> Digest:
    runs = [replace(run, why=EVIL, journey=EVIL, row=EVIL) for run in hourly("pff")]
    deploys = [Deploy(at=START, what=EVIL)]
    return told(runs, felt={"c/1": f"would hear «{EVIL}»"}, deploys=deploys)


def test_what_was_said_is_never_markup() -> None:
    page, text = telling.page(evil(), UTC), telling.markdown(evil(), UTC)
    assert "<script" not in page
    assert "default-src 'none'; style-src 'sha256-" in unescape(page)
    assert not re.search(r"(?<!\\)[<\[]", text)
    for form in (page, text, "\n".join(telling.lines(evil(), UTC))):
        assert "\x1b" not in form and "\u202e" not in form


@settings(max_examples=40, deadline=None)
@given(st.lists(st.builds(Row, why=st.text(), journey=st.text(max_size=5)), max_size=4))
def test_any_history_can_be_written(runs: list[Row]) -> None:
    found = told(runs)
    assert telling.page(found, UTC) and telling.markdown(found, UTC)


def test_it_is_printed_by_a_real_browser() -> None:
    data = printed(telling.page(evil(), UTC))
    assert data.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in data


def test_a_browser_that_is_none_is_told() -> None:
    with pytest.raises(CannotLook):
        printed("<p>", "/nowhere/chromium")
