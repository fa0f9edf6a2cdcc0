"""The tables as they were before there were migrations."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context, op

revision = "0001"
down_revision = None

_AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Makes the tables of the parts that are kept here."""
    for part in context.config.attributes["parts"]:
        if part in _MAKERS:
            _MAKERS[part]()


def _index() -> None:
    op.create_table(
        "about",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("value", sa.String(200), nullable=False),
    )
    op.create_table("campaigns", sa.Column("id", sa.String(80), primary_key=True))
    for name, key in (("runs", ("campaign", "folder")), ("latest", ("env", "journey", "row"))):
        op.create_table(name, *_run(*key))
    op.create_index("ix_runs_id", "runs", ["id"])
    op.create_index("ix_runs_journey_row_env_started", "runs", ["journey", "row", "env", "started"])


def _run(*key: str) -> list[sa.Column[Any]]:
    texts = {"id": 120, "campaign": 80, "folder": 120, "journey": 200, "row": 200, "env": 200}
    kinds: dict[str, sa.types.TypeEngine[Any]] = {
        **{name: sa.String(length) for name, length in texts.items()},
        "verdict": sa.String(16),
        "why": sa.Text(),
        "started": _AT,
        "took": sa.Float(),
        "wall": sa.Float(),
        "flaky": sa.Boolean(),
        "measures": sa.JSON(),
    }
    return [sa.Column(n, kind, primary_key=n in key, nullable=False) for n, kind in kinds.items()]


def _ledger() -> None:
    op.create_table(
        "slots",
        sa.Column("probe", sa.String(400), primary_key=True),
        sa.Column("at", _AT, primary_key=True),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("campaign", sa.String(80), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
    )
    op.create_index("ix_slots_at", "slots", ["at"])
    opened = sa.text("state in ('due', 'missing')")
    op.create_index("ix_slots_open", "slots", ["state"], sqlite_where=opened)
    op.create_table(
        "known",
        sa.Column("probe", sa.String(400), primary_key=True),
        sa.Column("since", _AT, nullable=False),
    )
    op.create_table(
        "seen",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("until", _AT, nullable=False),
    )


def _incidents() -> None:
    op.create_table(
        "incident_state",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("state", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "outbox",
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("message", sa.String(160), nullable=False, unique=True),
        sa.Column("posting", sa.LargeBinary(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_outbox_done", "outbox", ["done"])


_MAKERS = {"index": _index, "ledger": _ledger, "incidents": _incidents}
