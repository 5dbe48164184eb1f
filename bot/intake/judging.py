"""Judges a case: which routes, and which records they need. For a turn, the desk and documents."""

from __future__ import annotations

from datetime import date

from bot.eligibility.engine import Assessment
from bot.facts.case import Case
from bot.intake.desk import Knowledge
from bot.records.checklist import Checklist


def judge_case(case: Case, knowledge: Knowledge, today: date) -> tuple[Assessment, Checklist]:
    """The assessment of what is known now, and the checklist that follows from it."""
    facts = case.wire()
    assessment = knowledge.assess(facts)
    # "Breast cancer" of an unknown kind still has the records of breast cancer.
    likely = case.memory.get("cancer_likely")
    if likely and "cancer_type" not in facts:
        facts = facts | {"cancer_type": likely}
    listed = knowledge.checklist(
        facts, assessment, case.papers, language=case.language, today=today
    )
    return assessment, listed
