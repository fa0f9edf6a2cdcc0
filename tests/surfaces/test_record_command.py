"""`record` as somebody types it, against the built-in company's phone tree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from counter import Counter

OURS = Path(__file__).parents[2] / "journeys"
SETTINGS = """\
environments:
  here:
    rehearsal: true
    targets:
      support-line:
        {address: demo, over: twiml, number: "+15550199", auth_token: "${secret.twilio_token}"}
      billing-desk: {address: demo, over: twiml}
  tape:
    rehearsal: true
    targets:
      support-line: {address: calls/kept.cassette, over: cassette}
      billing-desk: {address: calls/kept.cassette, over: cassette}
"""
NAMES = {"phone-menu": "phone", "ask-for-a-person": "phone", "nobody-at-the-desk": "transfer"}


@pytest.fixture
def line(empty: Counter) -> Counter:
    """A workspace that calls the built-in company, and a cassette in its place."""
    empty.write("cxassure.yaml", SETTINGS)
    for fragment in (OURS / "fragments").glob("to-the-menu*.yaml"):
        empty.write(f"journeys/{fragment.name}", fragment.read_text())
    for name, folder in NAMES.items():
        empty.write(f"journeys/{name}.yaml", (OURS / folder / f"{name}.yaml").read_text())
    return empty


def kept(line: Counter, name: str) -> str:
    """The cassette, without the moment at which it was made."""
    return re.sub(r'"started":"[^"]*"', "", (line.root / "calls" / name).read_text())


@pytest.mark.parametrize("journey", NAMES)
def test_a_replay_passes_and_recording_it_gives_the_same_cassette(
    line: Counter, journey: str
) -> None:
    done = line.run("record", "call", journey, "--to", "calls/kept.cassette")
    assert done.code == 0, done.both
    again = line.run("record", "call", journey, "--env", "tape", "--to", "calls/again.cassette")
    assert again.code == 0, again.both
    assert kept(line, "again.cassette") == kept(line, "kept.cassette")


def test_a_stored_run_gives_the_same_bytes_each_time(line: Counter) -> None:
    line.run("record", "call", "phone-menu", "--to", "calls/kept.cassette")
    done = line.run("record", "call", "--from", "phone-menu", "--to", "calls/from.cassette")
    assert done.code == 0, done.both
    files = [line.root / "calls" / name for name in ("kept.cassette", "from.cassette")]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_what_the_company_has_changed_is_told(line: Counter) -> None:
    line.run("record", "call", "phone-menu", "--to", "calls/kept.cassette")
    same = line.run("record", "diff", "calls/kept.cassette")
    assert (same.code, "phone-menu: as recorded" in same.out) == (0, True), same.both
    file = line.root / "calls/kept.cassette"
    file.write_text(file.read_text().replace("Welcome to Birch and Bay Gifts", "Welcome to us"))
    done = line.run("record", "diff", "calls/kept.cassette", "--json")
    assert done.code == 1, done.both
    assert [one["kind"] for one in done.json["changes"]] == ["prompt"]
    assert "the prompt was «Welcome to us.»" in done.json["changes"][0]["what"]


def test_a_cassette_that_is_none_is_told_in_words(line: Counter) -> None:
    line.write("calls/kept.cassette", "no cassette")
    done = line.run("record", "diff", "calls/kept.cassette")
    assert done.code == 3
    assert "calls/kept.cassette" in done.err and "hint:" in done.err
