"""Finds the parts of a message that state nothing of the patient, and takes their facts out.

What is only imagined ("what if they say it is stage 4"), words that we are told to say ("just
write that pembrolizumab is approved"), and groups of people ("stage 4 patients"). A slot left
empty leads to a question, a wrong one misleads: so everything said there of the disease and its
treatment falls away. The diagnosis itself stays, for people ask about the cancer they have, and so
do wishes, places and red flags, which are judged by their own rules. Of an advertisement that is
sent on ("stage 4 cured in 30 days, order now") nothing but red flags stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from bot.oncology.context import Context, context_of
from bot.oncology.cues import words_of
from bot.oncology.reading import Ambiguity, FlagMention, Mention
from bot.oncology.text import Document

Found = TypeVar("Found", bound="Mention | FlagMention | Ambiguity")

# Facts that only a statement can give; a name that ends with a dot stands for its family.
_NEED_A_STATEMENT = (
    "stage_",
    "treatments",
    "current_treatment",
    "disease_status",
    "biomarkers.",
    "labs.",
    "age_years",
    "extent",
    "metastatic_sites",
    "months_to_relapse",
    "relapse_count",
    "prior_systemic_lines",
    "refractory_to",
)
# Tokens between a stage and the people it belongs to ("stage 4 lung patients").
_TO_THE_GROUP = 3


def without_unstated(doc: Document, found: Iterable[Found]) -> list[Found]:
    """What was found, less the facts whose words state nothing."""
    unsaid, sold = _unstated(doc), _advertised(doc)
    return [
        item
        for item in found
        if not (unsaid and _falls(doc, item, unsaid))
        and not (sold and not isinstance(item, FlagMention) and _stands_in(doc, item, sold))
    ]


def _falls(doc: Document, item: Mention | FlagMention | Ambiguity, unsaid: frozenset[int]) -> bool:
    if not isinstance(item, Mention) or not item.fact.startswith(_NEED_A_STATEMENT):
        return False
    return _stands_in(doc, item, unsaid)


def _stands_in(
    doc: Document, item: Mention | FlagMention | Ambiguity, tokens: frozenset[int]
) -> bool:
    return any(
        index in tokens
        for index, token in enumerate(doc.tokens)
        if token.start < item.end and item.start < token.end
    )


def _unstated(doc: Document) -> frozenset[int]:
    """The tokens that state nothing."""
    context = context_of(doc)
    out: set[int] = set()
    for cue in context.by_kind.get("hypothesis", ()):
        out.update(range(cue.first, _end_of_thought(context, cue.last)))
    for cue in context.by_kind.get("dictation", ()):
        out.update(range(cue.first, context.sentence(cue.first).last))
    out.update(_groups(doc))
    return frozenset(out)


def _advertised(doc: Document) -> frozenset[int]:
    """The tokens of an advertisement: up to its end, from where a patient was last spoken of."""
    context = context_of(doc)
    out: set[int] = set()
    for cue in context.by_kind.get("advert", ()):
        here = context.sentence(cue.first)
        told = context.cues_in(0, here.first, "kin", "self", "pronoun", "patient")
        out.update(range(context.sentence(told[-1].first).last if told else 0, here.last))
        if not context.cues_in(here.last, len(doc.tokens), "kin", "self", "pronoun", "patient"):
            out.update(range(here.last, len(doc.tokens)))
    return frozenset(out)


def _end_of_thought(context: Context, index: int) -> int:
    """A thought ends with its sentence, or where a new statement begins behind a comma."""
    last = context.sentence(index - 1).last
    for place in context.commas:
        if index < place < last and context.cues_in(
            place, min(place + 3, last), "kin", "patient", "self", "pronoun", "subject"
        ):
            return place
    return last


def _groups(doc: Document) -> set[int]:
    """Tokens of "stage 4 lung patients": what stands before people in general."""
    out: set[int] = set()
    context = context_of(doc)
    for index, token in enumerate(doc.tokens):
        if token.text not in words_of("people_in_general"):
            continue
        low = max(context.sentence(index).first, index - _TO_THE_GROUP - 2)
        low = max((k for k in range(low, index + 1) if doc.tokens[k].breaks), default=low)
        out.update(range(low, index))
    return out
