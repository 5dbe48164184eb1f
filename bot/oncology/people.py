"""Finds who is writing, about whom, the patient's age and sex, and wishes about telling.

A writer who says "I have" is the patient, one who names an ill relative is a caregiver. Ages and
words of sex count for the patient only: "I am 30, my mother is 62" gives 62.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.oncology.ages import age_and_sex, read_age
from bot.oncology.context import Context, context_of
from bot.oncology.patient import patient_kin
from bot.oncology.patterns import PatternHit
from bot.oncology.people_words import language_book, people_book, people_file, sex_of_kin
from bot.oncology.reading import Mention
from bot.oncology.text import Document
from bot.oncology.writer import read_writer
from bot.oncology.writer_weighed import weighed


def read_people(doc: Document, asks: str | None) -> Iterable[Mention]:
    """Role, age (age_months under two years), sex, patient_agrees, non_disclosure, languages."""
    if not doc.tokens:
        return []
    context = context_of(doc)
    hits = people_book().find_all(doc)
    by_role: dict[str, list[PatternHit[str]]] = {}
    for hit in hits:
        if hit.value in people_file().roles:
            by_role.setdefault(hit.value, []).append(hit)
    role = weighed(context, read_writer(context, by_role, asks))
    return [
        *([role] if role else []),
        *read_age(context, asks, str(role.value) if role else None),
        *_sex(context, role),
        *_telling(doc, hits),
        *_language(doc, asks),
    ]


def _mention(
    doc: Document, fact: str, value: object, first: int, last: int, confidence: float = 1.0
) -> Mention:
    start, end = doc.tokens[first].start, doc.tokens[last - 1].end
    return Mention(fact, value, doc.words(start, end), start, end, confidence)


def _sex(context: Context, role: Mention | None) -> Iterator[Mention]:
    doc = context.doc
    match = age_and_sex(doc.norm)
    if match is not None:
        female = match["sex"] in ("f", "female", "woman", "lady", "girl")
        start, end = doc.origin(*match.span())
        yield Mention("sex", _sex_of(female), doc.words(start, end), start, end)
        return
    about_self = role is not None and role.value == "patient"
    kin = None if about_self else patient_kin(context)
    if kin is not None:
        name, first = kin
        told = sex_of_kin(name) if name not in _AMBIGUOUS else None
        if told:
            last = first + len(name.split())
            yield _mention(doc, "sex", told, first, last, 0.95)
            return
    yield from _sex_by_words(context, about_self)


# Words that name a woman in one language and a man in another.
_AMBIGUOUS = frozenset({"mama", "nana", "mami", "abi", "dada"})


def _sex_of(female: bool) -> str:
    return "female" if female else "male"


def _sex_by_words(context: Context, about_self: bool) -> Iterator[Mention]:
    doc = context.doc
    found: dict[str, int] = {}
    for index, token in enumerate(doc.tokens):
        if context.owners.is_other(index) or token.text not in _SEX_WORDS:
            continue
        found.setdefault(_SEX_WORDS[token.text], index)
    if len(found) == 1:
        value, index = next(iter(found.items()))
        yield _mention(doc, "sex", value, index, index + 1, 0.9)
        return
    if about_self or found:
        return
    said = {
        _sex_of(token.text in people_file().she): index
        for index, token in reversed(list(enumerate(doc.tokens)))
        if token.text in people_file().she | people_file().he
        and not context.owners.is_other(index)
        and not doc.norm[token.nend : token.nend + 1].isdigit()  # HER2
    }
    if len(said) == 1 and not context.by_kind["kin"]:
        value, index = next(iter(said.items()))
        yield _mention(doc, "sex", value, index, index + 1, 0.8)


_SEX_WORDS = {
    "male": "male",
    "man": "male",
    "gentleman": "male",
    "female": "female",
    "woman": "female",
    "lady": "female",
}


def _telling(doc: Document, hits: list[PatternHit[str]]) -> Iterator[Mention]:
    by_value = {hit.value: hit for hit in reversed(hits)}
    hidden = next((h for h in hits if h.value == "non_disclosure" and _denies(doc, h)), None)
    if hidden is not None:
        yield _mention(doc, "non_disclosure", True, hidden.first, hidden.last)
        yield _mention(doc, "patient_agrees", "no", hidden.first, hidden.last)
    elif "cannot_agree" in by_value:
        hit = by_value["cannot_agree"]
        yield _mention(doc, "patient_agrees", "cannot", hit.first, hit.last)
    elif "knows" in by_value and not _of_other_things(doc, by_value["knows"].last):
        hit = by_value["knows"]
        yield _mention(doc, "patient_agrees", "yes", hit.first, hit.last, 0.9)


def _of_other_things(doc: Document, index: int) -> bool:
    """ "She knows I am here for her": nothing is said of the illness."""
    return index < len(doc.tokens) and doc.tokens[index].text in _OTHER_THINGS


_OTHER_THINGS = frozenset({"i", "im", "ive", "how", "me", "us", "my", "where", "nothing", "what"})


_HIDING = frozenset(
    [
        "not",
        "dont",
        "doesnt",
        "didnt",
        "isnt",
        "no",
        "never",
        "hide",
        "hiding",
        "hid",
        "hidden",
        "secret",
        "cant",
        "cannot",
        "shouldnt",
        "mustnt",
        "havent",
        "hvnt",
        "without",
        "concealed",
        "concealing",
        "nahi",
        "nhi",
        "mat",
        "ni",
        "na",
        "nai",
        "hoyni",
        "away",
    ]
)


def _denies(doc: Document, hit: PatternHit[str]) -> bool:
    """The patterns allow "does he know"; only with a word of hiding it is a wish to hide."""
    near = doc.tokens[hit.last - 1 : hit.last + 2]
    if any(token.text in _CONFUSION for token in near):
        return False
    return any(doc.tokens[i].text in _HIDING for i in range(hit.first, hit.last))


# "Does not know who we are" is an illness, not a secret.
_CONFUSION = frozenset({"who", "where", "us", "me", "we", "how", "when", "anyone", "english"})


def _language(doc: Document, asks: str | None) -> Iterator[Mention]:
    file = people_file()
    told: set[str] = set()
    for hit in language_book().find(doc):
        before = {t.text for t in doc.tokens[max(0, hit.first - 5) : hit.first]}
        near = before | {t.text for t in doc.tokens[hit.last : hit.last + 3]}
        fact = None
        if asks == "records_language" or (near & file.records and "speak" not in near):
            fact = "records_language"
        elif asks == "language" or before & (file.speaks - {"in"}):
            fact = "language"
        if fact and fact not in told:
            told.add(fact)  # "Arabic, and some pages English": the first is the main one
            yield _mention(doc, fact, hit.value, hit.first, hit.last, 0.9)
