"""The closed vocabularies that facts are checked against: cancers, drug classes, markers.

Read from knowledge/; spelling variants meet here, meaning is never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

import yaml

from bot.oncology.knowledge_files import KNOWLEDGE
from bot.oncology.text import read_document
from bot.oncology.vocabulary import Treatment, treatment_book, treatments

_CLASS_WORDS: Final = {
    "proteasomeinhibitor": "PI",
    "immunomodulator": "IMiD",
    "btkinhibitor": "BTKi",
    "bcl2inhibitor": "BCL2i",
    "antipd1": "PD1",
    "pd1inhibitor": "PD1",
    "antipdl1": "PDL1",
    "antictla4": "CTLA4",
    "parpinhibitor": "PARPi",
    "cdk46inhibitor": "CDK46i",
    "arpi": "ARPI/ADT",
    "endocrine": "SERD/endocrine",
    "serd": "SERD/endocrine",
    "vinca": "vinca/other",
    "pi3kaktmtor": "PI3K/AKT/mTOR",
}


def key(text: str) -> str:
    """Spelling-free form used to meet ids and names."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


@cache
def classes() -> frozenset[str]:
    """Every drug class id of B3."""
    return frozenset(c for t in treatments().values() for c in t.classes) | {"steroid"}


@cache
def _class_keys() -> Mapping[str, str]:
    return {key(c): c for c in classes()} | _CLASS_WORDS


@cache
def class_id(name: str) -> str:
    """The class id of B3 when `name` is one, else the drug's name in lower case."""
    return _class_keys().get(key(name), name.strip().lower())


def is_treatment(name: str) -> bool:
    """Is this the id of a drug class, or a drug or regimen that we know?"""
    return name in classes() or drugs_of(name) is not None


