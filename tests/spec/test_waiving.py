"""Writing waivers down: all that are granted, and nothing where none is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cxassure.errors import CxassureError, UsageError
from cxassure.spec.settings import read_settings
from cxassure.spec.waiving import waive

SOON = f"{datetime.now(UTC) + timedelta(days=3):%F}"


def given(journey: str, until: str = SOON) -> dict[str, str]:
    return {"journeys": journey, "owner": "kim", "reason": "the vendor mends it", "until": until}


@pytest.mark.parametrize("until", ["someday", "2020-01-01", "2099-11-30"])
def test_a_refused_waiver_leaves_no_file_where_there_was_none(tmp_path: Path, until: str) -> None:
    with pytest.raises(CxassureError):
        waive(tmp_path, given("pay", until))
    assert list(tmp_path.iterdir()) == []


def test_a_refused_waiver_leaves_the_file_to_the_byte(tmp_path: Path) -> None:
    settings = tmp_path / "cxassure.yaml"
    settings.write_bytes(b"within: 5s\r\n\r\n")
    with pytest.raises(CxassureError):
        waive(tmp_path, given("pay", "2020-01-01"))
    assert settings.read_bytes() == b"within: 5s\r\n\r\n"


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Kiritimati"])
def test_a_waiver_that_is_too_long_is_told_as_written_and_the_day_in_its_place_will_do(
    tmp_path: Path, zone: str
) -> None:
    (tmp_path / "cxassure.yaml").write_text(f"zone: {zone}\n")
    far = datetime.now(UTC) + timedelta(days=30)
    with pytest.raises(UsageError, match="a waiver until 2099-11-30 bears for too long") as refused:
        waive(tmp_path, given("pay", "2099-11-30"))
    last = refused.value.hint.removeprefix("until ").partition(",")[0]
    assert waive(tmp_path, given("pay", last)).until > far


def test_waivers_granted_at_once_are_all_written(tmp_path: Path) -> None:
    names = [f"journey-{n}" for n in range(12)]
    with ThreadPoolExecutor(len(names)) as desk:
        made = list(desk.map(lambda name: waive(tmp_path, given(name)), names))
    assert [one.journeys[0] for one in made] == names
    assert {one.journeys[0] for one in read_settings(tmp_path).waivers} == set(names)
    assert [path.name for path in tmp_path.iterdir()] == ["cxassure.yaml"]
