"""The company as a process of its own: how it starts, what it prints, how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from twilio.request_validator import RequestValidator

COMMAND = [sys.executable, "-W", "error", "-m", "cxassure.demo"]


@contextmanager
def started(*options: str, **env: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    with subprocess.Popen(
        [*COMMAND, *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **env},
    ) as process:
        assert process.stdout
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_it_announces_itself_in_one_line_and_ends_on_a_signal(sign):
    with started("--break", "bot-silent", DEMO_TWILIO_TOKEN="of-ours") as (process, told):
        assert told["company"] == "Birch & Bay Gifts" and told["broken"] == ["bot-silent"]
        targets = told["targets"]
        assert told["secrets"]["twilio_token"] == "of-ours" and told["secrets"]["test_card"]
        assert httpx.get(targets["back-office"] + "/health", trust_env=False).json()["status"]
        assert httpx.get(targets["mailbox"] + "/api/v1/messages", trust_env=False).is_success
        line = targets["support-line"]
        signature = RequestValidator("of-ours").compute_signature(line, {})
        headers = {"X-Twilio-Signature": signature}
        assert httpx.post(line, headers=headers, trust_env=False).is_success
        process.send_signal(sign)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out, err) == (0, "", "")


def test_it_goes_with_its_parent_when_told_to():
    with started("--with-parent") as (process, _):
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out, err) == (0, "", "")


def test_it_ends_though_a_chat_is_open():
    from websockets.sync.client import connect

    with started() as (process, told), connect(told["targets"]["help-bot-socket"], proxy=None):
        process.terminate()
        assert process.wait(timeout=60) == 0


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (["--break", "bot-silnt"], "did you mean bot-silent?\nhint: "),
        (["--port", "99999"], "invalid port value"),
        (["--speed", "fast"], "invalid float value"),
    ],
)
def test_a_wrong_command_ends_with_2_and_a_hint(options, part):
    done = subprocess.run([*COMMAND, *options], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and part in done.stderr
    assert done.stdout == "" and "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_told():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*COMMAND, "--port", port], capture_output=True, text=True, timeout=60
        )
    assert done.returncode == 2 and "choose another port" in done.stderr


def test_the_list_of_faults_loads_nothing_heavy():
    code = "import sys, cxassure.demo.faults; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"starlette", "uvicorn", "twilio", "jinja2", "asyncio", "cxassure.demo.company"}
    assert not heavy & set(done.stdout.split())


def test_it_imports_nothing_of_the_rest():
    code = "import sys, cxassure.demo.__main__; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    ours = {name for name in done.stdout.split() if name.startswith("cxassure.")}
    assert ours and all(name.startswith("cxassure.demo") for name in ours)
