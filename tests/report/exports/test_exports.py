"""Exports, read back by the libraries of those whom they are for."""

from __future__ import annotations

import base64
import csv
import io
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from sample import gift_card
from streams import streams

from cxassure.errors import CannotLook, UsageError
from cxassure.events import span_id, trace_id
from cxassure.incident import Fault, Incident, Observation
from cxassure.measures import UNITS
from cxassure.report.exports import tables, traces
from cxassure.report.exports.prometheus import exposition
from cxassure.run import Run, fold

AT = datetime(2026, 11, 2, 12, tzinfo=UTC)
TEXTS = st.text(max_size=20)


@dataclass(frozen=True)
class Row:
    """A row of history, as a store gives it."""

    id: str = "c/pay"
    campaign: str = "c"
    folder: str = "pay"
    journey: str = "pay"
    row: str = ""
    env: str = "default"
    verdict: str = "passed"
    why: str = ""
    started: datetime = AT
    took: float = 61.5
    wall: float = 3.0
    flaky: bool = False
    unseen: int = 0
    release: str = ""
    channels: str = "web ivr"
    measures: dict[str, float] = field(default_factory=lambda: {"turns": 3.0, "waited": 12.5})


ROWS = st.builds(
    Row,
    journey=TEXTS,
    row=TEXTS,
    why=TEXTS,
    verdict=st.sampled_from("passed degraded failed error missed skipped".split()),
    took=st.floats(),
    measures=st.dictionaries(st.sampled_from(sorted(UNITS)), st.floats(), max_size=3),
)

# Tables


def test_a_table_is_read_back_as_it_was() -> None:
    text = tables.csv_text(tables.HEADING, tables.rows([Row(why='a "b",\nc')]))
    (found,) = csv.DictReader(io.StringIO(text, newline=""))
    assert (found["why"], found["started"]) == ('a "b",\nc', "2026-11-02T12:00:00.000Z")
    assert (found["took"], found["flaky"], found["waited"]) == ("61.5", "false", "12.5")
    assert found["time_to_human"] == ""


@given(TEXTS)
def test_no_cell_is_a_formula(said: str) -> None:
    text = tables.csv_text(["why"], [[said]])
    (_, (cell,)) = csv.reader(io.StringIO(text, newline="")) if said else ([], [""])
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize("count", [0, 1, 3])
def test_parquet_has_a_type_for_each_column(tmp_path: Path, count: int) -> None:
    import pyarrow.parquet

    rows = [Row(), Row(release="shop 4.2", flaky=True), Row(why="half \ud800", measures={})]
    tables.write_parquet(tmp_path / "x.parquet", tables.HEADING, tables.rows(rows[:count]))
    found = pyarrow.parquet.read_table(tmp_path / "x.parquet")
    assert found.column_names == tables.HEADING
    assert found.num_rows == count
    if count:
        types = {name: str(found.schema.field(name).type) for name in tables.HEADING}
        assert types["started"].startswith("timestamp[us, tz=UTC")
        assert (types["took"], types["flaky"], types["unseen"]) == ("double", "bool", "int64")
        assert found.column("started")[0].as_py() == AT


# Prometheus


def parsed(text: str) -> dict[str, list[tuple[dict[str, str], float]]]:
    families = text_string_to_metric_families(text)
    return {f.name: [(s.labels, s.value) for s in f.samples] for f in families}


def test_the_latest_state_is_openmetrics() -> None:
    observed = Observation(at=AT, journey="pay", verdict="failed")
    one = Incident(
        id="i", fault=Fault(kind="failed"), since=AT, opened=AT, severity="critical",
        lead=observed, affected={}, spoke=AT,
    )  # fmt: skip
    found = parsed(exposition([Row()], [one], [Row(), Row(verdict="failed")]))
    about = {"env": "default", "journey": "pay", "row": ""}
    assert found["cxassure_took_seconds"] == [(about, 61.5)]
    assert ({**about, "cxassure_verdict": "passed"}, 1.0) in found["cxassure_verdict"]
    assert ({**about, "verdict": "failed"}, 1.0) in found["cxassure_recent_runs"]
    assert ({"severity": "critical"}, 1.0) in found["cxassure_open_incidents"]
    assert found["cxassure_last_run_timestamp_seconds"] == [(about, AT.timestamp())]


@settings(max_examples=60, deadline=None)
@given(st.lists(ROWS, max_size=4, unique_by=lambda row: (row.journey, row.row)))
def test_any_state_is_openmetrics(rows: list[Row]) -> None:
    found = parsed(exposition(rows, recent=rows))
    journeys = {labels["journey"] for labels, _ in found.get("cxassure_verdict", [])}
    assert journeys == {row.journey for row in rows}
    assert all(math.isfinite(value) for family in found.values() for _, value in family)


