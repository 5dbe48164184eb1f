"""The readers of who the patient is, where, and how they are, in the order of preference."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.oncology.answers import read_short
from bot.oncology.body import read_body
from bot.oncology.dates import read_dates
from bot.oncology.health import read_health
from bot.oncology.labs import read_labs
from bot.oncology.people import read_people
from bot.oncology.performance import read_performance
from bot.oncology.places import read_places
from bot.oncology.reading import Ambiguity, FlagMention, Mention
from bot.oncology.red_flags import read_flags
from bot.oncology.symptoms import read_symptoms
from bot.oncology.text import Document

PersonReader = Callable[[Document, str | None], Iterable[Mention | FlagMention | Ambiguity]]

PERSON_READERS: tuple[PersonReader, ...] = (
    read_flags,
    read_places,
    read_people,
    read_performance,
    read_symptoms,
    read_health,
    read_labs,
    read_body,
    read_dates,
    read_short,
)
