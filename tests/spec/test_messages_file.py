"""Reading `message_windows:` and `every:`: what is wrong is said at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxassure import plan, spec
from cxassure.errors import SpecError
from cxassure.settings import Settings

TARGETS = "environments: {here: {targets: {line: {address: demo}}}}\n"
JOURNEY = """\
journey: call
every: EVERY
parties: {asker: {channel: chat, target: line}}
steps:
  - asker: {say: hello}
"""


def read(root: Path, text: str) -> Settings:
    (root / "cxassure.yaml").write_text(text, "utf-8")
    return spec.read_settings(root)


def wrong(root: Path, text: str) -> str:
    with pytest.raises(SpecError) as caught:
        read(root, text)
    return "\n".join(map(str, caught.value.problems))


def window(text: str) -> str:
    return f"zone: Europe/Berlin\nmessage_windows:\n  closed: {{{text}}}\n{TARGETS}"


def test_words_are_what_must_be_contained_and_the_zone_is_that_of_the_file(tmp_path: Path) -> None:
    text = window("start: 24 December 12:00, lasts: 6h, target: line, says: we are closed")
    (found,) = read(tmp_path, text).message_windows
    assert (found.says, found.target) == ({"contains": "we are closed"}, "line")
    assert (found.when.name, found.when.zone) == ("closed", "Europe/Berlin")


def test_says_may_be_matchers_and_a_window_of_hours(tmp_path: Path) -> None:
    text = window('from: "22:00", to: "08:00", target: line, says: {any: [closed, shut]}')
    (found,) = read(tmp_path, text).message_windows
    assert found.says == {"any": ["closed", "shut"]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("start: 24 December, target: line", "«closed» does not say what is announced"),
        ("start: 24 December, says: hi", "«closed» names no target"),
        ("target: line, says: hi", "«closed» must say when it is, in one way"),
        ("start: 24 December, target: lime, says: hi", "target «lime» is in no environment"),
        ("start: 24 December, target: line, sais: hi, says: hi", "unknown key «sais»"),
        ("start: 24 Decemver, target: line, says: hi", "«Decemver» is no month"),
        ("start: 24 December, target: line, says: {holds: hi}", "unknown matcher «holds»"),
        ("start: 24 December, target: line, says: {matches: '('}", "cxassure.yaml:3:"),
        ("start: 24 December, zone: Berlin, target: line, says: hi", "is no time zone"),
    ],
)
def test_what_is_wrong_in_a_message_window_is_said(tmp_path: Path, text: str, said: str) -> None:
    assert said in wrong(tmp_path, window(text))


def test_a_slip_in_a_target_is_met_with_a_guess(tmp_path: Path) -> None:
    assert "did you mean «line»" in wrong(
        tmp_path, window("start: 24 December, target: lime, says: hi")
    )


# How often


def compiled(root: Path, every: str, settings: str = TARGETS, more: str = "") -> plan.Plan:
    (root / "call.yaml").write_text(JOURNEY.replace("every: EVERY\n", every) + more, "utf-8")
    library = spec.read([root / "call.yaml"], root)
    found = plan.compile(library, read(root, settings))
    found.problems[:0] = library.problems
    return found


@pytest.mark.parametrize(
    ("every", "said"),
    [
        ("5 minutes", "call.yaml:2:8: «5 minutes» does not say how often"),
        ("61 * * * *", "call.yaml:2:8: «61 * * * *» is no cron text"),
        ('"0 0 30 2 *"', "is no cron text"),
    ],
)
def test_a_journeys_cadence_is_checked_at_its_place(tmp_path: Path, every: str, said: str) -> None:
    found = compiled(tmp_path, f"every: {every}\n")
    assert any(said in str(problem) for problem in found.problems), found.problems


@pytest.mark.parametrize("every", ["5m", "hourly", '"30 6 * * MON-FRI"', "ordinary"])
def test_a_cadence_that_says_how_often_is_kept(tmp_path: Path, every: str) -> None:
    (probe,) = compiled(tmp_path, f"every: {every}\n").probes
    assert probe.every == every.strip('"')


def test_a_cadence_from_a_row_is_checked_once_it_is_filled_in(tmp_path: Path) -> None:
    rows = "rows:\n  - {id: a, often: 5m}\n  - {id: b, often: sometimes}\n"
    found = compiled(tmp_path, 'every: "${row.often}"\n', more=rows)
    assert ["«sometimes» does not say how often" in str(p) for p in found.problems] == [True]


def test_a_journey_without_a_cadence_has_that_of_the_workspace(tmp_path: Path) -> None:
    assert compiled(tmp_path, "", "every: 15m\n" + TARGETS).probes[0].every == "15m"
    assert compiled(tmp_path, "every: 5m\n", "every: 15m\n" + TARGETS).probes[0].every == "5m"
    assert compiled(tmp_path, "").probes[0].every == ""
    assert "cxassure.yaml:1:8: «now» does not say how often" in wrong(tmp_path, "every: now\n")
