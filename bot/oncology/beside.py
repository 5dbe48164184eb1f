"""Finds numbers that stand beside a person and are an age: "wife 36", "she is now 63", "I'm 58"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bot.oncology.context import Context
from bot.oncology.cues import words_of
from bot.oncology.people_words import people_file
from bot.oncology.spelled_numbers import number_at
from bot.oncology.text import Document

_SENTENCE_END = re.compile(r"[.!?\n]")


_LEAST_SPELLED: Final = 13


def ages_beside_people(context: Context) -> Iterator[tuple[int, int, int]]:
    """Years and their tokens: "Wife 36", "Dad is 64", "I'm 58", "my son Ali is nine"."""
    doc = context.doc
    for kind in ("kin", "pronoun", "self", "patient"):
        for cue in context.by_kind[kind]:
            starts = [cue.last]
            if kind in ("self", "kin") and cue.last < len(doc.tokens):
                starts.append(_past_name(doc, cue.last))
            for start in starts:
                at = _past_links(doc, start)
                told = at > cue.last or kind in ("kin", "self", "patient")
                child = kind == "kin" and doc.tokens[cue.last - 1].text in people_file().children
                found = _years_at(doc, at, child) if told and at < len(doc.tokens) else None
                if found is not None:
                    yield found[0], at, found[1]
                    break


def _past_links(doc: Document, at: int) -> int:
    for _ in range(4):
        if at < len(doc.tokens) and doc.tokens[at].text in words_of("age_link"):
            at += 1
    return at


def _past_name(doc: Document, at: int) -> int:
    """ "I am Ahmed 52 from", "my aunt from Accra is 60": a name between the person and the age."""
    at = _past_links(doc, at)
    if at >= len(doc.tokens):
        return at
    if doc.tokens[at].text in ("from", "in"):
        at = min(at + 2, len(doc.tokens))
        if at == len(doc.tokens) or doc.tokens[at].text.isdigit():
            return at
        name = doc.words(doc.tokens[at].start, doc.tokens[at].end)
        return at + 1 if name[:1].isupper() and name[1:].islower() else at
    token = doc.tokens[at]
    name = doc.words(token.start, token.end)
    return at + 1 if name[:1].isupper() and name[1:].islower() else at


def _years_at(doc: Document, at: int, child: bool) -> tuple[int, int] | None:
    """The age at a token and the token behind it."""
    if _SENTENCE_END.search(doc.norm, doc.tokens[at - 1].nend, doc.tokens[at].nstart):
        return None
    if doc.tokens[at].text.isdigit():
        years = _age_token(doc, at, child)
        return (years, at + 1) if years is not None else None
    spelled = number_at(doc, at)
    behind = doc.tokens[spelled[1]].text if spelled and spelled[1] < len(doc.tokens) else ""
    least = 1 if child and behind in ("years", "yrs", "year") else _LEAST_SPELLED
    if spelled is None or not least <= spelled[0] <= 110:
        return None
    return None if behind in words_of("counted") else (int(spelled[0]), spelled[1])


def _age_token(doc: Document, at: int, child: bool) -> int | None:
    token = doc.tokens[at]
    if len(token.text) > 3 or not 0 < int(token.text) <= 110 or _is_fever(doc, at):
        return None
    following = doc.tokens[at + 1] if at + 1 < len(doc.tokens) else None
    if at + 2 < len(doc.tokens) and doc.tokens[at + 2].text in _COMPARED:
        return None
    if following is None or following.breaks:
        after = doc.norm[token.nend : token.nend + 1]
        plain = following is None or after not in (".", "/", "-", ":")
        decimal = after == "." and doc.norm[token.nend + 1 : token.nend + 2].isdigit()
        return int(token.text) if (plain or not decimal) and int(token.text) >= 3 else None
    if following.text in words_of("counted") or following.nstart == token.nend:
        return int(token.text) if following.text in words_of("behind_age") else None
    if following.text in words_of("behind_age") or int(token.text) >= 18:
        return int(token.text)
    return int(token.text) if child and following.text.isalpha() else None


def _is_fever(doc: Document, at: int) -> bool:
    """ "Ma fille a 40 de fievre"."""
    near = {t.text for t in doc.tokens[at + 1 : at + 4]}
    return bool(near & people_file().degrees) and int(doc.tokens[at].text) >= 37


_COMPARED: Final = frozenset(
    {"older", "younger", "elder", "senior", "junior", "ago", "back", "later"}
)
