"""Questions that Rasa asks itself anew with every turn although the answer never changes.

Whether a domain is empty, for which it builds an empty one and writes both out; and which class of
event goes by a name, for which it goes through all classes. A twentieth of an engine's processor
time. Rasa offers no other place to answer them, so two functions are replaced at start.
"""

from __future__ import annotations

from functools import cache

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event

_is_empty_of_rasa = Domain.is_empty
_resolve_of_rasa = Event.resolve_by_type
_ANSWER = "_intake_is_empty"

REPLACED = {
    "Domain.is_empty": Domain.is_empty,
    "Event.resolve_by_type": Event.resolve_by_type,
}


def install() -> None:
    """Put both in place; calling it again changes nothing."""
    Domain.is_empty = _is_empty
    Event.resolve_by_type = staticmethod(cache(_resolve_of_rasa))


def _is_empty(self: Domain) -> bool:
    # Kept with the domain, whose hash is worked out anew each time too.
    if _ANSWER not in self.__dict__:
        setattr(self, _ANSWER, _is_empty_of_rasa(self))
    return bool(getattr(self, _ANSWER))
