"""Reads which cancer the patient has: its id where certain, its subtype, whether only suspected.

Three ways lead to a diagnosis: a name of the vocabulary ("DLBCL"), an organ together with a word
for cancer ("carcinoma of left breast", "lung mein cancer"), and an organ as the answer to the
question. Where an organ or a vague word leaves several cancers open, words and marker results
elsewhere in the message may decide; otherwise the choice is given back as an ambiguity.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from bot.oncology.biomarkers import markers_of, results
from bot.oncology.cancer_evidence import (
    about_cancer,
    benign,
    case_fits,
    confirmed,
    hormone_result,
    is_new,
    is_positive,
    only_imagined,
    place_of_relapse,
    shows,
    turned_into,
)
from bot.oncology.context import Assertion, context_of
from bot.oncology.lone_organs import (
    called_primary,
    complaint,
    of_a_relative,
    of_another,
    stands_alone,
    whole_sentence,
)
from bot.oncology.phrases import Hit
from bot.oncology.plain_facts import says_no_biopsy
from bot.oncology.reading import Ambiguity, Mention
from bot.oncology.signs import signs_of
from bot.oncology.spread import disease_words, sites_of
from bot.oncology.subtypes import read_subtype
from bot.oncology.text import Document
from bot.oncology.treatments import treatment_hits
from bot.oncology.vocabulary import (
    Evidence,
    Named,
    Organ,
    Vague,
    between_words,
    cancer_book,
    cancers,
    organ_book,
    organs,
    vague,
)

DOUBTFUL_SPELLING = 0.9


@dataclass(frozen=True, slots=True)
class Finding:
    """A diagnosis found: `options` holds one id when certain, several when open."""

    options: tuple[str, ...]
    first: int
    last: int
    start: int
    end: int
    confidence: float
    likely: str | None = None
    organ: str | None = None
    mass_only: bool = False
    by_name: bool = False

    @property
    def certain(self) -> bool:
        return len(self.options) == 1


def read_cancers(doc: Document, asks: str | None) -> Iterator[Mention | Ambiguity]:
    """The patient's cancer: `cancer_type`, `cancer_subtype`, `suspected`, or an ambiguity."""
    own = own_cancer(doc, asks)
    if own is None:
        return
    best, meant = own
    words = doc.words(best.start, best.end)
    if best.certain or best.likely:
        chosen = best.options[0] if best.certain else best.likely
        yield Mention(
            "cancer_type", chosen, words, best.start, best.end, best.confidence, meant.corrects
        )
        if best.certain and chosen:
            yield from read_subtype(doc, chosen, best.first, best.last)
    if not best.certain:
        yield Ambiguity("cancer_type", _asked_options(best), words, best.start, best.end)
    if meant.uncertain or (best.mass_only and not confirmed(doc)):
        yield Mention("suspected", True, words, best.start, best.end, 0.9)


def own_cancer(doc: Document, asks: str | None) -> tuple[Finding, Assertion] | None:
    """Of the diagnoses found the patient's present one, and how it is meant."""
    context = context_of(doc)
    judged = [(f, context.assess(f.first, f.last)) for f in findings(doc, asks)]
    own = [(f, a) for f, a in judged if a.present and not only_imagined(doc, f.first)]
    own = [(f, a) for f, a in own if not benign(doc, f.first, f.last, f.options, a.uncertain)]
    return max(own, key=lambda pair: _rank(doc, *pair), default=None)


def organ_named(doc: Document, asks: str | None) -> str | None:
    """The organ of the patient's cancer where only that was said, for questions that need it."""
    found = [f for f in findings(doc, asks) if f.organ and not f.certain]
    return found[0].organ if found else None


def findings(doc: Document, asks: str | None) -> list[Finding]:
    """Every diagnosis found in a document, whoever has it, in order."""
    key = f"findings {asks == 'cancer_type'}"
    known = doc.memory.get(key)
    if not isinstance(known, list):
        known = doc.memory[key] = _findings(doc, asks == "cancer_type")
    return known


