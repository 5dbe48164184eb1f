"""Reads how long after treatment the disease came back where two dates tell it.

"Carboplatin ended March 2022, relapse May 2024" is 26 months. With the years alone the time is told
only when at least two years lie between, for less could be anything from no month to 23.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from bot.oncology.context import context_of
from bot.oncology.courses import course
from bot.oncology.dates import Told, told_dates
from bot.oncology.disease_course import read_relapse_time
from bot.oncology.phrases import PhraseBook
from bot.oncology.reading import Mention
from bot.oncology.status import relapses
from bot.oncology.text import Document

_NEAR: Final = 4  # tokens between a word and its date
_LONGEST: Final = 600  # months


@dataclass(frozen=True, slots=True)
class _Dated:
    """A date and how many tokens it stands from the word it belongs to."""

    told: Told
    gap: int


def read_relapse_dates(doc: Document, asks: str | None) -> Iterable[Mention]:
    """`months_to_relapse` from the end of treatment to the relapse."""
    said = list(relapses(doc))
    if not said or any(True for _ in read_relapse_time(doc, asks)):
        return []
    dates = list(told_dates(doc))
    if len(dates) < 2:
        return []
    ends = [(hit.first, hit.last) for hit in _ends().find(doc)]
    end = _nearest(doc, dates, ends)
    back = _nearest(doc, dates, ((hit.first, hit.last) for hit in said))
    if end is None or back is None or end.told == back.told:
        return []
    months = _between(end.told, back.told)
    if months is None or context_of(doc).owners.is_other(said[0].first):
        return []
    low, high = sorted((end.told, back.told), key=lambda told: told.nstart)
    start, stop = doc.origin(low.nstart, high.nend)
    return [Mention("months_to_relapse", months, doc.words(start, stop), start, stop, 0.9)]


def _between(end: Told, back: Told) -> int | None:
    """Months from one date to another; None when the dates cannot tell."""
    years = back.year - end.year
    if end.month and back.month:
        months = 12 * years + back.month - end.month
        return months if 0 <= months <= _LONGEST else None
    return 12 * years if 2 <= years <= _LONGEST // 12 else None


def _nearest(doc: Document, dates: list[Told], spans: Iterable[tuple[int, int]]) -> _Dated | None:
    return min(_beside(doc, dates, spans), key=lambda dated: dated.gap, default=None)


def _beside(doc: Document, dates: list[Told], spans: Iterable[tuple[int, int]]) -> Iterator[_Dated]:
    """Dates near the words, those behind them first."""
    for first, last in spans:
        for told in dates:
            low, high = doc.token_span(told.nstart, told.nend)
            if 0 <= low - last <= _NEAR:
                yield _Dated(told, low - last)
            elif 0 <= first - high <= 1:
                yield _Dated(told, first - high + _NEAR)


@cache
def _ends() -> PhraseBook[str]:
    return PhraseBook((phrase, phrase) for phrase in course().ended)
