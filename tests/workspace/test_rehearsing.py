"""Rehearsing another day, from Python: what reaches the company, what it answers, what is kept."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from cxassure.campaign import Ran, Running
from cxassure.channels.ivr.twiml import TwimlLine
from cxassure.company import started
from cxassure.errors import UsageError
from cxassure.peak import zone
from cxassure.report.tally import blaming
from cxassure.run import Run
from cxassure.selection import Selection
from cxassure.workspace import Workspace

ROOT = Path(__file__).parents[2]
EVE = datetime(2026, 12, 24, 13, tzinfo=zone("America/New_York"))
PLAIN_DAY = datetime(2026, 11, 3, 13, tzinfo=zone("America/New_York"))
SENT = "2026-12-24T13:00:00-05:00"


# The built-in company


def opened_beside(reports: Path, *faults: str) -> Iterator[Workspace]:
    """The sample workspace beside its company, which has `faults`."""
    with started(faults) as found:
        workspace = Workspace(ROOT, reports=reports, environ={})
        workspace.move_in(found.targets, found.secrets)
        yield workspace


@pytest.fixture(scope="module")
def well(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    yield from opened_beside(tmp_path_factory.mktemp("well"))


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    yield from opened_beside(tmp_path_factory.mktemp("broken"), "holiday-message-wrong")


def drive(workspace: Workspace, journey: str, at: datetime | None) -> Ran:
    probes = workspace.select(Selection((journey,)))
    return asyncio.run(workspace.run(probes, Running(rehearsed=at)))


IN_AND_OUT = pytest.mark.parametrize("at", [EVE, PLAIN_DAY, None], ids=["eve", "before", "today"])


@IN_AND_OUT
def test_the_announcements_of_a_healthy_company_pass_on_any_day(
    well: Workspace, at: datetime | None
) -> None:
    run = drive(well, "holiday-announcement", at).runs[0]
    assert run.verdict == "passed", run.why
    told = [(check.facet, check.verdict) for check in run.steps[-1].checked]
    assert told == [("page", "passed"), ("prompt", "passed")]


@IN_AND_OUT
def test_the_holiday_message_is_missed_inside_its_dates_and_caught_outside(
    broken: Workspace, at: datetime | None
) -> None:
    run = blaming(drive(broken, "holiday-announcement", at).runs[0])
    bad = run.first_bad
    assert run.verdict == "failed"
    assert bad is not None
    assert bad.party == "caller"
    assert "holidays-on-the-phone «Orders placed today arrive" in bad.why
    if at is EVE:
        assert "must be heard from 2026-12-20 00:00 to 2026-12-27 00:00" in run.why
        assert run.why.endswith("was not heard at 2026-12-24 13:00 America/New_York")
    if at is PLAIN_DAY:
        assert run.why.endswith("was heard at 2026-11-03 13:00 America/New_York")


@pytest.mark.parametrize(
    ("hour", "day", "verdict"),
    [(8, 3, "passed"), (21, 3, "passed"), (7, 3, "failed"), (22, 3, "failed")],
)
def test_opening_hours_follow_the_rehearsed_time(
    well: Workspace, hour: int, day: int, verdict: str
) -> None:
    run = drive(well, "order-status-by-phone", PLAIN_DAY.replace(hour=hour, day=day)).runs[0]
    assert run.verdict == verdict, run.why


def test_a_rehearsed_run_can_be_told_again_and_is_no_history(well: Workspace) -> None:
    store = well.store
    before = len(store.history("phone-menu", "", "rehearsal"))
    rehearsed = drive(well, "phone-menu", EVE).runs[0]
    assert (rehearsed.verdict, rehearsed.rehearsed_for) == (
        "passed",
        "2026-12-24 13:00 America/New_York",
    )
    assert rehearsed.rehearsed == f"{SENT}[America/New_York]"
    assert len(store.history("phone-menu", "", "rehearsal")) == before
    assert "phone-menu" not in [past.journey for past in store.latest()]
    assert store.last_good("phone-menu", "", "rehearsal") is None
    assert [found.run for found in store.find(rehearsed.id)] == [rehearsed]
    today = drive(well, "phone-menu", None).runs[0]
    assert (today.verdict, today.rehearsed) == ("passed", "")
    assert [past.id for past in store.history("phone-menu", "", "rehearsal")] == [today.id]


def test_the_index_made_anew_leaves_rehearsed_runs_out_too(well: Workspace) -> None:
    drive(well, "ask-for-a-person", EVE)
    well.store.reindex()
    assert "ask-for-a-person" not in [past.journey for past in well.store.latest()]


# Any company

PAGE = b"""<!doctype html><title>Now</title><main id=now></main><script>
document.getElementById('now').textContent = 'It is ' + new Date().toString() + ' and on';
fetch('/call', {method: 'POST'});
</script>"""
TWIML = b"<Response><Say>Good day to you.</Say><Hangup/></Response>"
SETTINGS = """\
look_on: 0s
environments:
  rehearsed:
    rehearsal: true
    targets: &targets
      shop: {{address: "{0}"}}
      office: {{address: "{0}"}}
      bot: {{address: "{0}/bot", over: http, quiet: 100ms}}
      line: {{address: "{0}/voice", over: twiml, status_callback: "{0}/status"}}
  live:
    targets: *targets
