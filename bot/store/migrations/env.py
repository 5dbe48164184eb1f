"""Runs migrations on a store's connection, or for the alembic command on the configured one."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, create_engine
from sqlalchemy.types import TypeDecorator

from bot.settings import settings
from bot.store.case_tables import CaseRow
from bot.store.database import driver_url

METADATA = CaseRow.metadata


def render_type(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write our own column types as the plain types under them: migrations must not change."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    return False


def run(connection: Connection) -> None:
    """Run within the caller's transaction."""
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_item=render_type,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=False,
    )
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with create_engine(driver_url(settings().database_url)).begin() as own:
        run(own)
