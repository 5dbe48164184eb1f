"""The vocabulary of cancers and treatments: what is in `knowledge/`, and phrase books over it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Literal

from bot.oncology.knowledge_files import KNOWLEDGE, load, load_folder
from bot.oncology.language_names import attached, names_of
from bot.oncology.phrases import PhraseBook

Review = Literal["pending", "approved"]


@dataclass(frozen=True)
class Subtype:
    """A subtype of one cancer; `names` mean it once the cancer is known."""

    name: str
    oncotree: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Cancer:
    """One cancer; names in `exact` count only so written; `also_benign` even as "no cancer"."""

    name: str
    oncotree: tuple[str, ...]
    names: tuple[str, ...]
    biomarkers: tuple[str, ...]
    subtypes: dict[str, Subtype]
    exact: tuple[str, ...] = ()
    blood: bool = False
    also_benign: bool = False


@dataclass(frozen=True)
class Evidence:
    """Words and tested markers anywhere in a message that decide for one of several cancers."""

    words: tuple[str, ...] = ()
    markers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Organ:
    """A place in the body: with a word for cancer it names one cancer, or leaves several open.

    `names` are diagnoses that name the organ only. `likely` is what is meant most often; it is
    told with `confidence`, low enough to be read back first.
    """

    options: tuple[str, ...]
    words: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()
    site: str | None = None
    likely: str | None = None
    confidence: float = 0.6
    certain: tuple[str, ...] = ()
    evidence: dict[str, Evidence] = field(default_factory=dict)


@dataclass(frozen=True)
class Vague:
    """Words for a disease that leave several cancers open ("blood cancer").

    With `alone` they count only where nothing else names a disease ("adino"); with `organ` they
    are judged like that organ's cancer.
    """

    phrases: tuple[str, ...]
    options: tuple[str, ...]
    exact: bool = False
    likely: str | None = None
    confidence: float = 0.6
    evidence: dict[str, Evidence] = field(default_factory=dict)
    weak: dict[str, float] = field(default_factory=dict)
    alone: bool = False
    organ: str | None = None


@dataclass(frozen=True)
class CancerFile:
    """knowledge/cancers/*.yml"""

    source: str
    as_of: date
    review: Review
    cancers: dict[str, Cancer] = field(default_factory=dict)
    organs: dict[str, Organ] = field(default_factory=dict)
    vague: tuple[Vague, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """What a phrase of the cancer vocabulary stands for: a cancer, an organ, or a vague word."""

    kind: Literal["cancer", "organ", "vague"]
    id: str
    exact: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Diseases:
    """Words of disease of one language (knowledge/language/*/disease.yml)."""

    malignant: tuple[str, ...] = ()
    tumour: tuple[str, ...] = ()
    mass: tuple[str, ...] = ()
    benign: tuple[str, ...] = ()
    between: tuple[str, ...] = ()
    diagnosed: tuple[str, ...] = ()
    hypothetical_before: tuple[str, ...] = ()
    spread: tuple[str, ...] = ()
    generic: tuple[str, ...] = ()
    histology: tuple[str, ...] = ()
    hormone_positive: tuple[str, ...] = ()
    hormone_negative: tuple[str, ...] = ()


@cache
def _cancer_files() -> tuple[CancerFile, ...]:
    return tuple(load_folder(KNOWLEDGE / "cancers", CancerFile).values())


@cache
def cancers() -> dict[str, Cancer]:
    """Every cancer by id."""
    return {key: cancer for file in _cancer_files() for key, cancer in file.cancers.items()}


@cache
def organs() -> dict[str, Organ]:
    """Every organ by id."""
    return {key: organ for file in _cancer_files() for key, organ in file.organs.items()}


@cache
def vague() -> tuple[Vague, ...]:
    """Every vague disease word."""
    return tuple(entry for file in _cancer_files() for entry in file.vague)


@cache
def cancer_book() -> PhraseBook[Named]:
    """Diagnoses: names of cancers, of organs' cancers, and vague words."""
    return PhraseBook(_cancer_phrases(), fuzzy=True)


