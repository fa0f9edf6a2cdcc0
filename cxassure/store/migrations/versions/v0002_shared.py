"""Room for several machines and environments: runs say whose they are, due runs have a scope."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context, op

revision = "0002"
down_revision = "0001"

_AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Changes the tables of the parts that are kept here."""
    for part in context.config.attributes["parts"]:
        _CHANGES[part]()


def _index() -> None:
    """Made anew: whatever stood in it is read from the runs' own files again."""
    for name in ("about", "campaigns", "runs", "latest"):
        op.drop_table(name, if_exists=True)
    op.create_table("campaigns", sa.Column("id", sa.Text(), nullable=False), _key("campaigns"))
    op.create_table("runs", *_run(), _key("runs", "campaign", "folder"))
    op.create_table("latest", *_run(), _key("latest", "env", "journey", "row"))
    op.create_index("ix_runs_id", "runs", ["id"])
    op.create_index("ix_runs_journey_row_env_started", "runs", ["journey", "row", "env", "started"])


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns or ("id",), name=f"pk_{table}")


def _run() -> list[sa.Column[Any]]:
    kinds: dict[str, sa.types.TypeEngine[Any]] = {
        **dict.fromkeys("id campaign folder journey row env".split(), sa.Text()),
        "verdict": sa.String(16),
        "why": sa.Text(),
        "started": _AT,
        "took": sa.Float(),
        "wall": sa.Float(),
        "flaky": sa.Boolean(),
        "measures": sa.JSON(),
        "unseen": sa.Integer(),
        "host": sa.Text(),
    }
    return [sa.Column(name, kind, nullable=False) for name, kind in kinds.items()]


def _ledger() -> None:
    """Keys become longer, which takes new tables; the rows go over with no scope."""
    slot = ("state", sa.String(8)), ("campaign", sa.Text()), ("verdict", sa.String(16))
    at, why = ("at", _AT), ("why", sa.Text())
    probe = ("probe", sa.Text())
    _anew("slots", ["scope", "probe", "at"], _columns(_SCOPE, probe, at, *slot, why))
    _anew("known", ["scope", "probe"], _columns(_SCOPE, probe, ("since", _AT)))
    _anew("seen", ["scope"], _columns(_SCOPE, ("until", _AT)))
    opened = sa.text("state in ('due', 'missing')")
    op.create_index("ix_slots_at", "slots", ["at"])
    op.create_index(
        "ix_slots_open", "slots", ["state"], sqlite_where=opened, postgresql_where=opened
    )


_SCOPE = ("scope", sa.Text())


def _columns(*kinds: tuple[str, sa.types.TypeEngine[Any]]) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name, kind in kinds]


def _anew(table: str, key: list[str], columns: list[sa.Column[Any]]) -> None:
    """Makes a table again, with the rows that it had; a scope that they had not is empty."""
    op.execute(f"CREATE TEMPORARY TABLE moving AS SELECT * FROM {table}")
    op.drop_table(table)
    new = op.create_table(table, *columns, _key(table, *key))
    names = [column.name for column in columns if column.name != "scope"]
    had = sa.table("moving", *(sa.column(name) for name in names)).c
    if len(names) < len(columns):
        rows = sa.select(sa.literal("", sa.Text()), *(had[name] for name in names))
        op.execute(sa.insert(new).from_select(["scope", *names], rows))
    else:
        op.execute(sa.insert(new).from_select(names, sa.select(*had)))
    op.execute("DROP TABLE moving")


def _incidents() -> None:
    kinds = ("message", sa.Text()), ("posting", sa.LargeBinary()), ("done", sa.Boolean())
    number = sa.Column("number", sa.Integer(), nullable=False, autoincrement=True)
    _anew("outbox", ["number"], [number, *_columns(*kinds)])
    op.create_index("uq_outbox_message", "outbox", ["message"], unique=True)
    op.create_index("ix_outbox_done", "outbox", ["done"])


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        _key("decisions"),
    )
    op.create_index("ix_decisions_kind_name_at", "decisions", ["kind", "name", "at"])


_CHANGES = {
    "index": _index,
    "ledger": _ledger,
    "incidents": _incidents,
    "decisions": _decisions,
}