def _read(path: Path) -> Mapping[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loaded: Mapping[str, Any] = yaml.load(path.read_text(encoding="utf-8"), loader)  # noqa: S506
    return loaded


@cache
def _groups_file() -> Mapping[str, Any]:
    return _read(KNOWLEDGE / "cancer_groups.yml")


@cache
def cancers() -> frozenset[str]:
    """Every cancer id of B2."""
    return (group("blood") | group("solid")) - {"richter"}


@cache
def group(name: str) -> frozenset[str]:
    """The cancers of a group. Raises KeyError for an unknown group."""
    members: Iterable[str] = _groups_file()["groups"][name]
    return frozenset(members)


def expand(names: Iterable[str]) -> frozenset[str]:
    """Cancer ids and group names -> cancer ids. Raises KeyError for an unknown name."""
    out: set[str] = set()
    for name in names:
        if name in _groups_file()["groups"]:
            out |= group(name)
        elif name in cancers() or name == "richter":
            out.add(name)
        else:
            raise KeyError(name)
    return frozenset(out)


@cache
def _cancer_keys() -> Mapping[str, str]:
    same: Mapping[str, str] = _groups_file()["same_as"]
    return {key(c): c for c in cancers()} | {key(w): c for w, c in same.items()}


def canonical_cancer(text: str) -> str | None:
    """The cancer id, however its words are joined; None when it is none of B2."""
    return _cancer_keys().get(key(text))


@cache
def biomarker_ids() -> frozenset[str]:
    """Every marker that facts may carry, also those that no rule looks at (`marker_key`)."""
    file = _read(KNOWLEDGE / "biomarkers" / "markers.yml")
    changes = file["cytogenetics"]
    named = (*file["markers"], *changes, *(word for words in changes.values() for word in words))
    return frozenset(marker_key(str(name)) for name in named) | _WRITTEN_OTHERWISE.union(
        _STAINS.split()
    )


def marker_key(name: str) -> str:
    """A marker's name without case, spaces and punctuation; Greek letters stay."""
    return re.sub(r"[\W_]", "", name.casefold())


# The usual stains of a pathology report, and what the reference lists beside markers (B2).
_STAINS: Final = """
ar arginase1 atrx bap1 bcl1 cd10 cd103 cd117 cd138 cd3 cd43 cd56 cd68 cd79a cd99 cdx2 ck ck19
ck20 ck5 ck56 ck7 cortisol csf1 csfcytology cyclind1 desmin dog1 ecadherin ema ercc1 gata3 gfap
gleason glut1 glypican3 hbvdna hcvrna heppar1 hmb45 hpylori igcccg igm ihc imdc insm1 map2k1
melana mpo mum1 mycn myogenin napsin napsina nectin4 ngs nse nut nutm1 olig2 p40 p63 panck pax5
pax8 progrp s100 s100b shh sma sox10 sox11 stat6 synaptophysin tdt thyroglobulin tp63 ttf1 vimentin
"""
# Spellings of the reference (B4) for markers that no rule looks at.
_WRITTEN_OTHERWISE: Final = frozenset(
    {
        "ca125",
        "bhcg",
        "hcg",
        "βhcg",
        "cga",
        "chromogranina",
        "mprotein",
        "beta2microglobulin",
        "β2microglobulin",
        "β2m",
        "b2m",
        "κλflc",
        "ldh",
        "ctdna",
        "sdh",
        "wt1",
        "cytogenetics",
        "cytogeneticsmm",
        "ebv",
        "myd88cxcr4",
        "jak2calrmpl",
        "mycbcl2bcl6",
        "p53",
        "smarcb1",
        "alkihc",
        "cdkn2a",
        "cdkn2b",
        "fgfr1",
        "fgfr2b",
        "stk11",
        "keap1",
        "gpc3",
        "cd79b",
        "acvr1",
        "brachyury",
    }
)


class Known:
    """What a treatment name stands for."""

    __slots__ = ("classes", "drugs", "modality", "regimen")

    def __init__(
        self, drugs: frozenset[str], classes: frozenset[str], modality: str | None, regimen: bool
    ) -> None:
        """Drug names in lower case, class ids of B3."""
        self.drugs, self.classes = drugs, classes
        self.modality, self.regimen = modality, regimen


@cache
def _by_name() -> Mapping[str, str]:
    return {name.casefold(): name for name in treatments()}


@lru_cache(maxsize=4096)
def drugs_of(name: str) -> Known | None:
    """The drugs and classes behind a drug or regimen name; None for a name we do not know.

    Counts of cycles behind the name are no part of it; drugs joined by "+" or "/" are one regimen.
    Of a name with more words (a dose, a way of giving, a brand in brackets) the drugs in it count,
    unless its words may say that they were not given, or not together.
    """
    bare = _CYCLES.sub("", name.strip())
    found = _one(name.strip()) or _one(bare)
    if found is not None:
        return found
    joined = [_one(word.strip()) for word in _JOINED.split(bare)]
    parts = [part for part in joined if part is not None]
    if len(parts) < len(joined) and not _NOT_ONE_TREATMENT.search(name):
        parts = [*parts, *_named_within(name)]
    if not parts:
        return None
    drugs = frozenset().union(*(p.drugs for p in parts))
    several = len(joined) > 1 or len(drugs - _KINDS) > 1
    return Known(
        drugs=drugs,
        classes=frozenset().union(*(p.classes for p in parts)),
        modality=parts[0].modality,
        regimen=several or any(p.regimen for p in parts),
    )


_CYCLES: Final = re.compile(
    r"\s*[,(]?\s*(?:[x×]\s*\d+|\d+\s*(?:x|×|cycles?|courses?))\)?\s*$", re.I
)
_JOINED: Final = re.compile(r"\s*[+/,&]\s*|\s+(?:and|plus|with)\s+", re.I)
_NOT_ONE_TREATMENT: Final = re.compile(
    r"\b(?:no|non|not|never|without|refus\w*|declin\w*|den(?:y|ied)|plan\w*|advis\w*|offer\w*|"
    r"suggest\w*|recommend\w*|consider\w*|propos\w*|or|vs|versus|then|followed|after|before|until|"
    r"switch\w*|chang\w*|if|maybe|may|possib\w*|pending|instead|naive|allerg\w*|future|next|"
    r"available|ask\w*|want\w*|like|similar|trial|placebo)\b|[>→⇒;?]",
    re.I,
)
# Words for a kind of treatment beside the name of a drug make no regimen of it.
_KINDS: Final = frozenset(
    {"chemotherapy", "immunotherapy", "targeted therapy", "radiotherapy", "car-t"}
)


def _named_within(text: str) -> list[Known]:
    """The treatments that a longer name speaks of."""
    hits = treatment_book().find(read_document(text))
    found = [_one(name) for name in sorted({hit.value.name for hit in hits})]
    return [known for known in found if known is not None]


def _one(name: str) -> Known | None:
    exact = _by_name().get(name.casefold())
    found = treatments()[exact] if exact else treatment_book().get(name) or _misspelt(name)
    if found is None:
        return None
    parts = [treatments()[c] for c in found.components if c in treatments()]
    return Known(
        drugs=frozenset(c.casefold() for c in found.components or (found.name,)),
        classes=frozenset(found.classes).union(*(p.classes for p in parts)),
        modality=found.modality,
        regimen=bool(found.components),
    )


@lru_cache(maxsize=1024)
def _misspelt(name: str) -> Treatment | None:
    """The treatment meant by one long word with a wrong letter or two (B3)."""
    if not name.isalpha() or key(name) in _class_keys():
        return None
    hits = treatment_book().find(read_document(name))
    return hits[0].value if len(hits) == 1 else None
