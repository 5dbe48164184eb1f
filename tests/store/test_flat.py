"""The cost of a turn does not grow with the conversation: queries go through narrow indexes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from bot.store import Store
from tests.store.people import answered, claimed, intake, message, reply, says, to_send

# Indexes that hold a bounded number of rows of one conversation, or name single rows.
NARROW = re.compile(
    r"USING (COVERING )?INDEX "
    r"(ix_messages_open|ix_messages_trouble|ix_messages_turn|uq_|ux_|pk_|sqlite_autoindex_\w+|ix_due_ready"
    r"|ix_messages_provider|ix_conversations_alt_address_key|ix_button_tokens_latest)"
    r"|USING INTEGER PRIMARY KEY"
)


@contextmanager
def statements(store: Store) -> Iterator[list[tuple[str, Any]]]:
    """What the block sends to the database."""
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, sql: str, values: Any, _context: Any, many: bool) -> None:
        seen.append((sql, values[0] if many else values))

    event.listen(store.database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(store.database.engine, "before_cursor_execute", note)


def plans(store: Store, seen: list[tuple[str, Any]]) -> Iterator[tuple[str, str]]:
    """How SQLite carries the statements out."""
    with store.database.engine.connect() as connection:
        for sql, values in seen:
            if sql.split()[0] in ("SELECT", "UPDATE", "DELETE"):
                rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)
                yield from ((sql, row[3]) for row in rows)


def test_no_query_of_a_turn_reads_the_whole_conversation(sqlite_store: Store) -> None:
    store = sqlite_store
    for _ in range(3):
        says(store)
        conversation = answered(store, buttons=[("Yes", "/a")]).conversation_id
    with statements(store) as seen:
        heard = store.inbox.receive(message("hello"))
        turn = claimed(store)
        intake(store, turn.conversation_id, turn.message_id, stage="IV")
        store.inbox.finish(turn, [reply("hi", [("No", "/b")])])
        store.outbox.mark_sent(to_send(store), "SM1")
        store.outbox.status("delivered", provider_id="SM1")
        store.outbox.for_turn(heard.message_id)
        store.buttons.current(conversation)
        store.inbox.depth()
    assert len(seen) > 30
    wide = [
        (plan, sql)
        for sql, plan in plans(store, seen)
        if "messages" in plan and not NARROW.search(plan)
    ]
    assert wide == []


def test_no_query_of_a_turn_reads_other_peoples_cases(sqlite_store: Store) -> None:
    store = sqlite_store
    with statements(store) as seen:
        heard = says(store)
        turn = claimed(store)
        intake(store, turn.conversation_id, turn.message_id, stage="IV")
        store.inbox.finish(turn, [reply("hi")])
        to_send(store)
        store.outbox.for_turn(heard.message_id)
    of_cases = [(plan, sql) for sql, plan in plans(store, seen) if re.search(r"\bcases\b", plan)]
    assert of_cases
    assert [found for found in of_cases if not NARROW.search(found[0])] == []
