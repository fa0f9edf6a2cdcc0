"""What keeps keys out of logs and reasons: libraries that send print addresses that hold keys."""

from __future__ import annotations

import logging
import re
import urllib.parse
from collections.abc import Iterable

MASK = "****"
CHATTY = ("apprise", "urllib3.connectionpool", "httpx", "httpcore.connection", "httpcore.http11")
"""Loggers that name addresses, headers or payloads at their lower levels."""

_PIECE = re.compile(r"[/@:?&=#;,+ ]+")
_SHORTEST = 6
_known: set[str] = set()


def pieces(address: str) -> set[str]:
    """Every part of an address that may be a key, as written and unquoted."""
    raw = {part for part in _PIECE.split(address) if len(part) >= _SHORTEST}
    return raw | {urllib.parse.unquote(part) for part in raw}


def masked(text: str, secrets: Iterable[str]) -> str:
    """`text` with each of `secrets` masked, the longest first."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


class _Discreet(logging.Filter):
    """Lets warnings through with keys masked, and nothing below: not even when debugging is on."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return False
        record.msg, record.args = masked(record.getMessage(), _known), ()
        return True


_DISCREET = _Discreet()


def hush(secrets: Iterable[str]) -> None:
    """From now on no chatty library prints any of `secrets`, whatever level somebody sets."""
    _known.update(secrets)
    for name in CHATTY:
        logger = logging.getLogger(name)
        if _DISCREET not in logger.filters:
            logger.addFilter(_DISCREET)
