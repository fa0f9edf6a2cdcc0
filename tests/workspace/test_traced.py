"""A run is a trace: what the company is asked carries the ids that the run's own lines give."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from cxassure.campaign import Ran, Running
from cxassure.events import span_id, trace_id, traceparent
from cxassure.selection import Selection
from cxassure.workspace import Workspace

JOURNEY = """
journey: asking
parties: {asker: {channel: api, target: shop}}
steps:
  - asker: {get: /one}
    expect: {status: 200}
  - asker: {get: {path: /two, headers: {Traceparent: own}}}
    expect: {status: 200}
  - asker: {get: /three}
    expect: {status: 200}
"""


class Company(BaseHTTPRequestHandler):
    """Answers everything, and notes the header by path."""

    heard: dict[str, str]

    def do_GET(self) -> None:
        self.heard[self.path] = self.headers.get("traceparent", "")
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[dict[str, str]]:
    """What the company heard; its address is in the workspace at `tmp_path`."""
    handler = type("Handler", (Company,), {"heard": {}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    (tmp_path / "journeys").mkdir()
    (tmp_path / "journeys/asking.yaml").write_text(JOURNEY)
    (tmp_path / "cxassure.yaml").write_text(
        "environments: {default: {rehearsal: true, targets: "
        f"{{shop: {{address: 'http://127.0.0.1:{server.server_port}'}}}}}}}}\n"
    )
    yield handler.heard  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()


def driven(root: Path, how: Running = Running(), **environ: str) -> Ran:
    workspace = Workspace(root, environ=environ)
    return asyncio.run(workspace.run(workspace.select(Selection()), how))


def test_each_step_carries_its_own_span_of_the_run_s_trace(
    tmp_path: Path, heard: dict[str, str]
) -> None:
    (run,) = driven(tmp_path).runs
    assert run.verdict == "passed", run.why
    assert heard["/one"] == f"00-{trace_id(run.id)}-{span_id(run.id, 1)}-01"
    assert heard["/three"] == traceparent(run.id, 3)


def test_a_header_that_the_author_wrote_is_left_alone(
    tmp_path: Path, heard: dict[str, str]
) -> None:
    driven(tmp_path)
    assert heard["/two"] == "own"


def test_ids_are_those_of_w3c_and_tell_runs_and_steps_apart() -> None:
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", traceparent("c/pay", 1))
    assert len({traceparent(run, step) for run in ("c/pay", "c/ask") for step in range(9)}) == 18
    assert span_id("c/pay") != span_id("c/pay", 0)


def test_the_release_is_kept_with_the_run(tmp_path: Path, heard: dict[str, str]) -> None:
    (run,) = driven(tmp_path, Running(release="shop 4.2")).runs
    (other,) = driven(tmp_path, CXASSURE_RELEASE="shop 4.3").runs
    assert (run.release, other.release) == ("shop 4.2", "shop 4.3")
    lines = (tmp_path / "reports/runs").glob("*/*/events.jsonl")
    told = {json.loads(path.read_text().splitlines()[0])["release"] for path in lines}
    assert told == {"shop 4.2", "shop 4.3"}
