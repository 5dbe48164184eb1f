"""What the person agreed to, as FHIR Consent resources: keeping the case, and giving it away.

The consent to learn from misread messages concerns this service alone and does not travel.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote

from bot.export.casefile import CaseFile
from bot.export.codes import coding
from bot.export.fhir import Resources
from bot.facts.case import Case, Consent, Purpose

_SCOPES: Final = "http://terminology.hl7.org/CodeSystem/consentscope"
_ACTS: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_WORDINGS: Final = "urn:intake:consent-wording:"
# Category of v3-ActCode, and what it is called there.
_KEEPING: Final = ("ICOL", "information collection")
_SHARING: Final = ("IDSCL", "information disclosure")


def add_consents(made: Resources, file: CaseFile, patient: Mapping[str, str]) -> None:
    """Add each consent with its wording's version, language, channel and time.

    `Consent.policy` names the wording; who said yes is `performer` only when the patient wrote.
    """
    for name, consent, category in _given(file.case):
        wording = consent.version.partition(",")[0]
        made.add(
            "Consent",
            name,
            status="active" if consent.given else "rejected",
            scope={"coding": [coding(_SCOPES, "patient-privacy", "Privacy Consent")]},
            category=[{"coding": [coding(_ACTS, *category)]}],
            patient=patient,
            dateTime=consent.at.isoformat(),
            performer=[patient] if file.facts.get("user_role") == "patient" else None,
            sourceAttachment={
                "language": consent.language,
                "title": f"{consent.version}, {consent.channel}",
            },
            policy=[{"uri": _WORDINGS + quote(wording)}],
            provision={"type": "permit"} if consent.given else None,
        )


def _given(case: Case) -> Iterator[tuple[str, Consent, tuple[str, str]]]:
    if case.consent is not None:
        yield "keeping", case.consent, _KEEPING
    sharing = case.permissions.get(Purpose.SHARING)
    if sharing is not None:
        yield "sharing", sharing, _SHARING
