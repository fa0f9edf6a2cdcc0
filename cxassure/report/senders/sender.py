"""What a sender is: made from a recipient's options, it gives one message away or says why not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol, runtime_checkable

from cxassure.errors import CxassureError, UsageError
from cxassure.incident import Message, Recipient
from cxassure.text import fill, guess, references

GROUP = "cxassure.senders"
BUILT_IN = {
    "apprise": "cxassure.report.senders.services:AppriseSender",
    "webhook": "cxassure.report.senders.webhook:WebhookSender",
    "webpush": "cxassure.report.senders.webpush:WebPushSender",
}


class NotSent(CxassureError):
    """A message did not get through; it will be tried again, not before `after` seconds.

    What it says holds no secret. `nobody` says that there is nobody at the other end, whom no
    patience brings: others are told at once.
    """

    def __init__(
        self, what: str, hint: str = "", after: float = 0.0, *, nobody: bool = False
    ) -> None:
        super().__init__(what, hint)
        self.after, self.nobody = after, nobody


@runtime_checkable
class Sender(Protocol):
    """One way to reach one recipient. `known` are its options, `needed` those it cannot do without.

    `__init__` takes them with secrets filled in and raises `UsageError` for what is wrong; it
    opens nothing. `send` blocks for at most half a minute and raises `NotSent` for whatever goes
    wrong outside. It goes only where its options say, and follows no redirect. The same message
    may come twice (its `id` tells): a receiver that minds can tell by that.
    """

    known: frozenset[str]
    needed: frozenset[str]

    def __init__(self, options: Mapping[str, str]) -> None: ...

    def send(self, message: Message) -> None:
        """Gives `message` away. Raises `NotSent`."""
        ...


def senders() -> list[str]:
    """Names of all senders, ours and third parties' (entry points `cxassure.senders`)."""
    return sorted({*BUILT_IN, *_points()})


@cache
def _points() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


def sender_class(name: str) -> type[Sender]:
    """The class of a sender. Raises `UsageError` with a guess, or for one that cannot be loaded."""
    if name in BUILT_IN:
        module, _, attribute = BUILT_IN[name].partition(":")
        built_in: type[Sender] = getattr(import_module(module), attribute)
        return built_in
    if name not in _points():
        raise UsageError(f"there is no sender «{name}»", guess(name, senders()))
    point = _points()[name]
    try:
        found = point.load()
    except (ImportError, AttributeError) as wrong:
        what = f"sender «{name}» ({point.value}) cannot be loaded: {wrong}"
        raise UsageError(what, "reinstall or remove the package that provides it") from wrong
    if not (isinstance(found, type) and all(hasattr(found, part) for part in _PARTS)):
        what = f"sender «{name}» ({point.value}) is no sender"
        raise UsageError(what, "it needs known, needed and send")
    return found


_PARTS = ("known", "needed", "send")


def make(recipient: Recipient, options: Mapping[str, str]) -> Sender:
    """The sender for `recipient`; `options` are its own with secrets filled in."""
    kind = sender_class(recipient.sender)
    _check(kind, recipient, options)
    return kind(options)


def _check(kind: type[Sender], recipient: Recipient, options: Mapping[str, str]) -> None:
    for key in options:
        if key not in kind.known:
            what = f"sender «{recipient.sender}» of «{recipient.name}» has no option «{key}»"
            raise UsageError(what, guess(key, kind.known))
    if missing := sorted(kind.needed - {key for key, value in options.items() if value}):
        what = f"sender «{recipient.sender}» of «{recipient.name}» needs {', '.join(missing)}"
        raise UsageError(what, "add it under alerts: to: in cxassure.yaml")


def made(
    recipients: Iterable[Recipient], lookup: Callable[[str], str | None]
) -> tuple[dict[str, Sender], list[CxassureError]]:
    """The senders by recipient, with references filled in by `lookup`, and what is wrong of some.

    One that cannot be made says so of every message that it is given, which waits until it can.
    """
    found: dict[str, Sender] = {}
    wrongs: list[CxassureError] = []
    for one in recipients:
        try:
            given = {key: fill(text, lookup) for key, text in one.options.items()}
            found[one.name] = make(one, given)
        except CxassureError as wrong:
            found[one.name] = _Unmade(wrong)
            wrongs.append(UsageError(f"«{one.name}» cannot be told: {wrong.what}", wrong.hint))
    return found, wrongs


PLACEHOLDER = "x" * 40
"""What stands for a secret where it is only looked at how an address is written."""


def unfit(recipient: Recipient) -> CxassureError | None:
    """Why `recipient` can never be told as it is written, whatever its secrets are; None if it
    may be. No secret is read, and nothing is sent."""
    options = recipient.options
    given = {key: fill(text, lambda name: PLACEHOLDER) for key, text in options.items()}
    hidden = {key for key, text in options.items() if _wholly(text)}
    try:
        kind = sender_class(recipient.sender)
        _check(kind, recipient, given)
        if "url" not in hidden:
            made = kind(given)
            if look := getattr(made, "look", None):
                look(given == options)
    except CxassureError as wrong:
        return UsageError(f"«{recipient.name}» cannot be told: {wrong.what}", wrong.hint)
    return None


def _wholly(text: str) -> bool:
    """Whether a value is one reference and nothing else, of which nothing is known then."""
    return len(references(text)) == 1 and text.startswith("${") and text.endswith("}")


class _Unmade:
    """In the place of a sender whose options are wrong, or whose secret is not set."""

    known: frozenset[str] = frozenset()
    needed: frozenset[str] = frozenset()

    def __init__(self, wrong: CxassureError) -> None:
        self._wrong = wrong

    def send(self, message: Message) -> None:
        raise NotSent(self._wrong.what, self._wrong.hint)
