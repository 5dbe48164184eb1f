"""Reads the stage in every form of the reference (B6): raw words, system, and group.

The raw words are kept, a stage is never raised, and a grade is no stage.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from bot.oncology.cancers import findings, own_cancer
from bot.oncology.context import context_of
from bot.oncology.phrases import PhraseBook
from bot.oncology.reading import Ambiguity, Mention
from bot.oncology.spread import disease_words, stage_file
from bot.oncology.text import Document, read_document

_ROMAN = {"0": "0", "1": "I", "2": "II", "3": "III", "4": "IV"}
_HAN = {"一": "I", "二": "II", "三": "III", "四": "IV"}
_NUMBER = r"(?P<{0}>iv|iii|ii|i|[0-4]|v)"
_LETTER = r"(?:(?:\s?-?(?=[abc])|-?(?=[bsex]))(?P<{0}>[abc][1-3]?|[bsex]{{1,2}})(?![a-z]))?"


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage found; `group` is None where the system says nothing of spread."""

    group: str | None
    system: str
    nstart: int
    nend: int
    confidence: float = 1.0


def read_stages(doc: Document, asks: str | None) -> Iterator[Mention | Ambiguity]:
    """`stage_group`, `stage_raw`, `stage_system`; early stage leads to a question."""
    found = [s for s in _found(doc, asks) if _of_patient(doc, s)]
    if not found:
        yield from _early(doc)
        return
    best = _best(doc, found)
    start, end = doc.origin(best.nstart, best.nend)
    words = doc.words(start, end)
    first, last = doc.token_span(best.nstart, best.nend)
    corrects = context_of(doc).assess(first, last).corrects
    if best.group is not None:
        yield Mention("stage_group", best.group, words, start, end, best.confidence, corrects)
    yield Mention("stage_raw", words, words, start, end, best.confidence, corrects)
    yield Mention("stage_system", best.system, words, start, end, best.confidence, corrects)


def _found(doc: Document, asks: str | None) -> list[Stage]:
    asked = asks in ("stage_group", "stage_raw", "stage")
    numbered = list(_numbered(doc))
    # "Locally advanced stage III": the number says more than the word beside it.
    said = [s for s in _said(doc) if not any(_overlap(s, n) for n in numbered)]
    found = [*_own_systems(doc), *numbered, *_tnm(doc), *said, *_beside_cancer(doc)]
    if not any(stage.group for stage in found):
        found.extend(_lone_roman(doc))
    if not found and (asked or asks == "extent"):
        found.extend(_answered(doc, strict=not asked))
    return _not_overlapping(found)


def _overlap(one: Stage, other: Stage) -> bool:
    return one.nstart < other.nend and other.nstart < one.nend


def _not_overlapping(found: list[Stage]) -> list[Stage]:
    kept: list[Stage] = []
    for stage in sorted(found, key=lambda s: s.nstart - s.nend):
        if not any(_overlap(k, stage) for k in kept):
            kept.append(stage)
    return sorted(kept, key=lambda s: s.nstart)


