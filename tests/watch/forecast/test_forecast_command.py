"""`cxassure forecast`: what is proposed can be read back, what is wrong has its exit code."""

import json
from datetime import date

import pytest
from traffic import BLACK_FRIDAYS, CHRISTMAS_EVES, csv_of, traffic

from cxassure.spec import read_settings
from cxassure.store.decisions import last_forecast
from cxassure.surfaces.cli import main

PEAKS = dict.fromkeys(BLACK_FRIDAYS, 4.5) | dict.fromkeys(CHRISTMAS_EVES, 2.5)
SETTINGS = """
zone: America/New_York
environments:
  live: {targets: {metrics: {address: "${env.METRICS}", token: "${secret.metrics}"}}}
peaks:
  sale: {start: day after fourth Thursday of November}
"""


@pytest.fixture(scope="module")
def history():
    known = traffic(date(2024, 6, 1), date(2026, 8, 31), peaks=PEAKS, zone="America/New_York")
    return csv_of(known)


@pytest.fixture
def folder(tmp_path, monkeypatch, history):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cxassure.yaml").write_text(SETTINGS)
    (tmp_path / "traffic.csv").write_text(history)
    return tmp_path


def cxassure(*words):
    with pytest.raises(SystemExit) as ended:
        main(["forecast", *words])
    return ended.value.code


def test_what_is_proposed_can_be_written_into_the_settings(folder, capsys):
    assert cxassure("traffic.csv", "--from", "2026-09-01", "--yaml", "new.yaml") == 0
    said = capsys.readouterr().out
    assert "black-friday  2026-11-27" in said
    assert "in the calendar as sale" in said
    assert "assumed: say --handle" in said
    proposed = (folder / "new.yaml").read_text()
    assert proposed in said
    (folder / "cxassure.yaml").write_text(SETTINGS.replace("peaks:\n", proposed))
    peaks = {peak.name: peak for peak in read_settings(folder).calendar.peaks}
    assert set(peaks) == {"sale", "christmas-eve"}
    assert peaks["christmas-eve"].uplift == pytest.approx(2.5, abs=0.3)
    assert cxassure("traffic.csv", "--from", "2026-09-01") == 0
    assert "nothing to add" in capsys.readouterr().out


def test_json_says_the_same_and_ready_finds_it(folder, capsys):
    assert cxassure("traffic.csv", "--from", "2026-09-01", "--json", "--handle", "ivr=4m") == 0
    told = json.loads(capsys.readouterr().out)
    assert [rise["name"] for rise in told["rises"]] == ["black-friday", "christmas-eve"]
    web, ivr = told["rises"][0]["demands"]
    assert (web["assumed"], ivr["assumed"], ivr["seconds"]) == (True, False, 240.0)
    assert told["peaks"].startswith("peaks:\n  christmas-eve:")
    kept = last_forecast(folder / "reports")
    assert kept and [rise.name for rise in kept.rises] == ["black-friday", "christmas-eve"]


def test_too_little_is_exit_3_and_takes_no_forecasts_place(folder, capsys, history):
    assert cxassure("traffic.csv") == 0
    kept = last_forecast(folder / "reports")
    (folder / "short.csv").write_text("\n".join(history.splitlines()[:1000]))
    capsys.readouterr()
    assert cxassure("short.csv") == 3
    said = capsys.readouterr().out
    assert "too little" in said
    assert "peaks:\n" not in said.replace("nothing to add to peaks:\n", "")
    assert last_forecast(folder / "reports") == kept


def test_problems_of_the_file_are_told_with_their_places(folder, capsys):
    (folder / "bad.csv").write_text("time,web\n2026-01-01T00:00Z,many\n")
    assert cxassure("bad.csv") == 2
    assert "bad.csv:2:19: «many» is no count" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "a FILE, or from --prometheus"),
        (("traffic.csv", "--prometheus", "metrics", "--query", "x"), 2, "a FILE, or"),
        (("--prometheus", "metrics"), 2, "with --query"),
        (("--prometheus", "metric", "--query", "x"), 2, "did you mean «metrics»"),
        (("traffic.csv", "--zone", "Mars/Base"), 2, "is no time zone"),
        (("traffic.csv", "--handle", "ivr"), 2, "write ivr=4m30s"),
        (("traffic.csv", "--handle", "ivrr=4m"), 2, "did you mean «ivr»?"),
        (("traffic.csv", "--staffed", "nope"), 2, "nothing of a channel «nope»"),
        (("nothing.csv",), 2, "does not exist"),
        (("--prometheus", "metrics", "--query", "x"), 3, "METRICS is not set"),
    ],
)
def test_what_cannot_be_done_is_told(folder, capsys, words, code, said):
    assert cxassure(*words) == code
    assert said in capsys.readouterr().err


def test_a_server_is_asked_only_with_its_own_secret(folder, capsys, monkeypatch):
    monkeypatch.setenv("METRICS", "http://127.0.0.1:9")
    assert cxassure("--prometheus", "metrics", "--query", "x") == 3
    assert "secret.metrics is not set" in capsys.readouterr().err
    monkeypatch.setenv("CXASSURE_SECRET_METRICS", "canary-7f3a")
    assert cxassure("--prometheus", "metrics", "--query", "x") == 3
    told = capsys.readouterr()
    assert "127.0.0.1:9 cannot be asked" in told.err
    assert "canary-7f3a" not in told.err + told.out
