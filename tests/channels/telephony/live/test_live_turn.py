"""Whose turn it is, told by what was heard before a silence began."""

from __future__ import annotations

import pytest

from cxassure.channel import Seen
from cxassure.channels._telephony.live.turn import ours


def heard(text: str, at: float, what: str = "prompt") -> Seen:
    return Seen("company", what, text, at, at + 1, {})


@pytest.mark.parametrize(
    ("seen", "acted", "by", "whose"),
    [
        ([], None, 9.0, False),
        ([heard("To speak to a person, press 0.", 1)], None, 9.0, True),
        ([heard("Please hold.", 1)], None, 9.0, False),
        ([heard("Press 2.", 1)], 3.0, 9.0, False),
        ([heard("Press 2.", 1)], 9.5, 9.0, True),
        ([heard("This is Kim", 1, "speech")], None, 9.0, True),
        ([heard("Press 2.", 1), heard("Please hold.", 10)], None, 9.0, True),
    ],
)
def test_it_is_our_turn_where_what_was_heard_by_then_asks_for_something(seen, acted, by, whose):
    assert ours(seen, acted, by) is whose
