"""Decides who is writing: the patient, somebody who cares for the patient, or a doctor.

Rules, in this order. Words of the profession, or the patient presented as a doctor does. A relative
who is ill: a caregiver. The writer's own illness, body or treatment: the patient. A relative named
in a message about an illness: a caregiver. What is only asked or offered ("I have a question") says
nothing.
"""

from __future__ import annotations

import re

from bot.oncology.beside import ages_beside_people
from bot.oncology.cancers import findings
from bot.oncology.context import Context
from bot.oncology.cues import words_of
from bot.oncology.own_ages import own_ages
from bot.oncology.patient import ILLNESS, donates, is_ill, patient_kin
from bot.oncology.patterns import PatternHit
from bot.oncology.people_words import own_name_book, people_file, possessed_kin, possessives
from bot.oncology.presence import presence_of
from bot.oncology.professions import Hits, charity_of, professional
from bot.oncology.reading import Mention
from bot.oncology.text import Document
from bot.oncology.treatments import treatment_hits


def read_writer(context: Context, by_role: Hits, asks: str | None) -> Mention | None:
    """`by_role` holds the phrases of knowledge/people.yml that were found, by role."""
    doc = context.doc
    carers = [h for h in by_role.get("caregiver", ()) if _speaks_of_patient(context, h)]
    ill = any(is_ill(context, h.last) for h in carers)
    doctor = professional(context, by_role)
    if doctor is not None and not (ill and _has_kin(context)):
        return _mention(doc, "doctor", *doctor, 1.0)
    charity = charity_of(context, by_role)
    if charity is not None and not ill:
        return _mention(doc, "other", *charity, 0.9)
    if not carers and _NO_PATIENT.search(doc.norm):
        return None
    selves = [h for h in by_role.get("patient", ()) if not _of_relative(context, h)]
    outright = [h for h in selves if "own" in (t.text for t in doc.tokens[h.first : h.last])]
    if (selves and not ill) or outright:
        said = (outright or selves)[0]
        return _mention(doc, "patient", said.first, said.last, 0.95)
    aged = None if ill or _kin_is_patient(context) else next(own_ages(context), None)
    if aged is not None:
        return _mention(doc, "patient", aged[1], aged[2], 0.9)
    headed = _headed(doc)
    if headed is not None:
        return _mention(doc, "patient", headed, headed + 1, 0.95)
    own = None if _ill_relative(context) else _own_illness(context)
    if own is not None and (_plainly(doc, own) or not (carers or _relative(context))):
        return _mention(doc, "patient", *own, 0.9)
    if carers:
        widest = max(carers, key=lambda h: (h.last - h.first, -h.first))
        return _mention(doc, "caregiver", widest.first, widest.last, 0.95)
    if asks == "user_role" and (answer := _short_answer(context)):
        return answer
    told = _named_relative(context) or _cared_for(context)
    return told or _presented(context, by_role) or _by_manner(context)


_NO_PATIENT = re.compile(r"\b(?:i'?m|i am) (?:not|no) (?:(?:a|the) )?patient\b")


def _kin_is_patient(context: Context) -> bool:
    """Whether a relative is ill, or is presented with an age of their own."""
    kin = _relative(context)
    if kin is None:
        return False
    last = kin[1] + len(kin[0].split())
    ages = (first for _, first, _ in ages_beside_people(context))
    return is_ill(context, last) or any(last <= at <= last + 4 for at in ages)


def _by_manner(context: Context) -> Mention | None:
    """Who writes where nobody is named: "I live in ...", "we have not told her"."""
    doc = context.doc
    file = people_file()
    words = [t.text for t in doc.tokens]
    if _has_kin(context) or not _clinical(doc):
        return None
    third = set(words) & file.third
    for index, word in enumerate(words[:-1]):
        if word in file.own_words and not context.sentence(index).question:
            return _mention(doc, "patient", index, index + 1, 0.8)
        if word == "we" and third:
            return _mention(doc, "caregiver", index, index + 1, 0.75)
        if word == "i" and not third and words[index + 1] not in file.not_own_life:
            errand = set(words[index + 1 : index + 4]) & words_of("self_errand")
            if not errand and not context.sentence(index).question:
                return _mention(doc, "patient", index, index + 2, 0.75)
    return None


