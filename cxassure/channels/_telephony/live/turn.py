"""Whose turn it is in a call: the line does not tell, so the last words that were heard must."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cxassure.channel import Seen

_SAID = ("prompt", "speech", "music")
_ASKS = re.compile(
    r"\?|\b(press|enter|key in|type|say|tell|speak|give|leave|spell|dial|choose|confirm)\b", re.I
)


def ours(seen: Sequence[Seen], acted: float | None, by: float = float("inf")) -> bool:
    """Whether the last thing heard before `by` asks for something, or a person said it: then it is
    this party's turn, unless it has `acted` since."""
    heard = next((s for s in reversed(seen) if s.what in _SAID and s.at < by), None)
    if heard is None or heard.what == "speech":
        return heard is not None
    answered = acted is not None and heard.at < acted < by
    return not answered and _ASKS.search(heard.text) is not None