@cache
def _ordinals() -> dict[str, str]:
    """Words for 1 to 4 in every language, as a message is normalised -> stage group."""
    spoken = stage_file().ordinals.items()
    return {read_document(word).norm: _ROMAN[str(number)] for word, number in spoken}


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    words = _alternatives(read_document(word).norm for word in stage_file().stage_words)
    ordinals = _alternatives(_ordinals())
    small = (
        "is|was|no|number|at|as|of|cancer|disease|group|type|now|level|ca|figo|ajcc"
        "|ya|la|el|de|to|ke|ka|ki"
    )
    gap = rf"[\s.:=#\-(]*(?:(?:{small})\b[\s.:=#\-(]*){{0,2}}"
    number = _NUMBER.format("n") + _LETTER.format("x")
    return (
        re.compile(
            rf"(?<!\w)(?:{words})s?(?:(?!\w)|(?=\d)){gap}(?:{number}|(?P<o>{ordinals}))(?![\w%])(?!\.\d)"
        ),
        re.compile(
            r"\bst\.?\s?(?P<n>[1-4]|iv|iii|ii)(?P<x>[abc][1-3]?)?\b(?!\s*(?:cycle|year|month|time))"
        ),
        re.compile(
            rf"(?<!\w)(?:(?P<o>{ordinals})|(?P<n>iv|iii|ii|[1-4])\s?(?P<x>[abc](?![a-z]))?)(?:\.|\s?-?(?:й|я|ой|ая|th|nd|rd))?"
            rf"\s*(?:no\.?|number|wala|wali)?\s?-?(?:{words})(?!\w)(?<!stages)(?!\s*\d)"
        ),
        re.compile(rf"\bfigo\s*(?:stage\s*)?[:=]?\s*{number}(?![\w%])"),
        # "四期", "3a期"; cycles of treatment and phases of trials are counted in the same word
        re.compile(
            r"(?:(?P<o>[一二三四])|(?P<n>iv|iii|ii|i|[1-4]))\s?(?P<x>[abc])?\s?期(?!化疗|临床|試驗|试验)"
        ),
        re.compile(r"ระยะ(?:ที่)?\s?(?P<n>[1-4])"),
    )


def _alternatives(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(set(words), key=len, reverse=True))


# Letters of a stage in other scripts; each is replaced at its own length.
_LETTERS = {
    **dict(zip("абвс", "abbc", strict=True)),
    "এ": "a",
    "বি": "b",
    "সি": "c",
    "ए": "a",
    "बी": "b",
    "सी": "c",
}
_OTHER_LETTER = re.compile(rf"(?<=[1-4iv])(?:{'|'.join(_LETTERS)})(?!\w)")


def _latin(text: str) -> str:
    """ "3С" in Cyrillic, "২বি": the letter of a stage as Latin writes it, places unchanged."""
    return _OTHER_LETTER.sub(lambda m: _LETTERS[m[0]].ljust(len(m[0])), text)


def _numbered(doc: Document) -> Iterator[Stage]:
    text = _latin(doc.norm)
    for number, pattern in enumerate(_patterns()):
        for match in pattern.finditer(text):
            group = _group(match)
            if group is None or _SUPPOSED.search(doc.norm, 0, match.start()):
                continue
            if _OF_A_THING.match(doc.norm, match.end()):
                continue
            letter = match.groupdict().get("x")
            system = "FIGO" if number == 3 else _system(letter)
            end = match.end("x") if letter else match.end()
            moved = _MOVED.match(doc.norm, end)
            if moved:
                group, end = _ROMAN.get(moved["n"], moved["n"].upper()), moved.end("n")
            sure = 0.6 if not moved and _OR_ANOTHER.match(doc.norm, match.end()) else 1.0
            yield Stage(group, system, match.start(), end, sure)


# "What is the difference of stage 3 and 4", "if it was stage 1": nobody's stage.
_SUPPOSED = re.compile(
    r"(?:difference|if (?:it|this|that|she|he) (?:was|is|were|be|would be)|what (?:is|does|means?)"
    r"|meaning of|suppose)\b[^.?!,]{0,40}$"
)
# "Stage 3 se 4 ho gaya": it became another one.
_MOVED = re.compile(
    r"\s(?:se|to|then)\s(?P<n>[1-4]|iv|iii|ii)\s(?:ho|hua|hui|now|after|in (?:just|only|\d))\b"
)
# "second stage of the queue": no stage of a disease.
_OF_A_THING = re.compile(
    r"\s(?:of|in|for)\s(?:the|our|my|a|this|your)?\s?"
    r"(?:queue|process|trial|application|journey|plan|visa|course|interview|form|review|chat|grief|exam)"
)
# "stage 3 or 4": which of the two is not known.
_OR_ANOTHER = re.compile(r"\s?(?:or|/|-|to)\s?(?:stage\s)?(?:[1-4]|iv|iii|ii|i)\b")


def _group(match: re.Match[str]) -> str | None:
    named = match.groupdict()
    if named.get("o"):
        return _HAN.get(named["o"]) or _ordinals()[named["o"]]
    number = named.get("n")
    if not number or number == "v" or f"{number}{named.get('x') or ''}" == "is":
        return None
    return _ROMAN.get(number, number.upper())


