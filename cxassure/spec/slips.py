"""What a YAML parser's complaint means in an author's words, and how to mend it."""

from __future__ import annotations

import re

import yaml

_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_COMMENT = re.compile(r"[\[{:,]\s*#")
_MEANT = "@`%&*!|>"

Slip = tuple[str, str, int, int]
"""What was seen, what to do, line and column from 1."""


def position(before: str) -> tuple[int, int]:
    """Line and column, from 1, of the character that follows `before`."""
    lines = before.split("\n")
    return len(lines), len(lines[-1]) + 1


def explain(wrong: yaml.YAMLError, text: str) -> Slip:
    """The slip behind an error that the parser raised on `text`."""
    mark = getattr(wrong, "problem_mark", None) or getattr(wrong, "context_mark", None)
    if mark is None:
        return _unreadable(wrong, text)
    said = getattr(wrong, "problem", "") or "this is not YAML"
    lines = text.split("\n")
    line = lines[mark.line] if mark.line < len(lines) else ""
    what, hint = _meaning(said, line, mark.column, _before(wrong, lines, mark.line))
    return what, hint, mark.line + 1, mark.column + 1


def _unreadable(wrong: yaml.YAMLError, text: str) -> Slip:
    found = _UNPRINTABLE.search(text)
    if not found:
        return f"this is not YAML: {getattr(wrong, 'reason', wrong)}", "", 1, 1
    what = f"a character that is no text (U+{ord(found.group()):04X}) stands here"
    return (
        what,
        'is this a YAML file? write such a character as "\\x00"',
        *position(text[: found.start()]),
    )


def _before(wrong: yaml.YAMLError, lines: list[str], line: int) -> str:
    """The line at which what could not be read began, and the one before the complaint."""
    mark = getattr(wrong, "context_mark", None)
    opening = lines[mark.line] if mark and mark.line < len(lines) else ""
    return "\n".join((opening, *lines[max(line - 1, 0) : line]))


def _meaning(said: str, line: str, column: int, before: str) -> tuple[str, str]:
    at = line[column : column + 1]
    if line[column - 1 : column + 1] == "${":
        return "«${…}» inside {} or [] must be quoted", 'write it with quotes: "${name}"'
    if "\t" in line[: len(line) - len(line.lstrip())] and not line[:column].strip():
        return "a tab stands where YAML wants spaces", "indent with spaces"
    if "expected alphabetic" in said or (at and at in _MEANT and "cannot start" in said):
        return f"a value cannot begin with «{line[column - 1 : column + 1].strip()[:1] or at}»", (
            "quote it"
        )
    if _COMMENT.search(before):
        return "a # after a blank begins a comment", 'quote it: "#"'
    return _structure(said, bool(line.strip()))


def _structure(said: str, more: bool) -> tuple[str, str]:
    if "mapping values" in said:
        return (
            "a colon where none can stand",
            "quote a value that holds «: », or look at the indent",
        )
    if "unexpected ':'" in said:
        return "a colon where none can stand", "put a blank behind it, or quote the value"
    if "end of stream" in said:
        return "a quote is opened and never closed", "close it"
    if "expected ',' or" in said:
        closing = said[-2]
        where = "separated or closed" if more else "closed"
        return f"a brace or bracket is not {where}", f"put «,» or «{closing}», or quote the value"
    if "expected key" in said or "block" in said:
        return "this does not fit what stands before it", "look at the indent and the quotes"
    return f"this is not YAML: {said}", ""
