"""The FHIR bundle: valid R4 by a second validator, whole, coded truly, honest about profiles."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import fhirkit
import pytest

from bot.export.casefile import NoConsent, read_case
from bot.export.codes import codes
from bot.export.fhir import MCODE, case_fhir, when
from bot.facts.case import Consent, Purpose
from bot.facts.vocabulary import cancers
from bot.store import Store
from tests.export.cases import OVARIAN, assessed_case, case_file

# Code systems a reader may meet, and how their codes look.
SYSTEMS = {
    "http://hl7.org/fhir/sid/icd-10-cm": r"[A-TV-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?",
    "http://loinc.org": r"(\d{1,7}|LA\d+)-\d",
    "http://snomed.info/sct": r"[1-9]\d{5,17}",
    "http://unitsofmeasure.org": r"[A-Za-z0-9%*/'\[\]{}]+",
    "urn:ietf:bcp:47": r"[a-z]{2,3}(-[A-Za-z0-9]+)*",
    "http://terminology.hl7.org/CodeSystem/condition-clinical": "active|recurrence|remission",
    "http://terminology.hl7.org/CodeSystem/condition-ver-status": "unconfirmed",
    "http://terminology.hl7.org/CodeSystem/condition-category": "problem-list-item",
    "http://terminology.hl7.org/CodeSystem/consentscope": "patient-privacy",
    "http://terminology.hl7.org/CodeSystem/v3-ActCode": "ICOL|IDSCL",
    "http://terminology.hl7.org/CodeSystem/observation-category": (
        "vital-signs|laboratory|exam|survey"
    ),
}
CONSENT_SCOPE = {
    "system": "http://terminology.hl7.org/CodeSystem/consentscope",
    "code": "patient-privacy",
    "display": "Privacy Consent",
}
DISCLOSURE = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
    "code": "IDSCL",
    "display": "information disclosure",
}
# What a profile of mCODE STU4 and US Core wants beyond R4 (SD_*.fsh, January 2025).
WANTS = {
    "cancer-patient": ("identifier", "name", "gender"),
    "primary-cancer-condition": ("clinicalStatus", "category", "code", "subject"),
    "secondary-cancer-condition": ("clinicalStatus", "category", "code", "subject"),
    "cancer-stage": ("category", "code", "subject", "valueCodeableConcept"),
    "tumor-marker-test": ("category", "code", "subject", "effectiveDateTime"),
    "ecog-performance-status": ("category", "code", "subject", "valueInteger", "interpretation"),
    "cancer-related-surgical-procedure": ("code", "subject", "performedPeriod", "reasonReference"),
    "patient-bundle": ("type", "timestamp", "entry"),
}
NOT_USED = {
    "cancer-stage": ("device", "referenceRange"),
    "ecog-performance-status": ("bodySite", "specimen", "device", "hasMember", "component"),
    "secondary-cancer-condition": ("stage",),
}
RICH = {
    **OVARIAN,
    "biomarkers": {"BRCA1": "neg", "HRD": "neg", "CA-125": 412, "ER": 80, "HER2": "2+ISH-"},
    "labs": {"hb": 10.2, "plt": 180, "creat": 0.9, "bili_xULN": 1.2},
    "weight_kg": 61,
    "spo2_pct": 97,
    "language": "bn",
}


def bundle(store: Store, facts: dict[str, Any] | None = None, **values: Any) -> dict[str, Any]:
    _, number = assessed_case(store, facts, **values)
    return checked(case_fhir(read_case(store, number)))


def checked(data: bytes) -> dict[str, Any]:
    """The bundle, once another library finds nothing wrong with it."""
    assert fhirkit.validate(data.decode()) == [], "plain R4 (4.0.1) by another library"
    read: dict[str, Any] = json.loads(data)
    return read


def resources(found: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [e["resource"] for e in found["entry"] if e["resource"]["resourceType"] == kind]


def everything(value: Any) -> Iterator[dict[str, Any]]:
    """Every object within."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from everything(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from everything(inner)


