"""People and tokens: who may do what, kept in one file that only its owner reads.

Passwords are kept as scrypt (RFC 7914) with a salt of their own, tokens as SHA-256: those are
random and need no stretching.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec

from cxassure.errors import CannotLook, UsageError
from cxassure.text import clip

Role = Literal["viewer", "operator", "admin"]
ROLES: tuple[Role, ...] = ("viewer", "operator", "admin")
"""Each may do what those before it may."""

FILE = "people.json"
_COST = {"n": 2**15, "r": 8, "p": 1, "maxmem": 64 * 2**20}
SHORTEST = 10
"""Characters of a password."""

LONGEST = 200
TOKEN = "cx_"
"""How a token begins, so that scanners of repositories find one that was committed."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may come in; without `password` only by the company's own sign-in, not at all
    while `disabled`."""

    name: str
    role: Role
    salt: str = ""
    password: str = ""
    disabled: bool = False


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What a program shows; `digest` is the token's SHA-256."""

    name: str
    role: Role
    digest: str


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file."""

    people: dict[str, Person] = {}
    tokens: dict[str, Token] = {}


def may(role: str, needed: Role) -> bool:
    """Whether `role` is enough."""
    return role in ROLES and ROLES.index(role) >= ROLES.index(needed)


class People:
    """Kept in `folder`. Raises `CannotLook` where the file cannot be read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path = folder / FILE
        self._read: tuple[object, Known] = (None, Known())

    def known(self) -> Known:
        """All of them as they are now."""
        try:
            found = self._path.stat()
            stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
            if stamp != self._read[0]:
                self._read = stamp, msgspec.json.decode(self._path.read_bytes(), type=Known)
        except FileNotFoundError:
            return Known()
        except (OSError, msgspec.DecodeError) as wrong:
            raise CannotLook(f"{self._path} cannot be read: {wrong}", "restore it") from None
        return self._read[1]

    def add(self, name: str, role: Role, password: str = "") -> None:
        """Lets somebody in, or changes them: who is kept out stays out. Raises `UsageError` for a
        name or password that is none."""
        name = named(name)
        salt = secrets.token_bytes(16)
        hashed = hash_of(checked(password), salt) if password else ""
        person = Person(name=name, role=role, salt=salt.hex(), password=hashed)

        def added(known: Known) -> dict[str, object]:
            out = known.people.get(name, person).disabled
            now = msgspec.structs.replace(person, disabled=out)
            return {"people": known.people | {name: now}}

        self._change(added)

    def change(self, name: str, *, role: Role | None = None, disabled: bool | None = None) -> None:
        """Gives somebody another role, or keeps them out for a while. Raises `UsageError` for
        somebody who is not known."""

        def changed(known: Known) -> dict[str, object]:
            if name not in known.people:
                raise UsageError(f"nobody is called «{clip(name, 60)}»", "cxassure user list")
            old = known.people[name]
            now = msgspec.structs.replace(
                old,
                role=role or old.role,
                disabled=old.disabled if disabled is None else disabled,
            )
            return {"people": known.people | {name: now}}

        self._change(changed)

    def remove(self, name: str, *among: Literal["people", "tokens"]) -> None:
        """Lets nobody of that name in any more, person or program unless it says which. Raises
        `UsageError` for somebody who is not known."""
        kinds = among or ("people", "tokens")
        if not any(name in getattr(self.known(), kind) for kind in kinds):
            raise UsageError(f"nobody is called «{clip(name, 60)}»", "cxassure user list")
        self._change(
            lambda known: {
                kind: {n: one for n, one in getattr(known, kind).items() if n != name}
                for kind in kinds
            }
        )

    def token(self, name: str, role: Role) -> str:
        """Makes a token for a program and gives it: it is told this once. Raises `UsageError` for
        a name that is none, or another program's: what that one shows would be let in no more."""
        name = named(name)
        text = TOKEN + secrets.token_urlsafe(32)
        made = Token(name=name, role=role, digest=_digest(text))

        def added(known: Known) -> dict[str, object]:
            if name in known.tokens:
                what = f"a program is called «{clip(name, 60)}» already"
                raise UsageError(what, "remove its token first, or choose another name")
            return {"tokens": known.tokens | {name: made}}

        self._change(added)
        return text

    def by_password(self, name: str, password: str) -> Person | None:
        """Who comes in with this; it takes as long for a name that nobody has."""
        person = self.known().people.get(name)
        there = person if person and person.password and not person.disabled else _NOBODY
        good = hmac.compare_digest(hash_of(password, bytes.fromhex(there.salt)), there.password)
        return person if good and there is person else None

    def by_token(self, text: str) -> Token | None:
        """The token that a program shows."""
        digest = _digest(text)
        found = self.known().tokens.values()
        return next((one for one in found if hmac.compare_digest(one.digest, digest)), None)

    def _change(self, change: Callable[[Known], dict[str, object]]) -> None:
        with self._alone():
            known = self.known()
            fresh = msgspec.structs.replace(known, **change(known))
            write_privately(self._path, msgspec.json.format(msgspec.json.encode(fresh)))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        private(self.folder)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def private(folder: Path) -> None:
    """Makes a folder that only its owner opens."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def write_privately(path: Path, data: bytes) -> None:
    """Puts `data` in the place of a file that only its owner reads, in one go."""
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    scratch.replace(path)


def hash_of(password: str, salt: bytes) -> str:
    """scrypt of a password."""
    return hashlib.scrypt(password.encode("utf-8", "replace"), salt=salt, **_COST).hex()


def checked(password: str) -> str:
    """`password`, when it is long enough to be one. Raises `UsageError`."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise UsageError(f"a password has {SHORTEST} to {LONGEST} characters", "choose another")
    return password


def named(name: str) -> str:
    """`name`, when somebody can be called that. Raises `UsageError`."""
    if not name.strip() or name != name.strip() or len(name) > 80 or not name.isprintable():
        raise UsageError(f"nobody can be called «{clip(name, 60)}»", "a name or an e-mail address")
    return name


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


_NOBODY = Person(name="", role="viewer", salt="00" * 16, password="0" * 128)
