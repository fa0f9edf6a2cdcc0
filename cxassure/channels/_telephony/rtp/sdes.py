"""Keys of secured media: the crypto lines of SDES (RFC 4568), packets sealed with them (SRTP)."""

from __future__ import annotations

import base64
import binascii
import os
import re
from dataclasses import dataclass, field
from typing import Any

SUITES = ("AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32")
"""The crypto suites that we speak (RFC 4568 section 6.2), the preferred one first."""
KEY_BYTES = 30
"""Master key and salt of both suites."""


@dataclass(frozen=True, slots=True)
class Crypto:
    """One crypto attribute; the key is a secret and shows in no repr."""

    tag: int
    suite: str
    key: bytes = field(repr=False)

    @property
    def line(self) -> str:
        """The attribute's value."""
        return f"{self.tag} {self.suite} inline:{base64.b64encode(self.key).decode()}"


def fresh(tag: int, suite: str) -> Crypto:
    """A crypto attribute with a new random key."""
    return Crypto(tag, suite, os.urandom(KEY_BYTES))


def read(value: str) -> Crypto | None:
    """A crypto attribute that we can speak; None for any other.

    Lifetimes are passed over. Master key identifiers, session parameters that would leave packets
    open, and suites that we do not have are not spoken.
    """
    found = re.match(r"(\d{1,9})\s+(\S+)\s+inline:([A-Za-z0-9+/=]+)([|\S]*)\s*(.*)$", value)
    if not found or found[2].upper() not in SUITES:
        return None
    if re.search(r"\|\d+:\d+", found[4]) or "UNENCRYPTED" in found[5] or "UNAUTH" in found[5]:
        return None
    try:
        key = base64.b64decode(found[3] + "=" * (-len(found[3]) % 4))
    except binascii.Error:
        return None
    return Crypto(int(found[1]), found[2].upper(), key) if len(key) == KEY_BYTES else None


class Unauthentic(ValueError):
    """A packet that was not sealed with the key agreed on, or came twice."""


class Seal:
    """SRTP and SRTCP in one direction each (RFC 3711), by libsrtp."""

    def __init__(self, ours: Crypto, theirs: Crypto) -> None:
        import pylibsrtp

        self._error = pylibsrtp.Error
        self._out = _session(pylibsrtp, ours, pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
        self._in = _session(pylibsrtp, theirs, pylibsrtp.Policy.SSRC_ANY_INBOUND)

    def close_up(self, data: bytes, *, rtcp: bool = False) -> bytes:
        """A packet as it may travel."""
        protect = self._out.protect_rtcp if rtcp else self._out.protect
        return bytes(protect(data))

    def open_up(self, data: bytes, *, rtcp: bool = False) -> bytes:
        """A packet that came, in the clear.

        Raises:
            Unauthentic: its authentication fails, or it is a replay.
        """
        unprotect = self._in.unprotect_rtcp if rtcp else self._in.unprotect
        try:
            return bytes(unprotect(data))
        except (self._error, ValueError) as e:
            raise Unauthentic(str(e)) from e


def _session(pylibsrtp: Any, crypto: Crypto, direction: int) -> Any:
    profile = (
        pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80
        if crypto.suite == SUITES[0]
        else pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_32
    )
    policy = pylibsrtp.Policy(key=crypto.key, ssrc_type=direction, srtp_profile=profile)
    return pylibsrtp.Session(policy=policy)
