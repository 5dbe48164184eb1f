"""What can go wrong in the store, as types a caller can act upon."""

from __future__ import annotations


class StoreError(Exception):
    """Base of the store's errors; texts hold ids only, never content."""


class StoreUnavailable(StoreError):
    """The database cannot be reached, is locked or full: try again later."""


class LeaseLost(StoreError):
    """The work was claimed by somebody else, or erased, in the meantime: drop it."""


class TurnConflict(StoreError):
    """The case changed while the turn was being taken: take it again."""


class NotFound(StoreError):
    """No such conversation, case or message."""


class BadKeys(StoreError):
    """A data key is missing or malformed, or does not fit this database."""
