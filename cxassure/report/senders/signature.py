"""The signature of our webhook: HMAC-SHA256 over id, time and body, as Standard Webhooks has it.

`webhook-signature: v1,BASE64` is over `ID.TIMESTAMP.BODY` with `webhook-id` and `webhook-timestamp`
(seconds since 1970) beside it, so any library for Standard Webhooks checks it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

from cxassure.errors import UsageError

PREFIX = "whsec_"
SHORTEST = 24
TOLERANCE = 300
"""A key's least length in bytes, and by how many seconds a time may be off."""


def key_of(text: str) -> bytes:
    """The key in `whsec_BASE64`, or the bytes of any other text. Raises `UsageError`."""
    key = text.encode()
    if text.startswith(PREFIX):
        try:
            key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
        except binascii.Error:
            hint = "after whsec_ comes base64"
            raise UsageError("the key of the webhook cannot be read", hint) from None
    if len(key) < SHORTEST:
        hint = 'make one: python -c "import secrets; print(secrets.token_urlsafe(32))"'
        raise UsageError(f"the key of the webhook is shorter than {SHORTEST} bytes", hint)
    return key


def headers(key: bytes, message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers that go with `body`."""
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{_signed(key, message, str(timestamp), body)}",
    }


def genuine(key: bytes, given: Mapping[str, str], body: bytes, now: int) -> bool:
    """Whether a delivery is ours and fresh; `given` are its headers with names in lower case.

    Who also keeps the ids of the last `TOLERANCE` seconds and refuses those known is safe from
    replays: neither id nor time can be changed without the key.
    """
    stamp, message = given.get("webhook-timestamp", ""), given.get("webhook-id", "")
    if not (stamp.isascii() and stamp.isdecimal()) or abs(now - int(stamp[:18])) > TOLERANCE:
        return False
    right = _signed(key, message, stamp, body).encode()
    said = (one.partition(",") for one in given.get("webhook-signature", "").split(" "))
    return any(v == "v1" and hmac.compare_digest(right, mac.encode()) for v, _, mac in said)


def _signed(key: bytes, message: str, timestamp: str, body: bytes) -> str:
    told = b".".join((message.encode(), timestamp.encode(), body))
    return base64.b64encode(hmac.digest(key, told, hashlib.sha256)).decode()
