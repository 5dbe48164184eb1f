"""Reads wishes: the pathways a person asks about and the help they want most."""

from __future__ import annotations

from collections.abc import Iterator

from bot.oncology.context import context_of
from bot.oncology.reading import Mention
from bot.oncology.text import Document
from bot.oncology.treatments import given_treatments, is_wish, treatment_hits
from bot.oncology.wishes import interest_book, question_book, wish_of


def read_interests(doc: Document, asks: str | None) -> Iterator[Mention]:
    """`pathway_interest`, one per pathway."""
    seen: set[str] = set()
    taken: set[int] = set()
    for hit in treatment_hits(doc):
        taken.update(range(hit.first, hit.last))
        pathway = wish_of(hit.value)
        if pathway and pathway not in seen and is_wish(doc, hit):
            seen.add(pathway)
            words = doc.words(hit.start, hit.end)
            yield Mention("pathway_interest", pathway, words, hit.start, hit.end)
    context = context_of(doc)
    for found in interest_book().find(doc):
        if found.value in seen or any(i in taken for i in range(found.first, found.last)):
            continue
        meant = context.assess(found.first, found.last)
        if meant.present and (meant.asked or meant.timing is None):
            seen.add(found.value)
            words = doc.words(found.start, found.end)
            yield Mention("pathway_interest", found.value, words, found.start, found.end)


def read_main_question(doc: Document, asks: str | None) -> Iterator[Mention]:
    """`main_question`: the first thing asked for, a named treatment before a general word."""
    context = context_of(doc)
    given = {i for one in given_treatments(doc, asks) for i in range(one.first, one.last)}
    asked = [
        hit
        for hit in question_book().find(doc)
        if not any(i in given for i in range(hit.first, hit.last))
        and context.assess(hit.first, hit.last).present
    ]
    if not asked:
        return
    general = ("other_treatment", "progression", "cost", "records")
    best = min(asked, key=lambda hit: (hit.value in general, hit.first))
    words = doc.words(best.start, best.end)
    yield Mention("main_question", best.value, words, best.start, best.end, 0.9)
