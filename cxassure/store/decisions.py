"""Decisions that are kept for the review afterwards: readiness by peak, and the last forecast."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from cxassure.errors import CannotLook
from cxassure.forecast import Forecast
from cxassure.readiness import Readiness

READINESS = "readiness.jsonl"
FORECAST = "forecast.json"


def look(reports: Path, runs: Path) -> None:
    """Raises `CannotLook` where the store is there and cannot be read. None at all is no trouble:
    it is an empty one."""
    for folder in (reports, runs):
        try:
            next(folder.iterdir(), None)
        except FileNotFoundError:
            continue
        except OSError as wrong:
            what = f"the store cannot be read: {folder}: {wrong.strerror or wrong}"
            raise CannotLook(what, "it must be a folder that you may read") from None


def keep_readiness(reports: Path, decided: Readiness) -> None:
    """Adds a line; what was cut off in the middle of a line before it harms only that line."""
    reports.mkdir(parents=True, exist_ok=True)
    with (reports / READINESS).open("ab+") as file:
        file.seek(0, os.SEEK_END)
        start = b""
        if file.tell():
            file.seek(-1, os.SEEK_END)
            start = b"" if file.read(1) == b"\n" else b"\n"
        file.write(start + msgspec.json.encode(decided) + b"\n")


def readiness_of(reports: Path, peak: str) -> list[Readiness]:
    """All that was decided about a peak, the oldest first; lines that are none are left out."""
    return [one for one in _lines(reports / READINESS) if one.peak == peak]


def _lines(path: Path) -> Iterator[Readiness]:
    decoder = msgspec.json.Decoder(Readiness)
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        try:
            yield decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue


def keep_forecast(reports: Path, told: Forecast) -> None:
    """Puts the forecast in the place of the last one, in one go."""
    reports.mkdir(parents=True, exist_ok=True)
    text = msgspec.json.format(msgspec.json.encode(told), indent=2)
    with tempfile.NamedTemporaryFile(dir=reports, prefix=".forecast-", delete=False) as file:
        file.write(text + b"\n")
    Path(file.name).replace(reports / FORECAST)


def last_forecast(reports: Path) -> Forecast | None:
    """The forecast that was kept; None where there is none, or none that can be read."""
    try:
        return msgspec.json.decode((reports / FORECAST).read_bytes(), type=Forecast)
    except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
        return None