"""
JOURNEYS = {
    "shop": "parties: {shopper: {channel: web, target: shop}}\nsteps:\n  - shopper: {open: /page}\n"
    "    expect: {page: {contains: Thu Dec 24 2026 13:00}}\n",
    "office": "parties: {asker: {channel: api, target: office}}\nsteps:\n  - asker: {get: /api}\n",
    "bot": "parties: {asker: {channel: chat, target: bot}}\nsteps:\n  - asker: {say: hello}\n",
    "line": "parties: {caller: {channel: ivr, target: line}}\nsteps:\n  - caller: dial\n"
    "    expect: {prompt: {contains: good day}}\n",
}


class Witness:
    """A company on loopback that remembers what it was asked with: headers, and fields by form."""

    def __init__(self) -> None:
        self.asked: dict[str, tuple[dict[str, str], dict[str, list[str]]]] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"

    def _handler(witness) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                path = urlsplit(self.path).path
                headers = {name.lower(): value for name, value in self.headers.items()}
                witness.asked[path] = headers, parse_qs(body.decode())
                kind, answer = ANSWERS.get(path, ("application/json", b'{"replies": ["hello"]}'))
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_POST = do_GET

            def log_message(self, *_: Any) -> None:
                """Nobody wants to read it."""

        return Handler


ANSWERS = {
    "/page": ("text/html", PAGE),
    "/voice": ("text/xml", TWIML),
    "/status": ("text/xml", b""),
}


@pytest.fixture
def witness() -> Iterator[Witness]:
    found = Witness()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def opened(tmp_path: Path, witness: Witness) -> Callable[..., Workspace]:
    (tmp_path / "cxassure.yaml").write_text(SETTINGS.format(witness.address))
    (tmp_path / "journeys").mkdir()
    for name, text in JOURNEYS.items():
        (tmp_path / f"journeys/{name}.yaml").write_text(f"journey: {name}\n{text}")
    return lambda env="": Workspace(tmp_path, env)


@pytest.mark.parametrize(
    ("journey", "paths"),
    [
        ("shop", ["/page", "/call"]),
        ("office", ["/api"]),
        ("bot", ["/bot"]),
        ("line", ["/voice", "/status"]),
    ],
)
def test_every_way_to_the_company_carries_the_instant(
    opened: Callable[..., Workspace], witness: Witness, journey: str, paths: list[str]
) -> None:
    (run,) = drive(opened(), journey, EVE).runs
    assert run.verdict == "passed", run.why
    for path in paths:
        headers, form = witness.asked[path]
        assert headers["x-rehearsal-time"] == SENT
        assert headers["x-synthetic-test"] == run.id
        if journey == "line":
            assert form["RehearsalTime"] == [SENT]


@pytest.mark.parametrize("journey", ["shop", "office", "bot", "line"])
def test_a_run_of_today_carries_none(
    opened: Callable[..., Workspace], witness: Witness, journey: str
) -> None:
    run: Run = drive(opened(), journey, None).runs[0]
    assert run.rehearsed == ""
    for headers, form in witness.asked.values():
        assert "x-rehearsal-time" not in headers
        assert "RehearsalTime" not in form


def test_an_environment_that_is_no_rehearsal_is_refused_before_anything_is_driven(
    opened: Callable[..., Workspace], witness: Witness
) -> None:
    with pytest.raises(UsageError, match="environment «live» is no rehearsal") as caught:
        drive(opened("live"), "office", EVE)
    assert "rehearsal: true" in caught.value.hint
    assert witness.asked == {}


def test_a_line_that_carries_no_date_is_refused(
    opened: Callable[..., Workspace], witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(TwimlLine, "rehearses")
    said = r"line: party «caller» \(ivr over twiml\) cannot carry a date"
    with pytest.raises(UsageError, match=said):
        drive(opened(), "line", EVE)
    assert witness.asked == {}


def test_an_instant_in_utc_is_written_without_a_zone(opened: Callable[..., Workspace]) -> None:
    (run,) = drive(opened(), "office", datetime(2026, 12, 24, 18, tzinfo=UTC)).runs
    assert run.rehearsed == "2026-12-24T18:00:00+00:00"
    assert run.rehearsed_for == "2026-12-24 18:00 +00:00"
