"""What the console searches and counts by: keyed hashes of words, figures of talks and asking."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "indexed_words",
        sa.Column("word_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        _of_conversation("indexed_words"),
        sa.PrimaryKeyConstraint("word_key", "conversation_id", name="pk_indexed_words"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_indexed_words_conversation_id", "indexed_words", ["conversation_id"])
    op.create_table(
        "talk_figures",
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        _of_conversation("talk_figures"),
        sa.PrimaryKeyConstraint("conversation_id", name="pk_talk_figures"),
    )
    op.create_table(
        "index_mark",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_index_mark"),
    )
    op.create_index("ix_audit_action", "audit", ["action", "at"])
    # With the time in it, no assessment need be read to say when the first one was made.
    op.create_index("ix_assessments_first", "assessments", ["case_number", "created_at"])
    columns = ["current", "language", "queue_rank", "queue_at"]
    op.create_index("ix_cases_language", "cases", columns)
    op.add_column("cases", sa.Column("asks_key", sa.String(), nullable=True))
    op.add_column("cases", sa.Column("times_asked", sa.Integer(), nullable=True))
    op.add_column("cases", sa.Column("times_failed", sa.Integer(), nullable=True))


def _of_conversation(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["conversation_id"],
        ["conversations.id"],
        name=f"fk_{table}_conversation_id",
        ondelete="CASCADE",
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_cases_language", "cases")
    op.drop_index("ix_assessments_first", "assessments")
    op.drop_index("ix_audit_action", "audit")
    for column in ("times_failed", "times_asked", "asks_key"):
        op.drop_column("cases", column)
    for table in ("index_mark", "talk_figures", "indexed_words"):
        op.drop_table(table)
