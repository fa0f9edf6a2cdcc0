"""Traffic read from CSV files and from a Prometheus server on loopback."""

import json
import threading
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from traffic import csv_of, traffic

from cxassure.errors import CannotLook, SpecError, UsageError
from cxassure.watch.forecast import fetch, read

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def wrong(path, text, zone="UTC"):
    """(line, column, what) of every problem in a file; every one has a hint."""
    path.write_text(text, "utf-8")
    with pytest.raises(SpecError) as caught:
        read(path, zone)
    assert all(
        problem.hint and problem.place.path == str(path) for problem in caught.value.problems
    )
    return [(p.place.line, p.place.column, p.what) for p in caught.value.problems]


def test_a_file_that_was_written_is_read_as_it_was(tmp_path):
    known = traffic(date(2026, 1, 1), date(2026, 1, 20))
    path = tmp_path / "traffic.csv"
    path.write_text(csv_of(known))
    found = read(path)
    assert found.channels.keys() == known.channels.keys()
    for name, hours in known.channels.items():
        assert found.channels[name] == pytest.approx(hours, abs=1e-3)


@pytest.mark.parametrize(
    "text",
    [
        "time,web\n2026-03-01T12:00:00Z,5\n",
        "timestamp;web\r\n2026-03-01 12:00;5\r\n",
        "\ufeffdate\tweb\n2026-03-01T13:00+01:00\t5.0",
        f"Time,web\n{NOON.timestamp():.0f},5",
        'time,web\n"2026-03-01T12:15","2"\n2026-03-01T12:30:00,3\n\n',
    ],
)  # fmt: skip
def test_times_and_counts_are_read_as_people_export_them(tmp_path, text):
    path = tmp_path / "traffic.csv"
    path.write_bytes(text.encode())
    assert read(path).channels == {"web": {NOON: 5.0}}


def test_every_problem_is_told_with_line_column_and_hint(tmp_path):
    text = (
        "time,web,ivr\n"
        "2026-03-01T12:00Z,1,2\n"
        "2026-03-01T13:00Z,many,-4\n"
        "yesterday,1,1\n"
        "2026-03-01T12:00Z,1,1\n"
        '"2026-03-01T14:00Z",1\n'
        '2026-03-01T15:00Z,"1,5",nan\n'
        "1026-03-01T15:00Z,,\n"
    )
    assert wrong(tmp_path / "traffic.csv", text) == [
        (3, 19, "«many» is no count"),
        (3, 24, "«-4» is no count"),
        (4, 1, "«yesterday» is no time"),
        (5, 1, "the same time as in line 2"),
        (6, 21, "there is no column 3"),
        (7, 19, "«1,5» is no count"),
        (7, 25, "«nan» is no count"),
        (8, 1, "«1026-03-01T15:00Z» is not of our days"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no first line"),
        ("web,ivr\n1,2\n", "«web» is no name of a column of times"),
        ("time\n2026-03-01T12:00Z\n", "no column of counts"),
        ("time,web,WEB\n", "two columns are called «web»"),
        ("time,web,\n", "a nameless column"),
        ("time,web\n2026-03-01,1\n2026-03-02,2\n2026-03-03,2\n", "a row every 1 day"),
    ],
)
def test_a_file_of_another_kind_is_told(tmp_path, text, said):
    assert any(said in what for _, _, what in wrong(tmp_path / "traffic.csv", text))


def test_no_text_is_told(tmp_path):
    path = tmp_path / "traffic.csv"
    path.write_bytes(b"time,web\n\xff\xfe\x00")
    with pytest.raises(SpecError, match="no UTF-8 text \\(byte 9\\)"):
        read(path)


def test_the_hour_that_comes_twice_is_two_hours_where_times_have_no_offset(tmp_path):
    path = tmp_path / "traffic.csv"
    lines = [
        f"2026-11-01 {hour},{n}" for n, hour in enumerate(["00:00", "01:00", "01:00", "02:00"])
    ]
    path.write_text("time,web\n" + "\n".join(lines))
    hours = read(path, "America/New_York").channels["web"]
    assert [hours[at] for at in sorted(hours)] == [0, 1, 2, 3]
    steps = sorted(hours)
    assert {b - a for a, b in pairwise(steps)} == {timedelta(hours=1)}
    assert "the same time" in wrong(path, path.read_text())[0][2]


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.binary(max_size=200) | st.text("time,web\n\r\"';0129-:TZ\0.\t", max_size=80).map(str.encode)
)
def test_no_bytes_raise_anything_but_problems(tmp_path, data):
    path = tmp_path / "any.csv"
    path.write_bytes(data)
    try:
        found = read(path)
    except SpecError as problems:
        assert problems.problems
    else:
        assert all(c >= 0 for hours in found.channels.values() for c in hours.values())


