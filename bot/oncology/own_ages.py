"""Finds ages that writers tell of themselves: "I'm 58", "tengo 45", "35 ki hoon", "me 39 f"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bot.oncology.context import Context
from bot.oncology.cues import words_of
from bot.oncology.people_words import own_age_book, people_file
from bot.oncology.text import Document

YOUNGEST: Final = 12
OLDEST: Final = 105


_NAME_LENGTH: Final = 40  # characters of "this is" and a name
# "This is Ken. 47."
_NAMED: Final = re.compile(r"\b(?:[Tt]his is|[Hh]ere is|I am|I'm|[Nn]ame is) [A-Z]\w+[.,]? ?\(?$")


def own_ages(context: Context) -> Iterator[tuple[int, int, int]]:
    """Years and their tokens, in order."""
    doc = context.doc
    sides = own_age_book().find_all(doc)
    before = {hit.last for hit in sides if hit.value == "before" and not _of_kin(context, hit.last)}
    after = {hit.first for hit in sides if hit.value == "after"}
    for index, token in enumerate(doc.tokens):
        if not (
            token.text.isdigit() and len(token.text) == 2 and not context.owners.is_other(index)
        ):
            continue
        years, last = int(token.text), index + 1
        if not YOUNGEST <= years <= OLDEST or _counts(doc, index):
            continue
        start = index
        while start and doc.tokens[start - 1].text in _BETWEEN and start not in before:
            start -= 1
        tails = range(last, min(last + 3, len(doc.tokens) + 1))
        if (
            start in before
            or index in before
            or _NAMED.search(doc.original, max(0, token.start - _NAME_LENGTH), token.start)
            or any(end in after and _only_tails(doc, last, end) for end in tails)
        ):
            yield years, index, last


def _of_kin(context: Context, index: int) -> bool:
    """ "Saya" behind a relative is "my"; so is "amar" before one."""
    beside = [*context.by_kind["kin"], *context.by_kind["stranger"]]
    return any(cue.last == index or cue.first == index for cue in beside)


def _only_tails(doc: Document, low: int, high: int) -> bool:
    return all(doc.tokens[i].text in people_file().age_tails for i in range(low, high))


def _counts(doc: Document, index: int) -> bool:
    token = doc.tokens[index]
    behind = doc.norm[token.nend : token.nend + 2]
    if behind[:1] in ("%", "/", "-", ":") or (behind[:1] in (".", ",") and behind[1:2].isdigit()):
        return True
    following = doc.tokens[index + 1].text if index + 1 < len(doc.tokens) else ""
    return following in words_of("counted") and following not in people_file().age_tails


_BETWEEN: Final = frozenset(
    {
        "now",
        "a",
        "an",
        "only",
        "just",
        "about",
        "around",
        "almost",
        "is",
        "age",
        "aged",
        "male",
        "female",
        "man",
        "woman",
        "m",
        "f",
        "year",
        "nearly",
        "name",
        "sono",
        "es",
        "est",
        "hai",
        "de",
    }
)
