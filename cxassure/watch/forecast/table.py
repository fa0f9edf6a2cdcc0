"""Reading hourly traffic from CSV (RFC 4180): a time, then a column of counts for each channel."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from cxassure.errors import Misread, Place, Problem, SpecError
from cxassure.forecast import MOST, Traffic
from cxassure.peak import zone
from cxassure.text import clip

LARGEST = 64 * 2**20
"""Bytes of a file; twenty years of twenty channels by the hour are smaller."""

PROBLEMS = 50
HOUR = timedelta(hours=1)
_TIMES = ("time", "timestamp", "date", "datetime", "hour", "start", "ds")
_COUNT = re.compile(r"\d{1,15}(\.\d{1,15})?([eE][+-]?\d{1,2})?")
_HINT = "write 2025-11-28T06:00Z, 2025-11-28 06:00 (in the zone of --zone) or seconds since 1970"


def read(path: Path, zone_name: str = "UTC") -> Traffic:
    """The traffic in a CSV file; times without an offset are meant in the zone.

    The first line names the columns: a time, then a channel each (a lone one may have any name).
    Counts within an hour are added up; an empty one is a gap. Raises `SpecError` with every
    problem as file:line:column, `OSError` when the file cannot be read.
    """
    if path.stat().st_size > LARGEST:
        raise _wrong(path, f"more than {LARGEST // 2**20} MB", "count by the hour")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise _wrong(
            path, f"no UTF-8 text (byte {wrong.start})", "export it as CSV, UTF-8"
        ) from None
    return _Table(path, text, zone_name).traffic()


def _wrong(path: Path, what: str, hint: str) -> SpecError:
    return SpecError([Problem(Place(str(path), 1, 1), what, hint)])


class _Table:
    """One file under inspection; what is wrong is gathered in `problems`."""

    def __init__(self, path: Path, text: str, zone_name: str) -> None:
        self.path, self.zone, self.where = path, zone_name, zone(zone_name)
        self.problems: list[Problem] = []
        self.lines = re.split(r"\r\n|\n|\r", text)
        self.mark = _delimiter(self.lines[0]) if self.lines else ","
        self.told: dict[datetime, int] = {}

    def traffic(self) -> Traffic:
        names = self._names()
        found: dict[str, dict[datetime, float]] = {name: {} for name in names}
        for number, cells in self._rows() if names else ():
            at = self._time(number, cells)
            for column, name in enumerate(names, 1):
                count = self._count(number, cells, column)
                if at and count is not None:
                    hour = at.replace(minute=0, second=0, microsecond=0)
                    found[name][hour] = found[name].get(hour, 0.0) + count
        if not self.problems:
            self._hourly()
        if self.problems:
            raise SpecError(self.problems[:PROBLEMS])
        return Traffic(channels={n: hours for n, hours in found.items() if hours}, zone=self.zone)

    def _names(self) -> list[str]:
        """The channels that the first line names."""
        if not self.lines or not self.lines[0].strip():
            self._say(1, 0, "there is no first line that names the columns", "time,web,chat,ivr")
            return []
        first = [cell.strip().casefold() for cell in self._cells(self.lines[0])]
        if first[0] not in _TIMES:
            what = f"«{clip(first[0], 40)}» is no name of a column of times"
            self._say(1, 0, what, "begin the first line with time")
        if len(first) < 2:
            self._say(1, 0, "there is no column of counts", "write one for each channel: time,web")
        for column, name in enumerate(first[1:], 1):
            if not name or name in first[1:column]:
                what = f"two columns are called «{clip(name, 40)}»" if name else "a nameless column"
                self._say(1, column, what, "name each channel once")
        return [clip(name, 60) for name in first[1:]]

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        for number, line in enumerate(self.lines[1:], 2):
            if len(self.problems) >= PROBLEMS:
                return
            if line.strip():
                yield number, self._cells(line)

    def _cells(self, line: str) -> list[str]:
        try:
            return next(csv.reader([line], delimiter=self.mark))
        except csv.Error:
            return [line]

    def _time(self, number: int, cells: list[str]) -> datetime | None:
        try:
            at = self._aware(cells[0].strip())
        except Misread as wrong:
            self._say(number, 0, wrong.what, wrong.hint)
            return None
        if at in self.told:
            fold = at + HOUR
            again = fold if self._folds(cells[0], at) and fold not in self.told else None
            if again is None:
                what = f"the same time as in line {self.told[at]}"
                self._say(number, 0, what, "leave one of the lines out")
                return None
            at = again
        self.told[at] = number
        return at

    def _folds(self, said: str, at: datetime) -> bool:
        """Whether a wall time without offset comes twice because clocks were put back."""
        local = at.astimezone(self.where)
        later = (at + HOUR).astimezone(self.where)
        plain = not re.search(r"(Z|[+-]\d{2}:?\d{2})$", said.strip())
        return plain and local.replace(tzinfo=None, fold=0) == later.replace(tzinfo=None, fold=0)

    def _aware(self, said: str) -> datetime:
        try:
            if re.fullmatch(r"\d{9,10}(\.\d+)?", said):
                return datetime.fromtimestamp(float(said), UTC)
            found = datetime.fromisoformat(said)
        except ValueError:
            raise Misread(f"«{clip(said, 40)}» is no time", _HINT) from None
        if not 1990 <= found.year <= 2100:
            raise Misread(f"«{clip(said, 40)}» is not of our days", _HINT)
        return (found if found.tzinfo else found.replace(tzinfo=self.where)).astimezone(UTC)

    def _count(self, number: int, cells: list[str], column: int) -> float | None:
        """The count in a cell; None for a gap, and for what is no count."""
        if column >= len(cells):
            self._say(
                number, len(cells) - 1, f"there is no column {column + 1}", "leave it empty: ,"
            )
            return None
        said = cells[column].strip()
        if not said:
            return None
        if not _COUNT.fullmatch(said) or float(said) > MOST:
            what = f"«{clip(said, 40)}» is no count"
            self._say(number, column, what, "write a number from 0, 1234.5; leave a gap empty")
            return None
        return float(said)

    def _hourly(self) -> None:
        """One row a day, or a week, says nothing about hours."""
        times = sorted(self.told)
        steps = sorted(b - a for a, b in pairwise(times))
        if steps and steps[len(steps) // 2] > HOUR:
            what = f"a row every {steps[len(steps) // 2]}, but hours are needed"
            self._say(2, 0, what, "export it by the hour")

    def _say(self, number: int, column: int, what: str, hint: str) -> None:
        line = self.lines[number - 1] if number <= len(self.lines) else ""
        at = Place(str(self.path), number, _offset(line, column, self.mark) + 1)
        self.problems.append(Problem(at, what, hint))


def _delimiter(line: str) -> str:
    """Comma, semicolon or tab: the one that the first line has most of."""
    return max(",;\t", key=line.count)


def _offset(line: str, column: int, mark: str) -> int:
    """Where the cell `column` begins in its line; marks inside quotes are text."""
    quoted = False
    for index, letter in enumerate(line):
        if column <= 0:
            return index
        quoted ^= letter == '"'
        column -= letter == mark and not quoted
    return len(line) if column <= 0 else max(len(line) - 1, 0)
