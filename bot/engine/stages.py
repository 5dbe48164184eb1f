"""Where the time of a turn goes inside the engine; told with its replies.

Four stages: `understand` (vocabulary and model), `predict` (rules), `act` (the call of the action
server), `say` (texts of the catalogue). What is left of the turn is Rasa's own bookkeeping.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_spent: ContextVar[dict[str, float] | None] = ContextVar("spent", default=None)


@contextmanager
def measured() -> Iterator[dict[str, float]]:
    """Seconds of each stage that the block goes through."""
    spent: dict[str, float] = {}
    token = _spent.set(spent)
    try:
        yield spent
    finally:
        _spent.reset(token)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """The block is a stage of the turn, if one is measured."""
    spent, began = _spent.get(), time.perf_counter()
    try:
        yield
    finally:
        if spent is not None:
            spent[name] = spent.get(name, 0.0) + time.perf_counter() - began
