"""A server that we did not write hears our prompts: `faster-whisper-server` from PyPI, held to the
suite of recognisers and asked which prompts are the expected ones.

    python -m venv /tmp/server && /tmp/server/bin/pip install faster-whisper-server
    SERVER=/tmp/server/bin/faster-whisper-server pytest tests/soak/hear_by_a_server.py
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cxassure.channels._telephony.audio.conformance import RecogniserConformance
from cxassure.channels._telephony.audio.hearing import listen
from cxassure.channels._telephony.audio.sound import Sound
from cxassure.channels._telephony.audio.wav import read_wav
from cxassure.channels._telephony.audio.whisper import _packaged

PROMPTS = Path(__file__).parents[1] / "channels" / "telephony" / "audio" / "prompts"
SERVER = os.environ.get("SERVER", "faster-whisper-server")
STARTING = 120.0
MENU = "For orders, press 1. For returns, press 2."


@pytest.fixture(scope="module")
def options() -> Iterator[dict[str, Any]]:
    if shutil.which(SERVER) is None:
        pytest.skip("no faster-whisper-server here; the docstring says how to get it")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    where = ["--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen([SERVER, str(_packaged()), *where]) as running:
        try:
            _wait(f"http://127.0.0.1:{port}/health")
            yield {"url": f"http://127.0.0.1:{port}/v1", "model": "tiny.en", "patience": 120.0}
        finally:
            running.terminate()


def _wait(url: str) -> None:
    until = time.monotonic() + STARTING
    while time.monotonic() < until:
        try:
            httpx.get(url, trust_env=False).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server does not start")


class TestPeer(RecogniserConformance):
    recogniser = "endpoint"

    def spoken(self) -> Sound:
        return read_wav(PROMPTS / "menu.wav")


@pytest.mark.parametrize(
    ("name", "expected", "suits"),
    [
        ("menu", MENU, True),
        ("menu_swapped", MENU, False),
        ("order", "Your order number is 1048.", True),
        ("order_other", "Your order number is 1048.", False),
        ("closed", "We are closed.", True),
        ("closed", "We are open.", False),
    ],
)
def test_the_expected_prompt_is_known_by_its_transcript(
    options: dict[str, Any], name: str, expected: str, suits: bool
) -> None:
    from cxassure.channels._telephony.audio.recogniser import recogniser

    heard = listen(recogniser("endpoint", options), read_wav(PROMPTS / f"{name}.wav"), [expected])
    assert heard.judgement is not None
    assert heard.judgement.suits is suits
