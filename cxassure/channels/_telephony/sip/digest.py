"""Digest authentication (RFC 3261 section 22, RFC 7616, RFC 8760): answering it and asking it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from cxassure.channels._telephony.sip.headers import number
from cxassure.channels._telephony.sip.message import Request, Response
from cxassure.channels._telephony.sip.uri import Params, read_params

HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}
_ASKED = {401: ("WWW-Authenticate", "Authorization"), 407: ("Proxy-Authenticate", "")}
_QUOTED = frozenset("username realm nonce uri response cnonce opaque domain".split())


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user and password; `realm` limits them to one, empty is any."""

    user: str
    password: str = field(repr=False)
    realm: str = ""


@dataclass(slots=True)
class _Challenge:
    header: str
    params: dict[str, str]
    uses: int = 0


def fields(value: str) -> dict[str, str]:
    """`Digest realm="x", nonce=y` as a mapping; empty where it is no digest."""
    scheme, _, rest = value.strip().partition(" ")
    return dict(read_params(rest, ",")) if scheme.lower() == "digest" else {}


def written(params: Mapping[str, str]) -> str:
    parts = (f'{n}="{_quoted(v)}"' if n in _QUOTED else f"{n}={v}" for n, v in params.items())
    return f"Digest {', '.join(parts)}"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def response(given: Mapping[str, str], method: str, user: str, password: str) -> str:
    """The `response` to a challenge whose fields, and ours, are `given` (RFC 7616 section 3.4.1).

    Raises `KeyError` for an algorithm that nobody here knows.
    """
    name, _, session = given.get("algorithm", "MD5").upper().partition("-SESS")
    plain = name if given.get("algorithm", "").upper().endswith("-SESS") else name + session
    kind = HASHES[plain]

    def digest(text: str) -> str:
        return hashlib.new(kind, text.encode()).hexdigest()

    nonce, cnonce = given.get("nonce", ""), given.get("cnonce", "")
    first = digest(f"{user}:{given.get('realm', '')}:{password}")
    if given.get("algorithm", "").upper().endswith("-SESS"):
        first = digest(f"{first}:{nonce}:{cnonce}")
    second = digest(f"{method}:{given.get('uri', '')}")
    if given.get("qop"):
        return digest(f"{first}:{nonce}:{given.get('nc', '')}:{cnonce}:{given['qop']}:{second}")
    return digest(f"{first}:{nonce}:{second}")


class Authorizer:
    """Answers challenges with what it was given; remembers them, so that the next request brings
    its answer along and counts `nc` up."""

    def __init__(self, credentials: tuple[Credentials, ...]) -> None:
        self._credentials = credentials
        self._known: dict[tuple[str, str], _Challenge] = {}

    def challenged(self, answer: Response, request: Request) -> bool:
        """Whether a 401 or 407 can be answered anew: it asks for what we have, and `request` did
        not already fail with it (unless its nonce was only stale)."""
        asked = _ASKED.get(answer.code)
        if asked is None:
            return False
        reply = asked[1] or "Proxy-Authorization"
        offers = [fields(value) for value in answer.headers.all(asked[0])]
        fit = next((p for p in offers if self._fits(p)), None)
        if fit is None:
            return False
        tried = [fields(v) for v in request.headers.all(reply)]
        again = any(t.get("realm") == fit.get("realm") for t in tried)
        if again and fit.get("stale", "").lower() != "true":
            return False
        self._known[(reply, fit.get("realm", ""))] = _Challenge(reply, fit)
        return True

    def _fits(self, params: Mapping[str, str]) -> bool:
        algorithm = params.get("algorithm", "MD5").upper().removesuffix("-SESS")
        qops = [q.strip().lower() for q in params.get("qop", "auth").split(",")]
        return (
            bool(params.get("nonce"))
            and algorithm in HASHES
            and "auth" in qops
            and self._for(params.get("realm", "")) is not None
        )

    def _for(self, realm: str) -> Credentials | None:
        return next((c for c in self._credentials if c.realm in ("", realm)), None)

    def authorize(self, request: Request) -> None:
        """Puts an answer to every challenge known so far into `request`."""
        for name in ("Authorization", "Proxy-Authorization"):
            request.headers.drop(name)
        for challenge in self._known.values():
            request.headers.add(challenge.header, self._answer(challenge, request))

    def _answer(self, challenge: _Challenge, request: Request) -> str:
        asked = challenge.params
        who = self._for(asked.get("realm", ""))
        assert who is not None
        given = {"username": who.user, "realm": asked.get("realm", ""), "nonce": asked["nonce"]}
        given["uri"] = request.uri
        if "algorithm" in asked:
            given["algorithm"] = asked["algorithm"]
        if "qop" in asked:
            challenge.uses += 1
            given |= {"qop": "auth", "nc": f"{challenge.uses:08x}", "cnonce": secrets.token_hex(8)}
        elif asked.get("algorithm", "").upper().endswith("-SESS"):
            given["cnonce"] = secrets.token_hex(8)
        if "opaque" in asked:
            given["opaque"] = asked["opaque"]
        given["response"] = response(given, request.method, who.user, who.password)
        return written(given)


