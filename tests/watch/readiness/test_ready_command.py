"""`cxassure ready` and its evidence: real runs against a real server, a real store, exit codes."""

import json
import threading
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from streams import Telling

from cxassure.events import Checked
from cxassure.forecast import Band, Demand, Forecast
from cxassure.readiness import Readiness
from cxassure.store import Store
from cxassure.store.decisions import (
    READINESS,
    keep_forecast,
    keep_readiness,
    last_forecast,
    readiness_of,
)
from cxassure.surfaces.cli import main

SETTINGS = """
zone: America/New_York
within: 300ms
look_on: 100ms
environments:
  live: {{targets: {{shop: "{address}"}}}}
  west: {{targets: {{shop: "{address}"}}}}
peaks:
  black-friday: {{start: "{day} 00:00", lasts: 2d, uplift: 4, journeys: {{tags: [peak]}}}}
  quiet: {{start: "{day}", journeys: {{names: [nothing-*]}}}}
{more}
"""
JOURNEY = """
journey: {name}
severity: {severity}
owner: checkout
tags: [peak]
parties: {{office: {{channel: api, target: shop}}}}
steps:
  - office: {{get: /{name}}}
    expect: {{status: 200}}
"""


class Shop(BaseHTTPRequestHandler):
    """Answers 200, or what was said for a path."""

    said: ClassVar[dict[str, int]] = {}

    def do_GET(self):
        self.send_response(self.said.get(self.path, 200))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def shop():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def folder(tmp_path, shop, monkeypatch):
    Shop.said = {}
    monkeypatch.chdir(tmp_path)
    make(tmp_path, shop)
    return tmp_path


def make(folder, address="http://127.0.0.1:9", more="", **journeys):
    day = datetime.now(UTC) + timedelta(days=3)
    text = SETTINGS.format(address=address, day=f"{day:%Y-%m-%d}", more=more)
    (folder / "cxassure.yaml").write_text(text)
    (folder / "journeys").mkdir(exist_ok=True)
    for name, severity in (journeys or {"pay": "critical", "returns": "major"}).items():
        (folder / "journeys" / f"{name}.yaml").write_text(
            JOURNEY.format(name=name, severity=severity)
        )


def cxassure(*words):
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    return ended.value.code


def ready(capsys, *words, peak="black-friday"):
    capsys.readouterr()
    code = cxassure("ready", peak, "--json", *words)
    return code, json.loads(capsys.readouterr().out)


def test_a_peak_whose_date_is_past_is_no_go_though_everything_passes(folder, shop, capsys):
    make(folder, shop, more="  gone: {start: 2026-01-05, lasts: 2d}")
    assert cxassure("run") == 0
    assert ready(capsys)[0] == 0
    code, told = ready(capsys, peak="gone")
    assert (code, told["verdict"], told["starts"]) == (1, "NO-GO", None)
    assert told["reasons"][0] == "no date of the peak comes within a year"


def test_a_run_at_another_address_is_no_evidence_of_the_environment(
    folder, shop, capsys, monkeypatch
):
    make(folder, "http://127.0.0.1:9", pay="critical")
    monkeypatch.setenv("CXASSURE_TARGET_SHOP", shop)
    assert cxassure("run") == 0
    assert "shop at another address: no evidence of live" in capsys.readouterr().out
    monkeypatch.delenv("CXASSURE_TARGET_SHOP")
    code, told = ready(capsys)
    assert (code, told["journeys"][0]["state"]) == (1, "missing")
    store = Store(folder / "reports")
    assert store.last_good("pay", "", "live", None) is None
    assert store.history("pay", "", "live") == []


def test_a_journey_that_was_changed_since_it_ran_is_told(folder, capsys):
    assert cxassure("run") == 0
    journey = folder / "journeys" / "pay.yaml"
    text = journey.read_text()
    journey.write_text("# a note\n" + text.replace("owner: checkout", "owner: kim"))
    assert ready(capsys)[1]["verdict"] == "GO"
    journey.write_text(text.replace("status: 200", "status: 201"))
    code, told = ready(capsys)
    assert (code, told["verdict"]) == (0, "CONDITIONAL")
    assert "was made before the journey was changed" in told["reasons"][0]
    assert "cxassure run pay" in told["changes"][0]