# Prometheus


class Server(HTTPServer):
    """A range query as Prometheus answers it: one count an hour, of two channels."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked = []
        self.answer = None


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        asked = {k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()}
        self.server.asked.append((urlsplit(self.path).path, self.headers["Authorization"], asked))
        status, headers, body = self.server.answer or (200, {}, samples(asked))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

    def log_message(self, *args):
        pass


def samples(asked):
    points = []
    at = float(asked["start"])
    while at <= float(asked["end"]):
        points.append([at, str(at % 7)])
        at += float(asked["step"])
    web = {"metric": {"channel": "web", "pod": "a"}, "values": points}
    more = {"metric": {"channel": "web", "pod": "b"}, "values": [[points[0][0], "1000"]]}
    ivr = {"metric": {"channel": "ivr"}, "values": [[points[0][0], "NaN"], [points[1][0], "3"]]}
    return {"status": "success", "data": {"resultType": "matrix", "result": [web, more, ivr]}}


@pytest.fixture
def server():
    made = Server()
    thread = threading.Thread(target=made.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def asking(server, days=100, **more):
    address = f"http://127.0.0.1:{server.server_port}/"
    return fetch(address, "increase(x[1h])", NOON - timedelta(days=days), NOON, **more)


def test_a_range_is_asked_for_in_pieces_and_samples_count_the_hour_before(server):
    found = asking(server, token="t0ken")
    assert [path for path, _, _ in server.asked] == ["/api/v1/query_range"] * 2
    assert {token for _, token, _ in server.asked} == {"Bearer t0ken"}
    hours = found.channels["web"]
    assert len(hours) == 100 * 24
    first = NOON - timedelta(days=100)
    assert (min(hours), max(hours)) == (first, NOON - timedelta(hours=1))
    assert hours[first] == 1000 + (first + timedelta(hours=1)).timestamp() % 7
    assert found.channels["ivr"][first + timedelta(hours=1)] == 3
    assert first not in found.channels["ivr"]


def of_kind(kind):
    return {"status": "success", "data": {"resultType": kind, "result": []}}


REFUSAL = {"status": "error", "error": "too \x1b[31mlong"}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((302, {"Location": "http://127.0.0.1:1/"}, b""), "HTTP 302"),
        ((400, {}, b'{"error":"parse error"}'), 'HTTP 400: {"error":"parse error"}'),
        ((200, {}, b"<html>"), "no JSON"),
        ((200, {}, REFUSAL), "refused: too \ufffd[31mlong"),
        ((200, {}, of_kind("vector")), "no range"),
        ((200, {}, of_kind("matrix")), "no series"),
        ((200, {}, []), "no range"),
    ],
)
def test_a_server_that_does_not_answer_is_told(server, answer, said):
    server.answer = answer
    with pytest.raises(CannotLook) as caught:
        asking(server, days=1)
    assert said in caught.value.what
    assert caught.value.hint


def test_samples_that_are_no_counts_are_gaps(server):
    at = (NOON - timedelta(hours=2)).timestamp()
    values = [[at, "5"], [at, "-1"], ["x", "1"], [at, "inf"], None, [1e30, "1"], [at]]
    result = [{"metric": {}, "values": values}, "odd", {"metric": 5}]
    server.answer = (
        200,
        {},
        {"status": "success", "data": {"resultType": "matrix", "result": result}},
    )
    assert asking(server, days=1).channels == {"contacts": {NOON - timedelta(hours=3): 5.0}}


def test_no_server_and_no_address_are_told():
    with pytest.raises(UsageError, match="no address"):
        fetch("file:///etc/passwd", "x", NOON - timedelta(days=1), NOON)
    with pytest.raises(CannotLook, match="cannot be asked"):
        fetch("http://127.0.0.1:9", "x", NOON - timedelta(days=1), NOON)