def _findings(doc: Document, asked: bool) -> list[Finding]:
    found: list[Finding] = []
    alone: list[Finding] = []
    sites = sites_of(doc).tokens
    given = {i for hit in treatment_hits(doc) for i in range(hit.first, hit.last)}
    for hit in cancer_book().find(doc):
        if not case_fits(doc, hit, asked) or all(i in sites for i in range(hit.first, hit.last)):
            continue
        if hit.value.exact and hit.first in given:
            continue
        named = _named(doc, hit)
        (alone if _counts_alone(hit.value) else found).append(named)
    taken = {i for f in found for i in range(f.first, f.last)}
    found.extend(
        finding
        for finding in _organ_findings(doc, sites, asked)
        if not any(i in taken for i in range(finding.first, finding.last))
    )
    context = context_of(doc)
    if all(context.owners.is_other(f.first) or context.assess(f.first, f.last).past for f in found):
        found.extend(f for f in lone_organs(doc, sites) if f.first not in taken)
    if not found:
        found.extend(_by_receptors(doc))
    if not found:
        found.extend(alone)
    return sorted(_settled(doc, found), key=lambda f: f.first)


def _counts_alone(named: Named) -> bool:
    return named.kind == "vague" and vague()[int(named.id)].alone


def _named(doc: Document, hit: Hit[Named]) -> Finding:
    score = 1.0 if hit.score == 1.0 else DOUBTFUL_SPELLING
    base = Finding((hit.value.id,), hit.first, hit.last, hit.start, hit.end, score)
    if hit.value.kind == "cancer":
        return replace(base, by_name=True)
    if hit.value.kind == "organ":
        return _of_organ(doc, base, hit.value.id)
    return _of_vague(doc, base, vague()[int(hit.value.id)])


def _of_organ(doc: Document, base: Finding, key: str) -> Finding:
    organ: Organ = organs()[key]
    base = replace(base, organ=key)
    if key == "breast":
        return _of_breast(doc, base, organ)
    return _decided(doc, base, organ.options, organ.evidence, organ.likely, organ.confidence)


def _of_vague(doc: Document, base: Finding, entry: Vague) -> Finding:
    if entry.organ:
        return _of_organ(doc, base, entry.organ)
    decided = _decided(doc, base, entry.options, entry.evidence, entry.likely, entry.confidence)
    weak = entry.weak.get(decided.options[0]) if decided.certain else None
    if weak is None or len(entry.options) == 1:
        return decided
    return replace(decided, options=entry.options, likely=decided.options[0], confidence=weak)


def _decided(
    doc: Document,
    base: Finding,
    options: tuple[str, ...],
    evidence: dict[str, Evidence],
    likely: str | None,
    confidence: float,
) -> Finding:
    if len(options) == 1 and not evidence:
        return replace(base, options=options)
    shown = [cancer for cancer, signs in evidence.items() if shows(doc, signs)]
    if len(shown) == 1:
        return replace(base, options=(shown[0],), confidence=min(base.confidence, 0.9))
    return replace(
        base, options=options, likely=likely, confidence=min(base.confidence, confidence)
    )


def _of_breast(doc: Document, base: Finding, organ: Organ) -> Finding:
    """The three breast cancers are told apart by the receptors, wherever they are said (B2)."""
    markers = markers_of(doc)
    her2, er, pr = (is_positive(markers.get(name)) for name in ("HER2", "ER", "PR"))
    hormone = hormone_result(er, pr)
    if hormone is None:
        said = {kind for h in disease_words(doc) for kind in h.value}
        hormone = "hormone_positive" in said or (False if "hormone_negative" in said else None)
    certain: str | None = None
    if her2:
        certain = "breast_her2_pos"
    elif hormone and her2 is False:
        certain = "breast_hr_pos"
    elif hormone is False and her2 is False:
        certain = "breast_tnbc"
    if certain:
        return replace(base, options=(certain,), confidence=min(base.confidence, 0.95))
    options = organ.options
    if hormone:
        options = ("breast_hr_pos", "breast_her2_pos")
    elif her2 is False:
        options = ("breast_hr_pos", "breast_tnbc")
    return replace(base, options=options, likely=organ.likely, confidence=organ.confidence)