def test_a_rich_case_has_a_resource_for_all_that_was_told(sqlite_store: Store) -> None:
    file = {"key": "aa/" + "b" * 40, "name": "x.pdf", "content_type": "application/pdf"}
    found = bundle(sqlite_store, RICH, kind="file", files=[file | {"size": 1000}])
    kinds = {e["resource"]["resourceType"] for e in found["entry"]}
    assert kinds == {
        *("Patient", "Condition", "Observation", "MedicationStatement", "Procedure"),
        *("DocumentReference", "QuestionnaireResponse", "Consent"),
    }
    (patient,) = resources(found, "Patient")
    assert patient["gender"] == "female"
    assert patient["address"] == [{"city": "Dhaka", "country": "BD"}]
    primary, *spread = resources(found, "Condition")
    assert primary["code"]["coding"][0]["code"] == "C56.9"
    assert primary["onsetDateTime"] == "2024-03"
    assert {c["code"]["coding"][0]["code"] for c in spread} == {"C78.6", "C78.7"}
    statuses = {
        m["medicationCodeableConcept"]["text"]: m["status"]
        for m in resources(found, "MedicationStatement")
    }
    assert statuses == {
        "carboplatin/paclitaxel": "completed",
        "bevacizumab": "active",
        "olaparib": "intended",
    }
    (surgery,) = resources(found, "Procedure")
    assert surgery["performedPeriod"] == {"start": "2024-04"}
    values = {o["code"]["text"]: o for o in resources(found, "Observation")}
    assert values["CA-125"]["valueQuantity"]["value"] == 412
    assert values["Hemoglobin [Mass/volume] in Blood"]["valueQuantity"]["unit"] == "g/dL"
    assert values["ECOG Performance Status score"]["valueInteger"] == 1
    (answers,) = resources(found, "QuestionnaireResponse")
    said = {i["linkId"]: i["answer"][0]["valueString"] for i in answers["item"]}
    assert said["cancer_type"] == "ovarian cancer"


def test_a_number_keeps_its_unit(sqlite_store: Store) -> None:
    facts = {
        **OVARIAN,
        "biomarkers": {"ER": 90, "Ki67": 30, "TMB": 12, "MSI_MMR": "MSS"},
        "labs": {"crcl": 58, "ldh": 300, "bili_xULN": 1.2},
    }
    _, number = assessed_case(sqlite_store, facts)
    bundle = json.loads(case_fhir(read_case(sqlite_store, number)))
    found = {}
    for entry in bundle["entry"]:
        if entry["resource"]["resourceType"] == "Observation":
            seen = entry["resource"]
            amount = seen.get("valueQuantity", {})
            found[seen["code"]["text"]] = (amount.get("value"), amount.get("code"))
    assert found["ER"] == (90, "%")
    assert found["Ki67"] == (30, "%")
    assert found["TMB"] == (12, "1/1000000{Base}")
    assert found["Creatinine clearance"] == (58, "mL/min")
    assert (300, "U/L") in found.values()
    assert (1.2, "{ULN}") in found.values()


@pytest.mark.parametrize(
    ("told", "date"),
    [
        ("2024", "2024"),
        ("2024-02", "2024-02"),
        ("2024-02-29", "2024-02-29"),
        ("2022-13", None),
        ("2023-02-29", None),
        ("last year", None),
        ("2024-1", None),
        ("20240101", None),
        (None, None),
    ],
)
def test_only_a_day_of_the_calendar_is_a_date(told: str | None, date: str | None) -> None:
    assert when(told) == date


def test_every_reference_leads_to_a_resource_of_the_bundle(sqlite_store: Store) -> None:
    found = bundle(sqlite_store, RICH)
    addresses = [entry["fullUrl"] for entry in found["entry"]]
    assert len(addresses) == len(set(addresses))
    for entry in found["entry"]:
        assert entry["fullUrl"] == f"urn:uuid:{entry['resource']['id']}"
    references = [o["reference"] for o in everything(found) if "reference" in o]
    assert references
    assert set(references) <= set(addresses)


def test_codes_are_of_known_systems_and_look_like_theirs(sqlite_store: Store) -> None:
    found = bundle(sqlite_store, RICH)
    codings = [o for o in everything(found) if "system" in o and "code" in o]
    assert len(codings) > 20
    for coding in codings:
        assert re.fullmatch(SYSTEMS[coding["system"]], coding["code"]), coding


def test_a_profile_is_named_only_where_its_demands_are_met(sqlite_store: Store) -> None:
    found = bundle(sqlite_store, RICH)
    named = set()
    for resource in (found, *(entry["resource"] for entry in found["entry"])):
        for profile in resource.get("meta", {}).get("profile", ()):
            name = profile.removeprefix(MCODE)
            named.add(name)
            assert all(resource.get(field) for field in WANTS[name]), name
            assert not any(field in resource for field in NOT_USED.get(name, ())), name
    assert named == set(WANTS)


def test_without_a_date_surgery_claims_no_profile(sqlite_store: Store) -> None:
    told = [{"name": "mastectomy", "modality": "surgery", "status": "done"}]
    found = bundle(sqlite_store, {"cancer_type": "breast_tnbc", "treatments": told})
    (surgery,) = resources(found, "Procedure")
    assert "meta" not in surgery


def test_what_the_family_says_of_the_course_is_no_clinicians_judgement(
    sqlite_store: Store,
) -> None:
    found = bundle(sqlite_store, RICH)
    (course,) = [
        o
        for o in resources(found, "Observation")
        if o["code"].get("coding", [{}])[0].get("code") == "97509-4"
    ]
    assert course["valueCodeableConcept"]["coding"][0]["code"] == "271299001"
    assert "meta" not in course
    assert course["status"] == "preliminary"


