"""HTML mail as text: what a reader would see, and its links. Nothing is fetched, nothing run."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_UNSEEN = frozenset(("script", "style", "head", "title", "template", "noscript"))
_BLOCKS = frozenset(
    "address article aside blockquote br dd div dl dt footer form h1 h2 h3 h4 h5 h6 header hr li"
    " main nav ol p pre section table tr ul".split()
)
_BLANKS = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")


class Page(HTMLParser):
    """Reads markup to the end, however broken it is."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self._pieces: list[str] = []
        self._unseen: list[str] = []

    @classmethod
    def of(cls, html: str) -> Page:
        """A page that has been read."""
        page = cls()
        try:
            page.feed(html)
            page.close()
        except AssertionError:  # how html.parser of some versions meets a broken declaration
            page._pieces.append(html)
        return page

    @property
    def text(self) -> str:
        """What is seen: one line a block, runs of blanks as one."""
        return _LINES.sub("\n", _BLANKS.sub(" ", "".join(self._pieces))).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen.append(tag)
        if tag in _BLOCKS:
            self._pieces.append("\n")
        href = dict(attrs).get("href")
        if tag == "a" and href and href.lower().startswith(("http://", "https://")):
            self.links.append(href)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _UNSEEN:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._unseen:
            del self._unseen[self._unseen.index(tag) :]
        if tag in _BLOCKS:
            self._pieces.append("\n")
        if tag == "td":
            self._pieces.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._pieces.append(re.sub(r"\s+", " ", data))
