"""The coordinators' work: quality marks, mentions in notes, saved views, weekly figures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "misreadings",
        sa.Column("id", ROW, autoincrement=True, nullable=False),
        _case(),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reading", sa.Text(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        _of_case("misreadings"),
        sa.PrimaryKeyConstraint("id", name="pk_misreadings"),
        sa.UniqueConstraint("message_id", name="uq_misreadings_message_id"),
    )
    op.create_table(
        "objections",
        sa.Column("id", ROW, autoincrement=True, nullable=False),
        _case(),
        sa.Column("assessment_id", sa.Integer(), nullable=False),
        sa.Column("pathway", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        _of_case("objections"),
        sa.PrimaryKeyConstraint("id", name="pk_objections"),
    )
    op.create_table(
        "mentions",
        sa.Column("note_id", ROW, nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        _case(),
        sa.Column("seen_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["note_id"], ["notes.id"], name="fk_mentions_note_id", ondelete="CASCADE"
        ),
        _of_case("mentions"),
        sa.PrimaryKeyConstraint("note_id", "username", name="pk_mentions"),
    )
    op.create_table(
        "saved_views",
        sa.Column("id", ROW, autoincrement=True, nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_saved_views"),
    )
    for table in ("misreadings", "objections"):
        op.create_index(f"ix_{table}_created_at", table, ["created_at"])
    for table in ("misreadings", "objections", "mentions"):
        op.create_index(f"ix_{table}_case_number", table, ["case_number"])
    for table in ("mentions", "saved_views"):
        op.create_index(f"ix_{table}_username", table, ["username"])
    op.create_index("ix_cases_created", "cases", ["created_at", "consented"])


def _case() -> sa.Column[str]:
    return sa.Column("case_number", sa.String(), nullable=False)


def _of_case(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["case_number"], ["cases.number"], name=f"fk_{table}_case_number", ondelete="CASCADE"
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_cases_created", "cases")
    for table in ("saved_views", "mentions", "objections", "misreadings"):
        op.drop_table(table)
