"""What the settings say of a target is held against the channels of those who name it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cxassure.errors import SpecError
from cxassure.workspace import Workspace

JOURNEY = """\
journey: {name}
parties: {{one: {{channel: {channel}, target: it{more}}}}}
steps:
  - one: {step}
"""
STEPS = {
    "chat": "{say: hi}",
    "ivr": "dial",
    "api": "{get: /}",
    "web": "{open: /}",
    "agent": "answer",
}
STEPS["inbox"] = "{wait_for: {subject: Receipt}}"


def problems(folder: Path, channel: str, target: str, journeys: int = 1) -> list[str]:
    settings = f"environments:\n  here:\n    targets:\n      it: {{{target}}}\n"
    (folder / "cxassure.yaml").write_text(settings)
    more = ", address: kim@example.com" if channel == "inbox" else ""
    for number in range(journeys):
        text = JOURNEY.format(name=f"j{number}", channel=channel, step=STEPS[channel], more=more)
        path = folder / "journeys" / f"{number}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    try:
        Workspace(folder).plan()
    except SpecError as wrong:
        return [f"{one.place}: {one.what} | {one.hint}" for one in wrong.problems]
    return []


URL = 'address: "http://127.0.0.1:9"'


def test_a_line_that_there_is_not_is_told_once_with_its_place_and_a_guess(tmp_path: Path) -> None:
    said = "channel «chat» has no connector «htpt» | did you mean «http»?"
    assert problems(tmp_path, "chat", f"{URL}, over: htpt", 3) == [f"cxassure.yaml:4:49: {said}"]


@pytest.mark.parametrize(
    ("channel", "over", "wrong", "meant"),
    [
        ("ivr", "twiml", "nunber", "number"),
        ("ivr", "twilio", "acount_sid", "account_sid"),
        ("ivr", "media_stream", "recogniserr", "recogniser"),
        ("ivr", "sip", "sillence", "silence"),
        ("agent", "sip", "pasword", "password"),
        ("agent", "twilio", "publik", "public"),
        ("chat", "http", "greats", "greets"),
        ("inbox", "mailpit", "tokn", "token"),
        ("api", "", "tokn", "token"),
    ],
)
def test_a_misspelt_option_is_told_at_its_key(
    tmp_path: Path, channel: str, over: str, wrong: str, meant: str
) -> None:
    way = f"over: {over}, " if over else ""
    (said,) = problems(tmp_path, channel, f"{way}{wrong}: x, {URL}")
    assert said.startswith(f"cxassure.yaml:4:{12 + len(way)}: unknown option of a target for")
    assert f"«{wrong}» | did you mean «{meant}»" in said


def test_options_of_the_line_and_of_references_stay(tmp_path: Path) -> None:
    known = 'over: twiml, number: "+12025550100", auth_token: "${env.TOKEN}", from: "+12025550101"'
    assert problems(tmp_path, "ivr", f"{URL}, {known}") == []


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("not a url", "«not a url» is no address: it has no scheme | write http://… or https://…"),
        ("http://127.0.0.1:99999", "is no address: Port out of range 0-65535"),
        ("http://kim:hush@:80/", "«http://:80/» is no address: it names no host"),
        ("http://[oops", "is no address: Invalid IPv6 URL"),
    ],
)
@pytest.mark.parametrize("channel", ["chat", "ivr", "api", "web", "inbox"])
def test_what_is_no_address_is_told(tmp_path: Path, channel: str, address: str, why: str) -> None:
    (said,) = problems(tmp_path, channel, f'address: "{address}"')
    assert said.startswith("cxassure.yaml:4:21: ") and why in said and "hush" not in said


@pytest.mark.parametrize(
    ("channel", "target"),
    [
        ("chat", "address: demo"),
        ("chat", 'address: "${env.BOT}"'),
        ("web", 'address: "https://[::1]:8443/shop"'),
        ("ivr", 'address: "sip:+12025550143@192.0.2.1", over: sip'),
        ("ivr", 'address: "+12025550143", over: twilio'),
        ("agent", 'address: "client:kim", over: twiml'),
        ("inbox", 'address: "smtp://127.0.0.1:2525", over: smtp'),
    ],
)
def test_an_address_of_each_kind_stays(tmp_path: Path, channel: str, target: str) -> None:
    assert problems(tmp_path, channel, target) == []


def test_a_target_that_nobody_names_is_not_looked_at(tmp_path: Path) -> None:
    assert problems(tmp_path, "chat", f"{URL}}}\n      other: {{over: carier, address: x") == []


def test_a_line_without_options_is_not_imported_for_it(tmp_path: Path) -> None:
    line = sys.modules.pop("cxassure.channels.chat.websocket", None)
    try:
        assert problems(tmp_path, "chat", 'address: "ws://127.0.0.1:9", over: websocket') == []
        assert "cxassure.channels.chat.websocket" not in sys.modules
    finally:
        sys.modules.update({"cxassure.channels.chat.websocket": line} if line else {})


def test_an_address_that_is_all_of_a_target_is_told_too(tmp_path: Path) -> None:
    problems(tmp_path, "api", URL)
    (tmp_path / "cxassure.yaml").write_text("environments: {e: {targets: {it: nowhere}}}\n")
    with pytest.raises(SpecError, match=r"^cxassure\.yaml:1:34: «nowhere» is no address"):
        Workspace(tmp_path).plan()
