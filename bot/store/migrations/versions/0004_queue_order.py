"""Emergencies before other urgent cases over the whole queue; indexes that hold the whole key."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Warning signs are encrypted: urgent cases stand first until they change."""
    op.execute("UPDATE cases SET queue_rank = queue_rank + 1 WHERE NOT urgent")
    op.drop_index("ix_cases_queue", "cases")
    op.create_index("ix_cases_queue", "cases", ["current", "queue_rank", "queue_at", "number"])
    op.create_index("ix_cases_counts", "cases", ["current", "state", "queue_rank"])


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_cases_counts", "cases")
    op.drop_index("ix_cases_queue", "cases")
    op.create_index("ix_cases_queue", "cases", ["queue_rank", "queue_at", "number"])
    op.execute("UPDATE cases SET queue_rank = queue_rank - 1 WHERE queue_rank > 0")
