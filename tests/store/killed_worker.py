"""A worker and sender in one process, to be killed: `-m tests.store.killed_worker URL KEY FILE`.

Answers each message with its own text; what it "sends" it appends to a file that stands for the
provider.
"""

from __future__ import annotations

import os
import sys
import time

from bot.store import OutboundReply, Store
from bot.store.errors import LeaseLost

HOST = "test"
LEASE_SECONDS = 600.0


def main(url: str, key: str, provider: str) -> None:
    """Work until killed."""
    store = Store.open(url, [key])
    me = f"{HOST}:{os.getpid()}:x"
    # What a killed one held is free at once; a lease would take longer, or end too soon on a busy
    # machine.
    store.inbox.expire_dead(HOST, _is_alive)
    store.outbox.expire_dead(HOST, _is_alive)
    print("ready", flush=True)
    while True:
        turn = store.inbox.claim(me, lease_seconds=LEASE_SECONDS)
        if turn is not None:
            texts = " ".join(taken.message.text or "" for taken in turn.messages)
            try:
                store.inbox.finish(turn, [OutboundReply(text=texts)])
            except LeaseLost:
                continue
        delivery = store.outbox.claim(me, ["whatsapp"], lease_seconds=LEASE_SECONDS)
        if delivery is not None:
            line = f"{delivery.conversation_id} {delivery.message_id} {delivery.content.text}\n"
            if not (delivery.maybe_sent and _knows(provider, delivery.message_id)):
                with open(provider, "a", encoding="utf-8") as file:  # noqa: PTH123
                    file.write(line)
            try:
                store.outbox.mark_sent(delivery, delivery.message_id)
            except LeaseLost:
                continue
        if turn is None and delivery is None:
            time.sleep(0.02)


def _is_alive(holder: str) -> bool:
    try:
        os.kill(int(holder.split(":")[1]), 0)
    except ProcessLookupError:
        return False
    return True


def _knows(provider: str, message_id: str) -> bool:
    with open(provider, encoding="utf-8") as file:  # noqa: PTH123
        return message_id in file.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
