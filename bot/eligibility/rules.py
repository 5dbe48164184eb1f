"""What a rule set is made of: rules with criteria, gates, signs, and the whole set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from bot.eligibility.expressions import Condition

STATUSES: Final = (
    "CONSIDER",
    "CAUTION",
    "NEEDS_INFO",
    "NOT_YET",
    "TRIAL_ONLY",
    "NO_MATCH",
    "DEFER",
)
PATHWAYS: Final = (
    "car_t",
    "bispecific",
    "til",
    "tcr_t",
    "checkpoint",
    "targeted",
    "adc",
    "radioligand",
    "particle_therapy",
    "bnct",
    "hifu_histotripsy",
    "interventional",
    "transplant",
    "clinical_trial",
    "investigational_cell_gene",
    "second_opinion",
    "surgical_review",
    "supportive_care",
)
ALWAYS_OPEN: Final = frozenset({"second_opinion", "supportive_care"})

# Kind of criterion -> its place in the order of C0 and the status a known failure gives.
KINDS: Final[dict[str, tuple[int, str]]] = {
    "scope": (0, "skip"),
    "marker": (1, "NO_MATCH"),
    "age": (2, "TRIAL_ONLY"),
    "line": (3, "NOT_YET"),
    "care": (4, "CAUTION"),
    "ask": (5, "keep"),  # settles nothing: only listed while it is unknown
}


@dataclass(frozen=True, slots=True)
class Criterion:
    """One condition of a rule with what its failure, or not knowing it, means."""

    say: str
    kind: str
    when: Condition
    fails: str
    unknown: str
    missing: tuple[str, ...] = ()
    rule: str | None = None
    note: str = ""
    asks: tuple[str, ...] = ()  # listed as missing when this warns


@dataclass(frozen=True, slots=True)
class Evidence:
    """What kind of evidence stands behind a rule, and where."""

    kind: str = "trial_only"
    regulators: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    note: str = ""

    def text(self) -> str:
        """As the output contract writes it: `approved(FDA, NMPA)`."""
        inside = ", ".join(self.regulators)
        return f"{self.kind}({inside})" if inside else self.kind


STALE_AFTER_DAYS: Final = 183  # a rule is trusted for six months after its date or its signature


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a rule comes from and whether a clinician has signed it."""

    source: tuple[str, ...]
    as_of: date
    signed_by: str = ""  # empty: the review is pending
    signed_on: date | None = None

    @property
    def review(self) -> str:
        """ "pending", or who signed and when."""
        return f"{self.signed_by}, {self.signed_on}" if self.signed_by else "pending"

    def stale(self, on: date) -> bool:
        """Older than six months, counted from its date or from the last signature."""
        newest = max(self.as_of, self.signed_on or self.as_of)
        return (on - newest).days > STALE_AFTER_DAYS


@dataclass(frozen=True, slots=True)
class Rule:
    """One row, or one branch of a row, of the rule tables."""

    id: str
    branch: str
    pathway: str
    statement: str
    cancers: frozenset[str] | None  # None: any cancer
    criteria: tuple[Criterion, ...]
    then: str
    origin: Origin
    evidence: Evidence
    cautions: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    reports: Mapping[str, str] = field(default_factory=dict)
    agnostic: bool = False
    broad: bool = False  # written for all solid tumours, all blood cancers or any cancer


@dataclass(frozen=True, slots=True)
class Otherwise:
    """What holds when no rule of the pathway speaks about the case."""

    rule: str
    status: str
    statement: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class PathwayRules:
    """One pathway file."""

    id: str
    name: str
    kind: str
    rules: tuple[Rule, ...]
    otherwise: Otherwise
    rows: Mapping[str, str]
    origin: Origin
    by_cancer: dict[str, tuple[Rule, ...]] = field(default_factory=dict, compare=False)

    def for_cancer(self, cancer: str | None) -> tuple[Rule, ...]:
        """Rules that may speak about this cancer; for None those that ask for no cancer."""
        key = cancer or ""
        if key not in self.by_cancer:
            self.by_cancer[key] = tuple(
                r for r in self.rules if r.cancers is None or (cancer and cancer in r.cancers)
            )
        return self.by_cancer[key]


@dataclass(frozen=True, slots=True)
class Limit:
    """Where a gate has its effect: under a condition, or only for results of some rules."""

    when: Condition | None = None
    rules: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Gate:
    """A safety gate and the pathways it stops (hard), cautions (soft) or annotates (note)."""

    id: str
    say: str
    when: Condition
    hard: Mapping[str, Limit]
    soft: Mapping[str, Limit]
    note: Mapping[str, Limit]
    asks: tuple[str, ...]
    relevant: Condition | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class Sign:
    """A condition of triage or travel with the level it means."""

    id: str
    say: str
    level: str
    when: Condition | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Everything an assessment is made with; `version` is the hash of all files."""

    pathways: Mapping[str, PathwayRules]
    gates: tuple[Gate, ...]
    triage: tuple[Sign, ...]
    travel: tuple[Sign, ...]
    version: str

    def rule_ids(self) -> frozenset[str]:
        """Every id that an assessment may report."""
        ids = {r.id for p in self.pathways.values() for r in p.rules}
        ids |= {i for p in self.pathways.values() for i in p.rows}
        return frozenset(ids | {p.otherwise.rule for p in self.pathways.values()})