class Guard:
    """Asks for digest credentials. A nonce lives for `life` seconds of `now` and each of its
    counts is taken once."""

    def __init__(
        self,
        realm: str,
        users: Mapping[str, str],
        *,
        algorithms: tuple[str, ...] = ("SHA-256", "MD5"),
        life: float = 60.0,
        most: int = 10_000,
    ) -> None:
        self.realm, self._users, self._algorithms = realm, dict(users), algorithms
        self._life, self._most = life, most
        self._nonces: dict[str, tuple[float, int]] = {}

    def admits(self, request: Request, now: float) -> tuple[Params, str]:
        """((), user) where the request brings a good answer, else (headers of a 401, "")."""
        for value in request.headers.all("Authorization"):
            given = fields(value)
            if given.get("realm") != self.realm:
                continue
            good = self._good(given, request.method)
            if good and self._fresh(given, now):
                return (), given.get("username", "")
            if good:
                return self._challenge(now, stale=True), ""
        return self._challenge(now), ""

    def _good(self, given: Mapping[str, str], method: str) -> bool:
        password = self._users.get(given.get("username", ""))
        algorithm = given.get("algorithm", "MD5").upper()
        if password is None or algorithm not in self._algorithms:
            return False
        right = response(given, method, given["username"], password)
        return hmac.compare_digest(right, given.get("response", "").lower())

    def _fresh(self, given: Mapping[str, str], now: float) -> bool:
        nonce = given.get("nonce", "")
        made, used = self._nonces.get(nonce, (-self._life, 0))
        count = int(given["nc"], 16) if _hex(given.get("nc", "")) else 1
        if now - made >= self._life or count <= used:
            return False
        self._nonces[nonce] = (made, count)
        return True

    def _challenge(self, now: float, stale: bool = False) -> Params:
        nonce = secrets.token_hex(16)
        while len(self._nonces) >= self._most:
            del self._nonces[next(iter(self._nonces))]
        self._nonces[nonce] = (now, 0)
        asked = {"realm": self.realm, "nonce": nonce, "qop": '"auth"'}
        told = asked | ({"stale": "true"} if stale else {})
        return tuple(
            ("WWW-Authenticate", written(told | {"algorithm": name})) for name in self._algorithms
        )


def _hex(text: str) -> bool:
    return bool(text) and len(text) <= 8 and all(c in "0123456789abcdefABCDEF" for c in text)


def retry_after(answer: Response) -> int | None:
    """Seconds that the far end asks to wait, if it does."""
    told = answer.headers.get("Retry-After")
    return number(told, 0, 86_400) if told else None
