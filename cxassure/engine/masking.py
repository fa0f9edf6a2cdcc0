"""Keeping secrets in: every form in which a secret's value could leave the engine is replaced."""

from __future__ import annotations

import base64
import html
import json
import re
import string
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

import msgspec

from cxassure.engine import unpacking
from cxassure.errors import CannotLook
from cxassure.events import AnyEvent, decode, encode

CUT = "…"
"""What stands where `text.clip` and `text.near` cut: half a secret may stand beside it."""
SHORTEST = 4
"""Characters a secret needs: masking a shorter one would blacken innocent text everywhere."""


NESTED = 4
"""How deep JSON may be wrapped in strings of JSON."""


def _but(encoded: str) -> str:
    """The marks that an address keeps where those in `encoded` are percent-encoded."""
    return "".join(mark for mark in string.punctuation if mark not in encoded)


_FRAGMENT = _but('"<>`')
_QUERIES = tuple(_but('"#<>' + more) for more in ("", "'"))
_PATHS = tuple(_but('"#<>?`{}' + more) for more in ("", "^", "|", "^|"))
_USERINFO = tuple(_but('"#<>?`{}/:;=@[\\]^|' + more) for more in ("", "'"))
"""What the URL standard's percent-encode sets (WHATWG, 1.3) leave. Of a query there are two, with
and without http; `^` came late to that of a path, and browsers encode `|` and `'` of their own."""
_BLANK = "".join(map(chr, range(33)))
"""What is taken off the end of an address: C0 controls and space (WHATWG URL, 4.4)."""


def forms(value: str) -> Iterator[str]:
    """The ways in which `value` may be written out: quoted, escaped, encoded, spelt, grouped."""
    data = value.encode()
    yield value
    yield from _percent(value)
    yield from _markup(value)
    for wrapped in _nested(value):
        yield from _json(wrapped)
        yield from _base64(wrapped.encode())
    for shown in dict.fromkeys(_addressed(value)):
        yield shown
        yield from _markup(shown)
        yield from (written for wrapped in _nested(shown) for written in _json(wrapped))
    yield data.hex()
    yield data.hex().upper()
    yield " ".join(value)
    yield from _grouped(value)


def _nested(value: str) -> Iterator[str]:
    """As it stands in JSON that is itself a string of JSON, and so on: an exchange keeps bodies."""
    known = {value}
    for _ in range(NESTED):
        yield from sorted(known)
        known = {json.dumps(one, ensure_ascii=way)[1:-1] for one in known for way in (True, False)}


def _percent(value: str) -> Iterator[str]:
    """As URLs and forms have it. Browsers (WHATWG URL, ECMAScript's two functions) and Python
    differ in what they leave as it is."""
    for safe in ("", "/", "!'()*", "!'()*;,/?:@&=+$#"):
        written = quote(value, safe=safe)
        yield written
        yield re.sub("%..", lambda two: two[0].lower(), written)
    yield quote_plus(value)
    yield quote_plus(value, safe="*").replace("~", "%7E")


def _addressed(value: str) -> Iterator[str]:
    """As a browser's address shows it: set into a part of it, or read as part of a whole one.

    A whole one loses its line ends, tabs and last blanks, and `\\` in its path is `/`. One in
    whose path `/../` is walked up shows less than the value, which is then not found.
    """
    for safe in (_FRAGMENT, *_QUERIES, *_PATHS, *_USERINFO):
        yield quote(value, safe=safe)
    read = re.sub("[\t\n\r]", "", value).rstrip(_BLANK)
    if len(read) >= SHORTEST:
        yield quote(read, safe=_FRAGMENT)
        for query in _QUERIES:
            yield _parted(read, query, query)
            yield from (_parted(read, path, query) for path in _PATHS)


def _parted(value: str, path: str, query: str) -> str:
    """`value` inside an address, where its own `?` begins the query and its `#` the fragment."""
    place, hash_, fragment = value.partition("#")
    way, mark, asked = place.partition("?")
    if path != query:
        way = way.replace("\\", "/")
    parts = quote(way, safe=path), mark, quote(asked, safe=query), hash_
    return "".join(parts) + quote(fragment, safe=_FRAGMENT)


def _markup(value: str) -> Iterator[str]:
    """As HTML and XML have it: in text, in an attribute, by a template, by name or by number."""
    text = html.escape(value, quote=False)
    for written in (text, text.replace("\N{NO-BREAK SPACE}", "&nbsp;")):
        double = written.replace('"', "&quot;")
        yield from (written, double)
        yield from (double.replace("'", mark) for mark in ("&#x27;", "&#39;", "&apos;"))
        yield written.replace('"', "&#34;").replace("'", "&#39;")


