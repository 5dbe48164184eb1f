"""Whatever happens in whatever order, every message is answered once and in order.

Hypothesis invents the runs: people write, providers repeat, workers claim, die, come back too late
with their answer, the engine fails, leases run out, people are erased.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from itertools import count
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from bot.store import (
    Author,
    InboundMessage,
    LeaseLost,
    NotFound,
    State,
    Store,
    conversations,
    inbox,
    new_key,
)
from bot.store.records import ClaimedTurn
from tests.conftest import Clock
from tests.store.people import message, reply

PEOPLE = st.sampled_from(["+1", "+2", "+3"])
_key = new_key()
_kept = tempfile.TemporaryDirectory(prefix="intake-machine-")
_folder = Path(_kept.name)


def _empty_database() -> Path:
    path = _folder / "empty.db"
    if not path.exists():
        store = Store.open(f"sqlite:///{path}", [_key])
        store.migrate()
        with store.database.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
        store.close()
    return path


class InboxMachine(RuleBasedStateMachine):
    """The inbox beside a list of who wrote what."""

    sent = Bundle("sent")
    claims = Bundle("claims")

    @initialize()
    def open(self) -> None:
        self.clock = Clock()
        for left in _folder.glob("run.db*"):
            left.unlink()
        shutil.copy(_empty_database(), _folder / "run.db")
        self.store = Store.open(f"sqlite:///{_folder / 'run.db'}", [_key], self.clock)
        self.written: dict[str, list[str]] = {}  # conversation -> message ids, in order
        self.group = 3
        # Giving up is tested elsewhere: here no message may ever be.
        self.attempts, inbox.MAX_ATTEMPTS = inbox.MAX_ATTEMPTS, 1_000_000
        # Chance in an id would make a run that fails impossible to repeat.
        numbers = count()
        self.new_id, conversations.new_id = conversations.new_id, lambda: f"c{next(numbers):04}"

    def teardown(self) -> None:
        if not hasattr(self, "store"):
            return
        self._finish_everything()
        for conversation, ids in self.written.items():
            heard, replied = self._transcript(conversation)
            assert heard == ids, "every message is there, in the order in which it came"
            assert replied == ids, "every message was answered once, in the order in which it came"
        self.store.close()
        inbox.MAX_ATTEMPTS, conversations.new_id = self.attempts, self.new_id

    @rule(target=sent, person=PEOPLE, pause=st.sampled_from([0.0, 2.0]), urgent=st.booleans())
    def writes(self, person: str, pause: float, urgent: bool) -> InboundMessage:
        text = message("text", person)
        received = self.store.inbox.receive(text, pause=pause, urgent=urgent)
        assert not received.duplicate
        self.written.setdefault(received.conversation_id, []).append(received.message_id)
        return text

    @rule(repeated=sent)
    def provider_repeats(self, repeated: InboundMessage) -> None:
        assert self.store.inbox.receive(repeated).duplicate

    @rule(target=claims)
    def worker_claims(self) -> object:
        turn = self.store.inbox.claim("worker", 30, self.group)
        return multiple() if turn is None else turn

    @rule(turn=consumes(claims), twice=st.booleans())
    def worker_finishes(self, turn: ClaimedTurn, twice: bool) -> None:
        with suppress(LeaseLost, NotFound):
            self._answer(turn)
            if twice:
                self._answer(turn)

    @rule(turn=consumes(claims), counts=st.booleans())
    def engine_fails(self, turn: ClaimedTurn, counts: bool) -> None:
        with suppress(LeaseLost, NotFound):
            self.store.inbox.fail(turn, "engine", counts=counts)

    @rule(turn=claims)
    def worker_renews(self, turn: ClaimedTurn) -> None:
        with suppress(LeaseLost):
            self.store.inbox.renew(turn, 30)

    @rule(seconds=st.sampled_from([1, 5, 70]))
    def time_passes(self, seconds: int) -> None:
        self.clock.forward(seconds=seconds)

    @precondition(lambda self: bool(getattr(self, "written", None)))
    @rule(data=st.data())
    def is_erased(self, data: st.DataObject) -> None:
        conversation = data.draw(st.sampled_from(sorted(self.written)))
        self.store.erase(conversation)
        del self.written[conversation]

    @invariant()
    def nobody_is_answered_twice(self) -> None:
        if not hasattr(self, "store"):
            return
        for conversation in self.written:
            _heard, replied = self._transcript(conversation)
            assert len(replied) == len(set(replied))

    def _answer(self, turn: ClaimedTurn) -> None:
        # One reply names every message that it answers.
        ids = " ".join(taken.message_id for taken in turn.messages)
        self.store.inbox.finish(turn, [reply(ids)])

    def _finish_everything(self) -> None:
        for _ in range(1000):
            self.clock.forward(seconds=70)
            turn = self.store.inbox.claim("last", 30, self.group)
            if turn is not None:
                self._answer(turn)
            elif self.store.inbox.depth().waiting == 0:
                return
        raise AssertionError("the inbox does not become empty")

    def _transcript(self, conversation: str) -> tuple[list[str], list[str]]:
        lines = list(reversed(self.store.transcript(conversation, limit=10_000)))
        heard = [line.message_id for line in lines if line.author is Author.PATIENT]
        replies = [line.text or "" for line in lines if line.author is Author.BOT]
        assert not [line for line in lines if line.state is State.DEAD]
        return heard, " ".join(replies).split()


InboxMachine.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestInbox = InboxMachine.TestCase
