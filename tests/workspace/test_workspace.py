"""The Python API: what is selected, where secrets and addresses come from, what a run gives."""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from counter import Office
from hypothesis import given
from hypothesis import strategies as st

from cxassure.campaign import Ran, Running
from cxassure.errors import CannotLook, UsageError
from cxassure.events import AnyEvent, RunEnded, RunStarted
from cxassure.probe import FORMAT, Probe
from cxassure.selection import Selection, filtered, named, once
from cxassure.workspace import Workspace

Opened = Callable[..., Workspace]


async def drive(workspace: Workspace, *names: str, watchers: Any = (), **how: Any) -> Ran:
    probes = workspace.select(Selection(names))
    return await workspace.run(probes, Running(**how), watchers)


async def test_a_watcher_that_raises_changes_no_verdict_and_is_left_out(
    workspace: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[AnyEvent] = []
    calls = []

    def faulty(name: str, event: AnyEvent) -> None:
        calls.append(name)
        raise RuntimeError("the wall board is off")

    with caplog.at_level(logging.WARNING, "cxassure"):
        ran = await drive(
            workspace(), "fine", watchers=[faulty, lambda name, event: told.append(event)]
        )
    (run,) = ran.runs
    assert run.verdict == "passed"
    assert len(calls) == 1
    assert isinstance(told[0], RunStarted)
    assert isinstance(told[-1], RunEnded)
    assert "left out" in caplog.text
    assert "wall board" not in caplog.text  # what it says may hold anything


async def test_what_is_stored_folds_to_what_was_watched(workspace: Opened) -> None:
    opened = workspace()
    ran = await drive(opened, "codes", "late")
    stored = {one.run.id: one.run for one in opened.store.find("")}
    assert {run.id: run for run in ran.runs} == stored


async def test_runs_come_in_the_order_of_their_probes(workspace: Opened) -> None:
    ran = await drive(workspace(), "late", "fine", "codes")
    assert [run.name for run in ran.runs] == ["late", "fine", "codes[good]", "codes[bad]"]
    assert len({run.seed for run in ran.runs}) == 1
    assert not ran.not_run


async def test_cancelling_leaves_whole_runs_and_says_what_never_began(
    workspace: Opened, office: Office
) -> None:
    task = asyncio.create_task(drive(workspace(), "waiting", "fine", workers=1))
    assert await asyncio.to_thread(office.arrived.wait, 20)
    task.cancel()
    ran = await task
    assert ran.interrupted
    assert [(run.name, run.verdict, run.finished) for run in ran.runs] == [
        ("waiting", "error", True)
    ]
    assert ran.not_run == ["fine"]
    assert office.asked == ["/gate", "/tidied"]


async def test_a_store_that_stops_taking_lines_makes_the_run_an_error(
    workspace: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full from the third line on; the other watchers are told the true reason."""
    import os

    lines, true_write = [], os.write

    def write(file: int, data: Any) -> int:
        if b'"event"' in bytes(data[:12]):
            lines.append(file)
            if len(lines) > 2:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return true_write(file, data)

    told: list[AnyEvent] = []
    monkeypatch.setattr("cxassure.store.recorder.os.write", write)
    ran = await drive(workspace(), "fine", watchers=[lambda name, event: told.append(event)])
    (run,) = ran.runs
    assert run.verdict == "error"
    assert run.why.endswith("No space left on device")
    assert isinstance(told[-1], RunEnded)
    assert (told[-1].verdict, told[-1].why) == (run.verdict, run.why)
    assert not ran.interrupted


def test_an_address_of_the_environment_takes_the_place_of_the_written_one(
    workspace: Opened,
) -> None:
    opened = workspace(CXASSURE_TARGET_OFFICE="http://127.0.0.1:1/else")
    assert opened.environment.targets["office"].address == "http://127.0.0.1:1/else"
    assert workspace("there").environment.targets["office"].address == "http://127.0.0.1:9"


def test_an_unknown_environment_is_a_usage_error_with_a_guess(workspace: Opened) -> None:
    with pytest.raises(UsageError) as told:
        workspace("her")
    assert "«here»" in told.value.hint


def test_a_secret_comes_from_its_variable_its_file_or_the_company(
    workspace: Opened, tmp_path: Path
) -> None:
    settings = tmp_path / "cxassure.yaml"
    settings.write_text(
        settings.read_text().replace(
            "{key: {env: CXASSURE_SECRET_KEY}}",
            "{key: {env: MY_KEY}, filed: {file: key.txt}, gift: {env: CXASSURE_SECRET_GIFT}}",
        )
    )
    (tmp_path / "key.txt").write_text("from a file\n")
    opened = workspace(MY_KEY="from the environment")
    assert opened.secret("key") == "from the environment"
    assert opened.secret("filed") == "from a file"
    with pytest.raises(CannotLook) as told:
        opened.secret("gift")
    assert "export CXASSURE_SECRET_GIFT=" in told.value.hint
    opened.move_in({}, {"gift": "from the company", "key": "not this one"})
    assert opened.secret("gift") == "from the company"
    assert opened.secret("key") == "from the environment"
    assert set(opened.keyring.sayable([])) == {"key", "filed", "gift"}


def test_a_secret_file_that_is_not_there_is_said_without_its_value(
    workspace: Opened, tmp_path: Path
) -> None:
    settings = tmp_path / "cxassure.yaml"
    settings.write_text(settings.read_text().replace("{env: CXASSURE_SECRET_KEY}", "{file: no}"))
    with pytest.raises(CannotLook, match=r"secret\.key cannot be read"):
        workspace().secret("key")


def test_a_secret_file_that_is_no_text_is_said_and_stops_no_run_that_does_not_ask_for_it(
    workspace: Opened, tmp_path: Path
) -> None:
    settings = tmp_path / "cxassure.yaml"
    written = "{file: key.txt}, good: {file: good.txt}"
    settings.write_text(settings.read_text().replace("{env: CXASSURE_SECRET_KEY}", written))
    (tmp_path / "key.txt").write_bytes(b"caf\xe9 au lait")
    (tmp_path / "good.txt").write_text("café\n", "utf-8")
    opened = workspace()
    with pytest.raises(CannotLook, match=r"secret\.key cannot be read.* no text in UTF-8") as told:
        opened.secret("key")
    assert "au lait" not in str(told.value)
    assert "UTF-8" in told.value.hint
    assert opened.keyring.sayable([]) == {"good": "café"}


def test_only_what_stands_for_the_company_moves_when_it_moves_in(
    workspace: Opened, tmp_path: Path
) -> None:
    settings = tmp_path / "cxassure.yaml"
    shop = "targets: {shop: {address: demo}, "
    settings.write_text(settings.read_text().replace("targets: {", shop, 1))
    opened = workspace()
    before = opened.environment.targets["office"].address
    assert opened.needs_company
    opened.move_in({"shop": "http://127.0.0.1:2", "office": "http://127.0.0.1:3"}, {})
    assert opened.environment.targets["shop"].address == "http://127.0.0.1:2"
    assert opened.environment.targets["office"].address == before
    assert not opened.needs_company
    assert not workspace(CXASSURE_TARGET_SHOP="http://127.0.0.1:4").needs_company


NAMES = st.sampled_from(["buy", "buy-twice", "ask", "call"])
ROWS = st.sampled_from(["", "desktop", "mobile"])
PROBES = st.builds(
    lambda journey, row, tags: Probe(format=FORMAT, journey=journey, row=row, tags=tuple(tags)),
    NAMES,
    ROWS,
    st.lists(st.sampled_from(["smoke", "night"]), unique=True),
)


@given(
    st.lists(PROBES, max_size=8).map(once),
    st.lists(st.sampled_from(["buy", "buy*", "ask[mobile]", "nope", "*"]), max_size=2),
    st.lists(st.sampled_from(["smoke", "night", "noon"]), max_size=2),
    st.lists(st.sampled_from(["desktop", "tv"]), max_size=1),
)
def test_a_selection_is_what_was_asked_for_or_an_error_never_nothing(
    probes: list[Probe], names: list[str], tags: list[str], rows: list[str]
) -> None:
    try:
        found = filtered(once(named(probes, names)), Selection((), tuple(tags), tuple(rows)))
    except UsageError as told:
        assert told.what
        return
    assert found
    assert len({one.name for one in found}) == len(found)
    assert all(one in probes for one in found)
    assert all(not tags or set(tags) & set(one.tags) for one in found)
    assert all(not rows or one.row in rows for one in found)
    if names == ["buy"]:
        assert {one.journey for one in found} == {"buy"}
