"""Cases with an assessment and a checklist, as a conversation leaves them in the store."""

from __future__ import annotations

from datetime import date
from typing import Any

from bot.export.casefile import CaseFile
from bot.facts.case import (
    Case,
    CaseNumber,
    CaseState,
    Consent,
    ConversationId,
    Fact,
    FactStatus,
    Purpose,
)
from bot.intake.desk import desk
from bot.intake.judging import judge_case
from bot.store import Store
from bot.store.records import Received
from tests.store.people import claimed, message

OVARIAN: dict[str, Any] = {
    "cancer_type": "ovarian",
    "cancer_subtype": "high-grade serous",
    "stage_group": "III",
    "stage_raw": "stage 3c",
    "extent": "metastatic",
    "metastatic_sites": ["peritoneum", "liver"],
    "histology_confirmed": "biopsy_yes",
    "diagnosis_date": "2024-03",
    "disease_status": "progressed",
    "treatments": [
        {
            "name": "debulking surgery",
            "modality": "surgery",
            "status": "done",
            "start": "2024-04",
        },
        {
            "name": "carboplatin/paclitaxel",
            "class": ["platinum", "taxane"],
            "modality": "systemic",
            "status": "done",
            "start": "2024-05",
            "end": "2024-10",
            "cycles": 6,
            "response": "partial",
        },
        {
            "name": "bevacizumab",
            "class": "VEGF_mAb",
            "modality": "systemic",
            "status": "ongoing",
            "start": "2025-01",
        },
        {"name": "olaparib", "class": "PARP", "modality": "systemic", "status": "planned"},
    ],
    "platinum_status": "resistant",
    "biomarkers": {"BRCA1": "neg", "HRD": "neg"},
    "ecog": 1,
    "age_years": 58,
    "sex": "female",
    "country": "BD",
    "city": "Dhaka",
    "main_question": "second_opinion",
    "user_role": "caregiver",
}


def case_file(facts: dict[str, Any]) -> CaseFile:
    """A case as documents read it, without a store."""
    case = Case(ConversationId("c"), CaseNumber("C-TEST-22"), "webchat")
    case.facts = {name: Fact(value, words=f"said of {name}") for name, value in facts.items()}
    today = date(2026, 11, 21)
    made, listed = judge_case(case, desk().knowledge, today)
    return CaseFile(case, made.as_wire(), None, listed, (), today)


def assessed_case(
    store: Store,
    facts: dict[str, Any] | None = None,
    *,
    text: str = "my mother has ovarian cancer",
    person: str = "+8801700000001",
    consent: bool = True,
    sharing: bool = True,
    memory: dict[str, Any] | None = None,
    **values: Any,
) -> tuple[str, str]:
    """A conversation with one assessed case; its id and the case number."""
    received = store.inbox.receive(message(text, person, **values))
    number = assess(store, received, facts, consent=consent, sharing=sharing, memory=memory)
    store.inbox.finish(claimed(store), [])
    return received.conversation_id, number


def assess(
    store: Store,
    received: Received,
    facts: dict[str, Any] | None = None,
    *,
    consent: bool = True,
    sharing: bool = True,
    memory: dict[str, Any] | None = None,
) -> str:
    """The action server's part of a turn: the case gets its facts and lists; its number."""
    with store.turns.begin(received.conversation_id, received.message_id) as turn:
        case = turn.case
        for name, value in (OVARIAN if facts is None else facts).items():
            if value is None:
                case.facts[name] = Fact(None, status=FactStatus.UNKNOWN)
            else:
                case.facts[name] = Fact(value, words=f"said of {name}")
        case.consent = Consent(consent, "v1", "en", case.channel, store.database.now())
        case.permissions[Purpose.SHARING] = Consent(
            sharing, "v1", "en", case.channel, store.database.now()
        )
        case.state = CaseState.ASSESSED
        case.memory.update(memory or {})
        made, listed = judge_case(case, desk().knowledge, store.database.now().date())
        turn.finish(
            replies=[{"response": "utter_ok"}],
            assessment=made.as_wire() | {"rule_set": made.version},
            checklist=listed.as_wire(),
        )
        return str(case.number)
