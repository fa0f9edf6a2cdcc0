"""The gate: what is let through, by its table; and what a reviewer is told of it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from sample import broken, gift_card
from streams import Telling

from cxassure.errors import Place, Problem
from cxassure.events import Observed
from cxassure.incident import Waiver
from cxassure.report import annotations, gate
from cxassure.report.context import Context, Past
from cxassure.report.gate.baseline import BEFORE_ALL, Baseline, Before, Kind, kind_of
from cxassure.report.gate.judging import BEFORE, TABLE, judge
from cxassure.report.gate.summary import LARGEST, summary
from cxassure.report.json import document
from cxassure.report.markdown import fenced, inert
from cxassure.run import Run, StepRun
from cxassure.verdict import Verdict

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
ENDED = (NOW - timedelta(hours=2)).isoformat()
VERDICT: dict[Kind, Verdict] = {
    "passed": "passed", "degraded": "degraded", "failed": "failed", "unknown": "error",
}  # fmt: skip
runs = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from([*VERDICT.values(), "skipped", "missed"])),
    unique_by=lambda pair: pair[0],
)


def ran(journey: str, verdict: Verdict = "passed", step: int = 1, **more: object) -> Run:
    bad = StepRun(
        index=step, verdict=verdict, why="it was not so", place=f"journeys/a.yaml:{step}:3"
    )
    return Run(id=journey, journey=journey, verdict=verdict, ended=ENDED, steps=[bad], **more)  # type: ignore[arg-type]


def before(*done: Run) -> Baseline:
    return Baseline({r.name: Before(_kind(r), r.steps[0].index) for r in done}, NOW)


def _kind(run: Run) -> Kind:
    return kind_of(run.verdict, run.flaky, len(run.unseen))


@pytest.mark.parametrize("now", TABLE)
@pytest.mark.parametrize("was", BEFORE)
def test_every_row_of_the_table_holds(now: Kind, was: Kind) -> None:
    base = before() if was == "none" else before(ran("a", VERDICT[was]))
    found = judge([ran("a", VERDICT[now])], base, now=NOW)
    standing = TABLE[now][BEFORE.index(was)]
    assert found.rows[0].standing == standing
    assert found.code == {"worse": 1, "unknown": 3}.get(standing, 0)


def test_the_table_is_complete() -> None:
    assert set(TABLE) | {"none"} == set(BEFORE) == set(BEFORE_ALL)
    assert all(len(row) == len(BEFORE) for row in TABLE.values())


def test_a_failure_that_comes_earlier_than_before_is_worse() -> None:
    base = before(ran("a", "failed", step=5))
    assert judge([ran("a", "failed", step=5)], base, now=NOW).code == 0
    assert judge([ran("a", "failed", step=7)], base, now=NOW).code == 0
    earlier = judge([ran("a", "failed", step=4)], base, now=NOW)
    assert (earlier.code, earlier.rows[0].why) == (1, "breaks earlier, was at step 5")


def test_a_waiver_bears_a_failure_and_no_error_and_not_for_ever() -> None:
    waiver = Waiver(journeys=("a",), owner="kim", reason="known", until=NOW + timedelta(days=1))
    assert judge([ran("a", "failed")], Baseline(), [waiver], now=NOW).code == 0
    assert judge([ran("a", "error")], Baseline(), [waiver], now=NOW).code == 3
    later = NOW + timedelta(days=1)
    assert judge([ran("a", "failed")], Baseline(), [waiver], now=later).code == 1


def test_strict_lets_nothing_be_noted() -> None:
    for run in (ran("a", "degraded"), ran("a", flaky=True)):
        assert judge([run], Baseline(), now=NOW).code == 0
        assert judge([run], Baseline(), strict=True, now=NOW).code == 1
        assert judge([run], before(run), strict=True, now=NOW).code == 0


@given(runs, runs)
def test_the_gate_is_never_open_on_what_is_worse_or_not_known(
    now: list[tuple[str, Verdict]], was: list[tuple[str, Verdict]]
) -> None:
    base = before(*(ran(*pair) for pair in was))
    known = dict(was)
    found = judge([ran(*pair) for pair in now], base, now=NOW)
    bad = any(v == "failed" and known.get(n) != "failed" for n, v in now)
    dark = any(v in ("error", "missed", "skipped") for _, v in now)
    assert found.code == (2 if not now else 1 if bad else 3 if dark else 0)


@given(runs, st.randoms(use_true_random=False))
def test_order_changes_nothing(now: list[tuple[str, Verdict]], random: object) -> None:
    shuffled = list(now)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    told = [judge([ran(*p) for p in order], Baseline(), now=NOW) for order in (now, shuffled)]
    assert [r.run.name for r in told[0].rows] == [r.run.name for r in told[1].rows]


def test_a_report_is_read_back_as_a_baseline(tmp_path: Path) -> None:
    done = [ran("a", "failed", step=3), ran("b", row="x"), ran("c", flaky=True), ran("d", "error")]
    path = tmp_path / "base.json"
    path.write_text(json.dumps(document(done)))
    base = gate.read(path, NOW, 86400)
    assert (base.why, base.at) == ("", datetime.fromisoformat(ENDED))
    assert base.of("a") == Before("failed", 3)
    assert [base.of(n).kind for n in ("b[x]", "c", "d", "e")] == [
        "passed", "degraded", "unknown", "none",
    ]  # fmt: skip


WRONG = {
    "nothing": "", "no json": "{", "a list": "[]", "another schema": '{"schema": 2, "runs": []}',
    "no runs": '{"schema": 1, "runs": []}', "numbers": '{"schema": 1, "runs": [3]}',
    "no verdicts": '{"schema": 1, "runs": [{"journey": "a", "row": ""}]}', "deep": "[" * 100_000,
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_report_is_no_baseline_and_says_why(tmp_path: Path, what: str) -> None:
    path = tmp_path / "base.json"
    path.write_text(WRONG[what])
    base = gate.read(path, NOW, 86400)
    assert (dict(base.runs), base.at) == ({}, None)
    assert str(path) in base.why


KEYS = st.sampled_from("schema runs journey row ended blamed verdict flaky unseen".split())
anything = st.recursive(
    st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(KEYS, x)
)


@given(anything)
def test_any_document_is_read_or_refused(found: object) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "base.json"
        path.write_text(json.dumps({"schema": 1, "runs": [found]}))
        assert gate.read(path, NOW, 86400).runs == {}


def test_an_old_baseline_is_none(tmp_path: Path) -> None:
    path = tmp_path / "base.json"
    path.write_text(json.dumps(document([ran("a")])))
    assert "too old" in gate.read(path, NOW, 3600).why
    assert "No such file" in gate.read(tmp_path / "none.json", NOW, 3600).why


def test_the_summary_tells_what_is_worse_before_all_else() -> None:
    now = [gift_card("desktop", lost=True), ran("calm"), ran("dim", "degraded")]
    base = Baseline({**before(now[1]).runs, "old": Before("passed")}, NOW)
    told = summary(judge(now, base, now=NOW), Context(runs=now, now=NOW), "reports/index.html")
    assert "gate closed: 1 worse, 1 noted, 1 fine" in told
    worse, dim = (line for line in told.splitlines() if re.match(r"\| (gift|dim)", line))
    assert "**worse**: was not there" in worse and "no «order number»" in worse
    assert dim.endswith("it was not so |") and "calm" not in told
    assert "not run now: old" in told
    assert "```text\n✗ gift-card-to-agent [desktop]" in told


def test_a_summary_stays_below_what_github_takes() -> None:
    many = [broken("asker", "chat", f"say{n}", "x" * 9000, why=f"{n} " * 5000) for n in range(400)]
    told = summary(judge(many, Baseline(), now=NOW), Context(runs=many, now=NOW))
    assert len(told.encode()) < LARGEST + 1000


@given(st.text() | st.sampled_from(["<img src=x onerror=1>", "[a](javascript:1)", "a|b", "# a",
    "http://x.example", "@kim", "![a](b)", "```", "<!--", "&lt;b&gt;", "a_b_c ~~d~~"]))  # fmt: skip
def test_nothing_that_was_said_is_markup(text: str) -> None:
    html = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(
        f"| a |\n|---|\n| {inert(text)} |"
    )
    assert set(re.findall(r"<(\w+)", html)) <= {"table", "thead", "tbody", "tr", "th", "td"}
    block = MarkdownIt("commonmark", {"html": True}).render(fenced(text) + "\nafter")
    assert set(re.findall(r"<(\w+)", block)) == {"pre", "code", "p"}


@given(st.text(), st.text())
def test_an_annotation_is_one_line_and_one_command(text: str, title: str) -> None:
    note = annotations.Note("error", "a,b:c.yaml", 3, 5, title, text)
    (line,) = annotations.github([note])
    assert "\n" not in line and "\r" not in line
    head, _, _ = line.removeprefix("::error ").partition("::")
    keys = [part.partition("=")[0] for part in head.split(",")]
    assert keys == ["file", "line", "col", *(["title"] if title else [])]


def test_a_failure_is_noted_at_the_line_of_its_step() -> None:
    (note,) = annotations.notes([ran("a", "failed", step=7), ran("b")], "shop")
    assert note[:4] == ("error", "shop/journeys/a.yaml", 7, 3)
    (problem,) = annotations.of_problems([Problem(Place("j.yaml", 4, 2), "no such verb", "say")])
    assert annotations.github([problem]) == [
        "::error file=j.yaml,line=4,col=2,title=cxassure::no such verb%0Ahint: say"
    ]


def test_more_than_github_shows_is_counted() -> None:
    many = list(annotations.notes([ran(f"j{n}", "failed") for n in range(25)]))
    told = annotations.github(many)
    assert len(told) == 11 and told[-1].startswith("::notice::15 more errors")


def test_code_quality_keeps_its_fingerprint_while_the_trouble_lasts() -> None:
    def issues(why: str) -> list[dict[str, object]]:
        run = ran("a", "failed")
        run.steps[0].why = why
        return annotations.gitlab([run])

    first, again, other = issues("x"), issues("x"), issues("y")
    assert first == again
    assert first[0]["fingerprint"] != other[0]["fingerprint"]
    assert first[0]["location"] == {"path": "journeys/a.yaml", "lines": {"begin": 1}}


def test_what_is_said_otherwise_is_told_also_where_nothing_failed() -> None:
    def call(text: str) -> Run:
        said = (Observed, {"who": "company", "what": "prompt", "text": text})
        return Telling("ring").step("c", "ivr", "dial", inside=[said]).end()

    run = call("For *returns*, press 1. For orders, press 2.")
    good = call("For orders, press 1. For *returns*, press 2.")
    context = Context(runs=[run], past={run.id: Past(good=good)})
    told = summary(judge([run], before(run), now=NOW), context)
    assert "though nothing failed" in told
    assert "- ring: menu option 1 was «orders», now «\\*returns\\*»" in told
    assert "though nothing failed" not in summary(judge([run], before(run), now=NOW), Context())
