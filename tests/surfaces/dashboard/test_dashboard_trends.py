"""Trends in the browser: the figures of `cxassure trend`, answers beside them, and metrics."""

from __future__ import annotations

import re
import socket
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from stage import ATTACK, Stage, staged

from cxassure.report.trend import Trend, trend
from cxassure.report.trend.figures import FIGURES
from cxassure.report.trend.telling import document, shown
from cxassure.retelling import past
from cxassure.surfaces.dashboard.app import FOLDER
from cxassure.surfaces.dashboard.people import People
from cxassure.workspace import Workspace

PASSWORD = "correct horse battery"
NOW = datetime.now(UTC)
CSV = "date,journey,csat,nps\n{day},order-status,5,9\n{day},order-status,2,3\n{day},,4,\n"
SCRAPE = ("cxassure_verdict", "cxassure_last_run_timestamp_seconds", "cxassure_open_incidents")


def command(stage: Stage, by: str, journey: str = "") -> Trend:
    """The same as `cxassure trend` tells it."""
    since = NOW - timedelta(days=30)
    store = Workspace(stage.workspace.root, environ={}).store
    return trend(past(store, since, NOW, journey), by, since, NOW)  # type: ignore[arg-type]


@pytest.mark.parametrize("by", ["journey", "row", "channel", "release"])
def test_they_are_those_of_the_command(client: httpx.Client, stage: Stage, by: str) -> None:
    page = client.get("/trends", params={"by": by}).text
    told = command(stage, by)
    for one in (*told.groups, told.total):
        if one.name != ATTACK:
            (row,) = re.findall(rf"<tr[^>]*><th[^>]*>[^\n]*{re.escape(one.name)}<.*?</tr>", page)
            assert f"<td>{one.n}</td>" in row
            for name, cell in one.cells.items():
                assert f"{escape(shown(FIGURES[name], cell))}</td>" in row, (one.name, name)


def test_by_day_each_figure_has_a_chart_with_its_numbers(
    client: httpx.Client, stage: Stage
) -> None:
    page = client.get("/trends", params={"journey": "order-status", "days": "7"}).text
    told = command(stage, "day", "order-status")
    assert page.count('<svg class="by-day"') == len(told.total.cells) >= 4
    for name, cell in told.total.cells.items():
        assert f"<strong>{escape(shown(FIGURES[name], cell, full=True))}</strong>" in page
    for one in told.groups:
        assert one.name in page
    assert "No run was made" in client.get("/trends", params={"journey": "nobody"}).text
    assert client.get("/trends", params={"by": "moon", "days": "-1"}).status_code == 200


@pytest.mark.parametrize("by", ["day", "journey"])
def test_programs_are_told_what_the_command_tells_as_json(
    client: httpx.Client, stage: Stage, by: str
) -> None:
    asked = {"by": by, "journey": "order-status"}
    told = client.get("/api/v1/trends", params=asked).json()
    same = document(command(stage, by, "order-status"))
    for one, other in ((told["total"], same["total"]), (told["groups"][-1], same["groups"][-1])):
        assert one["runs"] == other["runs"] and one["verdicts"] == other["verdicts"]
        figures = {n: {"low": None, **told} for n, told in other["figures"].items()}
        assert figures == {n: {"low": None, **told} for n, told in one["figures"].items()}
    assert told["total"]["runs"] == 3 and told["by"] == by
    for wrong in ({"by": "moon"}, {"days": "31"}):
        answer = client.get("/api/v1/trends", params=wrong)
        assert answer.status_code == 400 and "is one of" in answer.json()["error"]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Stage]:
    """A dashboard without a run, and an operator."""
    workspace = Workspace(tmp_path, environ={})
    people = People(workspace.store.reports / FOLDER)
    people.add("kim", "operator", PASSWORD)
    people.add("lee", "viewer", PASSWORD)
    with staged(workspace) as made:
        yield made


