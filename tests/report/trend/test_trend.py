"""CX figures: what each is counted from, how sure it is, and the groups it is told in."""

from __future__ import annotations

import csv
import io
import json
import math
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from past import START, Row, day

from cxassure.errors import SpecError
from cxassure.incident import Deploy
from cxassure.measures import EFFORT, UNITS, effort
from cxassure.report.exports.tables import csv_text
from cxassure.report.trend import (
    BY,
    By,
    Rate,
    Trend,
    Value,
    folded,
    interval,
    tallied,
    telling,
    trend,
)
from cxassure.report.trend.figures import FEW, FIGURES
from cxassure.report.trend.survey import read

AMOUNTS = st.dictionaries(st.sampled_from(sorted(UNITS)), st.floats(0, 1e9), max_size=8)


def told(*rows: Row, by: str = "day", **more: object) -> Trend:
    return trend(rows, by, START, day(30), **more)  # type: ignore[arg-type]


def rate(found: Trend, name: str) -> Rate:
    cell = found.total.cells[name]
    assert isinstance(cell, Rate)
    return cell


# The effort index


@given(AMOUNTS)
def test_effort_lies_between_nothing_and_a_hundred(figures: dict[str, float]) -> None:
    assert 0.0 <= effort(figures) <= 100.0


@given(AMOUNTS, st.sampled_from(sorted([*EFFORT, "contacts"])), st.floats(0, 1e6))
def test_effort_never_falls_as_a_figure_grows(
    figures: dict[str, float], name: str, more: float
) -> None:
    dearer = {**figures, name: figures.get(name, 0.0) + more}
    assert effort(dearer) >= effort(figures)


@pytest.mark.parametrize("name", EFFORT)
def test_every_figure_of_the_index_counts_in_it(name: str) -> None:
    assert effort({name: 1}) > effort({}) == 0.0


def test_a_second_contact_is_an_effort_and_the_first_is_none() -> None:
    assert effort({"contacts": 1}) == 0 < effort({"contacts": 2})


def test_three_minutes_of_nothing_but_waiting_are_half_of_the_greatest_effort() -> None:
    assert effort({"waited": 180.0}) == 50.0


# How sure


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_an_interval_holds_its_rate_and_never_leaves_it(hits: int, more: int) -> None:
    low, high = interval(hits, hits + more)
    assert 0.0 <= low <= high <= 1.0
    if hits + more:
        assert low <= hits / (hits + more) <= high


def test_an_interval_is_that_of_the_literature() -> None:
    low, high = interval(81, 263)  # Newcombe 1998, table I, method 3
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


@given(st.integers(1, 50), st.integers(1, 20))
def test_more_runs_make_it_surer(hits: int, times: int) -> None:
    narrow, wide = interval(hits * 2 * times, hits * 3 * times), interval(hits * 2, hits * 3)
    assert narrow[1] - narrow[0] <= wide[1] - wide[0] + 1e-12


# Figures


def test_a_run_that_could_not_look_says_nothing_of_the_company() -> None:
    verdicts = ("passed", "degraded", "failed", "error", "missed", "skipped")
    found = told(*(Row(verdict=verdict) for verdict in verdicts))
    assert (rate(found, "success").hits, rate(found, "success").n) == (2, 3)
    assert found.total.verdicts["missed"] == 1
    assert found.total.n == 6


def test_one_contact_without_being_asked_again_is_first_contact_resolution() -> None:
    found = told(
        Row(measures={"contacts": 1, "re_asks": 0}),
        Row(measures={"contacts": 2, "re_asks": 0}),
        Row(measures={"contacts": 1, "re_asks": 1}),
        Row(measures={"contacts": 1}, verdict="failed"),
        Row(measures={"contacts": 0}),
    )
    assert (rate(found, "first_contact").hits, rate(found, "first_contact").n) == (1, 4)


