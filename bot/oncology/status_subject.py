"""Judges whether words of a change are of the disease, and whether the change happened.

"I have grown tired", "the side effects got worse", "I so hope it is gone": long letters are full
of changes that are none of the disease, or are only hoped for and feared.
"""

from __future__ import annotations

from bot.oncology.cancers import findings
from bot.oncology.context import context_of
from bot.oncology.cues import words_of
from bot.oncology.phrases import Hit
from bot.oncology.status_words import status_file
from bot.oncology.text import Document
from bot.oncology.treatments import treatment_hits

HOPED = 5  # words between a hope or a fear and what it is about
SUBJECT = 6  # words between a change and what changes
ALONE = 8  # words of a message, or of a sentence, that says nothing else
FAR = 14  # the same for words of change that may be of anything


def only_thought_of(doc: Document, hit: Hit[str]) -> bool:
    """ "If it comes back", "it may grow"; but "it started to grow" tells of a change."""
    words = status_file()
    low = max(context_of(doc).sentence(hit.first).first, hit.first - 4)
    before = [t.text for t in doc.tokens[low : hit.first]]
    if words.supposed.intersection(before) or _hoped(doc, hit):
        return True
    last = before[-1] if before else ""
    if last == "may" and "in" in before[-2:]:
        return False
    broken = doc.tokens[hit.first].breaks or ":" in gap(doc, hit.first) if before else False
    if last in words.be and before[-2:-1] not in ([], ["to"]):  # "there will be more spots"
        last = before[-2]
    if last in words.persons and doc.tokens[hit.first].text.endswith("ed"):
        return False  # "I relapsed"
    return last in words.modals and not broken and not words.begun.intersection(before)


def _hoped(doc: Document, hit: Hit[str]) -> bool:
    """ "I so hope it is gone", "to reduce the chance of it coming back"."""
    words = status_file()
    here = context_of(doc).sentence(hit.first).first
    for index in range(hit.first - 1, max(here, hit.first - HOPED) - 1, -1):
        if doc.tokens[index].text in words.turns:
            return False
        if doc.tokens[index].text in words.hoped:
            return True
    return False


def of_something_else(doc: Document, hit: Hit[str]) -> bool:
    """ "Pain is getting worse", "her stable job", "resistant to cisplatin": not the disease."""
    words = status_file()
    before = {t.text for t in doc.tokens[max(0, hit.first - 1) : hit.first]}
    own = {doc.tokens[i].text for i in range(hit.first, hit.last)}
    if own & words.of_a_medicine and before & words.of_a_medicine_before:
        return True
    if own & words.of_the_disease:
        return False
    if own <= words.of_anything and not _of_the_disease(doc, hit):
        return True
    here = context_of(doc).sentence(hit.first)
    named = things(doc)
    for index in range(hit.first - 1, max(here.first, hit.first - SUBJECT) - 1, -1):
        if index in named:
            break
        if doc.tokens[index].text in words.other_subjects:
            return True
    for index in range(hit.last, min(hit.last + 4, here.last)):
        paused = doc.tokens[index].breaks and ".." not in gap(doc, index)
        if paused or index in named or doc.tokens[index].text in words_of("joining"):
            return False
        if doc.tokens[index].text in words.other_subjects - words.limbs:
            return True
    return bool(own & (words.other_subjects - words.limbs))


def _of_the_disease(doc: Document, hit: Hit[str]) -> bool:
    """Whether words that may be of anything ("grown", "worse") are said of the disease."""
    words = status_file()
    here = context_of(doc).sentence(hit.first)
    if min(len(doc.tokens), here.last - here.first) <= ALONE:
        return True  # "Growing." in a list of facts
    at = hit.first - 1
    while at >= here.first and doc.tokens[at].text in words.auxiliaries | words.begun:
        at -= 1
    before = doc.tokens[at].text if at >= here.first else ""
    own = {doc.tokens[i].text for i in range(hit.first, hit.last)}
    if before in words.feeling or (before in words.persons and own & words.of_growths):
        return False
    told = range(max(here.first, hit.first - FAR), hit.first)
    if any(doc.tokens[i].text in words.other_subjects for i in told):
        return before not in words.pronouns and _last_named(doc, told)
    named = _named(doc)
    following = range(hit.last, min(hit.last + SUBJECT, here.last))
    return before in words.pronouns or any(i in named for i in (*told, *following))


def _last_named(doc: Document, told: range) -> bool:
    """Whether the disease is named nearer than anything else that changes."""
    named = _named(doc)
    for index in reversed(told):
        if index in named:
            return True
        if doc.tokens[index].text in status_file().other_subjects:
            return False
    return False


def _named(doc: Document) -> set[int]:
    """Tokens that name the disease or what was given against it."""
    growths = status_file().groups["growth"]
    found = {i for i, token in enumerate(doc.tokens) if token.text in growths}
    found |= {i for f in findings(doc, None) for i in range(f.first, f.last)}
    return found | things(doc)


def gap(doc: Document, index: int) -> str:
    return doc.norm[doc.tokens[index - 1].nend : doc.tokens[index].nstart]


def things(doc: Document) -> set[int]:
    """Tokens that name the disease, a scan or a treatment."""
    found = doc.memory.get("things")
    if not isinstance(found, set):
        names = {word for phrase in status_file().groups["thing"] for word in phrase.split()}
        found = {i for i, token in enumerate(doc.tokens) if token.text in names}
        found |= {i for hit in treatment_hits(doc) for i in range(hit.first, hit.last)}
        doc.memory["things"] = found
    return found
