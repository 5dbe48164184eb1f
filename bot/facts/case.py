"""The case: what is known about one patient, and where the conversation stands.

Pure data. `bot.store` keeps it, `bot.intake` changes it, everything else reads it.
Fact names and values are those of the oncology reference, section B1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType

ConversationId = NewType("ConversationId", str)
CaseNumber = NewType("CaseNumber", str)
MessageId = NewType("MessageId", str)

# What JSON can carry; facts travel between processes as JSON.
JsonValue = Any


class FactSource(StrEnum):
    """Who a fact comes from."""

    SAID = "said"
    BUTTON = "button"
    INFERRED = "inferred"
    COORDINATOR = "coordinator"


class FactStatus(StrEnum):
    """What we know of a fact. A fact that is not in the case was not asked."""

    KNOWN = "known"
    UNKNOWN = "unknown"  # the person does not know
    DECLINED = "declined"  # the person does not want to say


class CaseState(StrEnum):
    """Where the conversation stands (the `state` of the outward interface)."""

    CONSENT = "consent"
    INTAKE = "intake"
    CONFIRM = "confirm"
    ASSESSED = "assessed"
    EMERGENCY = "emergency"
    HUMAN = "human"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact with its provenance.

    `value` is the canonical wire value (None unless status is known), `words` what the person
    wrote, `message_id` the message it was heard in, `confidence` 0 to 1.
    """

    value: JsonValue
    words: str = ""
    source: FactSource = FactSource.SAID
    status: FactStatus = FactStatus.KNOWN
    confidence: float = 1.0
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """What was agreed to, when, in which wording and language, through which channel."""

    given: bool
    version: str
    language: str
    channel: str
    at: datetime


class Purpose(StrEnum):
    """What is agreed to apart from keeping: each has a consent of its own."""

    SHARING = "sharing"  # giving the case to a hospital
    IMPROVING = "improving"  # learning from misunderstood messages


@dataclass(slots=True)
class Case:
    """Everything the dialogue remembers. Mutable: one turn changes it, the store saves it."""

    conversation_id: ConversationId
    number: CaseNumber
    channel: str
    language: str = "en"
    state: CaseState = CaseState.CONSENT
    asks: str | None = None  # the fact now asked for
    facts: dict[str, Fact] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)  # red flags heard, RF1...RF16
    consent: Consent | None = None
    # The latest answer for each purpose that was ever asked about.
    permissions: dict[Purpose, Consent] = field(default_factory=dict)
    # How often each question was asked, and how often its answer was not understood.
    asked: dict[str, int] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)
    # Questions of the person that a coordinator must answer.
    open_questions: list[str] = field(default_factory=list)
    handover_reason: str | None = None
    # Anything else the dialogue must remember between turns (JSON values only).
    memory: dict[str, JsonValue] = field(default_factory=dict)
    # What became of papers on the checklist: id -> received or waived. Read only: the desk sets it.
    papers: dict[str, str] = field(default_factory=dict)

    def wire(self) -> dict[str, JsonValue]:
        """Known facts as the outward interfaces carry them; absent means unknown.

        Papers that came in (`bot.records.papers.received`) are among the documents at hand.
        """
        known = {n: f.value for n, f in self.facts.items() if f.status is FactStatus.KNOWN}
        weaker = set(self.memory.get("urgent_only", ()))
        flags = [f"{flag}:U" if flag in weaker else flag for flag in self.flags]
        papers = [h for paper in self.memory.get("papers", ()) for h in paper["holdings"]]
        held = {"docs_available": [*known.get("docs_available", ()), *papers]} if papers else {}
        return known | held | ({"red_flags": flags} if flags else {})

    def may(self, purpose: Purpose) -> bool:
        """Whether the person agreed to this purpose, and to keeping in the first place."""
        kept = self.consent is not None and self.consent.given
        permission = self.permissions.get(purpose)
        return kept and permission is not None and permission.given

    def settled(self) -> Iterable[str]:
        """Names of facts that must not be asked again."""
        return self.facts.keys()
