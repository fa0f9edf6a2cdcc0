"""Rows of history as tables: CSV (RFC 4180) and Apache Parquet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxassure.errors import UsageError
from cxassure.measures import UNITS, effort
from cxassure.report.tally import visible

if TYPE_CHECKING:
    import pyarrow

FACTS = "id journey row env verdict why started took wall flaky unseen release channels".split()
HEADING = [*FACTS, *UNITS, "effort"]
"""The columns of runs; `started` is in UTC, `took` customer seconds, `wall` ours."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def rows(runs: Iterable[Any]) -> list[list[Any]]:
    """A row a run, in the order of `HEADING`; None where nothing is known."""
    return [
        [
            *(getattr(run, name) for name in FACTS),
            *(run.measures.get(name) for name in UNITS),
            effort(run.measures) if run.measures else None,
        ]
        for run in runs
    ]


def csv_text(heading: Sequence[str], table: Iterable[Sequence[Any]]) -> str:
    """CSV with a heading. A cell that a spreadsheet would take for a formula begins with an
    apostrophe: what a bot said is data (OWASP, CSV injection)."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(heading)
    writer.writerows([_cell(value) for value in row] for row in table)
    return out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        said = visible(value)
        return "'" + said if said.startswith(_FORMULA) else said
    if isinstance(value, bool):
        return str(value).lower()
    return _moment(value) if hasattr(value, "astimezone") else value


def _moment(at: Any) -> str:
    return str(at.astimezone(UTC).isoformat(timespec="milliseconds")).replace("+00:00", "Z")


def write_parquet(path: Path, heading: Sequence[str], table: Sequence[Sequence[Any]]) -> None:
    """Writes `table`, each column with the type of its values. Raises `OSError`, and `UsageError`
    where the library for it is not installed."""
    try:
        import pyarrow.parquet
    except ImportError:
        hint = "install it: pip install 'cxassure[export]', or write CSV"
        raise UsageError("Parquet needs the library pyarrow, which is not there", hint) from None
    columns = {name: _column([row[n] for row in table]) for n, name in enumerate(heading)}
    pyarrow.parquet.write_table(pyarrow.table(columns), path)


def _column(values: list[Any]) -> pyarrow.Array:
    import pyarrow

    said = [value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
            for value in values]  # fmt: skip
    if all(isinstance(v, int | float) and not isinstance(v, bool) for v in said if v is not None):
        whole = all(isinstance(v, int) for v in said) and said
        return pyarrow.array(said, pyarrow.int64() if whole else pyarrow.float64())
    return pyarrow.array(said)
