"""By what runs are compared is kept with them: the release, and the channels of the journey."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from cxassure.run import Run
from cxassure.store.database import connect, upgrade, version
from cxassure.store.index import Index
from cxassure.store.reading import past
from cxassure.store.tables import HEAD

RUN = Run(
    id="c/pay",
    journey="pay",
    started=datetime(2026, 11, 2, tzinfo=UTC).isoformat(),
    verdict="passed",
    release="shop 4.2",
    parties={"shopper": "web", "caller": "ivr", "again": "web"},
)


def test_release_and_channels_come_back_from_the_index(url: str) -> None:
    row = past(RUN, "c", "pay")
    assert (row.release, row.channels) == ("shop 4.2", "web ivr")
    index = Index(url)
    index.add("c", [row])
    assert index.by_id("c/pay") == [row]
    assert index.latest() == [row]


def test_runs_of_an_older_store_stay_and_are_of_no_known_release() -> None:
    engine = connect("sqlite://", pooled=True)
    with engine.begin() as writing:
        migrate_to(writing, "0003")
        writing.execute(sa.text("INSERT INTO runs VALUES" + ROW))
    upgrade(engine, ("index",))
    with engine.begin() as asked:
        assert version(asked, ("index",)) == HEAD
        found = asked.execute(sa.text("SELECT id, release, channels FROM runs")).all()
    assert found == [("c/pay", "", "")]


ROW = """('c/pay', 'c', 'pay', 'pay', '', 'default', 'passed', '', '2026-11-02 00:00:00', 1, 1, 0,
'{}', 0, '')"""


def migrate_to(writing: sa.Connection, revision: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "cxassure.store:migrations")
    config.attributes |= {"connection": writing, "parts": ("index",)}
    command.upgrade(config, revision)
