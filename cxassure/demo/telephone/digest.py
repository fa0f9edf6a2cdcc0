"""Digest authentication as the exchange asks for it (RFC 3261 section 22, RFC 2617 with qop)."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

from cxassure.demo.memory import Memory
from cxassure.demo.telephone.message import Message, response, token

REALM = "birchandbay.example"
_PAIR = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))')


class Gate:
    """Who knows the password comes in; a nonce is good for as long as it is remembered."""

    def __init__(self) -> None:
        self._nonces: Memory[str, None] = Memory(2_000)

    def challenge(self, request: Message) -> Message:
        """401 with a fresh nonce."""
        nonce = secrets.token_hex(16)
        self._nonces[nonce] = None
        refused = response(request, 401, token())
        asked = f'Digest realm="{REALM}", nonce="{nonce}", algorithm=MD5, qop="auth"'
        refused.headers.append(("WWW-Authenticate", asked))
        return refused

    def user(self, request: Message, password: str) -> str:
        """The user name that the request proves, "" for none."""
        scheme, _, rest = request.get("authorization").partition(" ")
        told = {name.lower(): a or b for name, a, b in _PAIR.findall(rest)}
        if scheme.lower() != "digest" or told.get("nonce") not in self._nonces:
            return ""
        wanted = answer(told, request.method, password)
        user: str = told.get("username", "")
        return user if hmac.compare_digest(wanted, told.get("response", "")) else ""


def answer(told: dict[str, str], method: str, password: str) -> str:
    """The `response` that fits the other parameters of a Digest header."""
    secret = _md5(f"{told.get('username', '')}:{told.get('realm', '')}:{password}")
    what = _md5(f"{method}:{told.get('uri', '')}")
    parts = [told.get("nonce", "")]
    if told.get("qop"):
        parts += [told.get("nc", ""), told.get("cnonce", ""), told["qop"]]
    return _md5(":".join([secret, *parts, what]))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
