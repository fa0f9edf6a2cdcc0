"""A trend told: lines for a terminal, a JSON document, and rows of a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cxassure.report.tally import number, visible
from cxassure.report.trend.figures import FEW, FIGURES, Cell, Figure, Rate
from cxassure.report.trend.trend import Group, Trend
from cxassure.text import clip, span

SCHEMA = 1
COLUMNS = ("success", "first_contact", "containment", "time_to_human", "effort")
"""What a group's line tells; the other figures follow below, of all runs together."""
_BARS = "▁▂▃▄▅▆▇█"
_WIDE = 28


def lines(told: Trend) -> Iterator[str]:
    """The table of groups, then every figure of all runs, with its course where there is one."""
    if not told.total.n and not told.total.scores:
        yield "no run was made in that time"
        return
    rows = [_row(one) for one in [*told.groups, told.total]]
    heading = [told.by, "runs", *(FIGURES[name].name.replace("_", " ") for name in COLUMNS)]
    yield from _table([heading, *rows])
    yield ""
    for figure in FIGURES.values():
        if figure.name in told.total.cells:
            yield _course(figure, told)
    for kind, found in told.total.scores.items():
        yield f"  {kind.upper():18}  {found.value:.0f}, {number(found.n, 'answer')}"
    if any(cell.few for one in told.groups for cell in one.cells.values()):
        yield ""
        yield f"  … fewer than {FEW} runs: counted, not reckoned; [ ] is the 95 % interval"


def _row(one: Group) -> list[str]:
    cells = [shown(FIGURES[name], one.cells.get(name)) for name in COLUMNS]
    success = one.cells.get("success")
    bar = bars(success) if isinstance(success, Rate) else ""
    return [clip(visible(one.name), _WIDE), str(one.n), f"{bar} {cells[0]}".strip(), *cells[1:]]


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(wide) for cell, wide in zip(row, widths, strict=True)).rstrip()


def _course(figure: Figure, told: Trend) -> str:
    name = figure.name.replace("_", " ")
    said = shown(figure, told.total.cells[figure.name], full=True)
    course = spark([one.cells.get(figure.name) for one in told.groups])
    return f"  {name:18}  {said:32}{course if told.by in ('day', 'week') else ''}".rstrip()


def shown(figure: Figure, cell: Cell | None, *, full: bool = False) -> str:
    """`97 % [92–99]`, `7 of 8 …`, `38 s (to 61 s)`; `-` where nothing is known."""
    if cell is None:
        return "-"
    if isinstance(cell, Rate):
        if cell.few:
            return f"{cell.hits} of {cell.n} …"
        return f"{cell.value:.1%} [{100 * cell.low:.0f}–{100 * cell.high:.0f}]".replace("%", " %")
    few = " …" if cell.few else ""
    return f"{_said(figure, cell.value)}{few}" + (
        f" (to {_said(figure, cell.high)}, {number(cell.n, 'run')})" if full else ""
    )


def _said(figure: Figure, value: float) -> str:
    return span(value) if figure.unit == "s" else f"{value:.3g}"


def bars(cell: Rate, wide: int = 10) -> str:
    """A bar for a rate; one that is not whole is never drawn whole."""
    full = int(cell.value * wide)
    return "█" * full + "░" * (wide - full)


def spark(cells: Sequence[Cell | None]) -> str:
    """A letter a group: rates from 0 to 1, other figures from 0 to their highest; · where none."""
    values = [cell.value for cell in cells if cell is not None]
    top = 1.0 if any(isinstance(cell, Rate) for cell in cells) else max(values, default=0.0)
    return "".join("·" if cell is None else _BARS[_level(cell.value, top)] for cell in cells)


def _level(value: float, top: float) -> int:
    return min(len(_BARS) - 1, int(value / top * len(_BARS))) if top > 0 else 0


def document(told: Trend) -> dict[str, Any]:
    """`{"schema": 1, "by": …, "since": …, "until": …, "groups": […], "total": {…}}`.

    A rate has `value` from 0 to 1, `low`, `high` (95 %) and `n`; any other figure `value` (the
    median), `high` (the 95th percentile) and `n`. `few` says that chance may be all there is to it.
    """
    return {
        "schema": SCHEMA,
        "by": told.by,
        "since": _iso(told.since),
        "until": _iso(told.until),
        "few": FEW,
        "groups": [_document(one) for one in told.groups],
        "total": _document(told.total),
    }


def _document(one: Group) -> dict[str, Any]:
    return {
        "name": one.name,
        "runs": one.n,
        "verdicts": one.verdicts,
        "figures": {name: _cell(FIGURES[name], cell) for name, cell in one.cells.items()},
        "scores": {
            kind: {"value": round(found.value, 2), "n": found.n}
            for kind, found in one.scores.items()
        },
    }


def _cell(figure: Figure, cell: Cell) -> dict[str, Any]:
    told: dict[str, Any] = {"value": round(cell.value, 6), "n": cell.n, "few": cell.few}
    if isinstance(cell, Rate):
        told |= {"low": round(cell.low, 6)}
    return told | {"high": round(cell.high, 6), "unit": figure.unit, "better": figure.better}


def table(told: Trend) -> tuple[list[str], list[list[Any]]]:
    """Heading and rows for CSV and Parquet: a row a group, four columns a figure."""
    heading = [told.by, "runs"]
    for name in FIGURES:
        heading += [name, f"{name}_low", f"{name}_high", f"{name}_n"]
    heading += ["csat", "csat_n", "nps", "nps_n"]
    return heading, [_cells(one) for one in [*told.groups, told.total]]


def _cells(one: Group) -> list[Any]:
    row: list[Any] = [one.name, one.n]
    for name in FIGURES:
        cell = one.cells.get(name)
        low = cell.low if isinstance(cell, Rate) else None
        row += [cell.value, low, cell.high, cell.n] if cell else [None, None, None, 0]
    for kind in ("csat", "nps"):
        found = one.scores.get(kind)
        row += [found.value, found.n] if found else [None, 0]
    return row


def _iso(at: Any) -> str:
    return str(at.isoformat(timespec="seconds")).replace("+00:00", "Z")