def test_an_address_that_is_the_written_one_overrides_nothing(folder, shop, capsys, monkeypatch):
    make(folder, shop, pay="critical")
    monkeypatch.setenv("CXASSURE_TARGET_SHOP", shop)
    assert cxassure("run") == 0
    assert ready(capsys)[0] == 0


def test_what_was_never_run_is_no_go_and_what_passes_is_go(folder, capsys):
    code, told = ready(capsys)
    assert (code, told["verdict"]) == (1, "NO-GO")
    assert "nothing has ever been run" in told["reasons"]
    assert cxassure("run") == 0
    code, told = ready(capsys, "--strict")
    assert (code, told["verdict"]) == (0, "GO")
    assert [(j["journey"], j["state"]) for j in told["journeys"]] == [
        ("pay", "passing"),
        ("returns", "passing"),
    ]
    assert told["starts"].endswith("Z")
    assert not told["changes"]


def test_a_failing_major_is_conditional_by_a_waiver_and_strict_fails_it(folder, shop, capsys):
    Shop.said = {"/returns": 404}
    assert cxassure("run") == 1
    code, told = ready(capsys)
    assert (code, told["verdict"]) == (1, "NO-GO")
    assert any("a waiver by its owner" in change for change in told["changes"])
    waiver = "{journeys: returns, owner: kim, reason: vendor mends it, until: 2099-01-01}"
    make(folder, shop, f"waivers:\n  - {waiver}")
    code, told = ready(capsys)
    assert (code, told["verdict"]) == (0, "CONDITIONAL")
    assert "borne by kim until 2 Jan 00:00 EST: vendor mends it" in told["reasons"][0]
    assert ready(capsys, "--strict")[0] == 1


def test_a_failing_critical_journey_is_no_go_and_passes_before_it_do_not_help(folder, capsys):
    assert cxassure("run") == 0
    Shop.said = {"/pay": 500}
    assert cxassure("run") == 1
    code, told = ready(capsys)
    assert (code, told["verdict"]) == (1, "NO-GO")
    assert told["reasons"][0].startswith("critical pay: the run from live")


def test_a_company_that_cannot_be_reached_is_not_ready(folder, capsys):
    make(folder)
    assert cxassure("run") in (1, 3)
    assert ready(capsys)[1]["verdict"] == "NO-GO"


def test_the_page_is_told_in_three_more_forms(folder, capsys):
    cxassure("run")
    capsys.readouterr()
    assert cxassure("ready", "black-friday", "--html", "out/p.html", "--markdown", "out/p.md") == 0
    said = capsys.readouterr().out
    for text in (said, (folder / "out/p.html").read_text(), (folder / "out/p.md").read_text()):
        for word in ("GO", "black-friday", "pay", "passing", "nobody asked before today"):
            assert word in text
    assert "because" in said
    assert "tested" in said


def test_another_place_must_have_been_looked_from_where_it_is_asked_for(folder, shop, capsys):
    make(folder, shop, "readiness: {places: 2, environments: [live, west]}")
    cxassure("run", "--env", "live")
    told = ready(capsys)[1]
    assert told["journeys"][0]["why"] == "passed from 1 of 2 places"
    cxassure("run", "--env", "west")
    assert ready(capsys)[1]["verdict"] == "GO"


def test_score_is_told_where_it_is_asked_for(folder, capsys):
    cxassure("run")
    code, told = ready(capsys, "--score", "3")
    assert (code, told["score"], told["verdict"]) == (1, 50.0, "NO-GO")
    assert ready(capsys)[1]["score"] is None


def test_what_cannot_be_answered_has_its_exit_code(folder, capsys):
    assert cxassure("ready", "black-fridy") == 2
    assert "did you mean «black-friday»?" in capsys.readouterr().err
    assert cxassure("ready") == 2
    assert ready(capsys, peak="quiet")[1]["reasons"][0] == "the peak has no journeys"
    (folder / "file").write_text("")
    assert cxassure("ready", "black-friday", "--report-dir", "file") == 3
    assert "cannot be read" in capsys.readouterr().err
    (folder / "half").mkdir()
    (folder / "half" / "runs").write_text("")
    assert cxassure("ready", "black-friday", "--report-dir", "half") == 3


def test_without_journeys_or_with_broken_ones_nothing_is_ready(folder, capsys):
    for path in (folder / "journeys").iterdir():
        path.unlink()
    assert ready(capsys)[0] == 1
    (folder / "journeys" / "x.yaml").write_text("journey: [")
    assert cxassure("ready", "black-friday") == 2


