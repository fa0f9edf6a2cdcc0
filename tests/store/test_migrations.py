"""Tables and migrations agree, old files are taken over whole, newer ones are left alone."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from first import restored
from postgres import Postgres

from cxassure.errors import CannotLook
from cxassure.peak import Slot
from cxassure.store.database import Outdated, connect, migrate, named, opened, upgrade, version
from cxassure.store.incidents import Incidents
from cxassure.store.ledger import Ledger
from cxassure.store.tables import HEAD, PARTS, metadata

DAY = datetime(2026, 11, 20, 3, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> sa.Engine:
    """A database without tables."""
    if request.param == "sqlite":
        return connect(f"sqlite:///{tmp_path / 'one.db'}")
    postgres: Postgres = request.getfixturevalue("postgres")
    return connect(postgres.database(f"empty_{abs(hash(tmp_path))}"))


def differences(engine: sa.Engine) -> list[object]:
    """In what a database differs from the tables, by Alembic's own comparison."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with engine.connect() as asked:
        return list(compare_metadata(MigrationContext.configure(asked), metadata))


def test_all_migrations_come_to_the_tables_as_they_are(empty: sa.Engine) -> None:
    with empty.execution_options(writing=True).begin() as writing:
        migrate(writing, tuple(PARTS), "base")
    assert differences(empty) == []
    assert upgrade(empty) == HEAD


def test_a_new_store_has_the_tables_as_they_are(empty: sa.Engine) -> None:
    assert upgrade(empty) == ""
    assert differences(empty) == []
    with empty.connect() as asked:
        assert version(asked) == HEAD


def test_the_newest_migration_is_the_version_of_the_tables() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "cxassure.store:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_a_ledger_of_the_first_program_is_taken_over_whole(tmp_path: Path) -> None:
    restored("ledger", tmp_path / "ledger.db")
    ledger = Ledger(tmp_path)
    hour = timedelta(hours=1)
    done = Slot(probe="pay", at=DAY, state="done", campaign="c1", verdict="passed")
    open_ones = [Slot(probe="find[mobile]", at=DAY), Slot(probe="pay", at=DAY + hour)]
    assert ledger.open() == open_ones
    assert ledger.since(DAY) == [open_ones[0], done, open_ones[1]]
    assert ledger.until() == DAY + 2 * hour
    assert ledger.acquaint(["pay", "new"], DAY + 9 * hour) == {"pay": DAY, "new": DAY + 9 * hour}
    assert ledger.write([Slot(probe="pay", at=DAY)]) == set()
    ledger.close()
    assert differences_of("ledger", tmp_path / "ledger.db") == []


def test_incidents_of_the_first_program_are_taken_over_whole(tmp_path: Path) -> None:
    restored("incidents", tmp_path / "incidents.db")
    kept = Incidents(f"sqlite:///{tmp_path / 'incidents.db'}")
    (one,) = kept.state().open()
    assert [p.message.incident for p in kept.waiting()] == [one.id]
    kept.put([p.message for p in kept.waiting()])
    assert len(kept.waiting()) == 1
    assert differences_of("incidents", tmp_path / "incidents.db") == []


def differences_of(part: str, file: Path) -> list[object]:
    """As `differences`, in a file that holds one part."""
    ours = {table.name for table in PARTS[part]}
    found = differences(connect(f"sqlite:///{file}"))
    return [one for one in found if not _is_of_another_part(one, ours)]


def _is_of_another_part(one: object, ours: set[str]) -> bool:
    """Tables, and their indexes, that the comparison misses because they are kept elsewhere."""
    assert isinstance(one, tuple)
    name = one[1].name if one[0] == "add_table" else getattr(one[1], "table", one[1]).name
    return one[0] in ("add_table", "add_index") and name not in ours


def test_a_takeover_that_is_killed_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    restored("ledger", file)
    script = f"""
import os
from pathlib import Path
from cxassure.store import database
real = database.migrate
def die(*arguments):
    real(*arguments)
    os.kill(os.getpid(), 9)
database.migrate = die
from cxassure.store.ledger import Ledger
Ledger(Path({str(tmp_path)!r}))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == -9, done.stderr
    with connect(f"sqlite:///{file}").connect() as asked:
        assert version(asked, ("ledger",)) == "0001"
        assert "scope" not in {column["name"] for column in sa.inspect(asked).get_columns("slots")}
    assert len(Ledger(tmp_path).open()) == 2


def test_a_store_of_a_newer_cxassure_is_refused_with_what_to_do(empty: sa.Engine) -> None:
    upgrade(empty)
    with empty.begin() as writing:
        writing.execute(sa.text("UPDATE alembic_version SET version_num = '0099'"))
    url = empty.url.render_as_string(hide_password=False)
    with pytest.raises(Outdated, match=r"version 0099(?s:.*)install the cxassure") as told:
        opened(url, "ledger")
    assert isinstance(told.value, CannotLook)
    with pytest.raises(Outdated, match="0099"):
        upgrade(empty)


def test_postgresql_is_set_up_only_when_it_is_asked_for(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.database("not_set_up")
    with pytest.raises(CannotLook, match=r"not set up yet(?s:.*)cxassure store upgrade"):
        Ledger(tmp_path, url)
    upgrade(connect(url))
    Ledger(tmp_path, url).close()


def test_several_may_set_up_at_once(postgres: Postgres) -> None:
    url = postgres.database("set_up_at_once")
    script = f"from cxassure.store.database import *; print(upgrade(connect({url!r})) or 'new')"
    command = [sys.executable, "-c", script]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = sorted(worker.communicate()[0].strip() for worker in workers)
    assert said == [HEAD, HEAD, "new"]


def test_no_password_is_told() -> None:
    assert named(connect("postgresql://cx:s3cret@db/live")) == "postgresql://cx:***@db/live"
    with pytest.raises(CannotLook) as told:
        Incidents("postgresql://cx:s3cret@127.0.0.1:1/live")
    assert "s3cret" not in str(told.value)
