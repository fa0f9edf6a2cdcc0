"""What has had its time goes while a scheduler is at work."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from counter import Counter

from cxassure.surfaces.scheduler.tidying import tidy
from cxassure.workspace import Workspace


async def test_old_runs_go_and_the_last_good_one_stays(counter: Counter) -> None:
    for _ in range(3):
        assert counter.run("run", "fine").code == 0
    settings = (counter.root / "cxassure.yaml").read_text()
    counter.write("cxassure.yaml", f"keep: {{count: 1}}\n{settings}")
    said = await tidied(counter.root)
    assert len(counter.runs()) == 1
    assert said == ["let go of 2 runs and 0 files, 0 MB, by keep:"]
    assert counter.run("report", "fine").code == 0


async def test_without_keep_nothing_goes(counter: Counter) -> None:
    assert counter.run("run", "fine").code == 0
    long_ago = (datetime.now(UTC) - timedelta(days=4000)).timestamp()
    for campaign in counter.runs():
        os.utime(campaign, (long_ago, long_ago))
    assert await tidied(counter.root) == []
    assert len(counter.runs()) == 1


async def tidied(root: Path) -> list[str]:
    said: list[str] = []
    workspace = Workspace(root)
    task = asyncio.create_task(tidy(lambda: workspace, said.append))
    deadline = asyncio.get_running_loop().time() + 10
    while asyncio.get_running_loop().time() < deadline and not said and not task.done():
        await asyncio.sleep(0.05)
        if workspace.settings.keep == type(workspace.settings.keep)():
            break
    task.cancel()
    return said
