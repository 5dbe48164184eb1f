"""Reads the short answer to the question just asked: yes, no, a choice word, a number.

Looked at only when no other reader heard the fact that was asked for. What the same words mean
depends on the question, so it stands by fact in knowledge/asked.yml.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final, Literal

from bot.oncology.answers import read_short
from bot.oncology.context import context_of
from bot.oncology.knowledge_files import KNOWLEDGE, load
from bot.oncology.patterns import PatternBook, PatternHit
from bot.oncology.reading import Mention
from bot.oncology.spelled_numbers import number_at
from bot.oncology.text import Document

_LONGEST: Final = 16  # tokens of an answer in words
_SURE: Final = 0.85
_ASKED_AGAIN: Final = "asked_again"  # words that mean one value here and another there


@dataclass(frozen=True)
class Range:
    """Numbers that can be true."""

    low: float
    high: float


@dataclass(frozen=True)
class AskedFile:
    """knowledge/asked.yml; `yes` and `no` are what those words mean by fact."""

    as_of: date
    source: str
    review: Literal["pending", "approved"]
    groups: dict[str, tuple[str, ...]]
    yes: dict[str, str]
    no: dict[str, str]
    choices: dict[str, dict[str, tuple[str, ...]]]
    lists: dict[str, dict[str, tuple[str, ...]]]
    numbers: dict[str, Range]
    beside_number: frozenset[str]
    other_dose: frozenset[str]


@cache
def asked_file() -> AskedFile:
    """The words of knowledge/asked.yml."""
    return load(KNOWLEDGE / "asked.yml", AskedFile)


@cache
def _book(fact: str) -> PatternBook[str]:
    file = asked_file()
    values = file.lists.get(fact) or file.choices[fact]
    return PatternBook(values.items(), file.groups)


def read_asked(doc: Document, asks: str) -> Iterable[Mention]:
    """The fact asked for, when the message is a short answer that means one value of it."""
    if not 0 < len(doc.tokens) <= _LONGEST:
        return []
    if asks in asked_file().lists:
        hits = _settled(doc, _book(asks).find(doc))
        return [_mention(doc, asks, hit.value, hit.first, hit.last) for hit in hits]
    found = _number(doc, asks) or _choice(doc, asks) or _yes_or_no(doc, asks)
    return [found] if found else []


def _mention(doc: Document, fact: str, value: object, first: int, last: int) -> Mention:
    start, end = doc.tokens[first].start, doc.tokens[last - 1].end
    return Mention(fact, value, doc.words(start, end), start, end, _SURE)


def _number(doc: Document, asks: str) -> Mention | None:
    limits = asked_file().numbers.get(asks)
    words = {t.text for t in doc.tokens}
    if limits is None or words & asked_file().other_dose:
        return None
    found: list[tuple[float, int, int]] = []
    index = 0
    while index < len(doc.tokens):
        token = doc.tokens[index]
        if token.text.isdigit():
            found.append((float(token.text), index, index + 1))
        elif spelled := number_at(doc, index):
            found.append((spelled[0], index, spelled[1]))
            index = spelled[1] - 1
        elif token.text not in asked_file().beside_number:
            return None
        index += 1
    if len(found) != 1 or not limits.low <= found[0][0] <= limits.high:
        return None
    return _mention(doc, asks, int(found[0][0]), *found[0][1:])


def _choice(doc: Document, asks: str) -> Mention | None:
    """The value whose words were said, the longest words first; none when two are as long."""
    if asks not in asked_file().choices:
        return None
    hits = _settled(doc, _book(asks).find(doc))
    widest = max((hit.last - hit.first for hit in hits), default=0)
    hits = [hit for hit in hits if hit.last - hit.first == widest]
    if len({hit.value for hit in hits}) != 1 or hits[0].value == _ASKED_AGAIN:
        return None
    return _mention(doc, asks, _typed(asks, hits[0].value), hits[0].first, hits[0].last)


def _settled(doc: Document, hits: list[PatternHit[str]]) -> list[PatternHit[str]]:
    """Without what is denied ("not treated"), asked ("is it possible") or said of another."""
    context = context_of(doc)
    kept = []
    for hit in hits:
        said = context.assess(hit.first, hit.last)
        denies_itself = any(
            cue.first >= hit.first and cue.last <= hit.last
            for cue in context.by_kind["negation_before"]
        )
        asks_back = said.asked and hit.first > context.sentence(hit.first).first
        if not said.other_person and not asks_back and (not said.negated or denies_itself):
            kept.append(hit)
    return kept


def _yes_or_no(doc: Document, asks: str) -> Mention | None:
    for reply in read_short(doc, asks):
        meanings = {"answer.yes": asked_file().yes, "answer.no": asked_file().no}
        value = meanings.get(reply.fact, {}).get(asks)
        if value is not None:
            typed = _typed(asks, value)
            return Mention(asks, typed, reply.words, reply.start, reply.end, _SURE)
    return None


def _typed(fact: str, value: str) -> Any:
    """Booleans and counts as such; every other value is a word."""
    if value in ("true", "false"):
        return value == "true"
    return int(value) if fact in _COUNTS and value.isdigit() else value


_COUNTS: Final = frozenset(
    {"relapse_count", "prior_systemic_lines", "steroid_pred_mg", "remission_number"}
)
