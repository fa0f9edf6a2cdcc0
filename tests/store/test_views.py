"""What people look at, on both databases: lists that page, strips, days, the annals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cxassure.incident import Fault, Observation
from cxassure.store import Store
from cxassure.store.annals import Note
from cxassure.store.incidents import Incidents
from cxassure.store.index import Index
from cxassure.store.reading import PastRun
from cxassure.store.views import Views, Wanted
from cxassure.verdict import Verdict

DAY = datetime(2026, 11, 20, 12, tzinfo=UTC)
LINE = ("live", "pay", "")


def run(number: int, verdict: Verdict = "passed", journey: str = "pay") -> PastRun:
    at = DAY + timedelta(hours=number)
    return PastRun(
        f"c{number}/f", f"c{number}", "f", journey, "", "live", verdict, "", at, 2.0, 1.0, False,
        {"turns": float(number)}, 0,
    )  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def views(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Views]:
    url = request.getfixturevalue("shared") if request.param == "postgresql" else ""
    store = Store(tmp_path, url)
    index = Index(url or f"sqlite:///{tmp_path / 'index.db'}")
    verdicts: list[Verdict] = ["passed", "failed", "degraded", "failed", "error", "failed"]
    for number, verdict in enumerate(verdicts):
        index.add(f"c{number}", [run(number, verdict)])
    index.add("c30", [run(30, "passed", "find")])
    yield store.views
    store.views.close()


def test_the_latest_of_every_line_is_told(views: Views) -> None:
    assert [(r.journey, r.verdict) for r in views.latest()] == [
        ("find", "passed"),
        ("pay", "failed"),
    ]
    assert [r.id for r in views.reader.history("pay", "", "live", limit=2)] == ["c5/f", "c4/f"]


def test_a_list_goes_on_where_it_ended_and_tells_each_run_once(views: Views) -> None:
    seen: list[str] = []
    mark = None
    while found := views.page(Wanted(), mark, limit=3):
        seen += [one.id for one in found]
        mark = found[-1].started, found[-1].campaign, found[-1].folder
    assert seen == ["c30/f", "c5/f", "c4/f", "c3/f", "c2/f", "c1/f", "c0/f"]


def test_a_list_is_of_what_was_asked_for(views: Views) -> None:
    def ids(**asked: object) -> list[str]:
        return [one.campaign for one in views.page(Wanted(**asked))]  # type: ignore[arg-type]

    assert ids(verdicts=("failed", "error")) == ["c5", "c4", "c3", "c1"]
    assert ids(journey="find") == ["c30"] and ids(env="none") == []
    assert ids(since=DAY + timedelta(hours=4), until=DAY + timedelta(hours=30)) == ["c5", "c4"]
    assert ids(journey="' OR 1=1 --") == []


def test_since_when_it_is_bad_is_told(views: Views) -> None:
    assert views.bad_since(LINE) == (DAY + timedelta(hours=2), DAY + timedelta(hours=3))
    strip = views.strips([LINE], 4)[LINE]
    assert [one.verdict for one in strip] == ["failed", "error", "failed", "degraded"]


def test_days_are_of_utc_and_count_what_got_through(views: Views) -> None:
    first, second = DAY.date(), DAY.date() + timedelta(days=1)
    assert views.counts([first, second]) == {first: 6, second: 1}
    daily = views.daily(first)[LINE]
    assert daily.verdicts == {"passed": 1, "failed": 3, "degraded": 1, "error": 1}
    assert daily.figures["turns"] == [0.0, 2.0] and daily.figures["took"] == [2.0, 2.0]


def test_the_annals_keep_what_the_state_forgets_and_what_was_noted(url: str) -> None:
    from cxassure.incident import Rules
    from cxassure.watch.incidents import Duty

    kept = Incidents(url)
    duty = Duty(kept, Rules())

    def look(minute: int, verdict: Verdict) -> None:
        fault = Fault(kind="failed", step="s") if verdict == "failed" else None
        at = DAY + timedelta(minutes=minute)
        duty.look([Observation(at=at, journey="pay", verdict=verdict, fault=fault)], at)

    for minute, verdict in enumerate(["failed", "failed", "passed", "passed"]):
        look(minute, verdict)  # type: ignore[arg-type]
    look(30, "passed")
    for hours in (3, 4):
        look(hours * 60, "passed")
    assert duty.state().incidents == {}
    (one,) = kept.annals.since(DAY - timedelta(days=1))
    assert one.ended is not None and kept.annals.find(one.id) == one
    assert kept.annals.since(DAY + timedelta(days=1)) == []
    for number, text in enumerate(("first", "then\0", "<b>")):
        at = DAY + timedelta(minutes=number)
        kept.annals.note(Note(one.id, at, "kim", text, public=number == 2))
    noted = kept.annals.notes([one.id, "none"])
    assert [(n.text, n.public) for n in noted[one.id]] == [
        ("first", False), ("then\N{REPLACEMENT CHARACTER}", False), ("<b>", True),
    ]  # fmt: skip
    assert noted["none"] == []
