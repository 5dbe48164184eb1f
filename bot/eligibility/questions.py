"""Which fact to ask next: the one that settles most of what is still open.

First the minimum for a first result, in the order of the reference (C10); then the fact that can
change most of the shown pathways, gates included; then what only adds a caution; last what only
changes the list of records. Ties go to the order of C10. A fact that is settled (known, not known
to the person, declined) is never asked again. The order and the most questions there can be are
told in docs/questions.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any, Final

from bot.eligibility.engine import SHOWN, Assessment, PathwayResult, assess
from bot.eligibility.rules import RuleSet
from bot.facts.markers import known_markers
from bot.facts.model import CaseFacts, fact_names
from bot.facts.record_facts import record_facts
from bot.facts.wire import Labs

# C10: red flags, who and where, cancer and biopsy, spread, status, treatments, fitness, safety,
# markers, papers.
ORDER: Final = (
    "red_flags",
    "user_role",
    "country",
    "age_years",
    "sex",
    "cancer_type",
    "cancer_subtype",
    "histology_confirmed",
    "extent",
    "stage_group",
    "metastatic_sites",
    "told_inoperable",
    "disease_status",
    "treatments",
    "prior_systemic_lines",
    "months_to_relapse",
    "relapse_count",
    "remission_number",
    "drug_classes_received",
    "classes_complete",
    "refractory_to",
    "platinum_status",
    "endocrine_lines_metastatic",
    "transplant_history",
    "transplant_fitness",
    "gvhd_status",
    "delay_taxane_ok",
    "castration_resistant",
    "radiation_history",
    "ecog",
    "symptoms",
    "infection_status",
    "brain_mets_status",
    "steroid_pred_mg",
    "autoimmune_status",
    "organ_transplant",
    "pregnancy_status",
    "lvef_pct",
    "child_pugh",
    "labs",
    "oxygen_need",
    "hbv",
    "hcv",
    "hiv",
    "resectable_lesion",
    "scan_age_weeks",
    "rapid_growth",
    "biomarkers",
    "ngs_done",
    "recent_procedures",
    "can_travel",
    "main_question",
)
_PLACE: Final = {name: n for n, name in enumerate(ORDER)}
MINIMUM: Final = ("country", "age_years", "cancer_type", "histology_confirmed")

# A missing id that is asked with another fact.
_ASKED_AS: Final = {
    "histology": "histology_confirmed",
    "cd19_expression": "biomarkers.CD19",
    "spo2_pct": "oxygen_need",
    "rt_plan": "radiation_history",
}
# A question that makes sense only after another one has been answered.
_AFTER: Final = {
    "pregnancy_status": ("sex", ("female",)),
    "gvhd_status": ("transplant_history", ("allo",)),
}


def next_question(
    facts: CaseFacts | Mapping[str, Any],
    *,
    settled: Collection[str] = (),
    rules: RuleSet | None = None,
) -> str | None:
    """The fact to ask now, or None when no open fact can change a shown status.

    A marker is named `biomarkers.<id>`, or `biomarkers` while no marker is known at all.
    Raises FactError.
    """
    known = facts if isinstance(facts, CaseFacts) else CaseFacts.read(facts)
    return next_question_of(assess(known, rules), known, settled)


def next_question_of(done: Assessment, known: CaseFacts, settled: Collection[str]) -> str | None:
    """As `next_question`, for an assessment that is already there."""
    if done.triage == "EMERGENCY_NOW":
        return None
    for name in _minimum(known, done):
        if name not in settled:
            return name
    weights = open_facts(done, known, settled)
    if not weights:
        return next(iter(_for_records(done, known, settled)), None)
    return min(weights, key=lambda name: (-weights[name], _place(name), name))


def _minimum(known: CaseFacts, done: Assessment) -> list[str]:
    """What is still lacking of the minimum for a first result (C10)."""
    names = [n for n in MINIMUM if getattr(known, n) is None]
    values = done.view.values if done.view else {}
    if values.get("extent") is None and known.disease_status is None:
        names.append("extent")
    if known.treatments is None and known.prior_systemic_lines is None:
        classes = known.drug_classes_received
        names += [] if classes or known.treatments_raw else ["treatments"]
    return sorted(names, key=_place)


GENES_TESTED: Final = frozenset({"tissue", "liquid", "both"})
# What an answer can do: settle an undecided pathway, change a decided one, or add a caution.
_UNDECIDED, _DECIDED, _CAUTION = 4, 2, 1


def open_facts(done: Assessment, known: CaseFacts, settled: Collection[str]) -> Counter[str]:
    """Askable facts with the weight of the shown pathways whose status they can still change."""
    weights: Counter[str] = Counter()
    for result in done.pathways:
        if result.status not in SHOWN:
            continue
        weight = _UNDECIDED if result.status == "NEEDS_INFO" else _DECIDED
        for ids, points in ((result.decisive, weight), (result.softening, _CAUTION)):
            asked = {_asked_for(m, result, known, settled) for m in ids}
            weights.update({name: points for name in asked if name is not None})
    return weights


def _asked_for(
    missing: str, result: PathwayResult, known: CaseFacts, settled: Collection[str]
) -> str | None:
    """As `_question`; of the genes that count in any tumour, first whether they were tested."""
    any_tumour = missing in result.helpful or not result.own
    if any_tumour and missing in known_markers():
        if known.ngs_done is None and "ngs_done" not in settled:
            return "ngs_done"
        if known.ngs_done not in GENES_TESTED:
            return None
    return _question(missing, known, settled)


def _for_records(done: Assessment, known: CaseFacts, settled: Collection[str]) -> list[str]:
    """Askable facts that can only change which records are asked for, in the order of asking."""
    if not done.named or known.cancer_type is None:
        return []
    shown = {p.id for p in done.pathways if p.status in SHOWN}
    names = {n for p, facts in record_facts().items() if not p or p in shown for n in facts}
    values = done.view.values if done.view else {}
    asked = {_question(n, known, settled) for n in names if values.get(n) is None}
    return sorted((n for n in asked if n is not None), key=lambda n: (_place(n), n))


def _question(missing: str, known: CaseFacts, settled: Collection[str]) -> str | None:
    """The question that fills a missing id; None when it is settled or nothing one can ask."""
    name = _ASKED_AS.get(missing, missing)
    if name in Labs.model_fields:
        name = "labs"
    if name in known_markers():
        name = f"biomarkers.{name}"
    if name.startswith("biomarkers."):
        if "biomarkers" in settled or name in settled:
            return None
        return name if known.biomarkers else "biomarkers"
    if name in _AFTER:
        first, values = _AFTER[name]
        answer = getattr(known, first)
        if answer is None:
            name = first
        elif answer not in values:
            return None
    if name == "drug_classes_received" and known.drug_classes_received is not None:
        name = "classes_complete"
    if name not in fact_names() or name in settled:
        return None
    # Asked for again only while nothing at all is known of it.
    return None if name == "labs" and known.labs is not None else name


def _place(name: str) -> int:
    return _PLACE.get(name.split(".")[0], len(_PLACE))