def _system(letter: str | None) -> str:
    return "Ann Arbor" if (letter and letter[0] in "sex") or letter == "bs" else "AJCC"


_TNM = re.compile(
    r"\b[cpryu]{0,3}t\s?(?P<t>[0-4]|is|x)[a-d]?(?:\(m\))?[\s,]*[cpy]{0,2}n\s?(?P<n>[0-3]|x)[a-c]?(?:mi)?"
    r"(?:[\s,]*[cp]?m\s?(?P<m>[01x])[a-d]?)?\b"
)
# Where a distant metastasis does not make a stage IV.
_NOT_FOUR = frozenset({"testicular_gct", "thyroid_diff", "gtd", "cup"})


def _tnm(doc: Document) -> Iterator[Stage]:
    for match in _TNM.finditer(doc.norm):
        types = {option for f in findings(doc, None) for option in f.options}
        group = "IV" if match["m"] == "1" and not types & _NOT_FOUR else _by_table(match, types)
        yield Stage(group, "TNM", match.start(), match.end())


def _by_table(match: re.Match[str], types: set[str]) -> str | None:
    """The group of T and N, for cancers in which these two decide it."""
    if not types or match["m"] == "1":
        return None
    tables = stage_file().tnm_groups
    t, n = f"T{match['t']}".upper(), f"N{match['n']}".upper()
    found = {
        table.get(f"{t} {n}") or table.get(n) or table.get(t)
        for table in (tables.get(option, {}) for option in types)
    }
    return found.pop() if len(found) == 1 else None


def _own_systems(doc: Document) -> Iterator[Stage]:
    texts = {token.text for token in doc.tokens}
    for system in stage_file().systems:
        if texts.isdisjoint(system.words):
            continue
        for match in _compiled(system.pattern).finditer(doc.norm):
            value = next((g for g in match.groups() if g and g.strip()), None)
            if value is None:
                continue
            group = None
            if system.system in ("ISS", "R-ISS", "Rai", "Ann Arbor"):
                group = _ROMAN.get(value, value.upper())
            yield Stage(group, system.system, match.start(), match.end())


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@cache
def _said_book() -> PhraseBook[str]:
    words = stage_file()
    return PhraseBook(
        [
            *((p, "IV") for p in words.last_stage),
            *((p, "limited") for p in words.limited),
            *((p, "extensive") for p in words.extensive),
        ]
    )


def _said(doc: Document) -> Iterator[Stage]:
    yield from _small_cell(doc)
    for hit in _said_book().find(doc):
        nstart, nend = doc.tokens[hit.first].nstart, doc.tokens[hit.last - 1].nend
        yield Stage(hit.value, "lay" if hit.value == "IV" else "VALG", nstart, nend)


def _small_cell(doc: Document) -> Iterator[Stage]:
    """ "Small cell. Extensive, they said": two words that stage no other cancer."""
    places = [f.first for f in findings(doc, None) if f.options == ("sclc",)]
    for index, token in enumerate(doc.tokens if places else ()):
        if token.text in ("extensive", "limited") and any(abs(index - p) <= 15 for p in places):
            yield Stage(token.text, "VALG", token.nstart, token.nend, 0.9)


_BESIDE = re.compile(
    r"[\s,:(\-]{0,3}(?P<n>iv|iii|ii|[1-4])\s?(?P<x>[abc][1-3]?)?\b(?![.%]?\d)(?P<after>\s?\w*)"
)


def _beside_cancer(doc: Document) -> Iterator[Stage]:
    """ "ca ovary 3c", "cervix cancer IIB": a number with its letter right behind the cancer."""
    text = _latin(doc.norm)
    for finding in findings(doc, None):
        last = finding.last
        named = {h.first for h in disease_words(doc) if "malignant" in h.value}
        while last in named and not doc.tokens[last].breaks:
            last += 1
        match = _BESIDE.match(text, doc.tokens[last - 1].nend)
        if match is None:
            continue
        roman = match["n"].startswith("i")
        if match["x"] or (roman and not match["after"].strip()):
            end = match.end("x") if match["x"] else match.end("n")
            group = _ROMAN.get(match["n"], match["n"].upper())
            yield Stage(group, "AJCC", match.start("n"), end, 0.9)


