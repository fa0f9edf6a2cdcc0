"""The API: what it says of itself is so, and nothing that is sent to it breaks it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import httpx
import msgspec
import pytest
from stage import Stage, settle, staged

from cxassure.surfaces.dashboard.app import FOLDER
from cxassure.surfaces.dashboard.pace import Pace
from cxassure.surfaces.dashboard.people import People

FUZZ = """
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance, response_schema_conformance, status_code_conformance,
)

SHOWN = {{"authorization": "Bearer {token}"}}
schema = schemathesis.openapi.from_url("{address}/api/openapi.json", headers=SHOWN)
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_schema_conformance,
]

seen = {{}}

@schema.parametrize()
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_api(case):
    known = case.path_parameters or {{}}
    if len(known.get("id", "")) % 2:
        known["id"] = "{incident}"
    answer = case.call_and_validate(headers=SHOWN, checks=CHECKS)
    seen.setdefault(case.operation.label, set()).add(answer.status_code)

def test_something_got_through_everywhere():
    assert len(seen) == {count} and all(min(codes) < 500 for codes in seen.values()), seen
    well = {{one for one, codes in seen.items() if codes & {{200, 201, 422}}}}
    assert well >= {{one for one in seen if "{{campaign" not in one and "{{peak" not in one}}, seen
"""


def test_what_the_document_names_answers(client: httpx.Client) -> None:
    told = client.get("/api/openapi.json").json()
    assert told["openapi"].startswith("3.1")
    for path, known in told["paths"].items():
        if "{" not in path and "get" in known:
            answer = client.get(path)
            assert answer.status_code == 200 and answer.headers["content-type"] == JSON, path
    assert {"get", "post"} == set(told["paths"]["/api/v1/waivers"])


JSON = "application/json"


def test_a_change_by_session_needs_the_page_s_own_word(client: httpx.Client) -> None:
    one = client.get("/api/v1/incidents").json()["incidents"][0]["id"]
    address = f"/api/v1/incidents/{one}/notes"
    assert client.post(address, json={"text": "hello"}).status_code == 403
    csrf = client.get("/").text.partition('name="csrf" value="')[2].partition('"')[0]
    answer = client.post(address, json={"text": "hello"}, headers={"x-csrf-token": csrf})
    assert answer.status_code == 201
    wrong = {"x-csrf-token": csrf, "content-type": "text/plain"}
    assert client.post(address, content=b"{}", headers=wrong).status_code == 415


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"text": 1}', b'{"text": "a", "more": 1}', b"\xff", b"[" * 9000]
)
def test_a_body_that_is_none_is_refused_in_words(client: httpx.Client, body: bytes) -> None:
    one = client.get("/api/v1/incidents").json()["incidents"][0]["id"]
    csrf = client.get("/").text.partition('name="csrf" value="')[2].partition('"')[0]
    headers = {"x-csrf-token": csrf, "content-type": JSON}
    answer = client.post(f"/api/v1/incidents/{one}/notes", content=body, headers=headers)
    assert answer.status_code == 400 and msgspec.json.decode(answer.content)["error"]


def test_a_program_that_asks_too_fast_is_told_how_long_to_wait(
    stage: Stage, client: httpx.Client
) -> None:
    at = httpx.HTTPTransport(local_address="127.0.0.9")
    with httpx.Client(base_url=stage.address, transport=at, timeout=30) as stranger:
        asked = (stranger.get("/api/v1/now") for _ in range(3000))
        refused = next(answer for answer in asked if answer.status_code != 401)
        assert refused.status_code == 429 and int(refused.headers["retry-after"]) >= 1
        assert "too many calls" in refused.json()["error"]
    assert client.get("/api/v1/now").status_code == 200
    told = client.get("/api/openapi.json").json()["paths"]["/api/v1/now"]["get"]
    assert "1200 at once" in told["responses"]["429"]["description"]


def test_a_pace_bears_a_burst_and_then_its_rate_and_forgets() -> None:
    pace = Pace(burst=3, rate=0.001)
    assert [pace.wait("a") for _ in range(3)] == [0.0, 0.0, 0.0]
    assert 900 < pace.wait("a") <= 1000 and pace.wait("b") == 0.0
    quick = Pace(burst=1, rate=1e9)
    assert [quick.wait(f"{number}") for number in range(99)] == [0.0] * 99
    assert len(quick._empty) < 99


def test_a_fuzz_of_all_calls_finds_no_error_of_ours(tmp_path: Path) -> None:
    workspace = asyncio.run(settle(tmp_path / "shop"))
    token = People(workspace.store.reports / FOLDER).token("fuzz", "operator")
    with staged(workspace) as stage:
        shown = {"authorization": f"Bearer {token}"}
        told = httpx.get(f"{stage.address}/api/openapi.json", headers=shown).json()
        count = sum(len(known) for known in told["paths"].values())
        one = httpx.get(f"{stage.address}/api/v1/incidents", headers=shown).json()["incidents"][0]
        known = {"token": token, "address": stage.address, "incident": one["id"], "count": count}
        suite = tmp_path / "test_fuzz.py"
        suite.write_text(FUZZ.format(**known))
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        command += ["--rootdir", str(tmp_path), "-c", os.devnull, str(suite)]
        plain = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        command += ["-p", "schemathesis.pytest.plugin"]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=300, env=plain, cwd=tmp_path
        )
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
