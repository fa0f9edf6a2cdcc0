"""Runs as OpenTelemetry traces: a run is a trace, a step a span, as OTLP/HTTP JSON.

The ids are those of the `traceparent` that the company's back end was sent (`events.trace_id`), so
its spans hang below the step that caused them. Times are when it really happened where the clock
was real; over a line in virtual time they are the customer's.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from cxassure import __version__
from cxassure.errors import CannotLook, UsageError
from cxassure.events import span_id, trace_id
from cxassure.measures import effort
from cxassure.report.ctrf import began, message
from cxassure.report.tally import blaming, visible
from cxassure.run import Run, StepRun
from cxassure.text import clip

PATIENCE = 10.0
"""Seconds that a collector is waited for."""
_ERROR, _UNSET = 2, 0
_INTERNAL, _CLIENT = 1, 3
_LONGEST = 1000


def document(runs: Iterable[Run]) -> dict[str, Any]:
    """An `ExportTraceServiceRequest` (OTLP 1.x) in its JSON form: ids in hex, 64-bit numbers as
    text. Runs without a known beginning are left out: nothing can be said of when they were."""
    by_env: dict[str, list[Run]] = {}
    for run in runs:
        if began(run):
            by_env.setdefault(run.env, []).append(run)
    return {"resourceSpans": [_resource(env, mine) for env, mine in by_env.items()]}


def _resource(env: str, runs: Sequence[Run]) -> dict[str, Any]:
    known = {"service.name": "cxassure", "deployment.environment.name": env}
    scope = {"name": "cxassure", "version": __version__}
    return {
        "resource": {"attributes": attributes(known)},
        "scopeSpans": [{"scope": scope, "spans": [s for run in runs for s in spans(run)]}],
    }


def spans(run: Run) -> list[dict[str, Any]]:
    """The span of the run, and one of each step."""
    told, start = blaming(run), began(run) * 1_000_000
    known = {
        "cxassure.run": run.id,
        "cxassure.journey": run.journey,
        "cxassure.row": run.row,
        "cxassure.verdict": run.verdict,
        "cxassure.severity": run.severity,
        "cxassure.owner": run.owner,
        "cxassure.release": run.release,
        "cxassure.effort": round(effort(run.measures), 2),
        **{f"cxassure.measure.{name}": value for name, value in run.measures.items()},
    }
    end = max([run.took, *(step.at + step.took for step in run.steps)])
    whole = {
        "traceId": trace_id(run.id),
        "spanId": span_id(run.id),
        "name": clip(visible(run.name), 200) or "run",
        "kind": _INTERNAL,
        **_times(start, 0.0, end),
        "attributes": attributes(known),
        "status": _status(run.verdict, message(run)),
    }
    return [whole, *(_step(run, step, start) for step in told.steps)]


def _step(run: Run, step: StepRun, start: int) -> dict[str, Any]:
    known = {
        "cxassure.step": step.index,
        "cxassure.part": step.part,
        "cxassure.party": step.party,
        "cxassure.channel": step.channel,
        "cxassure.verb": step.verb,
        "cxassure.verdict": step.verdict,
        "cxassure.code": step.code,
        "cxassure.expected": step.expected,
        "cxassure.seen": step.seen,
    }
    return {
        "traceId": trace_id(run.id),
        "spanId": span_id(run.id, step.index),
        "parentSpanId": span_id(run.id),
        "name": clip(visible(step.title), 200) or step.part,
        "kind": _CLIENT,
        **_times(start, step.at, step.at + step.took),
        "attributes": attributes(known),
        "events": [
            {
                "timeUnixNano": str(start + _nanos(one.at)),
                "name": visible(one.what) or "observed",
                "attributes": attributes({"cxassure.who": one.who, "cxassure.text": one.text}),
            }
            for one in step.observed
        ],
        "status": _status(step.verdict, step.why),
    }


def _times(start: int, begin: float, end: float) -> dict[str, str]:
    return {
        "startTimeUnixNano": str(start + _nanos(begin)),
        "endTimeUnixNano": str(start + _nanos(max(begin, end))),
    }


def _nanos(seconds: float) -> int:
    return max(0, round(seconds * 1e9))


def _status(verdict: str, why: str) -> dict[str, Any]:
    if verdict in ("failed", "error", "missed"):
        return {"code": _ERROR, "message": clip(visible(why), 300)}
    return {"code": _UNSET}


def attributes(known: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Key and value pairs as OTLP writes them; what is empty is left out."""
    return [
        {"key": visible(key), "value": _value(value)} for key, value in known.items() if value != ""
    ]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    return {"stringValue": clip(visible(str(value)), _LONGEST)}


def encoded(runs: Iterable[Run]) -> bytes:
    """The document in UTF-8."""
    text = json.dumps(document(runs), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "replace")


def endpoint(environ: Mapping[str, str]) -> str:
    """Where OpenTelemetry's own variables say that traces go, "" where they do not (OpenTelemetry
    specification, «OTLP exporter configuration»)."""
    if exact := environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        return exact
    whole = environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "")
    return whole.rstrip("/") + "/v1/traces" if whole else ""


def headers(environ: Mapping[str, str]) -> dict[str, str]:
    """The headers of `OTEL_EXPORTER_OTLP_HEADERS`, as in W3C Baggage: `a=b,c=d%20e`."""
    written = environ.get("OTEL_EXPORTER_OTLP_TRACES_HEADERS") or environ.get(
        "OTEL_EXPORTER_OTLP_HEADERS", ""
    )
    pairs = (pair.partition("=") for pair in written.split(",") if "=" in pair)
    return {name.strip(): unquote(value.strip()) for name, _, value in pairs}


def send(url: str, data: bytes, more: Mapping[str, str] | None = None) -> None:
    """Posts `data` to a collector. Raises `UsageError` for an address that is none, `CannotLook`
    where it is not taken, or only in part."""
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise UsageError("traces go to an http:// or https:// address", "--to http://host:4318")
    own = {**(more or {}), "Content-Type": "application/json", "User-Agent": "cxassure"}
    try:
        with _opener(url).open(urllib.request.Request(url, data, own), timeout=PATIENCE) as answer:
            said = answer.read(1_000_000)
    except urllib.error.HTTPError as wrong:
        raise _untaken(f"it answered {wrong.code}") from None
    except (OSError, ValueError) as wrong:
        raise _untaken(str(getattr(wrong, "reason", wrong))) from None
    if lost := rejected(said):
        raise _untaken(f"it refused {lost} spans")


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows nothing: elsewhere the headers that let us in are nobody's business."""

    def redirect_request(self, *asked: Any, **more: Any) -> None:
        return None


def _opener(url: str) -> urllib.request.OpenerDirector:
    """By the proxy that the environment names, but never to this machine."""
    here = urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")
    return urllib.request.build_opener(
        _Stay(), *([urllib.request.ProxyHandler({})] if here else [])
    )


def rejected(said: bytes) -> int:
    """How many spans a collector says that it did not take (OTLP, «Partial success»)."""
    try:
        return int(json.loads(said or b"{}").get("partialSuccess", {}).get("rejectedSpans", 0))
    except (ValueError, AttributeError, TypeError):
        return 0


def _untaken(why: str) -> CannotLook:
    hint = "see that the collector takes OTLP over HTTP (port 4318) as JSON"
    return CannotLook(f"the collector did not take the traces: {clip(visible(why), 200)}", hint)