_IS_TNM = re.compile(r"pt[0-4x]")


def _presented(context: Context, by_role: Hits) -> Mention | None:
    """A patient presented as a doctor does: "Pt 56 M, ...", "s/p whipple"."""
    for hit in by_role.get("presents", ()):
        tumour = _IS_TNM.match(context.doc.norm, context.doc.tokens[hit.first].nstart)
        if not _has_kin(context) and tumour is None:
            return _mention(context.doc, "doctor", hit.first, hit.last, 0.9)
    return None


def _has_kin(context: Context) -> bool:
    return bool(context.by_kind["kin"])


def _speaks_of_patient(context: Context, hit: PatternHit[str]) -> bool:
    """Whether words of a carer name the patient, not a donor, a helper or somebody ill before."""
    doc = context.doc
    if doc.tokens[hit.last - 1].text in ("patient", "mine", "ours"):
        return True
    if not _about_patient(context, hit) or donates(doc, hit.first, hit.last):
        return False
    return not _helps(doc, hit.first, hit.last)


def _helps(doc: Document, first: int, last: int) -> bool:
    """ "When my son comes", "with my brother": somebody beside the patient."""
    file = people_file()
    before = doc.tokens[first - 1].text if first else ""
    behind = doc.tokens[last].text if last < len(doc.tokens) else ""
    if _cares_for_me(doc, last):
        return True
    opened = before in file.helpers_before and _named_plainly(doc, last)
    return behind in file.helpers_after or (opened and before in ("with", "when", "through"))


def _cares_for_me(doc: Document, last: int) -> bool:
    """ "My wife takes care of me", "my son types this for me"."""
    near = [t.text for t in doc.tokens[last : last + 5]]
    return bool(near) and near[0] in people_file().cares_for and "me" in near


def _cared_for(context: Context) -> Mention | None:
    """The patient who writes with a relative's help."""
    for cue in context.by_kind["kin"]:
        if _cares_for_me(context.doc, cue.last) and _clinical(context.doc):
            return _mention(context.doc, "patient", cue.first, cue.last, 0.85)
    return None


def _named_plainly(doc: Document, last: int) -> bool:
    """Whether the relative owns nothing in the words ("with my mother's review")."""
    token = doc.tokens[last - 1]
    return "'" not in doc.norm[token.nstart : token.nend]


def _of_relative(context: Context, hit: PatternHit[str]) -> bool:
    """ "Mama yangu ana ...": the word after a relative is no "I"."""
    return any(cue.last == hit.first for cue in context.by_kind["kin"])


def _mention(doc: Document, role: str, first: int, last: int, confidence: float) -> Mention:
    start, end = doc.tokens[first].start, doc.tokens[last - 1].end
    return Mention("user_role", role, doc.words(start, end), start, end, confidence)


def _about_patient(context: Context, hit: PatternHit[str]) -> bool:
    return not any(context.owners.is_other(i) for i in range(hit.first, hit.last))


def _plainly(doc: Document, own: tuple[int, int]) -> bool:
    """Words that leave no doubt, even where a relative is named: "my bowel cancer", "me:"."""
    first, last = own
    return any(t.text in ILLNESS for t in doc.tokens[first : last + 2])


def _short_answer(context: Context) -> Mention | None:
    """A bare answer to "who is writing": "me", "son", "my mother"."""
    doc = context.doc
    words = [t.text for t in doc.tokens]
    if len(words) <= 4 and set(words) & _ME:
        return _mention(doc, "patient", 0, len(words), 1.0)
    if (context.by_kind["kin"] or context.by_kind["stranger"]) and len(words) <= 8:
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
    aged = any(last <= at for _, at, _ in ages_beside_people(context))
    beside = any(last <= at <= last + 3 for _, at, _ in ages_beside_people(context))
    passing = _in_passing(context.doc, first, last) and not beside
    if donates(context.doc, first, last) or passing:
        return None
    owned = _is_mine(context.doc, first, last)
    if owned or aged or _clinical(context.doc):
        return _mention(context.doc, "caregiver", first, last, 0.8)
    return None


