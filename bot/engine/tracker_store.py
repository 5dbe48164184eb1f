"""The engine's short memory: slots and the last few turns of recent conversations.

Everything that matters lives in the case, in our own database; the engine only needs the slots
and the current turn. So a turn costs the same at the start and after hundreds of messages, and
memory is bounded by two numbers. Losing a conversation here loses nothing: the next turn starts
with a new tracker and the action server brings the case.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from itertools import islice

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker


class RecentTurns(TrackerStore):
    """Keeps the most recently used conversations, and of each the last turns."""

    def __init__(
        self,
        domain: Domain | None = None,
        host: str | None = None,
        event_broker: EventBroker | None = None,
        conversations: int = 5000,
        turns: int = 2,
        **kwargs: object,
    ) -> None:
        """Set both bounds: how many conversations, and how many turns of each."""
        super().__init__(domain, event_broker, **kwargs)
        self._conversations = conversations
        self._turns = turns
        self._events: OrderedDict[str, list[Event]] = OrderedDict()

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep the end of the conversation, forget the conversation unused for longest.

        A tracker without events is nothing to remember: what was kept of the conversation goes.
        """
        if not tracker.events:
            await self.delete(tracker.sender_id)
            return
        await self.stream_events(tracker)
        self._events[tracker.sender_id] = recent_events(tracker, self._turns)
        self._events.move_to_end(tracker.sender_id)
        while len(self._events) > self._conversations:
            self._events.popitem(last=False)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The tracker as it was saved, or None for a conversation that is not remembered."""
        events = self._events.get(sender_id)
        if events is None:
            return None
        tracker = self.init_tracker(sender_id)
        for event in events:
            tracker.update(event, self.domain)
        return tracker

    async def keys(self) -> Iterable[str]:
        """Ids of the conversations remembered."""
        return list(self._events)

    async def delete(self, sender_id: str) -> None:
        """Forget a conversation."""
        self._events.pop(sender_id, None)


def recent_events(tracker: DialogueStateTracker, turns: int) -> list[Event]:
    """The slots as events, then the last `turns` user messages with all that followed them."""
    events = list(tracker.events)
    starts = (i for i in reversed(range(len(events))) if isinstance(events[i], UserUttered))
    kept = list(islice(starts, turns))
    if not kept or kept[-1] < 2:
        return events
    first = kept[-1]
    before = tracker.travel_back_in_time(events[first - 1].timestamp)
    slots = [
        SlotSet(name, slot.value, timestamp=events[0].timestamp)
        for name, slot in before.slots.items()
        if slot.value != slot.initial_value
    ]
    return [
        *slots,
        ActionExecuted(ACTION_LISTEN_NAME, timestamp=events[0].timestamp),
        *events[first:],
    ]
