"""The inbox: messages are taken in once, and answered once, in order.

Guarantee: `receive` returns after the message is durably stored; the same provider message, at
once or months later, from one gateway or several, is stored once. A conversation is held by one
worker at a time. `finish` stores the replies and the message's "done" in one transaction and only
while the claim still holds, so a crash at any moment leads to the turn being claimed again, never
to a second set of replies.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, func, select, update
from sqlalchemy.orm import Session

from bot.store.attention import UNANSWERED, ask_for
from bot.store.cases import stored
from bot.store.database import Database, table_of
from bot.store.errors import NotFound
from bot.store.messages import Author, InboundMessage, Kind, OutboundReply, State
from bot.store.outgoing import write_replies
from bot.store.queue import (
    INBOX,
    Held,
    Work,
    backoff,
    claim,
    end,
    expire_dead,
    held,
    is_ready,
    let_go,
    put_due,
    release,
    remove,
    renew,
)
from bot.store.receiving import known, take_in
from bot.store.records import Arrival, ClaimedTurn, QueueDepth, Received, TakenMessage
from bot.store.tables import IS_OPEN, IS_TROUBLE, Conversation, Due, Message

LONGEST_PAUSE, LONGEST_PAUSE_IN_OUTAGE = 60.0, 15.0  # seconds between two tries of a turn
MAX_ATTEMPTS = 8  # then the message is given up and a coordinator sees it


class _Waiting(NamedTuple):
    """A message that waits for its turn."""

    id: str
    turn_id: str | None
    kind: str
    body: Any
    attempts: int
    apologised: bool
    created_at: datetime


# What people send in pieces: short texts, the photos of an album.
IN_PIECES = frozenset({Kind.TEXT, Kind.FILE})
QUEUED_IN = (IS_OPEN, Message.state == State.QUEUED, Message.author == Author.PATIENT)
_OF_CONVERSATION = Message.conversation_id == bindparam("conversation")
# Statements of every turn are built once: building them costs as much as running them.
# Whole rows of the table: nobody keeps them, and objects of the session cost as much again.
_MESSAGES = table_of(Message)
_QUEUED = (
    select(*(_MESSAGES.c[name] for name in _Waiting._fields))
    .where(_OF_CONVERSATION, *QUEUED_IN)
    # A turn already begun comes first, then the provider's order, then ours.
    .order_by(Message.turn_id.is_(None), Message.sequence.asc().nulls_last(), Message.seq)
    .limit(bindparam("most"))
)
_OLDEST = select(func.min(_MESSAGES.c.created_at)).where(_OF_CONVERSATION, *QUEUED_IN)
_OF_IDS = _MESSAGES.c.id.in_(bindparam("ids", expanding=True))
_CHANGE = update(_MESSAGES).where(_OF_IDS)
_TRY_AGAIN = _CHANGE.values(attempts=_MESSAGES.c.attempts + 1)
_PEOPLE = table_of(Conversation)
_WHO = select(_PEOPLE.c.channel, _PEOPLE.c.profile_name, _PEOPLE.c.epoch, _PEOPLE.c.address).where(
    _PEOPLE.c.id == bindparam("conversation")
)


class Inbox:
    """Messages of people, from the webhook to the end of their turn."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def receive(
        self, message: InboundMessage, pause: float = 0.0, urgent: bool = False
    ) -> Received:
        """Store a message; it is claimable after `pause` seconds, or at once when `urgent`.

        A later message within the pause starts it anew, so that several short ones are taken
        together (`claim(group=...)`). Raises StoreUnavailable when nothing could be stored.
        """
        return self.receive_many([Arrival(message, pause, urgent)])[0]

    def receive_many(
        self, arrivals: Sequence[Arrival], seen: Callable[[], None] | None = None
    ) -> list[Received]:
        """Store messages that came at the same time, in their order, with one commit for all.

        `seen` is called when they may be claimed, a moment before they are surely on the disk.
        Raises StoreUnavailable when none could be stored.
        """
        # What a turn sends waits for the disk itself, and with it for these.
        with self._db.write(relaxed=self._db.is_sqlite) as session:
            received = take_in(self._db, session, arrivals)
        if seen is not None:
            seen()
        self._db.wait_for_disk()
        return received

    def known(self, messages: Sequence[InboundMessage]) -> list[bool]:
        """Which of these were received before; what still waits takes the copy's place in line."""
        with self._db.write() as session:
            return known(self._db, session, messages)

    def hurry(self, message_id: str) -> None:
        """Take a message's turn at once, also when it was only to be kept."""
        now = self._db.now()
        with self._db.write() as session:
            row = session.scalar(select(Message).where(Message.id == message_id))
            if row is None or self._db.lock_conversation(session, row.conversation_id) is None:
                return
            if row.state == State.DONE and row.error_code is not None:
                row.state, row.error_code = State.QUEUED, None
            if row.state == State.QUEUED:
                conversation = session.get_one(Conversation, row.conversation_id)
                work = Work(conversation.id, conversation.channel, now, timedelta())
                put_due(session, INBOX, now, work)

    def claim(
        self,
        worker_id: str,
        lease_seconds: float = 60.0,
        group: int = 1,
        channels: Collection[str] | None = None,
    ) -> ClaimedTurn | None:
        """Take the next turn, or None; up to `group` texts or files in a row are one turn.

        With `channels`, only of these.
        """
        return next(iter(self.claim_many(worker_id, lease_seconds, group, channels, 1)), None)

    def claim_many(
        self,
        worker_id: str,
        lease_seconds: float,
        group: int,
        channels: Collection[str] | None,
        most: int,
        *,
        announced: bool = False,
    ) -> list[ClaimedTurn]:
        """Take the next turns of up to `most` conversations, with one commit for all.

        What was not `announced` is looked for first, without keeping other writers waiting.
        """
        now, lease = self._db.now(), timedelta(seconds=lease_seconds)
        if not announced:
            with self._db.read() as session:
                if not is_ready(session, INBOX, now, channels):
                    return []
        turns: list[ClaimedTurn] = []
        with self._db.write(relaxed=True) as session:
            for taken in claim(session, INBOX, worker_id, now, lease, channels, most):
                rows, more = _next_turn(session, taken, group, now)
                if rows:
                    turns.append(_claimed(session, taken, rows, more))
                else:
                    remove(session, INBOX, taken.conversation_id)
        return turns

    def expire_dead(self, host: str, alive: Callable[[str], bool]) -> None:
        """End the leases of this host's processes that no longer run (called at start)."""
        with self._db.write() as session:
            expire_dead(session, INBOX, host, alive, self._db.now())

    def renew(self, turn: ClaimedTurn, lease_seconds: float = 60.0) -> None:
        """Hold the conversation for longer; LeaseLost when it is held by somebody else."""
        with self._db.write(relaxed=True) as session:
            until = self._db.now() + timedelta(seconds=lease_seconds)
            renew(session, INBOX, turn.conversation_id, turn.token, until)

    def finish(self, turn: ClaimedTurn, replies: Sequence[OutboundReply]) -> list[str]:
        """Store the replies and mark the turn's messages done, together; gives the replies' ids.

        Whoever sends a reply waits for the disk before it leaves the house, and with it for this.
        """
        now = self._db.now()
        with self._db.write(relaxed=True) as session:
            addressee = self._db.lock_addressee(session, turn.conversation_id)
            _settle(session, turn, State.DONE, now)
            _go_on(session, turn, now)
            if addressee is None:
                raise NotFound(turn.conversation_id)
            return write_replies(
                session,
                addressee,
                replies,
                now,
                turn_id=turn.message_id,
                epoch=turn.epoch,
            )

    def fail(
        self,
        turn: ClaimedTurn,
        code: str,
        apology: OutboundReply | None = None,
        counts: bool = True,
    ) -> bool:
        """The turn could not be taken: try again later; True when it was given up.

        `apology` is sent unless this turn has had one. `counts` is false for an outage, which says
        nothing about the message: such a turn is tried for as long as it takes.
        """
        now = self._db.now()
        with self._db.write() as session:
            conversation = self._db.lock_conversation(session, turn.conversation_id)
            due = held(session, INBOX, turn.conversation_id, turn.token)
            if conversation is None:
                raise NotFound(turn.conversation_id)
            if apology is not None and not turn.apologised:
                write_replies(session, conversation, [apology], now, turn_id=turn.message_id)
            attempts = turn.attempts + (1 if counts else 0)
            given_up = attempts >= MAX_ATTEMPTS
            session.execute(
                update(Message)
                .where(_of_turn(turn))
                .values(
                    attempts=attempts,
                    error_code=code,
                    apologised=turn.apologised or apology is not None,
                    updated_at=now,
                )
            )
            if given_up:
                ask_for(session, turn.conversation_id, UNANSWERED, now)
                _settle(session, turn, State.DEAD, now)
                _go_on(session, turn, now)
            else:
                # After an outage people should not wait for the end of a long pause.
                longest = LONGEST_PAUSE if counts else LONGEST_PAUSE_IN_OUTAGE
                release(due, now + backoff(due.tries + 1, most=longest), failed=True)
            return given_up

    def give_back(self, turn: ClaimedTurn) -> None:
        """Hand an untouched turn back at once (graceful stop)."""
        with self._db.write() as session:
            release(held(session, INBOX, turn.conversation_id, turn.token), None)

    def depth(self) -> QueueDepth:
        """Messages waiting for their turn, the age of the oldest, and those given up."""
        now = self._db.now()
        with self._db.read() as session:
            waiting = session.scalar(select(func.count(Message.seq)).where(*QUEUED_IN))
            oldest = session.scalar(select(func.min(Due.waiting_since)).where(Due.queue == INBOX))
            dead = session.scalar(
                select(func.count(Message.seq)).where(IS_TROUBLE, Message.state == State.DEAD)
            )
        age = (now - oldest).total_seconds() if oldest else 0.0
        return QueueDepth(waiting or 0, max(age, 0.0), dead or 0)

    def retry(self, message_id: str) -> None:
        """Put a given-up message back into the queue ("try again" of the console)."""
        now = self._db.now()
        with self._db.write() as session:
            row = session.scalar(
                select(Message).where(Message.id == message_id, Message.state == State.DEAD)
            )
            if row is None:
                raise NotFound(message_id)
            conversation = self._db.lock_conversation(session, row.conversation_id)
            if conversation is None:
                raise NotFound(message_id)
            row.state, row.attempts, row.error_code = State.QUEUED, 0, None
            row.turn_id = None
            put_due(session, INBOX, now, Work(conversation.id, conversation.channel, now))


