"""The ladder of a call as it is shown: a line a SIP message, without the messages themselves."""

from __future__ import annotations

import re

_RUNG = re.compile(
    r"^ *(?P<at>\d+\.\d{3})  (?P<here>\S+) (?P<arrow>──▶|◀──) (?P<there>\S+)  \S+  (?P<what>.*)$",
    re.MULTILINE,
)
_MOST = 120
_SAID = 76


def rungs(text: str) -> str:
    """`   0.012  ──▶  INVITE sip:2@example.org`, ours to the right; "" where it is no ladder.

    `text` is a ladder as evidence holds it: time, two addresses, an arrow between them, transport
    and first line; what stands between such lines is left out.
    """
    found = list(_RUNG.finditer(text))
    if not found:
        return ""
    lines = [f"{'':8}  us {found[0]['here']} ──▶ them {found[0]['there']}"]
    lines += [_rung(one) for one in found[:_MOST]]
    more = len(found) - _MOST
    return "\n".join([*lines, *([f"… {more} more, see the file"] if more > 0 else [])])


def _rung(one: re.Match[str]) -> str:
    what = one["what"].removeprefix("SIP/2.0 ")
    refused = "  ✗" if re.match(r"[3-6]\d\d ", what) else ""
    return f"{one['at']:>8}  {one['arrow']}  {what[:_SAID]}{refused}"
