"""What people look at: runs by time, incidents of the past and what was noted of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0003"
down_revision = "0002"

_AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Changes the tables of the parts that are kept here."""
    for part in context.config.attributes["parts"]:
        if part in _CHANGES:
            _CHANGES[part]()


def _index() -> None:
    op.create_index("ix_runs_started", "runs", ["started"])
    op.create_index("ix_runs_verdict_started", "runs", ["verdict", "started"])


def _incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("since", _AT, nullable=False),
        sa.Column("ended", _AT, nullable=True),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
    )
    op.create_index("ix_incidents_since", "incidents", ["since"])
    op.create_table(
        "notes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("incident", sa.Text(), nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notes"),
    )
    op.create_index("ix_notes_incident_at", "notes", ["incident", "at"])


_CHANGES = {"index": _index, "incidents": _incidents}
