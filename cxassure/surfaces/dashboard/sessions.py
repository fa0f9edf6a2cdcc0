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
MOST = 500
"""Sessions that are listed."""

_ALL = "all of "
"""Before a name: no session is called so, as it holds spaces."""

Way = Literal["link", "password", "oidc", "token"]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks; `csrf` is what their forms must hold (nothing for a program with a token)."""

    name: str
    role: Role
    way: Way
    session: str = ""
    csrf: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """A session as it is listed; `began` and `used` are seconds of the epoch, 0 where unknown."""

    id: str
    name: str
    role: Role
    way: Way
    began: float
    used: float


class Sessions:
    """Signed with a key that is kept beside the people, so that they outlive a new start."""

    def __init__(self, people: People, secure: bool) -> None:
        self._people, self.secure = people, secure
        self._key = _key(people.folder / "key")
        self._signer = URLSafeTimedSerializer(
            self._key, salt="cxassure session", signer_kwargs={"digest_method": hashlib.sha256}
        )
        self._ended = _Ended(people.folder / "ended.json")
        self._seen: dict[str, Seen] = {}

    @property
    def cookie(self) -> str:
        """The cookie's name; a secure one is bound to this host (RFC 6265bis, `__Host-`)."""
        return f"__Host-{COOKIE}" if self.secure else COOKIE

    def begin(self, name: str, role: Role, way: Way) -> str:
        """The cookie's value for somebody who has come in."""
        told = {"name": name, "role": role, "way": way, "id": secrets.token_urlsafe(12)}
        told["at"] = f"{time.time():.3f}"
        told["proof"] = self._proof(name)
        told["listed"] = "yes" if name in self._people.known().people else ""
        signed: str = self._signer.dumps(told)
        return signed

    def visitor(self, cookie: str) -> Visitor | None:
        """Who shows this cookie; None for one that is forged, too old, or has ended.

        Who is listed is looked up again: somebody removed, kept out or given another password is
        out at once, and another role holds from now on.
        """
        try:
            told: dict[str, Any] = self._signer.loads(cookie, max_age=LASTS)
            name, role, way, session = (told[key] for key in ("name", "role", "way", "id"))
            began, listed = float(told.get("at", 0)), told.get("listed", "yes")
            proof = str(told.get("proof", ""))
        except (BadSignature, KeyError, TypeError, ValueError):
            return None
        if self._ended.holds(session, name, began):
            return None
        if way != "link":
            person = self._people.known().people.get(name)
            if (person is None and listed) or (person and person.disabled):
                return None
            if way == "password" and (person is None or not person.password):
                return None
            if way == "password" and not hmac.compare_digest(proof, self._proof(name)):
                return None
            role = person.role if person else role
        self._note(session, name, role, way, began)
        return Visitor(name, role, way, session, self.csrf(session))

    def _proof(self, name: str) -> str:
        """What ties a session to the password that it was begun with, and tells nothing of it."""
        person = self._people.known().people.get(name)
        told = f"password {person.password if person else ''}"
        return hmac.new(self._key.encode(), told.encode(), "sha256").hexdigest()[:32]

    def csrf(self, session: str) -> str:
        """What a form of this session holds."""
        return hmac.new(self._key.encode(), f"form {session}".encode(), "sha256").hexdigest()

    def seen(self) -> list[Seen]:
        """Sessions that were used since this start and have not ended, the last used first."""
        there = [s for s in self._seen.values() if not self._ended.holds(s.id, s.name, s.began)]
        alive = [one for one in there if one.began > time.time() - LASTS]
        return sorted(alive, key=lambda one: one.used, reverse=True)

    def end(self, session: str) -> None:
        """Ends one: its cookie is worth nothing from now on, wherever it is shown."""
        self._ended.add(session)

    def end_all(self, name: str) -> None:
        """Ends every session of somebody, also those that were not seen since this start."""
        self._ended.add(f"{_ALL}{name}")

    def _note(self, session: str, name: str, role: Role, way: Way, began: float) -> None:
        if session not in self._seen and len(self._seen) >= MOST:
            del self._seen[min(self._seen.values(), key=lambda one: one.used).id]
        self._seen[session] = Seen(session, name, role, way, began, time.time())


class _Ended:
    """Sessions that ended before their time, until that; and since when all of somebody's have."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        self._until: dict[str, float] = {}
        if path.exists():
            self._until = msgspec.json.decode(path.read_bytes(), type=dict[str, float])

    def holds(self, session: str, name: str, began: float) -> bool:
        return session in self._until or began + LASTS <= self._until.get(f"{_ALL}{name}", 0.0)

    def add(self, key: str) -> None:
        with self._lock:
            now = time.time()
            alive = {name: until for name, until in self._until.items() if until > now}
            self._until = alive | {key: now + LASTS}
            write_privately(self._path, msgspec.json.encode(self._until))


def _key(path: Path) -> str:
    private(path.parent)
    if not path.exists():
        write_privately(path, secrets.token_hex(32).encode())
    return path.read_text("ascii")