def _json(value: str) -> Iterator[str]:
    """As JSON has it, also where it is careful about standing in a page."""
    for ascii_only in (True, False):
        written = json.dumps(value, ensure_ascii=ascii_only)[1:-1]
        yield written
        yield written.replace("/", "\\/")
        for mark in "<>&'":
            written = written.replace(mark, f"\\u{ord(mark):04x}")
        yield written


def _grouped(value: str) -> Iterator[str]:
    """A number in groups of four, as cards are printed and read out."""
    if value.isdigit() and len(value) > SHORTEST:
        groups = [value[i : i + 4] for i in range(0, len(value), 4)]
        yield " ".join(groups)
        yield "-".join(groups)


def _base64(data: bytes) -> Iterator[str]:
    """What `data` looks like inside base64 at each of the three alignments, its edges left off."""
    for lead in range(3):
        whole = base64.b64encode(lead * b"\0" + data).decode().rstrip("=")
        first, last = -(-lead * 8 // 6), (lead + len(data)) * 8 // 6
        inner = whole[first:last]
        if len(inner) > SHORTEST:
            yield inner
            yield inner.replace("+", "-").replace("/", "_")


def _left(part: str, form: str) -> int:
    """How many characters at the end of `part` are the beginning of `form`, `SHORTEST` at least."""
    begun = form[:SHORTEST]
    start = part.find(begun, max(0, len(part) - len(form) + 1))
    while start >= 0 and not form.startswith(part[start:]):
        start = part.find(begun, start + 1)
    return len(part) - start if start >= 0 else 0


class Mask:
    """Replaces the values of `secrets` by `‹secret.name›` in text, events and evidence."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._forms: list[tuple[str, str]] = []
        for name, value in secrets.items():
            if value and len(value) < SHORTEST:
                raise CannotLook(
                    f"secret.{name} is shorter than {SHORTEST} characters and cannot be masked",
                    "give it a longer value, or write it in the journey if it is no secret",
                )
            found = dict.fromkeys(forms(value)) if value else {}
            self._forms += [(form, f"‹secret.{name}›") for form in found]
        self._forms.sort(key=lambda pair: -len(pair[0]))
        self._bytes = [(form.encode(), put.encode()) for form, put in self._forms]
        # a form with marks that JSON escapes could hide in a line that escapes any
        self._escaped = any('"' in form or "\\" in form for form, _ in self._forms)

    def conceals(self, text: str) -> bool:
        """Whether `text` holds a secret's value."""
        return any(form in text for form, _ in self._forms)

    def text(self, text: str) -> str:
        """`text` without secrets."""
        for form, put in self._forms:
            if form in text:
                text = text.replace(form, put)
        return self._cut(text) if CUT in text else text

    def _cut(self, text: str) -> str:
        """Without what is left of a secret where a text was cut short in the middle of it."""
        parts = text.split(CUT)
        for form, put in self._forms:
            for n, part in enumerate(parts):
                if n and (left := _left(part[: len(form)][::-1], form[::-1])):
                    parts[n] = part = put + part[left:]
                if n + 1 < len(parts) and (left := _left(part, form)):
                    parts[n] = part[:-left] + put
        return CUT.join(parts)

    def data(self, data: bytes) -> bytes:
        """Evidence without secrets. What is compressed is beyond its reach: pictures, and archives,
        of which `seals` tells."""
        for form, put in self._bytes:
            if form in data:
                data = data.replace(form, put)
        return data

    def seals(self, data: bytes) -> str:
        """Why evidence must not be kept: what is packed in it holds a secret, or may; else `""`.

        It is not masked and packed anew: a trace has pictures too of what is to be read in it.
        """
        if not self._bytes:
            return ""
        try:
            found = any(form in one for one in unpacking.contents(data) for form, _ in self._bytes)
        except unpacking.CannotUnpack as wrong:
            return f"it cannot be looked through for secrets, {wrong}"
        return "a secret is packed in it, where it cannot be masked" if found else ""

    def event(self, event: AnyEvent) -> AnyEvent:
        """The event without secrets, and fit to be written as UTF-8.

        Costs one encoding of it and a search of that when there is nothing to replace.
        """
        try:
            text = encode(event).decode()
        except UnicodeEncodeError:  # half a surrogate pair, as scripts on a page can make
            return decode(msgspec.json.encode(self._tree(msgspec.to_builtins(event))))
        odd = CUT in text or (self._escaped and "\\" in text)
        if not odd and not self.conceals(text):
            return event
        return decode(msgspec.json.encode(self._tree(msgspec.to_builtins(event))))

    def _tree(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value.encode("utf-8", "replace").decode())
        if isinstance(value, dict):
            return {self.text(key): self._tree(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._tree(item) for item in value]
        if isinstance(value, int) and not isinstance(value, bool) and self.conceals(str(value)):
            return self.text(str(value))
        return value