def test_an_index_that_is_spoilt_does_not_hide_the_runs(folder, capsys):
    cxassure("run")
    (folder / "reports" / "index.db").write_bytes(b"\x00garbage" * 999)
    assert ready(capsys)[1]["verdict"] == "GO"


def test_a_run_whose_lines_are_gone_is_evidence_of_nothing(folder, capsys):
    cxassure("run")
    ready(capsys)
    for path in (folder / "reports" / "runs").glob("*/pay/events.jsonl"):
        path.unlink()
    code, told = ready(capsys)
    assert (code, told["verdict"]) == (1, "NO-GO")
    assert "gone" in told["reasons"][0]


def stored(folder, journey="pay", ago=1.0, wall=0.5, unseen=False, env="live", started=None):
    """Keeps a run that passed so many hours ago."""
    when = started or datetime.now(UTC) - timedelta(hours=ago)
    campaign = Store(folder / "reports").campaign(when)
    telling = Telling(journey, run=f"{journey}-{when}", started=when.isoformat(), env=env)
    check = {"facet": "audio", "expected": "both ways", "verdict": "unseen"}
    telling.step("office", "api", "get", inside=[(Checked, check)] if unseen else [])
    run = telling.end(wall=wall)
    recorder = campaign.recorder(run.id, run.name)
    for event in telling.events:
        recorder.write(event)
    campaign.finish([run])


def test_a_run_that_could_not_see_all_is_no_full_pass(folder, capsys):
    stored(folder, "returns")
    stored(folder, unseen=True)
    code, told = ready(capsys)
    assert (code, told["verdict"]) == (0, "CONDITIONAL")
    assert "left 1 expectations unseen" in told["reasons"][0]


def test_a_run_of_two_days_ago_is_stale(folder, capsys):
    stored(folder, "returns")
    stored(folder, ago=48)
    assert ready(capsys)[1]["reasons"][0].startswith("critical pay: it last ran 2 d ago")


def test_it_says_to_what_share_of_the_forecast_was_tested(folder, capsys):
    """Four at once on the api, of which three together; the forecast wants four times ten."""
    now = datetime.now(UTC) - timedelta(hours=1)
    for second in (0, 10, 20, 200):
        stored(folder, "returns", wall=60, started=now + timedelta(seconds=second))
    stored(folder)
    assert "nobody knows" in "".join(lines_of(capsys))
    band = Band(low=300, mid=360, high=400)
    ordinary = Demand(
        channel="api", busiest=band, seconds=60, assumed=False, method="x", at_once=6, needed=12
    )
    keep_forecast(
        folder / "reports", Forecast(made=now, zone="UTC", enough=True, ordinary=(ordinary,))
    )
    told = ready(capsys)[1]
    (tested,) = told["tested"]
    assert (tested["channel"], tested["driven"]) == ("api", 3)
    assert tested["needed"] > 4 * 400 * 300 / 3600 / 2
    assert tested["share"] == pytest.approx(3 / tested["needed"], abs=1e-4)
    assert any("of the forecast, 3 of" in line for line in lines_of(capsys))


def lines_of(capsys):
    capsys.readouterr()
    cxassure("ready", "black-friday")
    return capsys.readouterr().out.splitlines()


def test_what_changed_since_yesterday_is_told_and_all_is_kept(folder, capsys):
    ready(capsys)
    reports = folder / "reports"
    (first,) = readiness_of(reports, "black-friday")
    (reports / READINESS).unlink()
    for days, answer in ((3, "GO"), (1.2, "NO-GO")):
        at = datetime.now(UTC) - timedelta(days=days)
        keep_readiness(reports, Readiness(**{**fields(first), "at": at, "answer": answer}))
    stored(folder)
    stored(folder, "returns")
    told = ready(capsys)[1]
    assert told["since"]["changed"][0] == {"what": "answer", "before": "NO-GO", "now": "GO"}
    assert {"what": "pay", "before": "missing", "now": "passing"} in told["since"]["changed"]
    again = ready(capsys)[1]
    assert again["since"] == told["since"]
    assert len(readiness_of(reports, "black-friday")) == 4
    assert readiness_of(reports, "other") == []


def fields(decided):
    return {name: getattr(decided, name) for name in decided.__struct_fields__}


