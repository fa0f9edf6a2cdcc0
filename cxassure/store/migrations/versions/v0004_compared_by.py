"""By what runs are compared: the release that was in place, and the channels of the journey."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Runs of before are of no release that is known, and of channels that nobody wrote down."""
    if "index" not in context.config.attributes["parts"]:
        return
    for table in ("runs", "latest"):
        for name in ("release", "channels"):
            op.add_column(table, sa.Column(name, sa.Text(), nullable=False, server_default=""))