def _is_mine(doc: Document, first: int, last: int) -> bool:
    """A relative with "my" before, inside or behind the word, in any language."""
    around = {t.text for t in doc.tokens[max(0, first - 2) : last + 1]}
    return bool(around & possessives()) or doc.tokens[first].text in possessed_kin()


def _clinical(doc: Document) -> bool:
    """Whether the message tells of an illness: a diagnosis, a treatment or a sign."""
    return bool(findings(doc, None) or treatment_hits(doc) or _has_signs(doc))


def _has_signs(doc: Document) -> bool:
    return bool(presence_of(doc).signs)


def _in_passing(doc: Document, first: int, last: int) -> bool:
    """A relative who helps or lives somewhere is not the patient ("with my son")."""
    if first and doc.tokens[first - 1].text in possessives():
        first -= 1
    before = doc.tokens[first - 1].text if first else ""
    behind = doc.tokens[last].text if last < len(doc.tokens) else ""
    file = people_file()
    if _helps(doc, first, last):
        return True
    told = before in words_of("donor") or before in file.helpers_before
    told = told and _named_plainly(doc, last)
    return told or behind in file.helpers_after


def _own_illness(context: Context) -> tuple[int, int] | None:
    """The words in which the writer speaks of an own illness, age or body."""
    doc = context.doc
    introduced = _introduced(context)
    if introduced is not None:
        return introduced
    if not _clinical(doc):
        return None
    words = [t.text for t in doc.tokens]
    for index, word in enumerate(words):
        if context.owners.is_other(index):
            continue
        following = words[index + 1 : index + 4]
        if word in ("i", "im", "iam", "ive", "am") and _says_of_self(word, following):
            return index, min(index + 3, len(words))
        if word in ("myself", "mine") and (not index or words[index - 1] != "of"):
            return index, index + 1
        if word == "my" and following and _own_thing(context, index + 1):
            return index, index + 2
    return None


def _introduced(context: Context) -> tuple[int, int] | None:
    """ "Me 44, kidney cancer", "my name is Farhana, age 41": presented with an age."""
    doc = context.doc
    if _has_kin(context):
        return None
    for hit in own_name_book().find(doc):
        near = [t.text for t in doc.tokens[hit.last : hit.last + 6]]
        if any(text.isdigit() and 14 <= int(text) <= 110 for text in near):
            return hit.first, hit.last
    for index, token in enumerate(doc.tokens[:-1]):
        opens = index == 0 or doc.tokens[index - 1].nend + 1 < token.nstart
        following = doc.tokens[index + 1].text
        if token.text == "me" and opens and following.isdigit() and 14 <= int(following) <= 110:
            return index, index + 2
    return None


def _says_of_self(word: str, following: list[str]) -> bool:
    if not following or set(following) & words_of("self_errand"):
        return False
    if word == "i":
        states = [w for w in following if w not in people_file().adverbs]
        return bool(states) and states[0] in words_of("self_state")
    # "am 57", "I'm having carcinoid", "I've got MDS"
    return word != "am" or following[0].isdigit()


def _headed(doc: Document) -> int | None:
    """The "me" of "Me: stage 2 colon"."""
    words = words_of("self_introduced")
    return next(
        (i for i, token in enumerate(doc.tokens) if token.text in words and _heads(doc, i)), None
    )


def _relative(context: Context) -> tuple[str, int] | None:
    """The relative the message is about; nobody who only helps."""
    kin = patient_kin(context)
    if kin is None or _in_passing(context.doc, kin[1], kin[1] + len(kin[0].split())):
        return None
    return kin


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