def test_a_contact_that_ends_without_a_person_is_contained() -> None:
    found = told(
        Row(measures={"contacts": 1}),
        Row(measures={"contacts": 1, "time_to_human": 12.0}),
        Row(measures={"turns": 3}),  # of before contacts were counted
    )
    assert (rate(found, "containment").hits, rate(found, "containment").n) == (2, 3)


def test_times_are_those_of_customers_who_got_through() -> None:
    found = told(*(Row(took=t) for t in (10, 20, 90)), Row(took=1, verdict="failed"))
    assert found.total.cells["time_to_resolution"] == Value(20, 90, 3)
    assert "time_to_human" not in found.total.cells


def test_a_measure_that_is_no_number_is_left_out() -> None:
    found = told(Row(measures={"waited": math.nan}), Row(measures={"waited": 5.0}))
    assert found.total.cells["waited"] == Value(5.0, 5.0, 1)


# Groups


def test_days_are_those_of_the_zone_and_none_is_left_out() -> None:
    late = datetime(2026, 11, 4, 23, 30, tzinfo=UTC)
    found = told(Row(), Row(started=late), zone=ZoneInfo("Europe/Berlin"))
    assert [(one.name, one.n) for one in found.groups] == [
        ("2026-11-02", 1),
        ("2026-11-03", 0),
        ("2026-11-04", 0),
        ("2026-11-05", 1),
    ]


def test_weeks_begin_on_monday() -> None:
    found = told(*(Row(started=day(n)) for n in range(9)), by="week")
    assert [(one.name, one.n) for one in found.groups] == [("2026-11-02", 7), ("2026-11-09", 2)]


def test_a_run_over_two_channels_counts_in_both_and_once_in_all() -> None:
    found = told(Row(), Row(channels=""), by="channel")
    assert {one.name: one.n for one in found.groups} == {"agent": 1, "ivr": 1, "(unknown)": 1}
    assert found.total.n == 2


def test_rows_are_told_apart() -> None:
    found = told(Row(row="mobile"), Row(row="desktop"), Row(), by="row")
    assert [one.name for one in found.groups] == ["pay", "pay[desktop]", "pay[mobile]"]


def test_a_release_is_what_the_run_says_else_what_was_deployed_before_it() -> None:
    deploys = (
        Deploy(at=day(1), what="shop 1"),
        Deploy(at=day(3), what="shop 2", env="default"),
        Deploy(at=day(4), what="shop of others", env="staging"),
    )
    rows = [Row(started=day(n)) for n in (0, 2, 5)] + [Row(started=day(6), release="shop 3")]
    found = told(*rows, by="release", deploys=deploys)
    assert [one.name for one in found.groups] == ["(unknown)", "shop 1", "shop 2", "shop 3"]


def test_only_runs_of_the_time_asked_for_are_counted() -> None:
    rows = [Row(started=day(n)) for n in (-1, 0, 1, 2)]
    assert trend(rows, "day", day(0), day(2)).total.n == 2


# What customers say

CSV = "date,journey,channel,csat,nps\n2026-11-02,pay,ivr,5,10\n2026-11-02,pay,ivr,2,6\n"


def test_answers_of_customers_lie_beside_the_figures_of_their_day() -> None:
    found = told(Row(), answers=read(CSV, "x.csv"))
    (group,) = found.groups
    assert group.scores["csat"].value == 50.0
    assert group.scores["nps"].value == 0.0
    assert found.total.scores["nps"].n == 2