def _organ_findings(doc: Document, sites: frozenset[int], asked: bool) -> Iterator[Finding]:
    kinds = {"malignant", "tumour", "mass", "histology"}
    named = organ_book().find(doc)
    if not named:
        return
    malignant = [h for h in disease_words(doc) if kinds & h.value]
    diagnosed = [h for h in disease_words(doc) if "diagnosed" in h.value]
    for hit in named:
        if any(i in sites for i in range(hit.first, hit.last)):
            continue
        word = _nearest(doc, hit, [m for m in malignant if not of_another(hit, m, named)])
        if word is not None:
            found = _of_organ(doc, _covering(doc, hit, word), hit.value)
            proven = {"malignant", "histology"} & word.value
            yield found if proven else _unproven(doc, found, "mass" in word.value)
        elif (asked and not _in_a_sign(doc, hit)) or _introduced(doc, hit, diagnosed):
            base = Finding((), hit.first, hit.last, hit.start, hit.end, 0.85 if asked else 0.8)
            yield _of_organ(doc, base, hit.value)


def _in_a_sign(doc: Document, hit: Hit[str]) -> bool:
    """ "Bowel has not moved for five days" names no cancer, whatever was asked."""
    return any(sign.first <= hit.first < sign.last for sign in signs_of(doc))


def lone_organs(doc: Document, sites: frozenset[int]) -> Iterator[Finding]:
    """An organ standing for its cancer ("stage 2 colon", "Ovarian. BRCA2 ..."), where the message
    speaks of cancer care: only organs of one cancer, or where other words decide which.
    """
    hits = organ_book().find(doc)
    spoken = bool(hits) and about_cancer(doc)
    for hit in hits:
        relative = of_a_relative(doc, hit)
        if not (spoken or relative or whole_sentence(doc, hit)):
            continue
        if hit.score < 1.0 or any(i in sites for i in range(hit.first, hit.last)):
            continue
        if not (relative or stands_alone(doc, hit)) or complaint(doc, hit):
            continue
        base = Finding((), hit.first, hit.last, hit.start, hit.end, 0.75 if spoken else 0.65)
        found = _of_organ(doc, base, hit.value)
        own_site = organs()[hit.value].site in ("liver", "bone", "brain", "lung", "skin", "adrenal")
        if found.certain or (found.likely and (not own_site or called_primary(doc, hit))):
            yield found


def _by_receptors(doc: Document) -> Iterator[Finding]:
    """Hormone receptors and HER2 are tested together in breast cancer only."""
    found = {r.marker: r for r in results(doc)}
    if "ER" in found and "HER2" in found and _says_more(doc):
        first = min(r.first for r in found.values() if r.marker in ("ER", "HER2"))
        last = max(r.last for r in found.values() if r.marker in ("ER", "HER2"))
        start, end = doc.tokens[first].start, doc.tokens[last - 1].end
        yield _of_breast(doc, Finding((), first, last, start, end, 0.8), organs()["breast"])


def _says_more(doc: Document) -> bool:
    """Whether a message is more than a list of results, which says nothing new of the disease."""
    if treatment_hits(doc) or about_cancer(doc, markers=False):
        return True
    return bool(context_of(doc).by_kind["kin"] or context_of(doc).by_kind["patient"])


def _covering(doc: Document, hit: Hit[str], word: Hit[frozenset[str]]) -> Finding:
    """A finding that covers both the organ and the word for cancer."""
    first, last = min(hit.first, word.first), max(hit.last, word.last)
    score = 1.0 if hit.score == 1.0 else DOUBTFUL_SPELLING
    return Finding((), first, last, doc.tokens[first].start, doc.tokens[last - 1].end, score)


