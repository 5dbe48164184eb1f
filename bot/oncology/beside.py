"""Finds numbers that stand beside a person and are an age: "wife 36", "she is now 63", "I'm 58"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.oncology.context import Context
from bot.oncology.cues import words_of
from bot.oncology.text import Document

_SENTENCE_END = re.compile(r"[.!?\n]")


def ages_beside_people(context: Context) -> Iterator[tuple[int, int]]:
    """Years and their token: "Wife 36", "Dad is 64", "I'm 58", "she is 63 in Accra"."""
    doc = context.doc
    for kind in ("kin", "pronoun", "self", "patient"):
        for cue in context.by_kind[kind]:
            at = _past_links(doc, cue.last)
            if kind == "self" and at < len(doc.tokens) and not doc.tokens[at].text.isdigit():
                at = _past_name(doc, at)
            if at < len(doc.tokens) and (at > cue.last or kind in ("kin", "self")):
                years = _age_token(doc, at)
                if years is not None:
                    yield years, at


def _past_links(doc: Document, at: int) -> int:
    for _ in range(4):
        if at < len(doc.tokens) and doc.tokens[at].text in words_of("age_link"):
            at += 1
    return at


def _past_name(doc: Document, at: int) -> int:
    """ "I am Ahmed 52 from": a name, written with a capital, between the person and the age."""
    token = doc.tokens[at]
    name = doc.words(token.start, token.end)
    return at + 1 if name[:1].isupper() and name[1:].islower() else at


def _age_token(doc: Document, at: int) -> int | None:
    token = doc.tokens[at]
    if not token.text.isdigit() or not 0 < int(token.text) <= 110:
        return None
    if _SENTENCE_END.search(doc.norm, doc.tokens[at - 1].nend, token.nstart):
        return None
    following = doc.tokens[at + 1] if at + 1 < len(doc.tokens) else None
    if following is None or following.breaks:
        after = doc.norm[token.nend : token.nend + 1]
        plain = following is None or after not in (".", "/", "-", ":")
        decimal = after == "." and doc.norm[token.nend + 1 : token.nend + 2].isdigit()
        return int(token.text) if (plain or not decimal) and int(token.text) >= 3 else None
    if following.text in words_of("counted") or following.nstart == token.nend:
        return int(token.text) if following.text in words_of("behind_age") else None
    if following.text in words_of("behind_age") or int(token.text) >= 18:
        return int(token.text)
    return None
