"""Search over all cases: numbers, labels, and the words of messages, replies, names and notes.

What is searched for stands in no address and no log: it may name an illness or a person.
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.responses import Response

from bot.console import queue
from bot.console.frame import Visit
from bot.console.transcript import shown
from bot.store import console_queries
from bot.store.queries import CaseFilter, CaseLine
from bot.store.search import look_for
from bot.store.words import word_keys, words_of

LONGEST = 80
PAGE = 50
PART = 4  # letters in the middle of a case number
AT_ONCE = 1000  # new messages that a search takes in first


def show_empty(visit: Visit) -> Response:
    """The page before anything was typed, or after a reload of what was found."""
    return _page(visit, "", (), "")


def show(visit: Visit) -> Response:
    """Cases by their number or label first, then those that every word was used about."""
    wanted, after = visit.said("q")[:LONGEST], visit.said("after")
    if not wanted:
        return show_empty(visit)
    visit.store.indexing.catch_up(AT_ONCE)
    visit.store.audit.write(visit.me.name, "queue.search", "queue")
    named = () if after else _named(visit, wanted)
    lines = _worded(visit, wanted, after)
    next_page = queue.key_of(lines[PAGE - 1]) if len(lines) > PAGE else ""
    already = {line.number for line in named}
    found = [*named, *(line for line in lines[:PAGE] if line.number not in already)]
    return _page(visit, wanted, found, next_page)


def _named(visit: Visit, wanted: str) -> tuple[CaseLine, ...]:
    """By a label, or by part of a number: it has digits, or is as short as the parts are."""
    numbers = console_queries.tagged(visit.store, wanted, PAGE)
    if any(c.isdigit() for c in wanted) or len(wanted.upper().removeprefix("C-")) <= PART:
        numbers += console_queries.numbers_like(visit.store, wanted, PAGE)
    return tuple(visit.store.queries.lines(numbers)) if numbers else ()


def _worded(visit: Visit, wanted: str, after: str) -> list[CaseLine]:
    keys = word_keys(visit.store.database.cipher, words_of(wanted))
    if not keys:
        return []
    found = look_for(visit.store.database, keys)
    everywhere, few = CaseFilter(words=found.words), CaseFilter(conversations=found.conversations)
    wanted_cases = everywhere if found.conversations is None else few
    page = queue.page_key(after)
    return visit.store.queries.queue(wanted_cases, after=page, limit=PAGE + 1)


def _page(visit: Visit, wanted: str, lines: Iterable[CaseLine], next_page: str) -> Response:
    return visit.page(
        "search.html",
        wanted=shown(wanted),
        rows=queue.rows(visit, list(lines)),
        next_page=next_page,
    )