def _unproven(doc: Document, finding: Finding, only_mass: bool) -> Finding:
    """A tumour, or less: a lump or a shadow, which is no diagnosis of one kind.

    One that only a blood result tells from others, before any biopsy, is read back first.
    """
    guessed = finding.organ is not None and finding.certain and says_no_biopsy(doc)
    confidence = min(finding.confidence, 0.6 if only_mass or guessed else 0.8)
    likely = None if only_mass else finding.likely
    return replace(finding, mass_only=True, confidence=confidence, likely=likely)


def _nearest(
    doc: Document, organ: Hit[str], words: Iterable[Hit[frozenset[str]]]
) -> Hit[frozenset[str]] | None:
    """The word for cancer that belongs to an organ: only small words may stand between."""
    small = between_words()
    best: tuple[int, Hit[frozenset[str]]] | None = None
    for word in words:
        if word.last <= organ.first:
            low, high, behind = word.last, organ.first, 0
        elif word.first >= organ.last:
            low, high, behind = organ.last, word.first, 1
        else:
            continue
        gap = high - low
        if gap > 5 or any(doc.tokens[i].text not in small for i in range(low, high)):
            continue
        if any(doc.tokens[i].breaks for i in range(low, high + 1) if i < len(doc.tokens)):
            continue
        weight = gap * 2 - behind + (0 if "malignant" in word.value else 3)
        if best is None or weight < best[0]:
            best = (weight, word)
    return best[1] if best else None


def _introduced(doc: Document, organ: Hit[str], diagnosed: Iterable[Hit[frozenset[str]]]) -> bool:
    """ "diagnosed with ovary stage 3": the organ stands for its cancer."""
    for cue in diagnosed:
        gap = range(cue.last, organ.first)
        if 0 <= organ.first - cue.last <= 3 and all(
            doc.tokens[i].text in between_words() and not doc.tokens[i].breaks for i in gap
        ):
            return not complaint(doc, organ)
    return False


def _settled(doc: Document, found: list[Finding]) -> list[Finding]:
    """Of findings about one organ the certain one; sites of spread are no second primary."""
    certain = [f for f in found if f.certain and f.confidence >= 0.7]
    kept: list[Finding] = []
    became = [c.first for c in certain if c.by_name and turned_into(doc, c.first)]
    for finding in found:
        if any(finding.last <= first for first in became):
            continue
        if place_of_relapse(doc, finding.first) and any(c.first < finding.first for c in certain):
            continue
        if finding.certain:
            kept.append(finding)
            continue
        if any(set(c.options) & set(finding.options) for c in certain):
            continue
        site = organs()[finding.organ].site if finding.organ else None
        if site in ("liver", "bone", "brain", "lung", "skin", "adrenal") and (
            certain or (finding.mass_only and _proven_elsewhere(doc, finding, found))
        ):
            continue
        kept.append(finding)
    return kept


def _proven_elsewhere(doc: Document, mass: Finding, found: list[Finding]) -> bool:
    """ "Breast cancer with lung nodules": what was seen in another organ is no second cancer."""
    owners = context_of(doc).owners
    others = (f for f in found if f.organ and f.organ != mass.organ and not f.mass_only)
    return any(not owners.is_other(f.first) for f in others)


def _rank(
    doc: Document, finding: Finding, meant: Assertion
) -> tuple[bool, bool, bool, bool, bool, float, bool, int]:
    return (
        meant.corrects,
        is_new(doc, finding.first),
        not meant.past,
        finding.certain,
        not meant.uncertain,
        round(finding.confidence, 1),
        finding.by_name,
        -finding.first,
    )


def _asked_options(finding: Finding) -> tuple[str, ...]:
    return (*(o for o in finding.options if o != "unsure"), "unsure")


__all__ = ["cancers", "findings", "organ_named", "read_cancers"]
