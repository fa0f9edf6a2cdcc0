"""`--at`: the command line and pytest rehearse another day."""

from __future__ import annotations

import re

import pytest
from counter import SETTINGS, Counter

EVE = ("--at", "2026-12-24T13:00", "--zone", "America/New_York")
SHOWN = "rehearsed for 2026-12-24 13:00 America/New_York"


def test_a_rehearsed_run_says_for_when_everywhere(counter: Counter) -> None:
    done = counter.run("run", "fine", "codes", *EVE, "--html", "page.html", "--json", "runs.json")
    assert done.code == 1
    assert " ".join(done.both.split()).count(SHOWN) >= 4  # a long headline takes two lines
    page = (counter.root / "page.html").read_text()
    assert SHOWN in page
    told = (counter.root / "runs.json").read_text()
    assert told.count('"rehearsed": "2026-12-24T13:00:00-05:00[America/New_York]"') == 3
    again = re.search(r"again +(cxassure run .*)", done.both)
    assert again is not None
    options = "--at 2026-12-24T13:00 --zone America/New_York"
    assert again[1] == f"cxassure run {options} codes --row bad"


def test_the_command_told_to_run_it_again_does(counter: Counter) -> None:
    first = counter.run("run", "codes", "--at", "2026-12-24T13:00-05:00")
    again = re.search(r"again +cxassure (.*)", first.both)
    assert again is not None
    done = counter.run(*again[1].split())
    assert (first.code, done.code) == (1, 1)
    assert "rehearsed for 2026-12-24 13:00 -05:00" in done.both


def test_without_a_zone_that_of_the_settings_is_meant(counter: Counter) -> None:
    assert counter.office
    text = SETTINGS.format(address=counter.office.address)
    counter.write("cxassure.yaml", f"zone: Asia/Tokyo\n{text}")
    done = counter.run("run", "fine", "--at", "2026-12-24T13:00")
    assert "rehearsed for 2026-12-24 13:00 Asia/Tokyo" in done.both


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("2026-03-08T02:30", "2026-03-08 02:30 does not exist in America/New_York"),
        ("2026-11-01T01:30", "2026-11-01 01:30 comes twice in America/New_York"),
    ],
)
def test_a_wall_time_in_a_change_of_clocks_is_told(counter: Counter, at: str, told: str) -> None:
    done = counter.run("run", "fine", "--at", at, "--zone", "America/New_York")
    assert done.code == 0
    assert told in done.err


def test_what_cannot_be_rehearsed_is_refused_with_two(counter: Counter) -> None:
    assert counter.office
    live = SETTINGS.format(address=counter.office.address).replace(
        "rehearsal: true", "spends: true"
    )
    counter.write("cxassure.yaml", live)
    done = counter.run("run", "fine", *EVE)
    assert done.code == 2
    assert "environment «here» is no rehearsal: its company goes by the real clock" in done.err
    assert counter.office.asked == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--at", "christmas"), "«christmas» is no time"),
        (("--zone", "America/New_York"), "--zone without --at"),
        (("--at", "2026-12-24T13:00", "--zone", "Berlim"), "«Berlim» is no time zone"),
        (("--at", "edges"), "no message window that is to come concerns these journeys"),
        (("--at", "edges", "--json"), "--at edges is several runs, and --json tells one"),
        (("--at", "edges", "--zone", "UTC"), "--zone with --at edges"),
    ],
)
def test_what_is_no_instant_is_a_wrong_command(
    counter: Counter, words: tuple[str, ...], said: str
) -> None:
    done = counter.ask("run", "fine", *words)
    assert done.code == 2
    assert said in done.both


def test_a_rehearsed_success_is_no_last_good_run(counter: Counter) -> None:
    assert counter.run("run", "fine", *EVE).code == 0
    file = counter.root / "journeys/fine.yaml"
    file.write_text(file.read_text().replace("status: 200", "status: 201"))
    assert "no good run known" in counter.run("run", "fine").both
    file.write_text(file.read_text().replace("status: 201", "status: 200"))
    assert counter.run("run", "fine").code == 0
    file.write_text(file.read_text().replace("status: 200", "status: 201"))
    assert "last good run " in " ".join(counter.run("run", "fine").both.split())


def test_a_rehearsed_failure_is_no_baseline_that_excuses_one_of_today(counter: Counter) -> None:
    for when, code in ((EVE, 1), ((), 0)):
        counter.run("run", "codes", "--row", "bad", *when, "--json", "before.json")
        done = counter.run("run", "codes", "--row", "bad", "--gate", "--baseline", "before.json")
        assert done.code == code, done.both


def test_edges_of_message_windows_are_driven_one_after_the_other(empty: Counter) -> None:
    words = ("demo", "--journey", "holiday-announcement", "--journey", "find-a-card")
    done = empty.run(*words, "--journey", "order-status-by-chat", "--at", "edges")
    edges = re.findall(r"rehearsing for (\d{4})-12-(\d\d) (\d\d:\d\d) America/New_York", done.err)
    assert [edge[1:] for edge in edges] == [
        ("19", "23:59"),
        ("20", "00:00"),
        ("26", "23:59"),
        ("27", "00:00"),
    ]
    assert done.code == 0, done.both
    assert "order-status-by-chat" not in done.both


def test_the_worst_edge_is_the_exit_code(empty: Counter) -> None:
    words = ("demo", "--journey", "holiday-announcement", "--at", "edges")
    done = empty.run(*words, "--break", "holiday-message-wrong")
    assert done.code == 1
    again = r"again +cxassure demo --break holiday-message-wrong --at \d{4}-12-19T23:59 --zone"
    assert re.search(again, done.both)
    assert len(re.findall("1 run: 1 failed", done.both)) == 4


def test_pytest_rehearses_too(counter: Counter) -> None:
    for name in ("late", "keyless", "moody", "waiting", "fine"):
        (counter.root / f"journeys/{name}.yaml").unlink()
    zone = "--cxassure-zone=America/New_York"
    done = counter.pytest("journeys", "--cxassure-at=2026-12-24T13:00", zone)
    assert done.code == 1
    assert SHOWN in " ".join(done.out.split())
    wrong = counter.pytest("journeys", "--cxassure-at=noon")
    assert "«noon» is no time" in wrong.out
