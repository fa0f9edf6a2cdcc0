"""Words from outside made safe for Markdown: in it nothing that was said is markup."""

from __future__ import annotations

import re

from cxassure.report.tally import visible
from cxassure.text import clip


def inert(text: str, length: int = 400) -> str:
    """One line in which nothing is markup, a link, a mention or HTML."""
    line = clip(visible(text), length)
    for letter in "\\`*_{}[]<>|#!~":
        line = line.replace(letter, "\\" + letter)
    return line.replace("@", "@\N{WORD JOINER}").replace("://", ":\N{WORD JOINER}//")


def fenced(text: str) -> str:
    """`text` as a block of code, between fences that are longer than any in it."""
    longest = max((len(found) for found in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{visible(text)}\n{fence}"