def _next_turn(
    session: Session, taken: Held, group: int, now: datetime
) -> tuple[list[_Waiting], bool]:
    """The messages of the next turn, oldest first, and whether others wait behind them.

    A turn once begun keeps its messages.
    """
    connection = session.connection()
    found = {"conversation": taken.conversation_id, "most": max(group, 10)}
    rows = list(map(_Waiting._make, connection.execute(_QUEUED, found)))
    while rows:
        turn = _same_turn(rows, group)
        ids = [row.id for row in turn]
        # Of a turn with which its last holder died, it may be the reason.
        if turn[0].attempts + taken.crashed < MAX_ATTEMPTS:
            if turn[0].turn_id is None or taken.crashed:
                begin = _TRY_AGAIN if taken.crashed else _CHANGE
                connection.execute(begin, {"ids": ids, "turn_id": turn[0].turn_id or turn[0].id})
            return turn, len(rows) > len(turn)
        dead = {"state": State.DEAD, "error_code": "crashed", "updated_at": now}
        connection.execute(_TRY_AGAIN, {"ids": ids, **dead})
        rows = rows[len(turn) :]
    return [], False


def _same_turn(rows: list[_Waiting], group: int) -> list[_Waiting]:
    first = rows[0]
    if first.turn_id is not None:
        return [row for row in rows if row.turn_id == first.turn_id]
    together = [first]
    for row in rows[1:group]:
        if first.kind not in IN_PIECES or row.kind != first.kind:
            break
        together.append(row)
    return together