_ROMAN_ALONE = re.compile(r"(?<![\w.-])(IV|III|II|I|[1-4])([ABC])([1-3])?(?![\w%-])")
_NO_STAGE = re.compile(
    r"(?:grade|type|group|class|bismuth|factor|phase|grad|gr|flat|room|bed|ward|block|gate|seat|hep|"
    r"hepatitis|ctla|house|plot|apartment|apt|segment|segments|seg)\W*$"
)


def _lone_roman(doc: Document) -> Iterator[Stage]:
    """ "IIIC1" alone, in capitals, where the message speaks of a cancer."""
    if not findings(doc, None):
        return
    for match in _ROMAN_ALONE.finditer(doc.original):
        if _NO_STAGE.search(doc.original[: match.start()].lower()):
            continue
        token = next((t for t in doc.tokens if t.start <= match.start() < t.end), None)
        if token is not None:
            yield Stage(_ROMAN.get(match[1], match[1]), "AJCC", token.nstart, token.nend, 0.9)


_ANSWER = re.compile(
    r"^\W*(?:it is |its |he is |she is |in |at |the )?(?P<n>iv|iii|ii|i|[0-4])(?:st|nd|rd|th)?"
    r"(?:\s(?:one|wala|wali|number))?\s?(?P<x>[abc][1-3]?)?(?:\W*$|"
    r"[\s,]+(?:i think|i guess|maybe|may be|but|doctor|dr|he said|she said|they|the)\b)"
)


def _answered(doc: Document, *, strict: bool) -> Iterator[Stage]:
    match = _ANSWER.match(doc.norm)
    if match and not (strict and not match["x"] and not match["n"].startswith("i")):
        end = match.end("x") if match["x"] else match.end("n")
        yield Stage(_ROMAN.get(match["n"], match["n"].upper()), "AJCC", match.start("n"), end)
        return
    words = {t.text for t in doc.tokens}
    if not strict and len(doc.tokens) <= 3:
        if words & {"last", "final", "terminal", "advanced"}:
            yield Stage("IV", "lay", 0, len(doc.norm), 0.9)
            return
        for word, group in _ordinals().items():
            if word in words:
                yield Stage(group, "AJCC", 0, len(doc.norm), 0.9)
                return


def _of_patient(doc: Document, stage: Stage) -> bool:
    first, last = doc.token_span(stage.nstart, stage.nend)
    if first >= len(doc.tokens):
        return False
    context = context_of(doc)
    if context.owners.is_other(first) or context.negated(first, last):
        return False
    here = context.sentence(first)
    if _of_an_earlier_cancer(doc, first):
        return False
    imagined = context.cues_in(here.first, first, "uncertain_before")
    return not any(0 <= first - cue.last <= 2 for cue in imagined)


def _of_an_earlier_cancer(doc: Document, first: int) -> bool:
    """ "Stage 1 was my old thyroid tumour. Now colon": not the stage of what is there now."""
    chosen = own_cancer(doc, None)
    here = context_of(doc).sentence(first)
    told = [f for f in findings(doc, None) if here.first <= f.first < here.last]
    if chosen is None or not told or here.first <= chosen[0].first < here.last:
        return False
    return all(set(f.options).isdisjoint(chosen[0].options) for f in told)


def _best(doc: Document, found: list[Stage]) -> Stage:
    """With a group before without, the last told before earlier ones."""
    grouped = [s for s in found if s.group is not None] or found
    return grouped[-1]


@cache
def _early_book() -> PhraseBook[bool]:
    return PhraseBook((phrase, True) for phrase in stage_file().early_stage)


def _early(doc: Document) -> Iterator[Ambiguity]:
    for hit in _early_book().find(doc):
        if context_of(doc).assess(hit.first, hit.last).present:
            words = doc.words(hit.start, hit.end)
            yield Ambiguity("stage_group", ("I", "II", "unsure"), words, hit.start, hit.end)
            return
