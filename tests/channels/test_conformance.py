"""Our own channels and connectors, held to the suite that third parties' are held to."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import ClassVar

import pytest
import yaml

from cxassure import catalog
from cxassure.grammar import Grammar
from cxassure.settings import Target
from cxassure.surfaces.testing.conformance import Conformance
from cxassure.text import Raw


@pytest.fixture(scope="module", autouse=True)
def company(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The built-in company, a process of its own, answers for all channels."""
    command = [sys.executable, "-m", "cxassure.demo", "--with-parent", "--speed", "0.1"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout and process.stdin
        Ours.addresses = json.loads(process.stdout.readline())["targets"]
        yield Ours.addresses
        process.stdin.close()
        process.wait(20)


class Ours(Conformance):
    """A channel of ours against the company's target `at`."""

    addresses: ClassVar[dict[str, str]] = {}
    at: ClassVar[str] = ""
    target_options: ClassVar[dict[str, Raw]] = {}

    def target(self) -> Target:
        options = self.target_options
        return Target(name=self.at, address=self.addresses[self.at], options=options)


class TestChatOverHttp(Ours):
    channel, connector, at = "chat", "http", "help-bot"
    options: ClassVar[dict[str, Raw]] = {"customer": {"email": "kim@example.com"}}
    lasting = ("say", "Where is my order 1048213?")


class TestChatOverWebSocket(Ours):
    channel, connector, at = "chat", "websocket", "help-bot-socket"
    lasting = ("wait", "5s")


class TestChatThroughTheWidget(Ours):
    channel, connector, at = "chat", "widget", "shop-widget"
    lasting = ("wait", "5s")


class TestApi(Ours):
    channel, at = "api", "back-office"
    lasting = ("get", "/health")


class TestInboxOfMailpit(Ours):
    channel, connector, at = "inbox", "mailpit", "mailbox"
    options: ClassVar[dict[str, Raw]] = {"address": "kim@example.com"}
    lasting = ("wait_for", "Your receipt")


class TestInboxBySmtp(Ours):
    channel, connector, at = "inbox", "smtp", "mailbox"
    options: ClassVar[dict[str, Raw]] = {"address": "kim@example.com"}
    lasting = ("wait_for", "Your receipt")

    def target(self) -> Target:
        with socket.create_server(("127.0.0.1", 0)) as door:
            port = door.getsockname()[1]
        return Target(name="sink", address=f"smtp://127.0.0.1:{port}")


class TestWeb(Ours):
    channel, at = "web", "shop"
    lasting = ("open", "/gift-cards")


class TestIvrOverTwiml(Ours):
    channel, connector, at = "ivr", "twiml", "support-line"
    options: ClassVar[dict[str, Raw]] = {"from": "+15550155"}
    target_options: ClassVar[dict[str, Raw]] = {"auth_token": "demo-token"}
    lasting = ("dial", "")


class TestAgentOverTwiml(Ours):
    channel, connector, at = "agent", "twiml", "billing-desk"
    lasting = ("answer", "")


class TestIvrOverSip(Ours):
    channel, connector, at = "ivr", "sip", "support-line-sip"
    options: ClassVar[dict[str, Raw]] = {"from": "+15550155"}
    target_options: ClassVar[dict[str, Raw]] = {"recogniser": "golden", "silence": "800ms"}
    lasting = ("dial", "")


class TestAgentOverSip(Ours):
    channel, connector, at = "agent", "sip", "billing-desk-sip"
    target_options: ClassVar[dict[str, Raw]] = {
        "recogniser": "golden",
        "password": "desk-please",
        "silence": "800ms",
    }
    lasting = ("answer", "")


class TestAgentAtAChatDesk(Ours):
    channel, connector, at = "agent", "desk", "chat-desk"
    lasting = ("answer", "")


@pytest.mark.parametrize("channel", catalog.channels())
def test_every_example_is_good_yaml_and_bound_by_the_language(channel: str) -> None:
    language = catalog.language(channel)
    for verb in language.verbs.values():
        for example in _examples(verb.doc):
            _bind_verb(language, verb.name, example)
    for facet in language.facets.values():
        for example in _examples(facet.doc):
            _bind_facet(language, facet.name, example)


def _examples(doc: str) -> list[Raw]:
    """What stands behind `Example:`, between backquotes or as an indented block."""
    told = doc.partition("Example:")[2].strip()
    assert told, doc
    if told.startswith("``"):
        return [_read(told.strip("`").strip())]
    if told.startswith("`"):
        return [_read(told.split("`")[1])]
    return [_read(told)]


def _read(text: str) -> Raw:
    found: Raw = yaml.load(text, Loader=yaml.BaseLoader)  # leaves scalars as text
    return found


def _bind_verb(language: Grammar, name: str, example: Raw) -> None:
    if isinstance(example, list):
        example = example[0]
    assert isinstance(example, dict), example
    done = next(iter(example.values()))
    verb, argument = (done, "") if isinstance(done, str) else next(iter(done.items()))  # type: ignore[union-attr]
    assert verb == name, f"the example of «{name}» shows «{verb}»"
    language.verbs[name].parameters.split(argument)


def _bind_facet(language: Grammar, name: str, example: Raw) -> None:
    assert isinstance(example, dict)
    example = example.get("expect", example)
    assert isinstance(example, dict) and list(example) == [name], (name, example)
    facet = language.facets[name]
    given, must = facet.divide(example[name])
    assert not facet.problems(must), facet.problems(must)
    facet.parameters.bind(given) if given else None
