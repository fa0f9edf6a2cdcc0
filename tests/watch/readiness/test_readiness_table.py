"""GO, CONDITIONAL, NO-GO: every row of the table, and that nothing unknown ever passes."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cxassure.incident import Waiver
from cxassure.journey import SEVERITIES
from cxassure.peak import Between, Fixed, Moment, Peak
from cxassure.probe import FORMAT, Probe
from cxassure.readiness import ANSWERS, Evidence, Load, Need, Rules, Seen
from cxassure.watch.readiness import decide as decided
from cxassure.watch.readiness import since, table
from cxassure.watch.readiness.table import COLUMNS, STATES, TABLE

NOW = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
PEAK = Peak(
    name="black-friday",
    zone="America/New_York",
    dates=Between(start=Moment(day=Fixed(on=date(2026, 11, 27)))),
)
NEED = Need(passes=2, newest=6 * 3600.0, places=2)
RULES = Rules(needs=dict.fromkeys(SEVERITIES, NEED))


def decide(*given, starts=NOW + timedelta(hours=16)):
    return decided(*given, starts)


def probe(name="pay", severity="critical", row="", owner="checkout"):
    return Probe(format=FORMAT, journey=name, row=row, severity=severity, owner=owner)


def seen(hours=1.0, verdict="passed", place="east", **more):
    return Seen(at=NOW - timedelta(hours=hours), verdict=verdict, place=place, **more)


def waiver(name="pay", days=3.0):
    return Waiver(
        journeys=(name,), owner="kim", reason="mended on Monday", until=NOW + timedelta(days=days)
    )


WELL = (seen(1), seen(2, place="west"))
OF_STATE = {
    "passing": WELL,
    "degraded": (seen(1, "degraded", why="late"), seen(2, place="west")),
    "failing": (seen(1, "failed", why="no thanks page"), seen(2, place="west"), seen(3)),
    "missing": (),
    "stale": (seen(7), seen(8, place="west")),
    "scant": (seen(1), seen(2)),
    "unclear": (seen(1, "error", why="no browser"), seen(2, place="west"), seen(3)),
}
"""What runs bring a journey into each state."""


def answer_of(runs, severity="critical", waivers=(), rules=RULES, tested=()):
    probes = [probe(severity=severity)]
    if severity != "critical":
        probes.append(probe("anchor"))
    known = Evidence(runs={"pay": tuple(runs), "anchor": WELL}, tested=tested)
    return decide(PEAK, probes, known, waivers, rules, NOW)


def standing(answered, name="pay"):
    return next(s for s in answered.journeys if s.name == name)


@pytest.mark.parametrize(
    ("state", "column"), list(product(STATES, COLUMNS)), ids=lambda v: str(v).strip("()")
)
def test_every_row_of_the_table_is_what_is_answered(state, column):
    severity, waived = column
    answered = answer_of(OF_STATE[state], severity, [waiver()] if waived else [])
    assert standing(answered).state == state
    assert answered.answer == TABLE[state][COLUMNS.index(column)]


def test_the_table_knows_every_state_severity_and_waiver():
    assert set(TABLE) == set(STATES) == set(OF_STATE)
    assert set(COLUMNS) == set(product(SEVERITIES, (False, True)))
    assert {len(row) for row in TABLE.values()} == {len(COLUMNS)}
    assert {answer for row in TABLE.values() for answer in row} == set(ANSWERS)


def test_a_page_shows_the_table_as_it_is():
    docs = Path(__file__).parents[3] / "docs" / "readiness.md"
    assert table.markdown() in docs.read_text("utf-8")


@pytest.mark.parametrize(
    ("runs", "state"),
    [
        ([*WELL, seen(-1)], "unclear"),
        ([*WELL, seen(-0.01)], "passing"),
        ([seen(1), seen(2, place="west"), seen(0.5, "missed")], "unclear"),
        ([seen(1), seen(2, place="west"), seen(0.5, "skipped")], "unclear"),
        ([seen(1), seen(2, place="west"), seen(0.5, "brilliant")], "unclear"),
        ([seen(1), seen(2, place="west"), seen(0.5, "")], "unclear"),
        ([seen(1, "failed"), seen(2, "error", place="west")], "unclear"),
        ([seen(6), seen(7, place="west")], "stale"),
        ([seen(5.99), seen(7, place="west"), seen(8)], "scant"),
        ([seen(8, "failed"), seen(9, "failed", place="west")], "stale"),
        ([seen(1), seen(2, "failed", place="west")], "failing"),
        ([seen(1), seen(1.5, place="west"), seen(2, "failed", place="west")], "passing"),
        ([seen(1), seen(1, "failed")], "failing"),
        ([seen(1, flaky=True), seen(2, place="west")], "degraded"),
        ([seen(1, unseen=1), seen(2, place="west")], "degraded"),
        ([seen(1, outdated=True), seen(2, place="west")], "degraded"),
        ([seen(1), seen(2, place="west"), seen(3, "degraded")], "passing"),
    ],
)
def test_the_newest_run_from_each_place_decides(runs, state):
    assert standing(answer_of(runs)).state == state


def test_passes_count_from_the_last_failure_on():
    rules = Rules(needs={"critical": Need(passes=3)})
    runs = [seen(1), seen(2), seen(3, "error"), seen(4, "failed"), seen(5), seen(6)]
    told = standing(answer_of(runs, rules=rules))
    assert (told.state, told.passes) == ("scant", 2)
    assert "2 of 3 passes" in told.why


def test_a_waiver_bears_its_journey_until_it_ends_and_no_other():
    failing = OF_STATE["failing"]
    for kind, answer in [
        ([waiver("pay")], "CONDITIONAL"),
        ([waiver("p*")], "CONDITIONAL"),
        ([waiver("other")], "NO-GO"),
        ([waiver(days=0)], "NO-GO"),
        ([waiver(days=-1), waiver(days=1)], "CONDITIONAL"),
    ]:
        answered = answer_of(failing, "major", kind)
        assert answered.answer == answer
        assert bool(standing(answered).waiver) == (answer == "CONDITIONAL")
    assert (
        "borne by kim until 27 Nov 08:00"
        in answer_of(failing, "major", [waiver(days=1)]).reasons[0]
    )


def test_a_waiver_of_a_row_leaves_the_other_rows_alone():
    probes = [probe("anchor"), probe(row="phone", severity="major")]
    runs = {"pay[phone]": OF_STATE["failing"], "anchor": WELL}
    for name, answer in [("pay[phone]", "CONDITIONAL"), ("pay[desktop]", "NO-GO")]:
        answered = decide(PEAK, probes, Evidence(runs=runs), [waiver(name)], RULES, NOW)
        assert answered.answer == answer


def test_a_severity_that_nobody_knows_is_taken_for_critical():
    assert answer_of(OF_STATE["failing"], "urgent", [waiver()]).answer == "NO-GO"


@pytest.mark.parametrize(
    ("probes", "runs", "said"),
    [
        ([], {}, "the peak has no journeys"),
        ([probe(severity="major")], {"pay": WELL}, "no journey of the peak is critical"),
        ([probe()], {}, "nothing has ever been run"),
    ],
)
def test_nothing_critical_or_no_evidence_is_no_go(probes, runs, said):
    answered = decide(PEAK, probes, Evidence(runs=runs), [], RULES, NOW)
    assert answered.answer == "NO-GO"
    assert said in answered.reasons
    assert answered.changes


def test_a_peak_without_a_date_to_come_is_no_go_whatever_passes():
    known = Evidence(runs={"pay": WELL})
    assert decide(PEAK, [probe()], known, [], RULES, NOW).answer == "GO"
    answered = decide(PEAK, [probe()], known, [], RULES, NOW, starts=None)
    assert answered.answer == "NO-GO"
    assert answered.reasons[0] == "no date of the peak comes within a year"
    assert answered.changes[0].startswith("write its next date")
    assert answered.starts is None


def test_every_row_of_the_peak_as_a_whole_is_reached():
    """No row of the second table is only written down."""

    def ask(probes, runs, starts=NOW, tested=(), **rules):
        known = Evidence(runs=runs, tested=tested)
        asked = Rules(needs=RULES.needs, **rules)
        return decide(PEAK, probes, known, [], asked, NOW, starts=starts).answer

    well, load = {"pay": WELL}, (Load(channel="ivr", driven=1, needed=9),)
    slow = {"pay": tuple(slower(12))}
    assert {
        "no date to come": ask([probe()], well, starts=None),
        "no journeys": ask([], {}),
        "no critical journey": ask([probe(severity="major")], well),
        "no evidence": ask([probe()], {}),
        "share not known": ask([probe()], well, share=0.4),
        "share too small": ask([probe()], well, share=0.4, tested=load),
        "score below aim": ask([probe()], slow, score=5, floor=10),
        "score below floor": ask([probe()], slow, score=5, floor=60),
    } == table.WHOLE


@pytest.mark.parametrize(
    ("tested", "answer"),
    [
        ((), "NO-GO"),
        ((Load(channel="ivr", driven=3, needed=0),), "NO-GO"),
        ((Load(channel="ivr", driven=3, needed=10),), "CONDITIONAL"),
        ((Load(channel="ivr", driven=4, needed=10),), "GO"),
        ((Load(channel="ivr", driven=9, needed=10), Load(channel="web", driven=1, needed=9)),
         "CONDITIONAL"),
    ],
)  # fmt: skip
def test_the_share_that_is_asked_for_must_have_been_driven(tested, answer):
    rules = Rules(needs=RULES.needs, share=0.4)
    assert answer_of(WELL, rules=rules, tested=tested).answer == answer
    assert answer_of(WELL, tested=tested).answer == "GO"


def slower(newest, earlier=10.0, count=5):
    runs = [seen(1, took=newest), seen(2, place="west", took=earlier)]
    return [*runs, *(seen(3 + n, took=earlier) for n in range(count - 1))]


@pytest.mark.parametrize(
    ("runs", "points", "answer"),
    [
        (slower(10), 100, "GO"),
        (slower(11), 100, "GO"),
        (slower(12), 50, "NO-GO"),
        (slower(13), 0, "NO-GO"),
        (slower(10, count=4), 50, "NO-GO"),
    ],
)
def test_points_are_lost_against_the_last_good_runs(runs, points, answer):
    answered = answer_of(runs, rules=Rules(needs=RULES.needs, score=5))
    assert (answered.score, answered.answer) == (points, answer)
    assert answer_of(runs).score is None


def test_the_floor_is_judged_whatever_is_aimed_at():
    rules = Rules(needs=RULES.needs, score=5, aim=50, floor=90)
    answered = answer_of(slower(12), rules=rules)
    assert (answered.score, answered.answer) == (50, "NO-GO")
    assert "50 points of 100, asked are 90" in answered.reasons


def test_points_weigh_by_severity():
    probes = [probe("a"), probe("b", "major"), probe("c", "minor")]
    runs = {"a": tuple(slower(10)), "b": tuple(slower(10)), "c": tuple(slower(20))}
    rules = Rules(needs=RULES.needs, score=5)
    answered = decide(PEAK, probes, Evidence(runs=runs), [], rules, NOW)
    assert answered.score == pytest.approx(800 / 9)
    assert answered.answer == "CONDITIONAL"
    assert any("89 points" in reason for reason in answered.reasons)


def test_three_reasons_the_worst_first_and_what_would_change_each():
    probes = [probe(name) for name in "abcde"] + [probe("m", "major"), probe("n", "minor")]
    runs = {"a": WELL, "m": OF_STATE["failing"], "n": OF_STATE["failing"], "b": OF_STATE["stale"]}
    answered = decide(PEAK, probes, Evidence(runs=runs), [waiver("m")], RULES, NOW)
    assert answered.reasons == (
        "3 critical journeys never ran: c, d, e",
        "critical b: it last ran 7 h ago, the limit is 6 h",
        "major m: the run from east 1 h ago failed: no thanks page "
        "(borne by kim until 29 Nov 08:00 UTC: mended on Monday)",
    )
    assert {change.partition(":")[0] for change in answered.changes} == set("bcdemn")
    assert "b: run it again: cxassure run b" in answered.changes


def test_what_changed_is_told_answer_first():
    before = answer_of(OF_STATE["failing"])
    after = decide(
        PEAK, [probe(), probe("new")], Evidence(runs={"pay": WELL, "new": WELL}), [], RULES, NOW
    )
    assert [(c.what, c.before, c.now) for c in since(before, after)] == [
        ("answer", "NO-GO", "GO"),
        ("new", "not asked for", "passing"),
        ("pay", "failing", "passing"),
    ]
    assert since(after, after) == []


# Whatever the evidence

runs_of_any_kind = st.lists(
    st.builds(
        Seen,
        at=st.floats(-2, 400).map(lambda h: NOW - timedelta(hours=h)),
        verdict=st.sampled_from(
            ["passed", "degraded", "failed", "error", "skipped", "missed", "", "PASSED", "unknown"]
        ),
        place=st.sampled_from(["", "east", "west"]),
        flaky=st.booleans(),
        unseen=st.integers(0, 1),
        took=st.floats(0, 100),
    ),
    max_size=6,
).map(tuple)
journeys_of_any_kind = st.dictionaries(
    st.sampled_from("abcdef"),
    st.tuples(st.sampled_from([*SEVERITIES, "odd"]), runs_of_any_kind, st.booleans()),
    max_size=5,
)
needs = st.builds(
    Need, passes=st.integers(1, 3), newest=st.floats(1, 1e6), places=st.integers(1, 2)
)


def plainly_known(runs, need):
    """Said again in other words: enough good and fresh evidence, and nothing bad at the end."""
    last = {run.place: run for run in sorted(runs, key=lambda run: run.at)}
    return (
        runs
        and all(run.at <= NOW + timedelta(minutes=5) for run in runs)
        and all(run.verdict in ("passed", "degraded") for run in last.values())
        and any((NOW - run.at).total_seconds() < need.newest for run in last.values())
    )


@given(journeys_of_any_kind, needs, st.integers(0, 3))
@example({"a": ("critical", WELL, False)}, Need(), 0)
def test_nothing_unknown_ever_passes(parts, need, score):
    probes = [probe(name, severity) for name, (severity, _, _) in parts.items()]
    waivers = [waiver(name) for name, (_, _, waived) in parts.items() if waived]
    known = Evidence(runs={name: runs for name, (_, runs, _) in parts.items()})
    rules = Rules(needs=dict.fromkeys(SEVERITIES, need), score=score)
    answered = decide(PEAK, probes, known, waivers, rules, NOW)
    unknown = [
        name
        for name, (severity, runs, waived) in parts.items()
        if not plainly_known(runs, need)
        and not (severity in ("major", "minor") and standing(answered, name).state == "failing")
    ]
    critical = any(severity not in ("major", "minor") for severity, _, _ in parts.values())
    if unknown or not critical:
        assert answered.answer == "NO-GO"
    if answered.answer == "GO":
        assert all(s.state == "passing" for s in answered.journeys)
    assert 1 <= len(answered.reasons) <= 3
    assert bool(answered.changes) == (answered.answer != "GO")


@given(journeys_of_any_kind, st.randoms())
def test_the_order_of_journeys_and_runs_is_of_no_account(parts, random):
    probes = [probe(name, severity) for name, (severity, _, _) in parts.items()]
    mixed = {name: random.sample(runs, len(runs)) for name, (_, runs, _) in parts.items()}
    first = Evidence(runs={name: runs for name, (_, runs, _) in parts.items()})
    second = Evidence(runs={name: tuple(runs) for name, runs in mixed.items()})
    told = decide(PEAK, probes, first, [], RULES, NOW)
    again = decide(PEAK, random.sample(probes, len(probes)), second, [], RULES, NOW)
    assert [s.state for s in told.journeys] == [s.state for s in again.journeys]
    assert (told.answer, told.score) == (again.answer, again.score)


@given(journeys_of_any_kind, st.sampled_from("abcdef"))
def test_worse_evidence_never_makes_a_better_answer(parts, name):
    """A failure just now cannot turn NO-GO into anything else, unless nobody had looked."""
    probes = [probe(n, severity) for n, (severity, _, _) in parts.items()]
    runs = {n: evidence for n, (_, evidence, _) in parts.items()}
    before = decide(PEAK, probes, Evidence(runs=runs), [], RULES, NOW)
    if name in runs and standing(before, name).state in ("passing", "degraded", "failing"):
        runs[name] = (*runs[name], seen(0, "failed"))
        after = decide(PEAK, probes, Evidence(runs=runs), [], RULES, NOW)
        assert ANSWERS.index(after.answer) <= ANSWERS.index(before.answer)
