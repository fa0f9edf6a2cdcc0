"""What a scheduler saw as looks: whence, in which window, how often, and what nobody misses."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest

from cxassure.incident import Observation
from cxassure.peak import Calendar, Hours, Slot, Window
from cxassure.probe import FORMAT, Probe
from cxassure.surfaces.scheduler import Driving, Scheduler
from cxassure.surfaces.scheduler.scheduler import SECOND, STILL, Habits
from cxassure.surfaces.scheduler.sighting import Sighting
from cxassure.watch import Schedule
from cxassure.workspace import Workspace

DUE = datetime(2026, 11, 27, 12, tzinfo=UTC)
PROBE = Probe(format=FORMAT, journey="pay", every="10m", owner="kim", severity="critical")
NIGHTLY = Window(name="works", kind="maintenance", dates=Hours(start=720, end=780), zone="UTC")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "cxassure.yaml").write_text(
        "environments: {live: {targets: {a: http://127.0.0.1:9}}}\n"
    )
    return Workspace(tmp_path)


async def seen(
    workspace: Workspace, why: str, calendar: Calendar, probe: Probe = PROBE, ago: float = 0.0
) -> list[str]:
    """A missed run as it is looked at; `ago` seconds before, one began that is under way."""
    from cxassure.campaign import Running

    driving = Driving(workspace, Running())
    ledger = workspace.ledger()
    made = Scheduler(
        [probe], Schedule(calendar, [probe]), ledger, driving, Habits(), lambda slot: None, print
    )
    sighting = Sighting(workspace, "fra", "cxassure run")
    sighting.scheduler = made
    if ago:
        made.under_way["pay"] = DUE - timedelta(seconds=ago)
    slot = Slot(probe="pay", at=DUE, state="missing", campaign=driving.begin(), why=why)
    driving.miss(slot.campaign, [(probe, slot)])
    looks = sighting.looks([msgspec.structs.replace(slot, state="missed")])
    await made.drain()
    ledger.close()
    return [
        f"{one.name} {one.verdict} of {one.owner} from {one.vantage} in {one.env}, "
        f"every {one.every:g} s{', ' + one.window if one.window else ''}"
        for one in looks
    ]


async def test_a_look_says_whence_whose_and_how_often(workspace: Workspace) -> None:
    told = await seen(workspace, "nobody was there", Calendar())
    assert told == ["pay missed of kim from fra in live, every 600 s"]


async def linked(root: Path) -> tuple[Observation, Workspace]:
    from cxassure.campaign import Running

    workspace = Workspace(root)
    driving = Driving(workspace, Running())
    slot = Slot(probe="pay", at=DUE, state="missing", campaign=driving.begin(), why="gone")
    driving.miss(slot.campaign, [(PROBE, slot)])
    (look,) = Sighting(workspace, "fra", "x").looks([msgspec.structs.replace(slot, state="missed")])
    return look, workspace


async def test_a_link_is_one_to_follow_or_names_the_machine(workspace: Workspace) -> None:
    look, _ = await linked(workspace.root)
    assert look.account.link.startswith(f"{socket.gethostname()}:/")
    told = "alerts:\n  to: {t: {send: apprise, url: 'json://x'}}\n  address: https://cx.example/r\n"
    settings = workspace.root / "cxassure.yaml"
    settings.write_text(settings.read_text() + told)
    look, opened = await linked(workspace.root)
    link = urlsplit(look.account.link)
    assert look.account.link.startswith("https://cx.example/r/runs/")
    assert link.fragment == "run"
    page = opened.store.reports / link.path.removeprefix("/r/")
    assert page.parent.is_dir()
    assert page.name == "index.html"


async def test_a_missed_run_says_when_it_was_due(workspace: Workspace) -> None:
    look, _ = await linked(workspace.root)
    assert look.due == DUE
    assert abs(look.at - datetime.now(UTC)) < timedelta(minutes=10)


async def test_a_look_in_maintenance_says_so(workspace: Workspace) -> None:
    told = await seen(workspace, "nobody was there", Calendar(windows=(NIGHTLY,)))
    assert told == ["pay missed of kim from fra in live, every 600 s, works"]


async def test_a_run_left_out_while_somebody_is_looking_is_missed_by_nobody(
    workspace: Workspace,
) -> None:
    why = f"{STILL}: the run due at 11:50"
    brief = msgspec.structs.replace(PROBE, budget=30.0)
    assert await seen(workspace, why, Calendar(), ago=200.0) == []
    assert await seen(workspace, why, Calendar(), ago=301.0) != []
    assert await seen(workspace, why, Calendar(), brief, ago=31.0) != []
    assert await seen(workspace, why, Calendar(), brief, ago=29.0) == []


async def test_a_second_look_that_was_not_made_is_missed_by_nobody(workspace: Workspace) -> None:
    assert await seen(workspace, f"{SECOND}: it was stopped", Calendar()) == []
