"""Probes as files: what is written, what is removed, what is said of a folder that is stale."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cxassure import plan, probe
from cxassure.errors import UsageError
from cxassure.probe import Probe

if TYPE_CHECKING:
    from tests.plan.conftest import Workspace

JOURNEY = """\
journey: {name}
rows: [{{id: a}}, {{id: b}}]
parties: {{shopper: {{channel: web, target: shop}}}}
steps:
  - shopper: {{fill: {{Zebra: 1, Ape: 2}}}}
"""


@pytest.fixture
def probes(workspace: Workspace) -> list[Probe]:
    return workspace.plan(JOURNEY.format(name="one"), JOURNEY.format(name="two")).probes


def test_a_folder_that_was_written_is_up_to_date(probes: list[Probe], tmp_path: Path) -> None:
    folder = tmp_path / "out" / "probes"
    written = plan.write(probes, folder)
    assert [path.name for path in written] == [
        "one.a.json",
        "one.b.json",
        "two.a.json",
        "two.b.json",
    ]
    assert plan.compare(probes, folder) == []
    assert plan.write(probes, folder) == []
    assert sorted(path.name for path in folder.iterdir()) == [path.name for path in written]


def test_only_what_has_changed_is_written(probes: list[Probe], tmp_path: Path) -> None:
    plan.write(probes, tmp_path)
    (tmp_path / "one.b.json").write_text("{}", "utf-8")
    assert plan.write(probes, tmp_path) == [tmp_path / "one.b.json"]


def test_stale_missing_and_left_over_are_told_apart(probes: list[Probe], tmp_path: Path) -> None:
    plan.write(probes, tmp_path)
    (tmp_path / "one.a.json").write_bytes(probe.encode(probes[1]))
    (tmp_path / "one.b.json").unlink()
    told = plan.compare(probes[:3], tmp_path)
    assert [line.partition(":")[0] for line in told] == ["stale", "missing", "left over"]
    assert "two.b.json" in told[2]


def test_nothing_there_is_all_missing(probes: list[Probe], tmp_path: Path) -> None:
    assert len(plan.compare(probes, tmp_path / "none")) == 4


def test_probes_of_no_journey_go_and_what_is_not_ours_stays(
    probes: list[Probe], tmp_path: Path
) -> None:
    plan.write(probes, tmp_path)
    (tmp_path / "notes.json").write_text('{"format": "mine"}', "utf-8")
    (tmp_path / "README.md").write_text("mine", "utf-8")
    changed = plan.write(probes[:2], tmp_path)
    assert [path.name for path in changed] == ["two.a.json", "two.b.json"]
    assert sorted(path.name for path in tmp_path.glob("*.*")) == [
        "README.md",
        "file-0.yaml",
        "file-1.yaml",
        "notes.json",
        "one.a.json",
        "one.b.json",
    ]


def test_a_part_of_the_journeys_leaves_the_rest_alone(probes: list[Probe], tmp_path: Path) -> None:
    plan.write(probes, tmp_path)
    assert plan.compare(probes[:1], tmp_path, prune=False) == []
    assert plan.write(probes[:1], tmp_path, prune=False) == []


def test_a_probe_says_things_in_the_order_in_which_they_were_written(probes: list[Probe]) -> None:
    """Fields are filled in that order, from a file as from memory."""
    again = probe.decode(probe.encode(probes[0]), "one.a.json")
    assert list(again.steps[0].argument) == ["Zebra", "Ape"]
    assert again == probes[0]


def test_a_folder_that_cannot_be_written_is_told(probes: list[Probe], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    with pytest.raises(UsageError, match="probes cannot be written"):
        plan.write(probes, tmp_path / "file")


def test_a_probe_holds_no_secret_and_no_address(workspace: Workspace) -> None:
    (made,) = workspace.plan(
        "journey: quiet\nparties: {shopper: {channel: web, target: shop}}\n"
        'steps: [{shopper: {fill: {Card: "${secret.test_card}", At: "${target.shop}"}}}]\n'
    ).probes
    assert made.steps[0].argument == {"Card": "${secret.test_card}", "At": "${target.shop}"}
