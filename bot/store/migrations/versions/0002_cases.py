"""Cases with facts, assessments, checklists, notes and tags."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)

# In an order in which nothing refers to a dropped table.
TABLES = (
    "notes",
    "facts",
    "checklist_items",
    "case_terms",
    "case_tags",
    "assessments",
    "cases",
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "cases",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("dialogue", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("desk", sa.String(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("waiting_since", TIME, nullable=True),
        sa.Column("queue_rank", sa.Integer(), nullable=False),
        sa.Column("queue_at", TIME, nullable=False),
        sa.Column("assigned_to", sa.String(), nullable=True),
        sa.Column("consented", sa.Boolean(), nullable=False),
        sa.Column("has_open_question", sa.Boolean(), nullable=False),
        sa.Column("missing_critical", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name="fk_cases_conversation_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("number", name="pk_cases"),
    )
    op.create_index("ix_cases_assigned", "cases", ["assigned_to", "queue_rank", "queue_at"])
    op.create_index("ix_cases_conversation", "cases", ["conversation_id"])
    op.create_index("ix_cases_newest", "cases", ["updated_at", "number"])
    op.create_index("ix_cases_queue", "cases", ["queue_rank", "queue_at", "number"])
    op.create_index(
        "uq_cases_current",
        "cases",
        ["conversation_id"],
        unique=True,
        sqlite_where=sa.text("current"),
        postgresql_where=sa.text("current"),
    )
    op.create_table(
        "assessments",
        sa.Column("id", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("case_number", sa.String(), nullable=False),
        sa.Column("rule_set", sa.String(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_number"], ["cases.number"], name="fk_assessments_case_number", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_assessments"),
    )
    op.create_index("ix_assessments_case", "assessments", ["case_number", "id"])
    op.create_table(
        "case_tags",
        sa.Column("case_number", sa.String(), nullable=False),
        sa.Column("tag_key", sa.String(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_number"], ["cases.number"], name="fk_case_tags_case_number", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("case_number", "tag_key", name="pk_case_tags"),
    )
    op.create_index("ix_case_tags_tag_key", "case_tags", ["tag_key"])
    op.create_table(
        "case_terms",
        sa.Column("case_number", sa.String(), nullable=False),
        sa.Column("term_key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_number"], ["cases.number"], name="fk_case_terms_case_number", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("case_number", "term_key", name="pk_case_terms"),
    )
    op.create_index("ix_case_terms_key", "case_terms", ["term_key", "case_number"])
    op.create_table(
        "checklist_items",
        sa.Column("id", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("case_number", sa.String(), nullable=False),
        sa.Column("item_key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["case_number"],
            ["cases.number"],
            name="fk_checklist_items_case_number",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_checklist_items"),
    )
    op.create_index(
        "uq_checklist_item", "checklist_items", ["case_number", "item_key"], unique=True
    )
    op.create_table(
        "facts",
        sa.Column("id", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("case_number", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("actor", sa.String(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("superseded_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["case_number"], ["cases.number"], name="fk_facts_case_number", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_facts"),
    )
    op.create_index("ix_facts_history", "facts", ["case_number", "id"])
    op.create_index(
        "uq_facts_current",
        "facts",
        ["case_number", "name"],
        unique=True,
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "notes",
        sa.Column("id", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("case_number", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["case_number"], ["cases.number"], name="fk_notes_case_number", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_notes"),
    )
    op.create_index("ix_notes_case_number", "notes", ["case_number"])


def downgrade() -> None:
    """Undo."""
    for table in TABLES:
        op.drop_table(table)
