"""What a person agreed to: how it is kept with the case, and noted in the audit log.

Guarantee: the log keeps every yes and every no with wording, language, channel and time, in the
transaction of the turn that gave it; the case itself holds only the latest of each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.facts.case import Case, Consent, Purpose
from bot.store.audit import record

KEEPING = "keeping"


def read(stored: Mapping[str, Any]) -> Consent:
    """A consent as it was kept."""
    return Consent(**{**stored, "at": datetime.fromisoformat(stored["at"])})


def read_all(stored: Mapping[str, Any]) -> dict[Purpose, Consent]:
    """The permissions of a case as they were kept."""
    return {Purpose(purpose): read(consent) for purpose, consent in stored.items()}


def agreed(dialogue: Mapping[str, Any], purpose: Purpose) -> bool:
    """Whether a case, as it was kept, agrees to keeping and to this purpose."""
    keeping = dialogue.get("consent")
    permission = dialogue.get("permissions", {}).get(purpose)
    return bool(keeping and keeping["given"] and permission and permission["given"])


def kept(consent: Consent) -> dict[str, Any]:
    """JSON that `read` reads."""
    return asdict(consent) | {"at": consent.at.isoformat()}


def note(session: Session, before: Case, after: Case, now: datetime) -> None:
    """Write what a turn changed into the log."""
    earlier = _by_purpose(before)
    for purpose, consent in _by_purpose(after).items():
        if earlier.get(purpose) != consent:
            action = f"consent.{purpose}.{'given' if consent.given else 'refused'}"
            wording = f"{consent.version}, {consent.language}, {consent.channel}"
            record(session, now, "patient", action, f"case:{after.number}", wording)


def _by_purpose(case: Case) -> dict[str, Consent]:
    keeping = {KEEPING: case.consent} if case.consent else {}
    return keeping | {purpose.value: given for purpose, given in case.permissions.items()}