def _claimed(session: Session, taken: Held, rows: list[_Waiting], more: bool) -> ClaimedTurn:
    found = {"conversation": taken.conversation_id}
    conversation = session.connection().execute(_WHO, found).one()
    case = stored(session, taken.conversation_id)
    first = rows[0]
    return ClaimedTurn(
        conversation_id=taken.conversation_id,
        message_id=first.turn_id or first.id,
        token=taken.token,
        lease_until=taken.lease_until,
        messages=tuple(TakenMessage(r.id, InboundMessage.model_validate(r.body)) for r in rows),
        channel=conversation.channel,
        profile_name=conversation.profile_name,
        language=case.language if case else None,
        asks=case.asks if case else None,
        state=case.state if case else None,
        epoch=conversation.epoch,
        attempts=first.attempts + taken.crashed,
        apologised=first.apologised,
        received_at=first.created_at,
        address=conversation.address,
        more=more,
    )


def _of_turn(turn: ClaimedTurn) -> ColumnElement[bool]:
    return Message.id.in_([taken.message_id for taken in turn.messages])


def _settle(session: Session, turn: ClaimedTurn, state: State, now: datetime) -> None:
    ids = [taken.message_id for taken in turn.messages]
    session.connection().execute(_CHANGE, {"ids": ids, "state": state, "updated_at": now})


def _go_on(session: Session, turn: ClaimedTurn, now: datetime) -> None:
    """Release the conversation for its next message, or take it out of the queue.

    It goes to the end of the line: somebody who writes a lot does not keep others waiting.
    LeaseLost when somebody else has it.
    """
    whose = (INBOX, turn.conversation_id, turn.token)
    asked = {"conversation": turn.conversation_id}
    oldest = session.connection().execute(_OLDEST, asked).scalar()
    if oldest is None:
        end(session, *whose)
    else:
        let_go(session, *whose, not_before=now, waiting_since=oldest)
