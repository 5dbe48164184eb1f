"""Reads the stage as said: roman, arabic, in words, TNM, FIGO, and the systems of single diseases.

The words are kept as they are; nothing is upgraded. A grade is no stage. In myeloma and leukaemia a
"stage" is a risk group, so no stage group follows from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.oncology.context import Assertion, context_of
from bot.oncology.disease_course import status_file
from bot.oncology.reading import Mention
from bot.oncology.text import Document

DIGITS = {"0": "0", "1": "I", "2": "II", "3": "III", "4": "IV"}
SPOKEN = {word: group for group, words in status_file().stages.items() for word in words}
WORDS = DIGITS | {roman.lower(): roman for roman in DIGITS.values()} | SPOKEN
_STAGE = r"(?:stages?|stge|stg|staged?|staige|stag|steg|stej|marhala|st)"
_NUMBER = r"(?:iv|iii|ii|i|[0-4])"
_LINK = r"(?:\s*(?:is|was|no|number|now|:|=|-|#|of|about)\s*|\s+|)"
_SPOKEN = "|".join(sorted(SPOKEN, key=len, reverse=True))
_AFTER = re.compile(
    rf"\b(?:figo\s+)?{_STAGE}\b{_LINK}(?P<value>(?P<number>{_NUMBER})\s?-?(?P<letter>[abc][1-3]?s?|"
    rf"[es]x?)?\b|{_SPOKEN})\b"
)
_GLUED = re.compile(rf"\b{_STAGE}(?P<number>[0-4])(?P<letter>[abc][1-3]?)?\b")
_BEFORE = re.compile(rf"\b(?P<value>{_SPOKEN})\s+{_STAGE}\b")
_FIGO = re.compile(
    r"\bfigo\s+(?:stage\s+)?(?P<number>iv|iii|ii|i|[1-4])\s?(?P<letter>[abc][1-3]?)?\b"
)
_TNM = re.compile(
    r"\b[cpy]{0,2}t(?:[0-4][a-d]?|is|x)\s*,?\s*[cpy]{0,2}n[0-3x][a-c]?(?:\s*,?\s*[cp]?m(?P<m>[01x])[a-d]?)?\b"
)
_BARE = re.compile(rf"\s*(?P<number>{_NUMBER})\s?-?(?P<letter>[abc][1-3]?)?\s*\.?\s*")
# System, pattern; their values are risk groups or scores of single diseases.
_SYSTEMS = (
    ("Binet", re.compile(r"\bbinet\s+(?:stage\s+)?[abc]\b")),
    ("Rai", re.compile(r"\brai\s+(?:stage\s+)?(?:iv|iii|ii|i|[0-4])\b")),
    ("R-ISS", re.compile(r"\br\s?-?\s?iss\s+(?:stage\s+)?(?:iii|ii|i|[1-3])\b")),
    ("ISS", re.compile(r"\biss\s+(?:stage\s+)?(?:iii|ii|i|[1-3])\b")),
    ("BCLC", re.compile(r"\bbclc\s+(?:stage\s+)?(?:0|[abcd])\b")),
    (
        "Gleason",
        re.compile(r"\bgleason\s*(?:score)?\s*(?:[2-5]\s*\+\s*[2-5](?:\s*=\s*\d{1,2})?|\d{1,2})"),
    ),
    ("INRGSS", re.compile(r"\binr?gss\s+(?:l1|l2|ms|m|4s)\b")),
)
# Words before a number that make it something else than a stage.
_NOT_A_STAGE = re.compile(r"(?:grade|phase|line|cycle)\s*$")


@dataclass(frozen=True, slots=True)
class _Stage:
    group: str | None
    system: str
    nstart: int
    nend: int


def read_stage(doc: Document, asks: str | None) -> Iterator[Mention]:
    """`stage_raw`, `stage_system`, `stage_group` of the stage that is meant."""
    found = [stage for stage in _stages(doc, asks) if _meant(doc, stage)]
    systems = [s for s in found if s.group is None]
    groups = [s for s in found if s.group is not None]
    stage = groups[-1] if groups else (systems[-1] if systems else None)
    if stage is None:
        return
    if len(groups) > 1:
        stage = _corrected(doc, groups) or stage
    start, end = doc.origin(stage.nstart, stage.nend)
    words = doc.words(start, end).strip()
    end = start + len(words)
    corrects = _assertion(doc, stage).corrects
    yield Mention("stage_raw", words, words, start, end, corrects=corrects)
    yield Mention("stage_system", stage.system, words, start, end, corrects=corrects)
    if stage.group is not None:
        yield Mention("stage_group", stage.group, words, start, end, corrects=corrects)


def _stages(doc: Document, asks: str | None) -> Iterator[_Stage]:
    text = doc.norm
    for match in _TNM.finditer(text):
        yield _Stage("IV" if match["m"] == "1" else None, "TNM", match.start(), match.end())
    for system, pattern in _SYSTEMS:
        for match in pattern.finditer(text):
            yield _Stage(None, system, match.start(), match.end())
    for match in _FIGO.finditer(text):
        yield _Stage(WORDS[match["number"]], "FIGO", match.start(), match.end())
    for match in (*_AFTER.finditer(text), *_GLUED.finditer(text)):
        if not _NOT_A_STAGE.search(text[: match.start()]) and not _score_before(
            text, match.start()
        ):
            number = match["number"] or match["value"]
            yield _Stage(WORDS[number], _system(number), match.start(), match.end())
    for match in _BEFORE.finditer(text):
        yield _Stage(WORDS[match["value"]], _system(match["value"]), match.start(), match.end())
    bare = _BARE.fullmatch(text) if asks in ("extent", "stage_group", "stage_raw") else None
    if bare and (bare["letter"] or not bare["number"].isdigit()):
        yield _Stage(WORDS[bare["number"]], "AJCC", 0, len(text))


def _score_before(text: str, at: int) -> bool:
    return bool(re.search(r"(?:binet|rai|iss|bclc)\s*$", text[:at]))


def _system(value: str) -> str:
    return "SCLC" if value in ("limited", "extensive") else "AJCC"


def _corrected(doc: Document, stages: list[_Stage]) -> _Stage | None:
    """Of several stages the one that is not denied ("stage 4 not 3") and is of now."""
    present = [s for s in stages if not _assertion(doc, s).past]
    return max(present, key=lambda s: s.nstart) if present else None


def _meant(doc: Document, stage: _Stage) -> bool:
    found = _assertion(doc, stage)
    return not (found.negated or found.other_person or found.asked)


def _assertion(doc: Document, stage: _Stage) -> Assertion:
    return context_of(doc).assess(*doc.token_span(stage.nstart, stage.nend))
