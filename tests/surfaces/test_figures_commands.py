"""`trend`, `export` and `digest` on a real store."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from cxassure.run import Run
from cxassure.store import Store
from cxassure.surfaces.cli import main

NOW = datetime.now(UTC)
SETTINGS = """
environments: {default: {targets: {shop: {address: "http://127.0.0.1:1"}}}}
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A workspace with ten days of runs of two journeys."""
    (tmp_path / "cxassure.yaml").write_text(SETTINGS)
    store = Store(tmp_path / "reports")
    for day in range(10):
        campaign = store.campaign(NOW - timedelta(days=day, hours=1))
        campaign.finish([_run(day, "pay", "ivr"), _run(day, "find", "web")])
    return tmp_path


def _run(day: int, journey: str, channel: str) -> Run:
    at = NOW - timedelta(days=day, hours=1)
    verdict = "failed" if (day, journey) == (2, "pay") else "passed"
    return Run(
        id=f"{day}/{journey}", journey=journey, started=at.isoformat(), verdict=verdict,  # type: ignore[arg-type]
        why="" if verdict == "passed" else "no prompt came", finished=True, took=60.0 + day,
        parties={"x": channel}, release="shop 2" if day < 5 else "shop 1", env="default",
        measures={"contacts": 1, "turns": 3},
    )  # fmt: skip


class Said(Protocol):
    """Types a command in the workspace; gives stdout, or for a `code` that is not 0 stderr."""

    def __call__(self, *args: str, code: int = 0) -> str: ...


@pytest.fixture
def said(place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Said:
    monkeypatch.chdir(place)

    def typed(*args: str, code: int = 0) -> str:
        with pytest.raises(SystemExit) as done:
            main([*args, "-C", str(place)])
        out, err = capsys.readouterr()
        assert done.value.code == code, err
        return out if code == 0 else err

    return typed


def test_trend_tells_groups_and_all(place: Path, said: Said) -> None:
    (place / "answers.csv").write_text(f"date,journey,csat\n{NOW:%F},pay,5\n")
    told = json.loads(
        said("trend", "--by", "release", "--json", "--csat", "answers.csv", "--csv", "x.csv")
    )
    groups = {one["name"]: one for one in told["groups"]}
    assert {name: one["runs"] for name, one in groups.items() if name[0] == "s"} == {
        "shop 1": 10,
        "shop 2": 10,
    }
    assert groups["shop 2"]["figures"]["success"]["value"] == 0.9
    assert told["total"]["scores"]["csat"] == {"value": 100.0, "n": 1}
    with (place / "x.csv").open(newline="") as file:
        assert [row["runs"] for row in csv.DictReader(file)][-1] == "20"


def test_trend_of_one_journey_by_channel_in_a_terminal(place: Path, said: Said) -> None:
    text = said("trend", "pay", "--by", "channel", "--since", "30d")
    assert text.splitlines()[1].split()[:2] == ["ivr", "10"]
    assert "90.0 % [60–98]" in text


@pytest.mark.parametrize(
    ("args", "what"),
    [
        (["trend", "pya"], "did you mean"),
        (["trend", "--since", "soon"], "is no time"),
        (["trend", "--since", "2026-01-02", "--until", "2026-01-01"], "nothing lies"),
        (["trend", "--csat", "nowhere.csv"], "cannot be read"),
        (["export", "runs"], "wants a file"),
        (["export", "runs", "x.xlsx"], "nobody knows this form"),
        (["export", "traces", "--journey", "pay"], "does not belong"),
        (["export", "traces", "nothing"], "names no stored run"),
        (["digest", "--peak", "sale"], "no peak «sale»"),
        (["digest", "--peak", "sale", "--since", "2d"], "its own time"),
    ],
)
def test_what_is_wrong_is_told_with_a_way_out(said: Said, args: list[str], what: str) -> None:
    assert what in said(*args, code=2)


def test_runs_states_and_traces_are_exported(place: Path, said: Said) -> None:
    said("export", "runs", "runs.csv", "--journey", "pay")
    with (place / "runs.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 10
    families = {f.name for f in text_string_to_metric_families(said("export", "prometheus"))}
    assert {"cxassure_verdict", "cxassure_recent_runs", "cxassure_effort"} <= families
    said("export", "prometheus", "x.prom")
    assert (place / "x.prom").read_text().endswith("# EOF\n")
    spans = json.loads(said("export", "traces"))["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert {span["name"] for span in spans} == {"pay", "find"}


def test_a_collector_that_is_not_there_is_a_three(place: Path, said: Said) -> None:
    told = said("export", "traces", "--to", "http://127.0.0.1:1/v1/traces", code=3)
    assert "did not take the traces" in told


def test_a_week_is_written(place: Path, said: Said) -> None:
    text = said("digest", "--html", "w/week.html", "--markdown", "w/week.md")
    assert "pay from" in text
    assert "no prompt came" in text
    assert (place / "w/week.html").read_text().count("<h2>") == text.count("\n  ") - text.count(
        "\n    "
    )
    assert (place / "w/week.md").read_text().startswith("# ")


def test_a_peak_that_was_is_written_and_one_to_come_is_not(place: Path, said: Said) -> None:
    for day, code in ((NOW - timedelta(days=2), 0), (NOW + timedelta(days=40), 2)):
        (place / "cxassure.yaml").write_text(PEAK % (f"{day:%F}", f"{day:%F}"))
        told = said("digest", "--peak", "sale", code=code)
        what = "nobody had decided about it" if code == 0 else "has not been yet"
        assert what in told


PEAK = SETTINGS + "peaks: {sale: {start: %s, end: %s}}\n"


def test_pdf_is_written_and_the_rest_also_where_no_browser_is(
    place: Path, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    said("digest", "--pdf", "week.pdf")
    assert (place / "week.pdf").read_bytes().startswith(b"%PDF-")
    monkeypatch.setenv("CXASSURE_BROWSER", "/nowhere/chromium")
    said("digest", "--pdf", "none.pdf", "--markdown", "week.md", code=3)
    assert (place / "week.md").exists()


def test_a_stored_run_is_told_for_other_tools(place: Path, said: Said) -> None:
    said("report", "pay", "--ctrf", "out/ctrf.json", "--allure", "out/allure")
    results = json.loads((place / "out/ctrf.json").read_bytes())["results"]
    assert "pay" in [test["name"] for test in results["tests"]]
    assert len(list((place / "out/allure").glob("*-result.json"))) == results["summary"]["tests"]
