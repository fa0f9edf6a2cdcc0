"""`cxassure store`, and what other commands do when the store is away."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from postgres import Postgres

from cxassure.errors import SpecError
from cxassure.settings import Keep
from cxassure.spec import read_settings
from cxassure.store import Store
from cxassure.surfaces.cli import main

JOURNEY = """
journey: pay
severity: critical
parties: {office: {channel: api, target: shop}}
steps:
  - office: {get: /pay}
    expect: {status: 200}
"""


class Shop(BaseHTTPRequestHandler):
    """Answers 200."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A workspace with one journey that passes."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    day = datetime.now(UTC) + timedelta(days=3)
    settings = {
        "environments": {"live": {"targets": {"shop": f"http://127.0.0.1:{server.server_port}"}}},
        "peaks": {"sale": {"start": f"{day:%Y-%m-%d}", "journeys": {"names": ["pay"]}}},
    }
    (tmp_path / "cxassure.yaml").write_text(json.dumps(settings))
    (tmp_path / "journeys").mkdir()
    (tmp_path / "journeys" / "pay.yaml").write_text(JOURNEY)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    server.shutdown()
    thread.join()
    server.server_close()


def cxassure(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    assert isinstance(ended.value.code, int)
    return ended.value.code


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, Any]:
    capsys.readouterr()
    assert cxassure("store", *words, "--json") == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_status_tells_what_is_there(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "status")["databases"] == []
    assert cxassure("run") == 0
    assert told(capsys, "upgrade")["runs"] == 1
    found = told(capsys, "status")
    (index,) = found["databases"]
    assert index["rows"] == {"campaigns": 1, "runs": 1, "latest": 1}
    assert index["version"] == found["needs"]
    assert (found["campaigns"], found["shared"]) == (1, False)
    assert cxassure("store", "status") == 0
    assert "runs: 1 row" in capsys.readouterr().out


