"""Work queues by conversation: who may work on which conversation, until when.

Guarantee: at most one holder per queue and conversation. A claim writes a new random token, and
every later step of the holder names that token; once the lease has run out and somebody else has
claimed, the old token matches nothing and the step fails with LeaseLost instead of acting twice.
Limit: the clocks of the machines must agree to within a small part of the lease.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Executable, Select, and_, bindparam, case, delete, or_, select, update
from sqlalchemy.orm import Session

from bot.store.crypto import new_id
from bot.store.database import insert_new, table_of
from bot.store.errors import LeaseLost
from bot.store.tables import Due

INBOX = "inbox"
OUTBOX = "outbox"


# Statements of every turn are built once, and over plain columns: building them, and making objects
# of what they find, costs more than running them.
_DUE = table_of(Due)
_Ready = Select[str, str | None]
_READY: _Ready = (
    select(_DUE.c.conversation_id, _DUE.c.token)
    .where(
        _DUE.c.queue == bindparam("queue"),
        _DUE.c.ready_at <= bindparam("now"),
        or_(_DUE.c.lease_until.is_(None), _DUE.c.lease_until <= bindparam("now")),
    )
    .limit(bindparam("most"))
)
_OF_CHANNELS = _DUE.c.channel.in_(bindparam("channels", expanding=True))
_READY_OF = _READY.where(_OF_CHANNELS)
_NEXT = _READY.order_by(_DUE.c.ready_at).with_for_update(skip_locked=True)
_NEXT_OF = _NEXT.where(_OF_CHANNELS)
_OF_ONE = and_(
    _DUE.c.queue == bindparam("of_queue"),
    _DUE.c.conversation_id == bindparam("of_conversation"),
)
_TAKE = update(_DUE).where(_OF_ONE)
_OF_HOLDER = and_(_OF_ONE, _DUE.c.token == bindparam("of_token"))
_THEN = bindparam("not_before", type_=_DUE.c.ready_at.type)
_RELEASE = (
    update(_DUE)
    .where(_OF_HOLDER)
    .values(
        token=None,
        holder=None,
        lease_until=None,
        tries=0,
        ready_at=case((_DUE.c.ready_at > _THEN, _DUE.c.ready_at), else_=_THEN),
    )
    .returning(_DUE.c.conversation_id)
)
_DELETE = delete(_DUE).where(_OF_ONE)
_REMOVE = delete(_DUE).where(_OF_HOLDER).returning(_DUE.c.conversation_id)
_ANNOUNCED = (
    select(Due)
    .where(
        Due.queue == bindparam("queue"),
        Due.conversation_id.in_(bindparam("wanted", expanding=True)),
    )
    .order_by(Due.conversation_id)
    .with_for_update()
    .execution_options(populate_existing=True)
)


@dataclass(frozen=True, slots=True)
class Held:
    """A claimed conversation; `crashed` when the last holder let its lease run out."""

    conversation_id: str
    token: str
    lease_until: datetime
    crashed: bool


def backoff(tries: int, *, first: float = 1.0, most: float = 60.0) -> timedelta:
    """Delay before try number `tries` + 1: doubling, with jitter so that retries spread out."""
    delay = min(most, first * 2 ** min(max(tries - 1, 0), 16))
    return timedelta(seconds=delay * random.uniform(0.75, 1.25))  # noqa: S311


@dataclass(frozen=True, slots=True)
class Work:
    """Work of a conversation, to be begun at `ready_at`.

    With `latest`, work already announced and in nobody's hands is moved to `ready_at`, but not
    beyond `latest` after it was announced.
    """

    conversation_id: str
    channel: str
    ready_at: datetime
    latest: timedelta | None = None


def put_due(session: Session, queue: str, now: datetime, *works: Work) -> None:
    """Announce work of conversations (locked by the caller)."""
    new: dict[str, dict[str, Any]] = {}
    for work in works:
        row = new.get(work.conversation_id)
        if row is not None:
            row["ready_at"] = _moved(row["ready_at"], now, work, held=False)
            continue
        new[work.conversation_id] = {
            "queue": queue,
            "conversation_id": work.conversation_id,
            "channel": work.channel,
            "ready_at": work.ready_at,
            "waiting_since": now,
            "tries": 0,
        }
    # Nearly always there is no other work yet; only then is it worth a look.
    announced = insert_new(
        session, Due, *(new[name] for name in sorted(new)), key="conversation_id"
    )
    wanted = sorted(new.keys() - announced)
    if not wanted:
        return
    found = session.scalars(_ANNOUNCED, {"queue": queue, "wanted": wanted})
    known = {due.conversation_id: due for due in found}
    for work in works:
        due = known.get(work.conversation_id)
        if due is not None:
            due.ready_at = _moved(due.ready_at, due.waiting_since, work, held=due.token is not None)


def _moved(ready_at: datetime, since: datetime, work: Work, *, held: bool) -> datetime:
    if work.latest is not None and not held:
        return min(work.ready_at, since + work.latest)
    # A pause before the next message to one person must not be cut short.
    return max(ready_at, work.ready_at)


def claim(
    session: Session,
    queue: str,
    holder: str,
    now: datetime,
    lease: timedelta,
    channels: Collection[str] | None = None,
    most: int = 1,
) -> list[Held]:
    """Take the conversations that have been ready longest; none when there are none."""
    query, found = _asked(_NEXT, _NEXT_OF, queue, now, channels)
    connection = session.connection()
    ready = connection.execute(query, found | {"most": most}).all()
    until = now + lease
    taken = [Held(d.conversation_id, new_id(), until, crashed=d.token is not None) for d in ready]
    if taken:
        connection.execute(
            _TAKE,
            [
                {
                    "of_queue": queue,
                    "of_conversation": held.conversation_id,
                    "token": held.token,
                    "holder": holder,
                    "lease_until": held.lease_until,
                }
                for held in taken
            ],
        )
    return taken


def is_ready(
    session: Session, queue: str, now: datetime, channels: Collection[str] | None = None
) -> bool:
    """Whether there is a conversation that may be claimed now; locks nothing."""
    query, found = _asked(_READY, _READY_OF, queue, now, channels)
    return session.connection().execute(query, found | {"most": 1}).first() is not None


def _asked(
    of_all: _Ready,
    of_some: _Ready,
    queue: str,
    now: datetime,
    channels: Collection[str] | None,
) -> tuple[_Ready, dict[str, Any]]:
    found = {"queue": queue, "now": now}
    if channels is None:
        return of_all, found
    return of_some, found | {"channels": list(channels)}


def let_go(
    session: Session,
    queue: str,
    conversation_id: str,
    token: str,
    not_before: datetime,
    **more: datetime,
) -> None:
    """Give a conversation back that still has work, for then or for when it was announced.

    LeaseLost when the token is no longer the one. `more` are columns to set.
    """
    then = {"not_before": not_before, **more}
    _own(session, _RELEASE, queue, conversation_id, token, then)


def end(session: Session, queue: str, conversation_id: str, token: str) -> None:
    """The holder has no work left; LeaseLost when the token is no longer the one."""
    _own(session, _REMOVE, queue, conversation_id, token, {})


def _own(
    session: Session,
    step: Executable,
    queue: str,
    conversation_id: str,
    token: str,
    then: dict[str, datetime],
) -> None:
    whose = {"of_queue": queue, "of_conversation": conversation_id, "of_token": token}
    if session.connection().execute(step, whose | then).first() is None:
        raise LeaseLost(conversation_id)


def renew(session: Session, queue: str, conversation_id: str, token: str, until: datetime) -> None:
    """Hold on for longer; LeaseLost when somebody else has the conversation."""
    changed = session.execute(
        update(Due)
        .where(Due.queue == queue, Due.conversation_id == conversation_id, Due.token == token)
        .values(lease_until=until)
        .returning(Due.conversation_id)
    ).scalar_one_or_none()
    if changed is None:
        raise LeaseLost(conversation_id)


def held(session: Session, queue: str, conversation_id: str, token: str) -> Due:
    """The row of a claim, locked; LeaseLost when the token is no longer the one."""
    due = session.scalar(_ANNOUNCED, {"queue": queue, "wanted": [conversation_id]})
    if due is None or due.token != token:
        raise LeaseLost(conversation_id)
    return due


def release(due: Due, ready_at: datetime | None, *, failed: bool = False) -> None:
    """Give a conversation back that still has work; `ready_at` None leaves it as it is."""
    due.token = due.holder = due.lease_until = None
    due.tries = due.tries + 1 if failed else 0
    if ready_at is not None:
        due.ready_at = ready_at


def expire_dead(
    session: Session, queue: str, host: str, alive: Callable[[str], bool], now: datetime
) -> None:
    """End the leases of processes of this host that no longer run: no need to wait for them.

    Holders are named `host:number:...`; `alive` tells whether such a process runs.
    """
    query = select(Due).where(
        Due.queue == queue,
        Due.lease_until > now,
        Due.holder.startswith(f"{host}:", autoescape=True),
    )
    for due in session.scalars(query.with_for_update(skip_locked=True)):
        if due.holder is not None and not alive(due.holder):
            due.lease_until = now


def remove(session: Session, queue: str, conversation_id: str) -> None:
    """No work is left."""
    whose = {"of_queue": queue, "of_conversation": conversation_id}
    session.connection().execute(_DELETE, whose)