def test_a_day_of_answers_without_runs_is_told_too() -> None:
    found = told(answers=read(CSV, "x.csv"))
    assert [(one.name, one.n, one.scores["csat"].n) for one in found.groups] == [
        ("2026-11-02", 0, 2)
    ]


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", 1, "no column «date»"),
        ("day,csat\n", 1, "no column «date»"),
        ("date,mood\n", 1, "neither a column «csat» nor «nps»"),
        ("date,csat,csat\n", 1, "stands twice"),
        ("date,csat\nsoon,5\n", 2, "«soon» is no date"),
        ("date,csat\n2026-11-02,6\n", 2, "«6» is no answer for csat"),
        ("date,nps\n2026-11-02,-1\n", 2, "«-1» is no answer for nps"),
        ("date,nps\n2026-11-02,²\n", 2, "is no answer for nps"),
        pytest.param(f"date,nps\n2026-11-02,{'1':0>5000}\n", 2, "is no answer for nps", id="long"),
        ('date,csat\n"2026-11-02\nx",1\n', 3, "is no date"),
    ],
)
def test_what_is_wrong_in_a_survey_is_told_with_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(SpecError) as told:
        read(text, "x.csv")
    assert f"x.csv:{line}:1: " in str(told.value)
    assert what in str(told.value)


@given(st.text())
def test_any_text_is_answers_or_a_problem(text: str) -> None:
    try:
        read("date,csat\n" + text, "x.csv")
    except SpecError as wrong:
        assert wrong.problems


# Telling


def test_few_runs_are_counted_and_never_reckoned() -> None:
    said = "\n".join(telling.lines(told(*[Row()] * (FEW - 2), Row(verdict="failed"))))
    assert "8 of 9 …" in said
    assert "%" not in said.split("fewer than")[0]
    many = "\n".join(telling.lines(told(*[Row()] * FEW)))
    assert "100.0 % [72–100]" in many


def test_nothing_at_all_is_said_in_words() -> None:
    assert list(telling.lines(told())) == ["no run was made in that time"]


def test_names_from_outside_steer_no_terminal() -> None:
    said = "\n".join(telling.lines(told(Row(release="\x1b[2J\u202e"), by="release")))
    assert "\x1b" not in said
    assert "\u202e" not in said


def test_a_course_shows_gaps_and_is_full_only_where_all_is_well() -> None:
    rows = [Row(started=day(0)), Row(started=day(2), verdict="failed"), Row(started=day(3))]
    (line,) = (one for one in telling.lines(told(*rows)) if one.startswith("  success"))
    assert line.endswith("█·▁█")


def test_the_document_is_json_with_every_figure() -> None:
    document = telling.document(told(Row(measures=dict.fromkeys(UNITS, 1.0))))
    json.dumps(document, allow_nan=False)
    assert set(document["total"]["figures"]) == set(FIGURES)


def test_the_table_has_a_row_for_each_group_and_one_for_all() -> None:
    heading, rows = telling.table(told(Row(), Row(started=day(1))))
    read_back = list(csv.DictReader(io.StringIO(csv_text(heading, rows))))
    assert [one["day"] for one in read_back] == ["2026-11-02", "2026-11-03", "all"]
    assert read_back[0]["success"] == "1.0"


ROWS = st.builds(
    Row,
    started=st.integers(0, 20 * 24).map(lambda hours: day(hours / 24)),
    verdict=st.sampled_from(["passed", "degraded", "failed", "error"]),
    took=st.floats(0, 1e4),
    measures=AMOUNTS,
    journey=st.sampled_from(["pay", "return"]),
    row=st.sampled_from(["", "mobile"]),
    release=st.sampled_from(["", "shop 1", "shop 2"]),
    channels=st.sampled_from(["", "web", "web ivr"]),
)


@given(st.lists(ROWS, max_size=30), st.sampled_from(BY))
def test_days_that_were_counted_apart_come_to_the_same_as_all_at_once(
    rows: list[Row], by: By
) -> None:
    deploys = [Deploy(at=day(9), what="shop 3")]
    whole = trend(rows, by, START, day(30), deploys=deploys)
    days = {row.started.date() for row in rows}
    apart = [tallied([r for r in rows if r.started.date() == one], deploys) for one in days]
    together = {kind: tally for tallies in apart for kind, tally in tallies.items()}
    for _ in range(2):  # nothing is spent by folding
        assert folded(together, by, START, day(30)).total == whole.total
    groups = {one.name: one for one in folded(together, by, START, day(30)).groups}
    assert groups == {one.name: one for one in whole.groups}
