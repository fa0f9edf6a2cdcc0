"""What customers say themselves: CSAT and NPS answers from a CSV file, to lay beside figures."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Literal

from cxassure.errors import Place, Problem, SpecError
from cxassure.report.trend.grouping import BY, UNKNOWN, By, period
from cxassure.text import clip, guess

Kind = Literal["csat", "nps"]
LIMITS: dict[Kind, tuple[int, int]] = {"csat": (1, 5), "nps": (0, 10)}
_COLUMNS = ("date", "csat", "nps", "journey", "channel", "row", "release")


@dataclass(frozen=True, slots=True)
class Survey:
    """One customer's answer. `journey`, `channel`, `row` and `release` are "" where not said."""

    at: datetime
    kind: Kind
    score: int
    journey: str = ""
    channel: str = ""
    row: str = ""
    release: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """`n` answers of a kind, of which `good` and `bad` count.

    CSAT: 4 and 5 are good. NPS: 9 and 10 are good (promoters), 0 to 6 bad (detractors).
    """

    kind: Kind
    n: int
    good: int
    bad: int

    @property
    def value(self) -> float:
        """CSAT: percent of good answers. NPS: percent of promoters less that of detractors."""
        against = self.bad if self.kind == "nps" else 0
        return 100.0 * (self.good - against) / self.n


def read(text: str, name: str, zone: tzinfo = UTC) -> list[Survey]:
    """The answers in a CSV file (RFC 4180) with a heading: `date`, `csat` and or `nps`, and where
    known `journey`, `channel`, `row`, `release`; days are in `zone`. Other columns are left alone.

    Raises `SpecError` with every problem and its line.
    """
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    heading = [word.strip().lower() for word in next(rows, [])]
    found: list[Survey] = []
    problems = list(_missing(heading, name))
    if not problems:
        for cells in rows:
            if any(cell.strip() for cell in cells):
                row = dict(zip(heading, map(str.strip, cells), strict=False))
                place = Place(name, rows.line_num, 1)
                found += _answers(row, place, zone, problems)
    if problems:
        raise SpecError(problems)
    return found


def _missing(heading: list[str], name: str) -> Iterator[Problem]:
    place = Place(name, 1, 1)
    how = "a heading is: date,journey,csat,nps"
    if "date" not in heading:
        near = guess("date", heading) if heading else how
        yield Problem(place, "there is no column «date»", near or how)
    if not {"csat", "nps"} & set(heading):
        yield Problem(place, "there is neither a column «csat» nor «nps»", how)
    if len(set(heading) & set(_COLUMNS)) < sum(word in _COLUMNS for word in heading):
        yield Problem(place, "a column stands twice in the heading", how)


def _answers(
    row: Mapping[str, str], place: Place, zone: tzinfo, problems: list[Problem]
) -> Iterator[Survey]:
    at = _moment(row.get("date", ""), zone)
    if at is None:
        said = clip(row.get("date", ""), 40)
        problems.append(Problem(place, f"«{said}» is no date", "write 2026-11-27"))
        return
    about = {name: row.get(name, "") for name in ("journey", "channel", "row", "release")}
    for kind, (low, high) in LIMITS.items():
        written = row.get(kind, "")
        if not written:
            continue
        short = written.isascii() and written.isdigit() and len(written) < 7
        if not (short and low <= int(written) <= high):
            what = f"«{clip(written, 40)}» is no answer for {kind}"
            problems.append(Problem(place, what, f"{kind} is a whole number, {low} to {high}"))
            continue
        yield Survey(at, kind, int(written), **about)


def _moment(written: str, zone: tzinfo) -> datetime | None:
    try:
        if len(written) == len("2026-11-27"):
            day = date.fromisoformat(written)
            return datetime(day.year, day.month, day.day, tzinfo=zone)
        found = datetime.fromisoformat(written)
        return found if found.tzinfo else found.replace(tzinfo=zone)
    except ValueError:
        return None


def scores(answers: Iterable[Survey], by: By, zone: tzinfo = UTC) -> dict[str, dict[Kind, Score]]:
    """The scores of each group."""
    assert by in BY
    sorted_in: dict[str, dict[Kind, list[int]]] = {}
    for one in answers:
        sorted_in.setdefault(_group(one, by, zone), {}).setdefault(one.kind, []).append(one.score)
    return {
        group: {kind: score(kind, given) for kind, given in kinds.items()}
        for group, kinds in sorted_in.items()
    }


def score(kind: Kind, given: list[int]) -> Score:
    """What answers of one kind come to."""
    good, bad = (4, 2) if kind == "csat" else (9, 6)
    return Score(kind, len(given), sum(g >= good for g in given), sum(g <= bad for g in given))


def _group(one: Survey, by: By, zone: tzinfo) -> str:
    if by in ("day", "week"):
        return period(one.at, by, zone)
    if by == "row":
        return (f"{one.journey}[{one.row}]" if one.row else one.journey) or UNKNOWN
    return str(getattr(one, by)) or UNKNOWN