def _cancer_phrases() -> Iterator[tuple[str, Named]]:
    exact = {key: cancer.exact for key, cancer in cancers().items() if cancer.exact}
    for key, forms in exact.items():
        for form in forms:
            yield form, Named("cancer", key, frozenset(forms))
    for number, entry in enumerate(vague()):
        for phrase in entry.phrases:
            forms_ = frozenset(entry.phrases) if entry.exact else frozenset()
            yield phrase, Named("vague", str(number), forms_)
    for key, organ in organs().items():
        for form in organ.exact:
            yield form, Named("organ", key, frozenset(organ.exact))
        for phrase in organ.names:
            yield phrase, Named("organ", key)
    for key, cancer in cancers().items():
        for phrase in cancer.names:
            yield phrase, Named("cancer", key)
        yield cancer.name, Named("cancer", key)
    numbers = {p: str(n) for n, entry in enumerate(vague()) for p in entry.phrases}
    for phrase, key in names_of("vague"):
        yield phrase, Named("vague", numbers[key])
    for phrase, key in names_of("diagnoses"):
        yield phrase, Named("organ", key)
    for phrase, key in names_of("cancers"):
        yield phrase, Named("cancer", key)


@cache
def organ_book() -> PhraseBook[str]:
    """Places in the body -> organ id."""
    own = ((word, key) for key, organ in organs().items() for word in organ.words)
    return PhraseBook([*own, *names_of("organs")], fuzzy=True)


@cache
def subtype_book(cancer: str) -> PhraseBook[str]:
    """Names of the subtypes of one cancer -> subtype id."""
    return PhraseBook(
        (
            (name, key)
            for key, subtype in cancers()[cancer].subtypes.items()
            for name in (*subtype.names, subtype.name)
        ),
        fuzzy=True,
    )


_DISEASE_KINDS = (
    "malignant",
    "tumour",
    "mass",
    "benign",
    "diagnosed",
    "hypothetical_before",
    "spread",
    "generic",
    "histology",
    "hormone_positive",
    "hormone_negative",
)


@cache
def disease_book() -> PhraseBook[frozenset[str]]:
    """Words of disease of every language -> their kinds."""
    kinds: dict[str, set[str]] = {}
    for path in sorted((KNOWLEDGE / "language").glob("*/disease.yml")):
        words = load(path, Diseases)
        for kind in _DISEASE_KINDS:
            for phrase in getattr(words, kind):
                for form in attached(phrase):
                    kinds.setdefault(form, set()).add(kind)
    return PhraseBook((phrase, frozenset(found)) for phrase, found in kinds.items())


@cache
def between_words() -> frozenset[str]:
    """Words that may stand between an organ and a word for cancer."""
    paths = sorted((KNOWLEDGE / "language").glob("*/disease.yml"))
    return frozenset(word for path in paths for word in load(path, Diseases).between)


@dataclass(frozen=True)
class Drug:
    """One treatment; `also` are further classes."""

    names: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    modality: str | None = None


@dataclass(frozen=True)
class DrugClass:
    """Treatments of one class. `class_id` replaces the key; "none" is for treatments without."""

    modality: str
    drugs: dict[str, tuple[str, ...] | Drug]
    class_id: str | None = None


@dataclass(frozen=True)
class TreatmentFile:
    """knowledge/treatments/drugs.yml and procedures.yml

    `listed` are short forms that count only beside another treatment ("ADT, abi, doce").
    """

    source: str
    as_of: date
    review: Review
    classes: dict[str, DrugClass]
    listed: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Regimen:
    """A named combination: `of` drugs, `with_` other treatments such as radiotherapy."""

    of: tuple[str, ...]
    names: tuple[str, ...]
    exact: tuple[str, ...] = ()
    with_: tuple[str, ...] = ()


