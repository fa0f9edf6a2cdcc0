"""The latest state of every journey as OpenMetrics 1.0 text, which Prometheus scrapes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

from cxassure.incident import Incident
from cxassure.measures import UNITS, effort
from cxassure.report.trend.grouping import Looked

MEDIA = "application/openmetrics-text; version=1.0.0; charset=utf-8"
"""The content type that goes with the text."""
VERDICTS = ("passed", "degraded", "failed", "error", "missed", "skipped")


class Latest(Looked, Protocol):
    """The last run of a journey and row."""

    @property
    def wall(self) -> float: ...


Sample = tuple[Mapping[str, str], float]


def exposition(
    latest: Iterable[Latest], incidents: Iterable[Incident] = (), recent: Iterable[Looked] = ()
) -> str:
    """Gauges of the last run of every journey, of what is open, and of the runs that are `recent`
    (of the last 24 hours, as whoever asks has chosen them)."""
    runs = list(latest)
    out: list[str] = []
    out += _family("cxassure_verdict", "stateset", "What the last run came to.", _verdicts(runs))
    out += _gauge(
        "cxassure_last_run_timestamp_seconds", "When the last run began.", runs, _began, "seconds"
    )
    out += _gauge("cxassure_took_seconds", "Customer time of the last run.", runs, _took, "seconds")
    for name, unit in UNITS.items():
        long = {"s": "seconds"}.get(unit, "")
        full = f"cxassure_{name}_{long}" if long else f"cxassure_{name}"
        help_ = f"{name.replace('_', ' ').capitalize()} in the last run."
        out += _gauge(full, help_, runs, _measured(name), long)
    out += _gauge("cxassure_effort", "Effort index of the last run, 0 to 100.", runs, _effort, "")
    counted = Counter((run.env, run.journey, run.row, run.verdict) for run in recent)
    out += _family("cxassure_recent_runs", "gauge", "Runs of the last 24 hours.", _counts(counted))
    severe = Counter(one.severity for one in incidents if one.ended is None)
    for severity in ("critical", "major", "minor"):
        severe.setdefault(severity, 0)
    found: list[Sample] = [({"severity": key}, count) for key, count in sorted(severe.items())]
    out += _family("cxassure_open_incidents", "gauge", "Incidents that have not ended.", found)
    return "\n".join([*out, "# EOF"]) + "\n"


def _verdicts(runs: Iterable[Looked]) -> Iterator[Sample]:
    for run in runs:
        for verdict in VERDICTS:
            state = {**_labels(run), "cxassure_verdict": verdict}
            yield state, float(run.verdict == verdict)


def _counts(counted: Mapping[tuple[str, str, str, str], int]) -> Iterator[Sample]:
    for key, count in sorted(counted.items()):
        yield dict(zip(("env", "journey", "row", "verdict"), key, strict=True)), count


def _gauge(name: str, says: str, runs: Iterable[Any], of: Any, unit: str) -> list[str]:
    known = ((run, of(run)) for run in runs)
    found = ((_labels(run), value) for run, value in known if value is not None)
    return _family(name, "gauge", says, found, unit)


def _family(
    name: str, kind: str, says: str, samples: Iterable[Sample], unit: str = ""
) -> list[str]:
    """A metric family (OpenMetrics 1.0, «Text format»); one without samples is left out."""
    rows = [_sample(name, labels, value) for labels, value in samples if math.isfinite(value)]
    if not rows:
        return []
    head = [f"# TYPE {name} {kind}"] + ([f"# UNIT {name} {unit}"] if unit else [])
    return [*head, f"# HELP {name} {_escaped(says)}", *rows]


def _sample(name: str, labels: Mapping[str, str], value: float) -> str:
    inside = ",".join(f'{key}="{_escaped(said)}"' for key, said in labels.items())
    return f"{name}{{{inside}}} {float(value)!r}"


def _escaped(text: str) -> str:
    """As label values are escaped; half a surrogate pair, which UTF-8 has not, is replaced."""
    whole = text.encode("utf-8", "replace").decode()
    return whole.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _labels(run: Looked) -> dict[str, str]:
    return {"env": run.env, "journey": run.journey, "row": run.row}


def _began(run: Latest) -> float:
    at: datetime = run.started
    return at.timestamp()


def _took(run: Latest) -> float:
    return run.took


def _measured(name: str) -> Any:
    return lambda run: run.measures.get(name)


def _effort(run: Latest) -> float | None:
    return effort(run.measures) if run.measures else None