def test_a_line_that_was_cut_off_harms_no_other(tmp_path):
    decided = Readiness(peak="p", answer="GO", at=datetime.now(UTC))
    keep_readiness(tmp_path, decided)
    with (tmp_path / READINESS).open("ab") as file:
        file.write(b'{"peak": "p", "ans')
    keep_readiness(tmp_path, decided)
    assert readiness_of(tmp_path, "p") == [decided, decided]


def test_a_forecast_that_is_none_counts_as_none(tmp_path):
    assert last_forecast(tmp_path) is None
    (tmp_path / "forecast.json").write_bytes(b"\xff")
    assert last_forecast(tmp_path) is None


class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)


def test_nothing_from_outside_is_markup_or_steers_a_terminal(folder, shop, capsys):
    evil = "<script>alert(1)</script> [x](http://evil) | \\u001b[31m"
    (folder / "journeys" / "pay.yaml").write_text(
        JOURNEY.format(name="pay", severity="critical").replace("checkout", f'"{evil}"')
    )
    cxassure("run")
    cxassure("ready", "black-friday", "--html", "p.html", "--markdown", "p.md")
    said = capsys.readouterr().out
    reader = Reader()
    reader.feed((folder / "p.html").read_text())
    assert "script" not in reader.tags
    assert "a" not in reader.tags
    markdown = (folder / "p.md").read_text()
    assert "<script" not in markdown.replace("\\<script", "")
    assert "[x](" not in markdown.replace("\\[x\\](", "")
    for text in (said, markdown, (folder / "p.html").read_text()):
        assert "\x1b" not in text


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("readiness: {passes: 0}", 2, 21, "«0» is not 1 to 50"),
        ("readiness: {newest: soon}", 2, 21, "«soon» is not a length"),
        ("readiness: {share: 0.3}", 2, 20, "«0.3» is no share"),
        ("readiness: {critical: {place: 2}}", 2, 24, "unknown key «place»"),
        ("readiness: {environments: [moon]}", 2, 28, "no environment «moon»"),
        ("readiness: {weights: {major: heavy}}", 2, 30, "«heavy» is no number"),
        ("readiness: {aim: 50, floor: 90}", 2, 29, "floor 90 is above aim 50\n"),
        ("readiness: {floor: 95}", 2, 20, "floor 95 is above aim 90; aim is 90 unsaid\n"),
        ("readiness: {aim: 50}", 2, 18, "floor 75 is above aim 50; floor is 75 unsaid\n"),
        ("waivers:\n  - {journeys: x, owner: kim, until: 2026-01-01}", 3, 5, "without «reason»"),
        ("waivers:\n  - {journeys: x, owner: k, reason: r, until: 2026-02-30}", 3, 47, "no time"),
        ("waivers: {a: b}", 2, 10, "must be a list"),
        ("waivers: [x]", 2, 11, "must hold pairs"),
    ],
)
def test_what_is_wrong_in_the_settings_has_its_place(tmp_path, capsys, text, line, column, said):
    (tmp_path / "cxassure.yaml").write_text(f"# settings\n{text}\n")
    assert cxassure("ready", "x", "-C", str(tmp_path)) == 2
    told = capsys.readouterr().err
    assert f"cxassure.yaml:{line}:{column}: " in told
    assert said in told
    assert "hint:" in told


def test_points_that_are_no_number_are_not_held_against_each_other(tmp_path, capsys):
    (tmp_path / "cxassure.yaml").write_text("readiness: {aim: high, floor: 95}\n")
    assert cxassure("ready", "x", "-C", str(tmp_path)) == 2
    told = capsys.readouterr().err
    assert "«high» is no number" in told
    assert "above aim" not in told


def test_rules_of_a_severity_add_to_those_of_all(tmp_path):
    from cxassure.spec import read_settings

    (tmp_path / "cxassure.yaml").write_text(
        "zone: Asia/Tokyo\n"
        "readiness: {passes: 3, newest: 2d, critical: {newest: 6h}, share: 12.5 %, score: 5}\n"
        "waivers: [{journeys: [a, b], owner: k, reason: r, until: 2026-11-30}]\n"
    )
    found = read_settings(tmp_path)
    rules = found.readiness
    assert (rules.need("critical").passes, rules.need("critical").newest) == (3, 6 * 3600)
    assert (rules.need("minor").newest, rules.share, rules.score) == (2 * 86400, 0.125, 5)
    (waiver,) = found.waivers
    assert waiver.until.isoformat() == "2026-12-01T00:00:00+09:00"
    assert waiver.journeys == ("a", "b")