@dataclass(frozen=True)
class RegimenFile:
    """knowledge/treatments/regimens.yml"""

    source: str
    as_of: date
    review: Review
    regimens: dict[str, Regimen]


@dataclass(frozen=True, slots=True)
class Treatment:
    """What a phrase of the treatment vocabulary stands for.

    `classes` are class ids, `components` the drugs of a regimen, `with_` other treatments that
    belong to it.
    """

    name: str
    classes: tuple[str, ...]
    modality: str
    components: tuple[str, ...] = ()
    exact: frozenset[str] = frozenset()
    with_: tuple[str, ...] = ()


@cache
def treatments() -> dict[str, Treatment]:
    """Every treatment and regimen by canonical name."""
    found: dict[str, Treatment] = {}
    for path in ("drugs.yml", "procedures.yml"):
        file = load(KNOWLEDGE / "treatments" / path, TreatmentFile)
        for key, group in file.classes.items():
            class_id = group.class_id or key
            for name, drug in group.drugs.items():
                more = drug.also if isinstance(drug, Drug) else ()
                own = (drug.modality if isinstance(drug, Drug) else None) or group.modality
                classes = () if class_id == "none" else (class_id, *more)
                found[name] = Treatment(name, classes, own)
    for name, regimen in _regimens().items():
        classes = tuple(
            dict.fromkeys(
                c for part in regimen.of if part in found for c in found[part].classes[:1]
            )
        )
        found[name] = Treatment(
            name,
            classes,
            _main_modality(found, regimen),
            regimen.of,
            frozenset(regimen.exact),
            regimen.with_,
        )
    return found


def _main_modality(found: dict[str, Treatment], regimen: Regimen) -> str:
    """Chemotherapy when one of the drugs is; else what the first drug is."""
    kinds = [found[part].modality for part in regimen.of if part in found]
    return "chemo" if "chemo" in kinds or not kinds else kinds[0]


@cache
def _regimens() -> dict[str, Regimen]:
    return load(KNOWLEDGE / "treatments" / "regimens.yml", RegimenFile).regimens


# How a regimen whose abbreviation is an everyday word or has many meanings is written all the same.
_AS_REGIMEN = ("{} chemo", "{} chemotherapy", "{} regimen", "{} protocol", "{} cycles", "cycles of {}", "cycle of {}")  # fmt: skip  # noqa: E501


@cache
def treatment_book() -> PhraseBook[Treatment]:
    """Names of treatments and regimens."""
    return PhraseBook(_treatment_phrases(), fuzzy=True)


def _treatment_phrases() -> Iterator[tuple[str, Treatment]]:
    known = treatments()
    for name, regimen in _regimens().items():
        treatment = known[name]
        plain = Treatment(
            treatment.name,
            treatment.classes,
            treatment.modality,
            treatment.components,
            frozenset(),
            treatment.with_,
        )
        for form in regimen.exact:
            yield form, treatment
            for pattern in _AS_REGIMEN:
                yield pattern.format(form), plain
        for phrase in (*regimen.names, *(() if regimen.exact else (name,))):
            yield phrase, plain
    for path in ("drugs.yml", "procedures.yml"):
        file = load(KNOWLEDGE / "treatments" / path, TreatmentFile)
        for group in file.classes.values():
            for name, drug in group.drugs.items():
                names = drug.names if isinstance(drug, Drug) else drug
                for phrase in (name, *names):
                    yield phrase, known[name]
    for phrase, name in names_of("treatments"):
        yield phrase, known[name]


@cache
def listed_book() -> PhraseBook[Treatment]:
    """Short forms that count only beside another treatment."""
    known = treatments()
    files = (
        load(KNOWLEDGE / "treatments" / path, TreatmentFile)
        for path in ("drugs.yml", "procedures.yml")
    )
    return PhraseBook(
        (form, known[name])
        for file in files
        for name, forms in file.listed.items()
        for form in forms
    )
