"""Who of the people in a message is the patient."""

from __future__ import annotations

from bot.oncology.context import Context
from bot.oncology.cues import Cue
from bot.oncology.people_words import possessives
from bot.oncology.text import Document
from bot.oncology.vocabulary import cancer_book

# Words that tell of an illness.
ILLNESS = frozenset(
    [
        "has",
        "have",
        "had",
        "diagnosed",
        "cancer",
        "ca",
        "tumor",
        "tumour",
        "patient",
        "suffering",
        "leukemia",
        "leukaemia",
        "lymphoma",
        "myeloma",
        "sarcoma",
        "chemo",
        "stage",
        "relapsed",
        "ko",
    ]
)


def name_of(doc: Document, first: int, last: int) -> str:
    """The words of a range of tokens, joined."""
    return " ".join(doc.tokens[i].text for i in range(first, last))


_GIVING = frozenset(
    {
        "donor",
        "donating",
        "donate",
        "donates",
        "donated",
        "match",
        "matched",
        "marrow",
        "transplant",
    }
)


def donates(doc: Document, first: int, last: int) -> bool:
    """ "Donor is my brother", "transplant from my sister": a relative who gives."""
    before = [t.text for t in doc.tokens[_since_full_stop(doc, first) : first]]
    behind = [t.text for t in doc.tokens[last : last + 3]]
    if not _GIVING & {*before, *behind}:
        return False
    return bool(_GIVING - {"transplant"} & {*before, *behind}) or "from" in before


def _since_full_stop(doc: Document, first: int) -> int:
    """At most four tokens back, no further than the sentence goes ("no donor. Dad is 60")."""
    low = first
    while low > max(0, first - 4):
        gap = doc.norm[doc.tokens[low - 1].nend : doc.tokens[low].nstart]
        if any(sign in gap for sign in ".!?\n"):
            break
        low -= 1
    return low


_GREETED = 2  # tokens at the start of a message, where somebody is addressed


def patient_kin(context: Context) -> tuple[str, int] | None:
    """The relative the message is about and the token where named first, or None.

    None when the writer is the patient or nobody is named.
    """
    doc = context.doc
    named = [
        c
        for c in context.by_kind["kin"]
        if not context.owners.is_other(c.first) and not donates(doc, c.first, c.last)
    ]
    if not named:
        return None
    ill = [c for c in named if is_ill(context, c.last)]
    # "Bhaiya ji, meri maa, 59": who is named first of all may only be addressed.
    addressed = len(named) > 1 and named[0].first < _GREETED and _follows(named[0], named[1])
    owned = [c for c in named[1:] if addressed and _is_mine(doc, c.first)]
    chosen = (ill or owned or named)[0]
    for cue in named:
        if cue.first == chosen.last and doc.tokens[chosen.last - 1].text.endswith("s"):
            chosen = cue  # "my sister's son"
    return name_of(doc, chosen.first, chosen.last), chosen.first


def _follows(one: Cue, other: Cue) -> bool:
    """Whether a relative is named right behind another."""
    return other.first - one.last < _GREETED


def _is_mine(doc: Document, first: int) -> bool:
    """Whether "my" stands before a relative or opens their name; who is addressed has none."""
    around = doc.tokens[max(0, first - 1) : first + 1]
    return any(token.text in possessives() for token in around)


def is_ill(context: Context, start: int) -> bool:
    """Whether the words after a person speak of their illness."""
    doc = context.doc
    end = min(context.sentence(start - 1).last, start + 8)
    others = [
        c.first for kind in ("kin", "self") for c in context.by_kind[kind] if c.first >= start
    ]
    end = min([end, *others])  # the next person's words are theirs
    if any(doc.tokens[i].text in ILLNESS for i in range(start, end)):
        return True
    return any(start <= hit.first < end for hit in cancer_book().find(doc))
