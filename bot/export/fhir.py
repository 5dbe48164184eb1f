"""A case as a FHIR R4 Bundle, with mCODE profiles named only where a resource meets them.

Built with `fhir.resources` (its R4B models; for these resources R4B and R4 have the same elements).
What the family told is marked as such: conditions are unconfirmed, nothing is invented to please
a profile. Ids and references derive from the case number: the same case gives the same ones.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

from bot.export.casefile import CaseFile
from bot.export.codes import ICD10CM, codes, coding

if TYPE_CHECKING:
    from fhir.resources.R4B.bundle import Bundle

MCODE: Final = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-"
CASE_NUMBERS: Final = "urn:intake:case-number"
_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:intake:fhir")
_ABSENT: Final = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_CONDITION: Final = "http://terminology.hl7.org/CodeSystem/condition-"
_COUNTRY: Final = "urn:iso:std:iso:3166"
_GENDERS: Final = {"female": "female", "male": "male", "other": "other"}
_CLINICAL: Final = {"remission": "remission", "relapsed": "recurrence"}


@dataclass(slots=True)
class Resources:
    """The resources of one case while they are made; `add` gives the reference to a new one."""

    case: str
    made: list[dict[str, Any]] = field(default_factory=list)

    def add(self, kind: str, name: str, profile: str = "", /, **content: Any) -> dict[str, str]:
        """Add a resource; `profile` is the last part of an mCODE profile's name."""
        identity = str(uuid.uuid5(_NAMESPACE, f"{self.case}/{kind}/{name}"))
        meta = {"meta": {"profile": [MCODE + profile]}} if profile else {}
        given = {key: value for key, value in content.items() if value not in (None, [], {}, "")}
        self.made.append({"resourceType": kind, "id": identity} | meta | given)
        return {"reference": f"urn:uuid:{identity}"}


def case_bundle(file: CaseFile) -> Bundle:
    """The bundle, validated by the library."""
    from fhir.resources.R4B.bundle import Bundle

    from bot.export.fhir_consents import add_consents
    from bot.export.fhir_findings import add_findings
    from bot.export.fhir_treatments import add_treatments

    made = Resources(file.number)
    patient = _patient(made, file)
    condition = _conditions(made, file, patient)
    add_findings(made, file, patient, condition)
    add_treatments(made, file, patient, condition)
    _documents(made, file, patient)
    _answers(made, file, patient)
    add_consents(made, file, patient)
    at = file.assessed_at or datetime.combine(file.today, datetime.min.time(), UTC)
    document = {
        "resourceType": "Bundle",
        "id": str(uuid.uuid5(_NAMESPACE, file.number)),
        "meta": {"profile": [f"{MCODE}patient-bundle"]},
        "identifier": {"system": CASE_NUMBERS, "value": file.number},
        "type": "collection",
        "timestamp": at.isoformat(),
        "entry": [
            {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource}
            for resource in made.made
        ],
    }
    bundle: Bundle = Bundle.model_validate(document)
    return bundle


def case_fhir(file: CaseFile) -> bytes:
    """The bundle as JSON."""
    text: str = case_bundle(file).model_dump_json(indent=2)
    return text.encode() + b"\n"


def _patient(made: Resources, file: CaseFile) -> dict[str, str]:
    facts = file.facts
    language = facts.get("language")
    place = {k: v for k, v in (("city", facts.get("city")), ("country", facts.get("country"))) if v}
    return made.add(
        "Patient",
        "patient",
        "cancer-patient",
        identifier=[{"system": CASE_NUMBERS, "value": file.number}],
        # The service never asks for the patient's name.
        name=[{"extension": [{"url": _ABSENT, "valueCode": "unknown"}]}],
        gender=_GENDERS.get(str(facts.get("sex")), "unknown"),
        address=[place] if place else None,
        communication=[{"language": {"coding": [coding("urn:ietf:bcp:47", language)]}}]
        if isinstance(language, str)
        else None,
    )