def test_a_shared_store_is_set_up_filled_and_told_of(
    folder: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    if not postgres.started:
        postgres.start()
    assert cxassure("run") == 0
    url = postgres.database("by_command")
    monkeypatch.setenv("CXASSURE_STORE", url)
    assert cxassure("run") == 0
    assert "cxassure store upgrade" in capsys.readouterr().err
    assert cxassure("ready", "sale") == 3
    assert told(capsys, "status", code=3)["waiting"] == 1
    assert cxassure("store", "status") == 3
    assert "cxassure store upgrade" in capsys.readouterr().err
    found = told(capsys, "upgrade")
    assert (found["before"], found["runs"]) == (None, 2)
    found = told(capsys, "status")
    assert found["databases"][0]["rows"]["runs"] == 2
    assert (found["waiting"], found["refused"]) == (0, 0)
    assert cxassure("ready", "sale", "--report-dir", "elsewhere") == 0
    capsys.readouterr()
    assert cxassure("store", "backup", "b.zip") == 2
    assert "pg_dump" in capsys.readouterr().err


def test_a_store_that_is_away_changes_no_verdict_and_is_told_once(
    folder: Path, postgres: Postgres, shared: str, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("CXASSURE_STORE", shared)
    assert cxassure("run") == 0
    assert cxassure("ready", "sale") == 0
    postgres.stop()
    capsys.readouterr()
    assert cxassure("run") == 0
    assert capsys.readouterr().err.count("cannot be used") == 1
    assert cxassure("report") == 0
    assert cxassure("ready", "sale") == 3
    assert "cannot be used" in capsys.readouterr().err
    assert cxassure("store", "status") == 3
    assert cxassure("compile") == 0
    assert cxassure("schedule", "--once") == 3
    postgres.start()
    assert cxassure("ready", "sale") == 0
    assert told(capsys, "status")["databases"][0]["rows"]["runs"] == 2


def test_pruning_by_the_settings(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(3):
        assert cxassure("run") == 0
    assert told(capsys, "prune")["runs"] == []
    with (folder / "cxassure.yaml").open("r+") as file:
        settings = json.load(file) | {"keep": {"count": "1", "runs": "90d"}}
        file.seek(0)
        json.dump(settings, file)
    would = told(capsys, "prune", "--dry-run")
    assert len(would["runs"]) == 2
    assert told(capsys, "status")["campaigns"] == 3
    went = told(capsys, "prune")
    assert went == would | {"dry_run": False}
    assert told(capsys, "status")["campaigns"] == 1
    assert cxassure("store", "prune") == 0
    assert capsys.readouterr().out.startswith("0 runs and 0 files")


WRITING = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from cxassure.peak import Slot
from cxassure.store.ledger import Ledger
ledger = Ledger(Path(sys.argv[1]))
begin = datetime(2026, 11, 27, tzinfo=UTC)
for number in range(100_000):
    at = begin + timedelta(seconds=number)
    ledger.write([Slot(probe=p, at=at) for p in "abc"], until=at)
    print(number, flush=True)
"""


def test_a_backup_that_is_made_while_others_write_can_be_restored(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cxassure("run") == 0
    assert cxassure("ready", "sale") == 0
    reports = folder / "reports"
    command = [sys.executable, "-c", WRITING, str(reports)]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert writer.stdout is not None
    for _ in range(20):
        assert writer.stdout.readline()
    assert told(capsys, "backup", "b.zip")["bytes"] == (folder / "b.zip").stat().st_size
    writer.kill()
    writer.communicate()
    restored = folder / "restored"
    with zipfile.ZipFile(folder / "b.zip") as packed:
        assert packed.namelist() == ["index.db", "ledger.db", "readiness.jsonl"]
        packed.extractall(restored)
    connection = sqlite3.connect(restored / "ledger.db")
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    ((rows, moments),) = connection.execute("SELECT count(*), count(DISTINCT at) FROM slots")
    ((until,),) = connection.execute("SELECT until FROM seen")
    ((last,),) = connection.execute("SELECT max(at) FROM slots")
    connection.close()
    assert rows == 3 * moments >= 60
    assert until == last
    again = Store(restored)
    assert [one.peak for one in again.readiness_of("sale")] == ["sale"]


def test_a_backup_never_takes_the_place_of_an_earlier_one(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "b.zip").write_bytes(b"the only copy")
    assert cxassure("store", "backup", "b.zip") == 2
    said = capsys.readouterr().err
    assert "b.zip is there already" in said
    assert "hint: choose another name" in said
    assert (folder / "b.zip").read_bytes() == b"the only copy"


def test_a_backup_into_a_folder_that_is_not_there_makes_it(folder: Path) -> None:
    assert cxassure("store", "backup", "kept/november/b.zip") == 0
    assert zipfile.is_zipfile(folder / "kept/november/b.zip")
    assert [path.name for path in (folder / "kept/november").iterdir()] == ["b.zip"]


def test_wrong_words_are_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cxassure("store", "backup") == 2
    assert cxassure("store", "status", "file") == 2
    assert cxassure("store", "status", "--dry-run") == 2
    (folder / "reports").mkdir()
    (folder / "reports" / "ledger.db").write_bytes(b"no database at all " * 99)
    capsys.readouterr()
    assert cxassure("store", "status") == 3
    assert "not a database" in capsys.readouterr().err


PROCESS = [sys.executable, "-c", "from cxassure.surfaces.cli import main; main()"]


def test_trouble_with_the_store_is_said_once_on_stderr(folder: Path) -> None:
    environ = os.environ | {"CXASSURE_STORE": "postgresql://cx@127.0.0.1:1/nobody"}
    done = subprocess.run([*PROCESS, "run"], env=environ, capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stderr.count("cannot be used") == 1


def test_a_store_that_is_none_is_refused_before_anything_is_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("CXASSURE_STORE", "nonsense")
    assert cxassure("run") == 2
    assert not (folder / "reports").exists()
    assert "is no URL" in capsys.readouterr().err


HINTS = {
    ("incidents",): "incidents.db",
    ("deployed", "shop 2.3"): "incidents.db",
    ("schedule", "--once"): "ledger.db",
    ("store", "status"): "index.db",
}


@pytest.mark.parametrize("words", HINTS)
def test_a_broken_file_is_told_with_what_may_be_done(
    folder: Path, words: tuple[str, ...], capsys: Any
) -> None:
    assert cxassure("compile") == 0
    broken = folder / "reports" / HINTS[words]
    broken.parent.mkdir()
    broken.write_bytes(b"no database at all " * 99)
    assert cxassure(*words) == 3
    assert f"delete {broken.relative_to(folder)}, it is begun anew" in capsys.readouterr().err
    broken.unlink()
    assert cxassure(*words) == 0


@pytest.mark.parametrize("words", [*HINTS, ("ack", "1")])
def test_a_database_that_does_not_answer_is_no_matter_of_room(
    folder: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    assert cxassure("compile") == 0
    monkeypatch.setenv("CXASSURE_STORE", "postgresql://cx@127.0.0.1:1/nobody")
    assert cxassure(*words) == 3
    said = capsys.readouterr().err
    assert "see to it that it answers" in said
    assert "room" not in said


def test_a_store_of_a_newer_version_cannot_be_used(folder: Path, capsys: Any) -> None:
    assert cxassure("run") == 0
    assert told(capsys, "upgrade")["runs"] == 1
    connection = sqlite3.connect(folder / "reports" / "index.db")
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    assert told(capsys, "status", code=3)["databases"][0]["version"] == "9999"
    assert cxassure("store", "status") == 3
    assert "install the cxassure that wrote it" in capsys.readouterr().err


# Settings


def settings_of(folder: Path, text: str) -> Any:
    (folder / "cxassure.yaml").write_text(text)
    return read_settings(folder)


def test_what_is_kept_and_where_is_read(tmp_path: Path) -> None:
    found = settings_of(
        tmp_path,
        "store: {url: 'postgresql://cx:${secret.db}@db/live'}\n"
        "keep: {runs: 90d, failed: 1y, evidence: {screenshot: 30d}, size: 5GB, count: 10000}\n",
    )
    day = 86_400
    assert found.keep == Keep(
        runs=90 * day,
        failed=366 * day,
        evidence={"screenshot": 30 * day},
        size=5 * 10**9,
        count=10_000,
    )
    assert found.store == "postgresql://cx:${secret.db}@db/live"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("store: {url: 'postgresql://cx:s3cret@db/live'}", "does not belong into a file"),
        ("store: {url: 'mysql://db'}", "is no address of a PostgreSQL"),
        ("store: {uri: x}", "did you mean «url»"),
        ("keep: {runs: 90}", "length of time"),
        ("keep: {size: 5}", "is no size"),
        ("keep: {count: some}", "is no number of runs"),
        ("keep: {evidence: {screenshots: 3d}}", "did you mean «screenshot»"),
    ],
)
def test_what_cannot_be_meant_is_told(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SpecError) as wrong:
        settings_of(tmp_path, text)
    assert said in str(wrong.value)
    assert "s3cret" not in str(wrong.value)


def test_a_password_may_hold_any_character(tmp_path: Path) -> None:
    from cxassure.workspace import Workspace

    settings_of(tmp_path, "store: {url: 'postgresql://cx:${secret.db}@db/live'}")
    store = Workspace(tmp_path, environ={"CXASSURE_SECRET_DB": "a/b@c:d"}).store
    assert store.url == "postgresql://cx:a%2Fb%40c%3Ad@db/live"
    whole = {"CXASSURE_STORE": "${env.URL}", "URL": "postgresql://cx@db/x"}
    assert Workspace(tmp_path, environ=whole).store.url == "postgresql://cx@db/x"