def bring(client: httpx.Client, text: str | bytes, **more: str) -> httpx.Response:
    csrf = client.get("/").text.partition('name="csrf" value="')[2].partition('"')[0]
    files = {"file": ("survey.csv", text, "text/csv")}
    return client.post("/answers", data={"csrf": csrf, **more}, files=files)


def test_answers_are_brought_in_lie_beside_and_are_taken_away(office: Stage) -> None:
    with httpx.Client(base_url=office.address, timeout=30) as client:
        client.post("/login", data={"name": "kim", "password": PASSWORD})
        assert bring(client, CSV.format(day=f"{NOW:%F}")).status_code == 303
        page = client.get("/trends").text
        assert "5 answers of «survey.csv»" in page and "by kim" in page
        assert "<strong>67 (3 answers)</strong>" in page  # CSAT: two of three are good
        assert "<strong>0 (2 answers)</strong>" in page  # NPS: one promoter, one detractor
        of_one = client.get("/trends", params={"journey": "order-status"}).text
        assert "<strong>50 (2 answers)</strong>" in of_one
        assert "(unknown)" in client.get("/trends", params={"by": "journey"}).text
        kept = office.workspace.store.reports / FOLDER / "answers.json"
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
        assert client.post("/answers/remove", data={"csrf": csrf}).status_code == 303
        assert "No CSAT or NPS answers" in client.get("/trends").text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"date,csat\n2026-11-01,9\n", "line 2"),
        (b"when,csat\n2026-11-01,5\n", "no column «date»"),
        (b"date,csat\n\xff\n", "UTF-8"),
        (b"", "neither a column"),
    ],
)
def test_a_file_that_is_not_understood_is_refused_with_its_line(
    client: httpx.Client, text: bytes, said: str
) -> None:
    answer = bring(client, text)
    assert answer.status_code == 422 and said in answer.text
    assert "No CSAT or NPS answers" in client.get("/trends").text


def test_only_an_operator_brings_answers_in_and_only_from_our_page(office: Stage) -> None:
    good = CSV.format(day=f"{NOW:%F}")
    with httpx.Client(base_url=office.address, timeout=30) as client:
        client.post("/login", data={"name": "lee", "password": PASSWORD})
        assert bring(client, good).status_code == 403
        assert "An operator brings them in" in client.get("/trends").text
        assert bring(client, "x" * 100_000).status_code == 413
        client.post("/login", data={"name": "kim", "password": PASSWORD})
        assert bring(client, good, csrf="wrong").status_code == 403
        assert bring(client, "x" * 5_000_000).status_code == 413
        assert client.post("/answers", content=b"junk").status_code == 403
        large = "date,csat\n" + f"{NOW:%F},5\n" * 20_000
        assert bring(client, large).status_code == 303
        assert "20000 answers" in client.get("/trends").text


def test_prometheus_scrapes_on_this_machine_without_a_token(stage: Stage) -> None:
    answer = httpx.get(f"{stage.address}/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    found = {one.name: one for one in text_string_to_metric_families(answer.text)}  # type: ignore[no-untyped-call]
    assert set(SCRAPE) <= set(found)
    recent = {
        sample.labels["journey"]: sample.value for sample in found["cxassure_recent_runs"].samples
    }
    assert recent["order-status"] == 1


def test_elsewhere_prometheus_shows_a_token(office: Stage) -> None:
    people = People(office.workspace.store.reports / FOLDER)
    token = people.token("prometheus", "viewer")
    again = Workspace(office.workspace.root, environ={})
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with staged(again, url="https://cx.example", port=port):
        known = {"host": "cx.example"}
        address = f"http://127.0.0.1:{port}/metrics"
        refused = httpx.get(address, headers=known)
        assert refused.status_code == 401 and refused.headers["www-authenticate"] == "Bearer"
        wrong = {**known, "authorization": "Bearer cx_wrong"}
        assert httpx.get(address, headers=wrong).status_code == 401
        shown = {**known, "authorization": f"Bearer {token}"}
        assert httpx.get(address, headers=shown).status_code == 200