def test_nothing_known_is_openmetrics_too() -> None:
    assert parsed(exposition([])).keys() == {"cxassure_open_incidents"}


# Traces


def decoded(data: bytes) -> ExportTraceServiceRequest:
    """As a collector reads it: the published message, of which every field is known; ids are hex
    here where protobuf's own JSON has base64 (OTLP, «JSON Protobuf Encoding»)."""
    document = json.loads(data)
    for resource in document["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for key in {"traceId", "spanId", "parentSpanId"} & set(span):
                    span[key] = base64.b64encode(bytes.fromhex(span[key])).decode()
    found = ExportTraceServiceRequest()
    json_format.ParseDict(document, found)
    return found


def all_spans(found: ExportTraceServiceRequest) -> list[Any]:
    return [s for r in found.resource_spans for scope in r.scope_spans for s in scope.spans]


def test_a_run_is_a_trace_and_its_steps_are_spans_with_the_ids_that_were_sent() -> None:
    run = gift_card("m", lost=True)
    first, *others = all_spans(decoded(traces.encoded([run])))
    assert first.trace_id.hex() == trace_id(run.id)
    assert first.span_id.hex() == span_id(run.id)
    assert [span.span_id.hex() for span in others] == [span_id(run.id, s.index) for s in run.steps]
    assert {span.parent_span_id for span in others} == {first.span_id}
    bad = [span for span in others if span.status.code == 2]
    assert [span.status.message for span in bad] == ["context had no «order number»"]


@settings(max_examples=60, deadline=None)
@given(streams())
def test_any_run_is_a_valid_trace(found: list[Any]) -> None:
    run = fold(found)
    spans = all_spans(decoded(traces.encoded([run])))
    assert len({span.span_id for span in spans}) == len(spans) == len(run.steps) + 1
    for span in spans:
        assert spans[0].start_time_unix_nano <= span.start_time_unix_nano
        assert span.start_time_unix_nano <= span.end_time_unix_nano
        assert span.end_time_unix_nano <= spans[0].end_time_unix_nano


class Sink(BaseHTTPRequestHandler):
    """A collector: takes what it can decode, and answers as OTLP/HTTP says."""

    taken: list[tuple[str, dict[str, str], ExportTraceServiceRequest]]
    answer: tuple[int, bytes]

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.taken.append((self.path, headers, decoded(data)))
        status, body = self.answer
        self.send_response(status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def sink() -> Iterator[tuple[str, Any]]:
    handler = type("Handler", (Sink,), {"taken": [], "answer": (200, b"{}")})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1/traces", handler
    server.shutdown()
    server.server_close()


def test_a_collector_takes_what_is_sent(sink: tuple[str, Any]) -> None:
    url, collector = sink
    given = traces.headers({"OTEL_EXPORTER_OTLP_HEADERS": "x-key=a%20b, x-other=c"})
    traces.send(url, traces.encoded([gift_card()]), given)
    ((path, headers, found),) = collector.taken
    assert (path, headers["content-type"]) == ("/v1/traces", "application/json")
    assert (headers["x-key"], headers["x-other"]) == ("a b", "c")
    assert len(all_spans(found)) == len(gift_card().steps) + 1


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (503, b"", "answered 503"),
        (302, b"", "answered 302"),
        (200, b'{"partialSuccess": {"rejectedSpans": "2"}}', "refused 2 spans"),
    ],
)
def test_what_a_collector_does_not_take_is_told(
    sink: tuple[str, Any], status: int, body: bytes, said: str
) -> None:
    url, collector = sink
    collector.answer = (status, body)
    with pytest.raises(CannotLook, match=said):
        traces.send(url, traces.encoded([gift_card()]))
    assert len(collector.taken) == 1


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"partialSuccess": null}'])
def test_an_odd_answer_is_no_trouble(sink: tuple[str, Any], body: bytes) -> None:
    url, collector = sink
    collector.answer = (200, body)
    traces.send(url, traces.encoded([gift_card()]))


def test_a_collector_that_is_not_there_is_told() -> None:
    with pytest.raises(CannotLook, match="did not take the traces"):
        traces.send("http://127.0.0.1:1/v1/traces", b"{}")
    with pytest.raises(UsageError):
        traces.send("file:///etc/passwd", b"{}")


def test_opentelemetry_s_own_variables_say_where() -> None:
    base = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318/"}
    assert traces.endpoint(base) == "http://c:4318/v1/traces"
    exact = {**base, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://t:1/x"}
    assert traces.endpoint(exact) == "http://t:1/x"
    assert traces.endpoint({}) == ""


def test_a_run_that_never_began_is_no_trace() -> None:
    assert all_spans(decoded(traces.encoded([Run(id="x")]))) == []
