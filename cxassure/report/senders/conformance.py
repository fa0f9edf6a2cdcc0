"""The suite that every sender is held to, ours and third parties' alike.

In a test file, name a sender, a sink on loopback that works and one that does not; pytest finds the
checks by itself::

    class TestPigeonSender(SenderConformance):
        sender = "pigeon"

        @pytest.fixture
        def options(self, loft): return {"loft": loft.address}

        @pytest.fixture
        def nobody(self): return {"loft": "127.0.0.1:9"}

        @pytest.fixture
        def arrived(self, loft): return lambda: [letter.text for letter in loft.letters]
"""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from cxassure.errors import UsageError
from cxassure.incident import WORDS, Account, Affected, Deploy, Fault, Message, Recipient
from cxassure.report.senders.sender import NotSent, Sender, make, sender_class

HEAVY = "apprise httpx requests".split()
HOSTILE = "@everyone <!channel> [pay](https://evil.example) \x1b[2J `x` ${secret.x}\r\nBcc: x"
CANARY = "cAnArY0f7d3b91"


def sample(**other: object) -> Message:
    """A message with everything in it."""
    since = datetime(2026, 11, 27, 10, tzinfo=UTC)
    told = {
        "id": "inc-1f-1",
        "to": "somebody",
        "word": "opened",
        "at": since + timedelta(minutes=12),
        "incident": "inc-1f",
        "fault": Fault(kind="failed", step="web click", host="shop.example", group="page"),
        "severity": "critical",
        "loud": "loud",
        "lead": "gift-card[mobile]",
        "since": since,
        "owner": "checkout",
        "affected": tuple(
            Affected(name=n, vantage="fra", severity="critical", owner="checkout", since=since)
            for n in ("gift-card[mobile]", "buy")
        ),
        "account": Account(
            step="step 4 of 9: shopper click Pay now → page never had «Thank you»",
            expected="page contains Thank you",
            seen="an error page",
            customer="would not get any further",
            cause="2 of 2 runs → web is broken for every journey",
            runbook="https://runbooks.example/pay",
            link="https://cx.example/runs/17#step-4",
            again="cxassure run gift-card --row mobile",
            last_good=since - timedelta(hours=3),
        ),
        "deploy": Deploy(at=since - timedelta(minutes=4), what="shop 4.2"),
        **other,
    }
    return Message(**told)  # type: ignore[arg-type]


class SenderConformance:
    """Set `sender`, and give `options` (of a sink that works), `nobody` (of one that is not there)
    and `arrived` (the texts that the sink got so far) as fixtures."""

    sender: ClassVar[str] = ""

    def made(self, options: Mapping[str, str]) -> Sender:
        return make(Recipient(name="somebody", sender=self.sender), options)

    def test_it_says_what_options_it_takes(self) -> None:
        kind = sender_class(self.sender)
        _must(bool(kind.known), "it takes no options: then it goes nowhere that is listed")
        _must(kind.needed <= kind.known, "it needs options that it does not know")
        _must(bool(kind.__doc__), "it says nothing about itself")

    def test_what_it_needs_is_asked_for_and_what_it_does_not_know_refused(
        self, options: dict[str, str]
    ) -> None:
        for key in sender_class(self.sender).needed:
            _refused(lambda key=key: self.made({k: v for k, v in options.items() if k != key}))  # type: ignore[misc]
        _refused(lambda: self.made({**options, "no-such-option": "x"}))

    def test_a_message_arrives_once_with_all_that_matters(
        self, options: dict[str, str], arrived: Callable[[], list[str]]
    ) -> None:
        self.made(options).send(sample())
        _must(len(arrived()) == 1, f"{len(arrived())} messages came, not one")
        for part in ("gift-card[mobile]", "buy", "Pay now", "runbooks.example", "cxassure run"):
            _must(part in arrived()[0], f"«{part}» did not arrive")

    def test_every_kind_of_message_can_be_sent(
        self, options: dict[str, str], arrived: Callable[[], list[str]]
    ) -> None:
        for count, word in enumerate(WORDS, 1):
            self.made(options).send(sample(id=f"inc-1f-{count}", word=word))
        _must(len(arrived()) == len(WORDS), "some kind of message did not arrive")

    def test_what_a_company_says_stays_text(
        self, options: dict[str, str], arrived: Callable[[], list[str]]
    ) -> None:
        self.made(options).send(sample(account=Account(step=HOSTILE, seen=HOSTILE)))
        (text,) = arrived()
        for live in ("@everyone", "<!channel>", "https://evil.example", "\x1b", "\nBcc:"):
            _must(live not in text, f"{live!r} arrived alive")

    def test_one_who_is_not_there_is_told_in_words_and_without_a_key(
        self, nobody: dict[str, str]
    ) -> None:
        try:
            self.made(nobody).send(sample())
        except NotSent as wrong:
            _must(bool(wrong.what and wrong.hint), "the reason or the hint is empty")
            said = f"{wrong} {wrong.__cause__}"
            _must(CANARY not in said, "a key stands in the reason")
        else:
            raise AssertionError("nobody is there, and it says that it was sent")

    def test_no_key_is_logged_even_when_everything_is(self, nobody: dict[str, str]) -> None:
        lines: list[str] = []
        everything = _Everything(lines)
        root = logging.getLogger()
        before = root.level
        root.addHandler(everything)
        root.setLevel(1)
        try:
            self.made(nobody).send(sample())
        except NotSent:
            pass
        finally:
            root.removeHandler(everything)
            root.setLevel(before)
        _must(not [line for line in lines if CANARY in line], "a key was logged")

    def test_nothing_heavy_is_loaded_before_it_is_sent(self) -> None:
        script = (
            "import sys; from cxassure.report.senders.sender import sender_class; "
            f"sender_class({self.sender!r}); print(*sys.modules)"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
        _must(done.returncode == 0, done.stderr)
        _must(not set(HEAVY) & set(done.stdout.split()), "import what is heavy in send()")


class _Everything(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__(1)
        self.lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def _refused(attempt: Callable[[], Sender]) -> None:
    try:
        attempt()
    except UsageError as wrong:
        _must(bool(wrong.hint), "it refuses and does not say what to do")
    else:
        raise AssertionError("wrong options were taken")


def _must(true: bool, what: str) -> None:
    if not true:
        raise AssertionError(what)
