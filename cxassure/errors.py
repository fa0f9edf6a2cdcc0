"""What can go wrong, as things that are shown to people: what was seen, where, what to do next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A spot in a file; `line` and `column` count from 1, 0 where there is none."""

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}" if self.line else self.path


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that an author must mend."""

    place: Place
    what: str
    hint: str = ""

    def __str__(self) -> str:
        tail = f"\n    hint: {self.hint}" if self.hint else ""
        return f"{self.place}: {self.what}{tail}"


class CxassureError(Exception):
    """The parent of all ours: `what` was seen, `hint` says what to do next."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.what}\n    hint: {self.hint}" if self.hint else self.what


class UsageError(CxassureError):
    """The command, a selector or an option is wrong: exit code 2."""


class SpecError(CxassureError):
    """Journeys, fragments or settings are wrong: every problem of every file, exit code 2."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Broken(CxassureError):
    """The customer's experience was not as promised: the step has failed.

    `code` is an error number from outside (HTTP status, SIP code, Twilio's error number).
    """

    def __init__(
        self, what: str, *, expected: str = "", seen: str = "", hint: str = "", code: str = ""
    ) -> None:
        super().__init__(what, hint)
        self.expected = expected
        self.seen = seen
        self.code = code


class CannotLook(CxassureError):
    """We could not look (no browser, no trunk, bad token, login wall): the step is an error."""


class Misread(CxassureError):
    """An argument's text does not read as its type; `where` is the path of keys inside it."""

    def __init__(self, what: str, hint: str = "", where: tuple[str | int, ...] = ()) -> None:
        super().__init__(what, hint)
        self.where = where
