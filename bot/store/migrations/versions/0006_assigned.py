"""The index of assigned cases begins with both values that the count of one's own asks for."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.drop_index("ix_cases_assigned", "cases")
    columns = ["assigned_to", "current", "queue_rank", "queue_at"]
    op.create_index("ix_cases_assigned", "cases", columns)


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_cases_assigned", "cases")
    op.create_index("ix_cases_assigned", "cases", ["assigned_to", "queue_rank", "queue_at"])
