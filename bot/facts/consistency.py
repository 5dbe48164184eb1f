"""Facts that exclude one another: which pairs cannot both be true, and which one is asked again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from bot.facts.fact_error import FactError
from bot.facts.model import CaseFacts

# Stage IV can still be local or regional in these (AJCC IVA/IVB), so it says nothing of organs.
REGIONAL_STAGE_IV: Final = frozenset(
    {
        "hnscc",
        "npc",
        "salivary",
        "sinonasal",
        "skull_base",
        "thyroid_diff",
        "thyroid_medullary",
        "thyroid_anaplastic",
        "thymic",
        "cervical",
        "vulvar_vaginal",
        "urothelial",
        "penile",
        "biliary",
        "esophageal_scc",
        "esophageal_adeno",
    }
)

# Karnofsky and Lansky to ECOG, lowest score of each band (B5, unverified).
_SCORE_TO_ECOG: Final = ((90, 0), (70, 1), (50, 2), (30, 3), (10, 4))


def ecog_of(score: int) -> int:
    """The ECOG level of a Karnofsky or Lansky score."""
    return next(level for lowest, level in _SCORE_TO_ECOG if score >= lowest)


_CONFLICTS: Final[tuple[tuple[str, str, Callable[[Any], bool]], ...]] = (
    (
        "disease_status",
        "remission or newly diagnosed does not go with a progression pattern",
        lambda f: (
            f.disease_status in ("remission", "newly_diagnosed", "on_treatment_responding")
            and f.progression_pattern is not None
        ),
    ),
    (
        "disease_status",
        "newly diagnosed does not go with a relapse",
        lambda f: (
            f.disease_status == "newly_diagnosed"
            and (bool(f.relapse_count) or f.months_to_relapse is not None)
        ),
    ),
    (
        "disease_status",
        "newly diagnosed does not go with several earlier lines",
        lambda f: f.disease_status == "newly_diagnosed" and (f.prior_systemic_lines or 0) >= 2,
    ),
    (
        "extent",
        "localised does not go with spread to other organs",
        lambda f: (
            f.extent == "localised" and bool(set(f.metastatic_sites or ()) - {"nodes", "none"})
        ),
    ),
    (
        "extent",
        "localised does not go with extensive stage",
        lambda f: f.extent == "localised" and f.stage_group == "extensive",
    ),
    (
        "extent",
        "localised does not go with stage IV",
        lambda f: (
            f.extent == "localised"
            and (f.stage_group or "").startswith("IV")
            and f.disease_status in (None, "newly_diagnosed")
            and f.cancer_type is not None
            and f.cancer_type not in REGIONAL_STAGE_IV
        ),
    ),
    (
        "pregnancy_status",
        "does not go with the stated sex",
        lambda f: f.sex == "male" and f.pregnancy_status in ("pregnant", "possible"),
    ),
    (
        "brain_mets_status",
        "none does not go with spread to the brain",
        lambda f: f.brain_mets_status == "none" and "brain" in (f.metastatic_sites or ()),
    ),
    (
        "gvhd_status",
        "does not go with a history without donor transplant",
        lambda f: f.gvhd_status in ("active", "past") and f.transplant_history in ("none", "auto"),
    ),
    (
        "relapse_count",
        "no relapse does not go with a relapsed disease",
        lambda f: f.relapse_count == 0 and f.disease_status == "relapsed",
    ),
    (
        "relapse_count",
        "no relapse does not go with a time to relapse",
        lambda f: f.relapse_count == 0 and f.months_to_relapse is not None,
    ),
    (
        "disease_status",
        "remission does not go with growth from week to week",
        lambda f: f.disease_status == "remission" and f.rapid_growth is True,
    ),
    (
        "disease_status",
        "a disease that does not respond does not go with no treatment at all",
        lambda f: (
            f.disease_status == "refractory"
            and f.prior_systemic_lines in (0, None)
            and f.treatments == []
        ),
    ),
    (
        "refractory_to",
        "resistance to a drug does not go with no treatment at all",
        lambda f: bool(
            f.refractory_to
            and f.prior_systemic_lines == 0
            and not f.treatments
            and not f.drug_classes_received
        ),
    ),
    (
        "age_years",
        "does not go with the age in months",
        lambda f: (
            f.age_years is not None
            and f.age_months is not None
            and abs(f.age_years - f.age_months / 12) >= 1
        ),
    ),
    (
        "pregnancy_status",
        "does not go with the age",
        lambda f: (
            f.pregnancy_status == "pregnant"
            and f.age_years is not None
            and not 10 <= f.age_years <= 60
        ),
    ),
    (
        "ecog",
        "does not go with the Karnofsky or Lansky score",
        lambda f: f.ecog is not None and _scores_apart(f),
    ),
)


def _scores_apart(facts: CaseFacts) -> bool:
    scores = [s for s in (facts.karnofsky, facts.lansky) if s is not None]
    return any(abs(ecog_of(s) - (facts.ecog or 0)) >= 2 for s in scores)


def check_consistent(facts: CaseFacts) -> None:
    """Raises FactError naming the fact to ask again when two known facts exclude each other."""
    for name, reason, clash in _CONFLICTS:
        if clash(facts):
            raise FactError(name, reason)
