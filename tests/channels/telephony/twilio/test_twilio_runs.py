"""Whole runs over twilio: the journey unchanged, the built-in company called, kill -9 survived."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from cxassure.channels._telephony.guard.ledger import Ledger

NUMBER, OURS = "+12025550199", "+12025550101"
JOURNEY = """
journey: opening-hours-by-phone
title: A caller asks for the opening hours
parties:
  caller: {channel: ivr, target: support-line}
steps:
  - caller: dial
    expect: {prompt: {contains: "for roses, press 1"}}
    within: 60s
  - caller: {press: "1"}
    expect: {prompt: {contains: we are open}}
    within: 60s
  - caller: hang_up
"""
HELD = """
journey: held
title: A caller waits
parties:
  caller: {channel: ivr, target: support-line}
steps:
  - caller: dial
  - caller: {wait: 300s}
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
        poll: 0.1
        piece: 1.5
        recogniser: golden
        recogniser_options: {{folders: ["{prompts}"]}}
  rehearsal:
    rehearsal: true
    targets:
      support-line: {{address: {webhook}, over: twiml, auth_token: "${{secret.company_token}}"}}
"""


MENU = (
    "<Gather numDigits='1' action='choice' timeout='40'><Pause/>"
    + "<Say>For roses, press 1.</Say><Pause/>" * 4
    + "</Gather>"
)


def workspace(folder: Path, network, webhook: str) -> Path:
    told = {"number": NUMBER, "ours": OURS, "sid": network.account.account_sid}
    told["prompts"] = network.exchange.voice.prompts
    text = SETTINGS.format(api=network.address, webhook=webhook, **told)
    (folder / "journeys").mkdir()
    (folder / "cxassure.yaml").write_text(text)
    (folder / "journeys" / "hours.yaml").write_text(JOURNEY)
    (folder / "journeys" / "held.yaml").write_text(HELD)
    return folder


async def begin(folder: Path, network, *words: str, **secrets: str) -> asyncio.subprocess.Process:
    environ = {
        **os.environ,
        "CXASSURE_SECRET_ACCOUNT_TOKEN": network.account.auth_token,
        **{f"CXASSURE_SECRET_{name.upper()}": value for name, value in secrets.items()},
    }
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from cxassure.surfaces.cli import main; main()", *words,
        cwd=folder, env=environ, stdout=pipe, stderr=pipe,
    )  # fmt: skip


async def finish(process: asyncio.subprocess.Process) -> tuple[int, str]:
    async with asyncio.timeout(200):
        out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode() + err.decode()


async def test_the_same_journey_passes_in_rehearsal_and_over_a_real_line(
    open_network, tmp_path, company
):
    company.says("/voice", MENU)
    company.says("/choice", "<Say>We are open until five.</Say><Pause/>" * 4 + "<Hangup/>")
    network = await open_network(company.url())
    network.company(company.url(), NUMBER, "the-token-of-the-company")
    folder = workspace(tmp_path, network, company.url())
    runs = [
        await begin(
            folder, network, "run", "opening-hours-by-phone", "--env", env, "--report-dir", env,
            company_token="the-token-of-the-company",
        )
        for env in ("rehearsal", "live")
    ]  # fmt: skip
    for code, told in await asyncio.gather(*map(finish, runs)):
        assert code == 0, told
    assert [one["Digits"] for one in company.params("/choice")] == ["1", "1"]
    ledger = Ledger(folder / "live" / "calls.db")
    assert ledger.up() == [] and 0 < ledger.spent() < 0.1
    kept = "".join(
        path.read_text("utf-8", "replace")
        for path in (folder / "live" / "runs").rglob("*")
        if path.suffix in (".jsonl", ".txt", ".html", ".xml") and "live" not in path.name
    )
    assert kept and network.account.auth_token not in kept


async def test_a_call_that_a_killed_run_left_up_is_ended_at_the_next_start(
    open_network, tmp_path, company
):
    company.says("/voice", "<Say>Please hold the line.</Say><Pause length='3000'/>")
    network = await open_network(company.url())
    network.company(company.url(), NUMBER)
    folder = workspace(tmp_path, network, company.url())
    ledger = Ledger(folder / "reports" / "calls.db")
    process = await begin(folder, network, "run", "held", "--env", "live")
    async with asyncio.timeout(60):
        while not (ledger.up() and ledger.up()[0].sid and len(network.up) == 2):
            await asyncio.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    await finish(process)
    assert len(network.up) == 2, "nobody has hung up"
    code, told = await finish(await begin(folder, network, "calls", "--json", "--env", "live"))
    (one,) = json.loads(told)["up"]
    assert code == 3 and one["minded"] is False and NUMBER not in told
    network.exchange.desks.clear()
    process = await begin(folder, network, "run", "held", "--env", "live")
    async with asyncio.timeout(60):
        while any(call.called == NUMBER and call.answered is not None for call in network.up):
            await asyncio.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, told = await finish(process)
    code, told = await finish(await begin(folder, network, "calls", "--end", "--env", "live"))
    assert code == 0 and network.up == [] and ledger.up() == [], told


async def test_calls_end_hangs_up_what_nobody_minds(open_network, tmp_path, company):
    company.says("/voice", "<Say>Please hold the line.</Say><Pause length='3000'/>")
    network = await open_network(company.url())
    network.company(company.url(), NUMBER)
    folder = workspace(tmp_path, network, company.url())
    ledger = Ledger(folder / "reports" / "calls.db")
    process = await begin(folder, network, "run", "held", "--env", "live")
    async with asyncio.timeout(60):
        while not (ledger.up() and ledger.up()[0].sid and len(network.up) == 2):
            await asyncio.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    await finish(process)
    code, told = await finish(await begin(folder, network, "calls", "--end", "--env", "live"))
    assert code == 0 and "ended by us (completed)" in told, told
    assert network.up == [] and ledger.up() == []
    code, told = await finish(await begin(folder, network, "calls", "--env", "live"))
    assert code == 0 and "0 calls up" in told


async def test_a_wrong_token_makes_an_error_and_never_a_failure(open_network, tmp_path, company):
    network = await open_network(company.url())
    folder = workspace(tmp_path, network, company.url())
    words = ("run", "held", "--env", "live")
    code, told = await finish(await begin(folder, network, *words, account_token="taken-back"))
    assert code == 3 and "secret.account_token" in told and "20003" in told, told
    assert "taken-back" not in told and network.up == []


@pytest.mark.parametrize("words", [("run", "--dry-run", "--env", "live")])
async def test_a_dry_run_tells_calls_minutes_and_price(open_network, tmp_path, company, words):
    network = await open_network(company.url())
    folder = workspace(tmp_path, network, company.url())
    code, told = await finish(await begin(folder, network, *words))
    assert code == 0 and "at most 5 min and 0.10 (an estimate)" in told
    assert "costs   at most 0.10 USD" in told and network.up == []
