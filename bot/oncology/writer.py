"""Decides who is writing: the patient, somebody who cares for the patient, or a doctor.

Rules, in this order. Words of the profession, or the patient presented as a doctor does. A relative
who is ill: a caregiver. The writer's own illness, body or treatment: the patient. A relative named
in a message about an illness: a caregiver. What is only asked or offered ("I have a question") says
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.oncology.cancers import findings
from bot.oncology.context import Context
from bot.oncology.cues import words_of
from bot.oncology.patient import ILLNESS, is_ill, patient_kin
from bot.oncology.patterns import PatternHit
from bot.oncology.presence import presence_of
from bot.oncology.reading import Mention
from bot.oncology.signs import sign_file
from bot.oncology.text import Document
from bot.oncology.treatments import treatment_hits

Hits = Mapping[str, Sequence[PatternHit[str]]]


def read_writer(context: Context, by_role: Hits, asks: str | None) -> Mention | None:
    """`by_role` holds the phrases of knowledge/people.yml that were found, by role."""
    doc = context.doc
    for hit in by_role.get("doctor", ()):
        return _mention(doc, "doctor", hit.first, hit.last, 1.0)
    carers = [
        h
        for h in by_role.get("caregiver", ())
        if _about_patient(context, h) and not _donates(doc, h.first, h.last)
    ]
    selves = by_role.get("patient", ())
    if selves and not any(is_ill(context, h.last) for h in carers):
        return _mention(doc, "patient", selves[0].first, selves[0].last, 0.95)
    own = None if _ill_relative(context) else _own_illness(context)
    if own is not None and (_plainly(doc, own) or not (carers or patient_kin(context))):
        return _mention(doc, "patient", *own, 0.9)
    if carers:
        widest = max(carers, key=lambda h: (h.last - h.first, -h.first))
        return _mention(doc, "caregiver", widest.first, widest.last, 0.95)
    if asks == "user_role":
        return _short_answer(context)
    return _named_relative(context)


def _mention(doc: Document, role: str, first: int, last: int, confidence: float) -> Mention:
    start, end = doc.tokens[first].start, doc.tokens[last - 1].end
    return Mention("user_role", role, doc.words(start, end), start, end, confidence)


def _about_patient(context: Context, hit: PatternHit[str]) -> bool:
    return not any(context.owners.is_other(i) for i in range(hit.first, hit.last))


def _donates(doc: Document, first: int, last: int) -> bool:
    """ "Donor is my brother"."""
    return any(t.text in ("donor", "donating") for t in doc.tokens[max(0, first - 3) : last + 3])


def _plainly(doc: Document, own: tuple[int, int]) -> bool:
    """Words that leave no doubt, even where a relative is named: "my bowel cancer", "me:"."""
    first, last = own
    if _heads(doc, first):
        return True
    return any(t.text in ILLNESS for t in doc.tokens[first : last + 2])


def _short_answer(context: Context) -> Mention | None:
    """A bare answer to "who is writing": "me", "son", "my mother"."""
    doc = context.doc
    words = [t.text for t in doc.tokens]
    if len(words) <= 4 and set(words) & _ME:
        return _mention(doc, "patient", 0, len(words), 1.0)
    if context.by_kind["kin"] and len(words) <= 8:
        return _mention(doc, "caregiver", 0, len(words), 1.0)
    return None


_ME = frozenset({"me", "myself", "self", "patient", "mine", "ami", "main", "mai", "mujhe", "ana"})


def _ill_relative(context: Context) -> bool:
    kin = patient_kin(context)
    return kin is not None and is_ill(context, kin[1] + len(kin[0].split()))


def _named_relative(context: Context) -> Mention | None:
    """ "Papa has liver cancer", "uncle, 62, bile duct": without "my"."""
    kin = patient_kin(context)
    if kin is None:
        return None
    name, first = kin
    last = first + len(name.split())
    if is_ill(context, last):
        return _mention(context.doc, "caregiver", first, last, 0.9)
    if _donates(context.doc, first, last):
        return None
    if _clinical(context.doc) and not _in_passing(context.doc, first):
        return _mention(context.doc, "caregiver", first, last, 0.8)
    return None


def _clinical(doc: Document) -> bool:
    """Whether the message tells of an illness: a diagnosis, a treatment or a sign."""
    return bool(findings(doc, None) or treatment_hits(doc) or _has_signs(doc))


def _has_signs(doc: Document) -> bool:
    told = {name for names in sign_file().symptoms.values() for name in names}
    return any(sign.name in told for sign in presence_of(doc).signs)


def _in_passing(doc: Document, first: int) -> bool:
    """A relative who helps or lives somewhere is not the patient ("with my son")."""
    before = doc.tokens[first - 1].text if first else ""
    return before in words_of("donor") or before in ("with", "by", "and", "or")


def _own_illness(context: Context) -> tuple[int, int] | None:
    """The words in which the writer speaks of an own illness, age or body."""
    doc = context.doc
    if not _clinical(doc):
        return None
    words = [t.text for t in doc.tokens]
    for index, word in enumerate(words):
        if context.owners.is_other(index):
            continue
        following = words[index + 1 : index + 4]
        if word in ("i", "im", "iam", "ive", "am") and _says_of_self(word, following):
            return index, min(index + 3, len(words))
        if word in ("myself", "mine") or (word == "me" and _heads(doc, index)):
            return index, index + 1
        if word == "my" and following and _own_thing(context, index + 1):
            return index, index + 2
    return None


def _says_of_self(word: str, following: list[str]) -> bool:
    if not following or set(following) & words_of("self_errand"):
        return False
    if word == "i":
        return following[0] in words_of("self_state")
    # "am 57", "I'm having carcinoid", "I've got MDS"
    return word != "am" or following[0].isdigit()


def _heads(doc: Document, index: int) -> bool:
    """ "Me: stage 2 colon"."""
    token = doc.tokens[index]
    return doc.norm[token.nend : token.nend + 1] == ":"


def _own_thing(context: Context, index: int) -> bool:
    word = context.doc.tokens[index].text
    if word in words_of("self_possession") or word.isdigit():
        return False
    # "my old father": the relative may stand behind a word.
    return not any(
        c.first <= index + 1 and index < c.last
        for kind in ("kin", "stranger")
        for c in context.by_kind[kind]
    )
