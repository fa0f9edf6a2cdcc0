"""Sessions: who a browser is, in a signed cookie, and what makes a form ours."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
from itsdangerous import BadSignature, URLSafeTimedSerializer

from cxassure.surfaces.dashboard.people import People, Role, private, write_privately

LASTS = 12 * 3600
"""Seconds after which a session ends."""

COOKIE = "cxassure"
Way = Literal["link", "password", "oidc", "token"]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks; `csrf` is what their forms must hold (nothing for a program with a token)."""

    name: str
    role: Role
    way: Way
    session: str = ""
    csrf: str = ""


class Sessions:
    """Signed with a key that is kept beside the people, so that they outlive a new start."""

    def __init__(self, people: People, secure: bool) -> None:
        self._people, self.secure = people, secure
        self._key = _key(people.folder / "key")
        self._signer = URLSafeTimedSerializer(
            self._key, salt="cxassure session", signer_kwargs={"digest_method": hashlib.sha256}
        )
        self._ended = _Ended(people.folder / "ended.json")

    @property
    def cookie(self) -> str:
        """The cookie's name; a secure one is bound to this host (RFC 6265bis, `__Host-`)."""
        return f"__Host-{COOKIE}" if self.secure else COOKIE

    def begin(self, name: str, role: Role, way: Way) -> str:
        """The cookie's value for somebody who has come in."""
        told = {"name": name, "role": role, "way": way, "id": secrets.token_urlsafe(12)}
        signed: str = self._signer.dumps(told)
        return signed

    def visitor(self, cookie: str) -> Visitor | None:
        """Who shows this cookie; None for one that is forged, too old, or has ended.

        Who comes by a password is looked up again: somebody removed is out at once.
        """
        try:
            told: dict[str, Any] = self._signer.loads(cookie, max_age=LASTS)
            name, role, way, session = (told[key] for key in ("name", "role", "way", "id"))
        except (BadSignature, KeyError, TypeError):
            return None
        if self._ended.holds(session):
            return None
        person = self._people.known().people.get(name)
        if way == "password" and (person is None or not person.password):
            return None
        if way != "link" and person:
            role = person.role
        return Visitor(name, role, way, session, self.csrf(session))

    def csrf(self, session: str) -> str:
        """What a form of this session holds."""
        return hmac.new(self._key.encode(), f"form {session}".encode(), "sha256").hexdigest()

    def end(self, visitor: Visitor) -> None:
        """Logs out: the cookie is worth nothing from now on, wherever it is shown."""
        self._ended.add(visitor.session)


class _Ended:
    """Sessions that ended before their time, until that."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        self._until: dict[str, float] = {}
        if path.exists():
            self._until = msgspec.json.decode(path.read_bytes(), type=dict[str, float])

    def holds(self, session: str) -> bool:
        return session in self._until

    def add(self, session: str) -> None:
        with self._lock:
            now = time.time()
            alive = {name: until for name, until in self._until.items() if until > now}
            self._until = alive | {session: now + LASTS}
            write_privately(self._path, msgspec.json.encode(self._until))


def _key(path: Path) -> str:
    private(path.parent)
    if not path.exists():
        write_privately(path, secrets.token_hex(32).encode())
    return path.read_text("ascii")
