"""Web push: a short message to browsers that asked for it (RFC 8030, 8291, VAPID of RFC 8292).

Push services are strangers: what goes through them says that something is wrong and where to look,
in words that hold nothing of the journey's own.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from cxassure.errors import UsageError
from cxassure.incident import Message
from cxassure.report.senders import strangers
from cxassure.report.senders.sender import NotSent
from cxassure.report.senders.strangers import checked

PATIENCE = 10.0
MOST = 200
"""Browsers that are told."""

LIVES = 24 * 3600
"""Seconds for which a push service keeps a message for a phone that is off."""

NOBODY = "web push: no browser has asked to be told"
HOW = "open the dashboard on the phone, choose «alerts here», then «tell me here»"
_GONE = (404, 410)
_FILE, _KEY = "phones.json", "vapid.pem"


class Keys(msgspec.Struct, frozen=True):
    """A browser's keys, base64url (RFC 8291)."""

    p256dh: str
    auth: str


class Subscription(msgspec.Struct, frozen=True):
    """A browser, as its Push API tells it; `who` asked for it."""

    endpoint: str
    keys: Keys
    who: str = ""


class Phones:
    """The browsers that are told, and the key that signs, in files of `folder`. Push services lie
    in the internet; `allowed` are hosts that may lie in our own network, or on this machine."""

    def __init__(self, folder: Path, allowed: Collection[str] = ()) -> None:
        self._folder, self._allowed = folder, allowed

    def all(self) -> list[Subscription]:
        """Every browser. Raises `UsageError` where the file is spoilt."""
        try:
            return msgspec.json.decode((self._folder / _FILE).read_bytes(), type=list[Subscription])
        except FileNotFoundError:
            return []
        except msgspec.DecodeError:
            raise UsageError(f"{self._folder / _FILE} is spoilt", "delete it") from None

    def add(self, one: Subscription) -> None:
        """Takes a browser in, once. Raises `UsageError` for an address that is no push service's:
        nobody who may look at the dashboard makes us ask in our own network.
        """
        checked(one.endpoint, self._allowed)
        _check_keys(one)

        def with_it(known: list[Subscription]) -> list[Subscription]:
            return [*(k for k in known if k.endpoint != one.endpoint), one][-MOST:]

        self._change(with_it)

    def remove(self, endpoint: str) -> None:
        """Lets a browser go."""
        self._change(lambda known: [one for one in known if one.endpoint != endpoint])

    def public_key(self) -> str:
        """The application server key as browsers want it: base64url of the uncompressed point."""
        from cryptography.hazmat.primitives import serialization as form

        point = self._vapid().public_key.public_bytes(
            form.Encoding.X962, form.PublicFormat.UncompressedPoint
        )
        return base64.urlsafe_b64encode(point).rstrip(b"=").decode()

    def push(self, one: Subscription, told: Mapping[str, str], subject: str) -> bool:
        """Sends one message to one browser; gives whether it is still there: one that is gone is
        forgotten. Raises `NotSent`."""
        import requests
        from pywebpush import WebPushException, webpush

        info = {"endpoint": one.endpoint, "keys": msgspec.structs.asdict(one.keys)}
        with strangers.session(self._allowed) as session:
            try:
                checked(one.endpoint, self._allowed)
                webpush(
                    info,
                    json.dumps(dict(told)),
                    vapid_private_key=self._vapid(),
                    vapid_claims={"sub": subject},
                    ttl=LIVES,
                    timeout=PATIENCE,
                    requests_session=session,
                )
            except WebPushException as wrong:
                status = getattr(wrong.response, "status_code", 0)
                if status in _GONE:
                    self.remove(one.endpoint)
                    return False
                raise NotSent(f"web push: the service answered {status}", "see its log") from None
            except UsageError as wrong:
                raise NotSent(f"web push: {wrong.what}", "let that browser ask again") from None
            except (requests.RequestException, ValueError) as wrong:
                raise NotSent(f"web push: {type(wrong).__name__}", "is it up?") from None
        return True

    def _vapid(self) -> Any:
        from py_vapid import Vapid

        with self._alone():
            path = self._folder / _KEY
            if not path.exists():
                made = Vapid()
                made.generate_keys()
                self._write(path, made.private_pem())
            return Vapid.from_file(str(path))

    def _change(self, change: Callable[[list[Subscription]], list[Subscription]]) -> None:
        with self._alone():
            data = msgspec.json.format(msgspec.json.encode(change(self.all())))
            self._write(self._folder / _FILE, data)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self._folder / "phones.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @staticmethod
    def _write(path: Path, data: bytes) -> None:
        scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(scratch, flags, 0o600), "wb") as file:
            file.write(data)
        scratch.replace(path)


class WebPushSender:
    """`folder` is the dashboard's (`reports/dashboard`); `subject` how a push service reaches us,
    a `mailto:` or `https:` address; `allow` hosts of push services in our own network, a comma
    between."""

    known: ClassVar[frozenset[str]] = frozenset(("folder", "subject", "allow"))
    needed: ClassVar[frozenset[str]] = frozenset(("subject",))

    def __init__(self, options: Mapping[str, str]) -> None:
        allowed = [host.strip() for host in options.get("allow", "").split(",") if host.strip()]
        self._phones = Phones(Path(options.get("folder", "reports/dashboard")), allowed)
        self._subject = options["subject"].strip()
        if not self._subject.startswith(("mailto:", "https://")):
            raise UsageError("a subject is how we are reached", "write mailto:ops@example.com")

    def send(self, message: Message) -> None:
        """Tells every browser; `NotSent` when none was told, be it that none has asked for it."""
        wrongs: list[NotSent] = []
        reached = 0
        for one in self._phones.all():
            try:
                reached += self._phones.push(one, payload(message), self._subject)
            except NotSent as wrong:
                wrongs.append(wrong)
        if not reached:
            raise wrongs[0] if wrongs else NotSent(NOBODY, HOW, nobody=True)


def payload(message: Message) -> dict[str, str]:
    """What is said: nothing of what a page, bot, call or mail said, no name, no address."""
    count = len({one.name for one in message.affected}) or 1
    journeys = "1 journey" if count == 1 else f"{count} journeys"
    what = "well again" if message.word == "resolved" else "not as promised"
    return {
        "title": f"{message.severity} incident {message.word}",
        "body": f"{journeys} {what}",
        "tag": message.incident or message.id,
        "to": f"/incidents/{message.incident}" if message.incident else "/",
    }


def _check_keys(one: Subscription) -> None:
    for text, size in ((one.keys.p256dh, 65), (one.keys.auth, 16)):
        try:
            found = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except ValueError:
            found = b""
        if len(found) != size:
            raise UsageError("those are no keys of a browser", "ask the browser again")
