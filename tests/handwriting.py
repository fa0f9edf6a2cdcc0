"""A secret as programs that we meet write it down."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

import markupsafe
from jinja2.utils import htmlsafe_json_dumps


def shown(secret: str, reserved: str) -> str:
    """As a part of a browser's address (WHATWG URL, 1.3) in which `reserved` marks are encoded."""
    printed = "".join(map(chr, range(0x21, 0x7F)))
    return quote(secret, safe="".join(mark for mark in printed if mark not in reserved))


def written(secret: str) -> dict[str, str]:
    """The ways in which programs that we meet write a value down."""
    data = secret.encode()
    return {
        "plain": secret,
        "in a URL": quote(secret, safe=""),
        "in a form": quote_plus(secret),
        "in a URL with paths": quote(secret),
        "by encodeURIComponent": quote(secret, safe="!'()*"),
        "by a browser's form": quote_plus(secret, safe="*").replace("~", "%7E"),
        "in a browser's query": shown(secret, "\"#<>'"),
        "in a browser's path": shown(secret, '"#<>?`{}'),
        "in HTML": html.escape(secret),
        "in an attribute": html.escape(secret, quote=False).replace('"', "&quot;"),
        "by Jinja": str(markupsafe.escape(secret)),
        "by Jinja in a script": str(htmlsafe_json_dumps(secret))[1:-1],
        "in HTML text": html.escape(secret, quote=False),
        "in JSON": json.dumps(secret)[1:-1],
        "in JSON as UTF-8": json.dumps(secret, ensure_ascii=False)[1:-1],
        "in hex": data.hex(),
        "in base64": base64.b64encode(data).decode().rstrip("="),
        "in base64 for URLs": base64.urlsafe_b64encode(data).decode().rstrip("="),
        "in JSON in JSON": json.dumps(json.dumps(secret)[1:-1])[1:-1],
        "in a body in an exchange": json.dumps(json.dumps(secret, ensure_ascii=False)[1:-1])[1:-1],
        "in a string in a body in an exchange": json.dumps(
            json.dumps(json.dumps(secret)[1:-1])[1:-1], ensure_ascii=False
        )[1:-1],
        "as a password": base64.b64encode(b"user:" + data).decode().rstrip("="),
    }


def betrays(text: str, secret: str, form: str) -> bool:
    """Whether the secret can be read in `text`: whole, or six letters of base64 in a row."""
    seen = written(secret)[form]
    if form == "as a password":
        seen = seen[7:]  # so far it is `user:`
    elif "base64" not in form:
        return seen in text
    return any(seen[at : at + 6] in text for at in range(len(seen) - 5))
