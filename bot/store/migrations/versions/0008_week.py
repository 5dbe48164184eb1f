"""The cases of a week are found with their number and conversation, without opening each."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NAME, TABLE = "ix_cases_created", "cases"


def upgrade() -> None:
    """Apply."""
    op.drop_index(NAME, TABLE)
    op.create_index(NAME, TABLE, ["created_at", "consented", "number", "conversation_id"])


def downgrade() -> None:
    """Undo."""
    op.drop_index(NAME, TABLE)
    op.create_index(NAME, TABLE, ["created_at", "consented"])