@pytest.mark.parametrize("cancer", sorted(cancers()))
def test_the_case_of_every_cancer_is_valid(cancer: str) -> None:
    facts = {"cancer_type": cancer, "metastatic_sites": ["other", "brain"]}
    found = checked(case_fhir(case_file(facts)))
    primary = resources(found, "Condition")[0]
    assert ("coding" in primary["code"]) is (cancer in codes().cancers)
    assert primary["code"]["text"]


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"cancer_type": None},
        {"treatments": [{"name": "x"}, {"modality": "surgery"}]},
        {"treatments": [{"name": "x", "start": "2025-05", "end": "2024-01", "status": "done"}]},
        {"treatments": [{"name": "x", "start": "last year", "status": "done"}]},
        {"diagnosis_date": "2024", "cancer_type": "gist"},
        {"biomarkers": {"EGFR": "ex19del", "TMB": 12.5}, "labs": {}},
        {"age_years": 0, "sex": "other"},
    ],
)
def test_little_or_odd_facts_still_make_a_valid_bundle(
    sqlite_store: Store, facts: dict[str, Any]
) -> None:
    assert resources(bundle(sqlite_store, facts), "Patient")


def test_the_subtype_decides_the_code_where_the_cancer_alone_does_not(sqlite_store: Store) -> None:
    found = bundle(sqlite_store, {"cancer_type": "colorectal", "cancer_subtype": "rectum"})
    assert resources(found, "Condition")[0]["code"]["coding"][0]["code"] == "C20"


def test_every_cancer_is_coded_or_named_as_one_that_cannot_be() -> None:
    known = codes()
    assert set(known.cancers) | set(known.in_words_only) == cancers()
    assert not set(known.cancers) & set(known.in_words_only)
    for code in known.cancers.values():
        assert re.fullmatch(SYSTEMS["http://hl7.org/fhir/sid/icd-10-cm"], code)


def test_the_same_case_gives_the_same_bundle(sqlite_store: Store) -> None:
    _, number = assessed_case(sqlite_store, RICH)
    first, second = (case_fhir(read_case(sqlite_store, number)) for _ in range(2))
    assert first == second


def test_without_consent_there_is_no_bundle(sqlite_store: Store) -> None:
    _, number = assessed_case(sqlite_store, consent=False)
    with pytest.raises(NoConsent, match=number):
        read_case(sqlite_store, number)


def test_a_hospital_sees_what_was_agreed_to_when_and_in_which_wording(sqlite_store: Store) -> None:
    _, number = assessed_case(sqlite_store, RICH)
    file = read_case(sqlite_store, number)
    file.case.permissions[Purpose.SHARING] = Consent(
        True, "sharing-2026-11, telephone", "bn", "coordinator", sqlite_store.database.now()
    )
    file.case.permissions[Purpose.IMPROVING] = file.case.permissions[Purpose.SHARING]
    found = checked(case_fhir(file))
    keeping, sharing = resources(found, "Consent")
    (patient,) = resources(found, "Patient")
    assert keeping["category"][0]["coding"][0]["code"] == "ICOL"
    assert sharing == {
        "resourceType": "Consent",
        "id": sharing["id"],
        "status": "active",
        "scope": {"coding": [CONSENT_SCOPE]},
        "category": [{"coding": [DISCLOSURE]}],
        "patient": {"reference": f"urn:uuid:{patient['id']}"},
        "dateTime": file.case.permissions[Purpose.SHARING].at.isoformat().replace("+00:00", "Z"),
        "sourceAttachment": {"language": "bn", "title": "sharing-2026-11, telephone, coordinator"},
        "policy": [{"uri": "urn:intake:consent-wording:sharing-2026-11"}],
        "provision": {"type": "permit"},
    }


@pytest.mark.parametrize(("role", "theirs"), [("patient", True), ("caregiver", False)])
def test_a_consent_is_said_to_be_the_patients_own_only_when_the_patient_wrote(
    sqlite_store: Store, role: str, *, theirs: bool
) -> None:
    found = bundle(sqlite_store, {**OVARIAN, "user_role": role})
    assert [("performer" in consent) for consent in resources(found, "Consent")] == [theirs] * 2


def test_a_consent_that_was_refused_permits_nothing() -> None:
    file = case_file(OVARIAN)
    file.case.consent = Consent(False, "v 1", "en", "webchat", datetime(2026, 11, 21, tzinfo=UTC))
    (refused,) = resources(checked(case_fhir(file)), "Consent")
    assert refused["status"] == "rejected"
    assert "provision" not in refused
