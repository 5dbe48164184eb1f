"""The page `docs/questions.md`: the order of the questions, and how many there can be.

The counts are measured by asking: for every cancer two people are led through all questions, one
who answers each of them and one who never knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.eligibility.questions import MINIMUM, ORDER, next_question
from bot.eligibility.rules import RuleSet
from bot.facts.vocabulary import cancers

# A person whom no gate stops, in whom the cancer grew after two lines of treatment.
ANSWERS: Final[Mapping[str, Any]] = {
    "country": "BD",
    "age_years": 54,
    "sex": "male",
    "histology_confirmed": "biopsy_yes",
    "extent": "metastatic",
    "metastatic_sites": ["liver"],
    "disease_status": "progressed",
    "prior_systemic_lines": 2,
    "drug_classes_received": ["platinum"],
    "classes_complete": True,
    "treatments": [{"class": "platinum", "line": 1}, {"class": "taxane", "line": 2}],
    "refractory_to": [],
    "months_to_relapse": 8,
    "relapse_count": 1,
    "remission_number": 1,
    "platinum_status": "resistant",
    "endocrine_lines_metastatic": 1,
    "transplant_history": "none",
    "transplant_fitness": "fit",
    "told_inoperable": True,
    "castration_resistant": True,
    "delay_taxane_ok": True,
    "radiation_history": [],
    "ecog": 1,
    "symptoms": [],
    "infection_status": "none",
    "brain_mets_status": "none",
    "steroid_pred_mg": 0,
    "autoimmune_status": "none",
    "organ_transplant": "none",
    "pregnancy_status": "na",
    "lvef_pct": 60,
    "child_pugh": "A",
    "labs": {
        "hb": 11,
        "plt": 180,
        "anc": 3,
        "alc": 1,
        "crcl": 90,
        "bili_xULN": 1,
        "ast_alt_xULN": 1,
    },
    "oxygen_need": "none",
    "hbv": "neg",
    "hcv": "neg",
    "hiv": "neg",
    "resectable_lesion": True,
    "rapid_growth": False,
    "ngs_done": "tissue",
    "recent_procedures": [],
    "main_question": "second_opinion",
    "bclc": "B",
    "scan_age_weeks": 3,
}
_LIMIT: Final = 200  # a loop guard; no dialogue comes near it


def asked(cancer: str, answers: Mapping[str, Any], rules: RuleSet | None = None) -> list[str]:
    """The questions put to a person with this cancer, in order; without an answer: not known."""
    facts: dict[str, Any] = {"cancer_type": cancer}
    settled: set[str] = {"cancer_type"}
    order: list[str] = []
    while len(order) < _LIMIT:
        question = next_question(facts, settled=settled, rules=rules)
        if question is None:
            return order
        order.append(question)
        settled.add(question)
        if question.startswith("biomarkers") and answers:
            named = question.partition(".")[2] or "MSI_MMR"
            facts["biomarkers"] = {**facts.get("biomarkers", {}), named: "negative"}
            settled.discard("biomarkers")
        elif question in answers:
            facts[question] = answers[question]
    raise AssertionError(f"the questions for {cancer} never end")


def page(rules: RuleSet | None = None) -> str:
    """The whole page as Markdown."""
    return "\n".join(_lines(rules)).rstrip() + "\n"


def _lines(rules: RuleSet | None) -> Iterator[str]:
    counts = {
        c: (len(asked(c, ANSWERS, rules)), len(asked(c, {}, rules))) for c in sorted(cancers())
    }
    told, unknown = (max(n[i] for n in counts.values()) for i in (0, 1))
    yield from _TOP
    yield f"A person who answers everything is asked at most **{told}** questions, one who never"
    yield f"knows at most **{unknown}**. (The chat stops earlier: it has a budget of its own.)"
    yield ""
    yield "## The order"
    yield ""
    yield f"First what a first result needs: {', '.join(MINIMUM)}, extent or status, treatments."
    yield "After that the weight decides, and among equals this order:"
    yield ""
    yield from (f"{n}. `{name}`" for n, name in enumerate(ORDER, 1))
    yield ""
    yield "## How many, by cancer"
    yield ""
    yield "| cancer | answers all | never knows |"
    yield "|---|---|---|"
    yield from (f"| {c} | {told} | {unknown} |" for c, (told, unknown) in counts.items())


_TOP: Final = (
    "# The questions",
    "",
    "Made by `intake rules questions`; a test compares it.",
    "",
    "The next question is the fact that can change most of the pathways shown: 4 points for one",
    "that it can settle, 2 for one whose answer it can still change (also through a safety gate),",
    "1 where it can only add a caution. What can only change the list of records comes last. When",
    "nothing is left that could change a shown answer or a record, nothing more is asked. Facts",
    "that are known, not known to the person or declined are never asked again.",
    "",
)