def _conditions(
    made: Resources, file: CaseFile, patient: Mapping[str, str]
) -> dict[str, str] | None:
    """The primary cancer, and each place it has spread to; None while no cancer is known."""
    facts, name = file.facts, file.describe.line_value(file.case, "cancer_type")
    cancer = str(facts.get("cancer_type") or "")
    if not name:
        return None
    code = codes().cancer(cancer, str(facts.get("cancer_subtype") or ""))
    stage = str(facts.get("stage_raw") or facts.get("stage_group") or "")
    common = {
        "verificationStatus": _status("ver-status", "unconfirmed"),
        "category": [{"coding": [coding(f"{_CONDITION}category", "problem-list-item")]}],
        "subject": patient,
        "recordedDate": file.today.isoformat(),
    }
    clinical = _CLINICAL.get(str(facts.get("disease_status")), "active")
    primary = made.add(
        "Condition",
        "primary",
        "primary-cancer-condition" if cancer else "",
        clinicalStatus=_status("clinical", clinical),
        code=_concept(name, ICD10CM, code),
        onsetDateTime=when(facts.get("diagnosis_date")),
        stage=[{"summary": {"text": stage}}] if stage else None,
        **common,
    )
    for site in facts.get("metastatic_sites") or ():
        secondary = codes().metastases.get(str(site))
        label = file.describe.value("metastatic_sites", [site])
        made.add(
            "Condition",
            f"metastasis-{site}",
            "secondary-cancer-condition" if secondary else "",
            extension=[_related(primary)],
            clinicalStatus=_status("clinical", clinical),
            code=_concept(f"Spread to {label}", ICD10CM, secondary),
            **common,
        )
    return primary


def _related(primary: Mapping[str, str]) -> dict[str, Any]:
    return {
        "url": "http://hl7.org/fhir/StructureDefinition/condition-related",
        "valueReference": dict(primary),
    }


def _status(system: str, code: str) -> dict[str, Any]:
    return {"coding": [coding(f"{_CONDITION}{system}", code)]}


def _concept(text: str, system: str, code: str | None) -> dict[str, Any]:
    return {"text": text} | ({"coding": [coding(system, code)]} if code else {})


_DATE: Final = re.compile(r"\d{4}(-\d\d){0,2}", re.ASCII)


def when(value: Any) -> str | None:
    """A FHIR date as precise as what was told; None when it is no date."""
    if isinstance(value, date):
        return value.isoformat()
    text = str(value or "")
    # A day that the calendar does not have is no date either.
    whole = text + "-01" * (2 - text.count("-"))
    try:
        date.fromisoformat(whole)
    except ValueError:
        return None
    return text if _DATE.fullmatch(text) else None


def _documents(made: Resources, file: CaseFile, patient: Mapping[str, str]) -> None:
    """The files that were sent; their bytes travel beside the bundle, by number."""
    for sent in file.files:
        attachment = {
            "contentType": " ".join(sent.content_type.split()) or None,
            "title": f"File {sent.number}",
            "size": sent.size,
            "creation": sent.at.isoformat(),
        }
        made.add(
            "DocumentReference",
            f"file-{sent.number}",
            identifier=[{"system": f"{CASE_NUMBERS}:file", "value": str(sent.number)}],
            status="current",
            type={"text": "; ".join(sent.papers)} if sent.papers else None,
            subject=patient,
            date=sent.at.isoformat(),
            description=" ".join(part for part in (sent.name, sent.caption) if part) or None,
            content=[{"attachment": {k: v for k, v in attachment.items() if v is not None}}],
        )


def _answers(made: Resources, file: CaseFile, patient: Mapping[str, str]) -> None:
    """What the family was asked and answered, in words."""
    items = list(_items(file))
    if items:
        made.add(
            "QuestionnaireResponse",
            "intake",
            status="completed",
            subject=patient,
            source=patient if file.facts.get("user_role") == "patient" else None,
            authored=file.today.isoformat(),
            item=items,
        )


def _items(file: CaseFile) -> Iterator[dict[str, Any]]:
    for name in file.case.facts:
        text = file.said(name)
        if text:
            yield {"linkId": name, "text": file.label(name), "answer": [{"valueString": text}]}
    for number, question in enumerate(file.case.open_questions, 1):
        answer = [{"valueString": question}]
        yield {"linkId": f"question-{number}", "text": "Question of the family", "answer": answer}
