"""The built-in company called over twilio, heard by whisper, kept as cassettes, replayed offline.

Some minutes, by hand: `pytest tests/soak/lines`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import wave
from pathlib import Path

import pytest

from cxassure.channels._telephony.guard.ledger import Ledger
from cxassure.company import started

NUMBER, OURS = "+12025550199", "+12025550101"
JOURNEY = """
journey: opening-hours-by-phone
title: A caller asks for the opening hours
parties:
  caller: {channel: ivr, target: support-line}
steps:
  - caller: dial
    expect: {prompt: {contains: "for opening hours, press 4"}}
    within: 90s
  - caller: {press: "4"}
    expect: {prompt: {contains: we are open}}
    within: 90s
  - caller: hang_up
"""
SETTINGS = """
calls: {{allow: ["+1202555*"], longest: 5m}}
environments:
  live:
    targets:
      support-line:
        address: "{number}"
        over: twilio
        account_sid: {sid}
        auth_token: "${{secret.account_token}}"
        from: "{ours}"
        api: {api}
        insights: {api}
        poll: 0.2
        piece: 3
        {public}
  rehearsal:
    rehearsal: true
    targets:
      support-line: {{address: {webhook}, over: twiml, auth_token: "${{secret.company_token}}"}}
  tape:
    targets:
      support-line: {{address: calls/hours.cassette, over: cassette}}
"""


@pytest.mark.parametrize("live", [True, False], ids=["live", "by recordings"])
async def test_a_call_is_rehearsed_placed_kept_compared_and_replayed(
    open_network, public, tmp_path, live
):
    starting = started()
    company = await asyncio.to_thread(starting.__enter__)
    secrets = {"company_token": company.secrets["twilio_token"]}
    try:
        webhook = company.targets["support-line"]
        network = await open_network(webhook, *([public] if live else []))
        network.company(webhook, NUMBER, company.secrets["twilio_token"])
        secrets["account_token"] = network.account.auth_token
        settings = SETTINGS.format(
            number=NUMBER, ours=OURS, sid=network.account.account_sid, api=network.address,
            webhook=webhook, public=f"public: {public}" if live else "",
        )  # fmt: skip
        (tmp_path / "journeys").mkdir()
        (tmp_path / "journeys" / "hours.yaml").write_text(JOURNEY)
        (tmp_path / "cxassure.yaml").write_text(settings)

        async def told(expected: int, *words: str) -> str:
            code, said = await ran(tmp_path, secrets, *words)
            assert code == expected, said
            return said

        name = "opening-hours-by-phone"
        await told(0, "run", name, "--env", "rehearsal")
        file = "calls/hours.cassette"
        await told(0, "record", "call", name, "--env", "live", "--to", file)
        (sound,) = (tmp_path / "calls" / "hours.sounds").iterdir()
        with wave.open(str(sound)) as kept:
            seconds = kept.getnframes() / kept.getframerate()
        (call,) = json.loads((tmp_path / file).read_text())["calls"]
        assert seconds > max(line["at"] for line in call["lines"] if line["what"] == "prompt")
        assert {one["what"] for one in call["lines"]} >= {"dialled", "connected", "pressed"}
        assert "1 run: 1 passed" in await told(0, "run", name, "--env", "tape")
        same = await told(0, "record", "diff", file, "--env", "live")
        assert name in same
        spoken = (tmp_path / file).read_text()
        assert "open" in spoken
        (tmp_path / file).write_text(spoken.replace("opening hours", "holidays"))
        changed = await told(1, "record", "diff", file, "--env", "live", "--json")
        assert "holidays" in changed
    finally:
        await asyncio.to_thread(starting.__exit__, None, None, None)
    ledger = Ledger(tmp_path / "reports" / "calls.db")
    assert ledger.up() == [] and 0 < ledger.spent() < 0.5
    assert network.exchange.recordings == {}, "nothing is left at Twilio"
    for path in (tmp_path / "reports" / "runs").rglob("*"):
        if path.suffix in (".jsonl", ".txt", ".html", ".xml", ".json"):
            assert network.account.auth_token not in path.read_text("utf-8", "replace"), path


async def ran(folder: Path, secrets: dict[str, str], *words: str) -> tuple[int, str]:
    """The command line, a process of its own."""
    environ = os.environ | {f"CXASSURE_SECRET_{k.upper()}": v for k, v in secrets.items()}
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from cxassure.surfaces.cli import main; main()", *words,
        cwd=folder, env=environ, stdout=pipe, stderr=pipe,
    )  # fmt: skip
    async with asyncio.timeout(300):
        out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode() + err.decode()
