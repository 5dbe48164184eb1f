"""What an assessment says: one outcome a rule, one result a pathway, and the whole answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bot.eligibility.rules import Criterion, Evidence, Gate, Origin, Rule
from bot.facts.derive import View
from bot.facts.wire import today

SHOWN: Final = frozenset({"CONSIDER", "CAUTION", "NEEDS_INFO"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one rule says about the case, and which criteria made it say so."""

    rule: Rule
    status: str
    decided_by: Criterion | None = None
    open: tuple[Criterion, ...] = ()  # unknown, and the status hangs on them
    kept: tuple[Criterion, ...] = ()  # unknown, but the rule goes on
    warned: tuple[Criterion, ...] = ()  # care criteria that failed
    untested: tuple[Criterion, ...] = ()  # marker criteria unknown when another one decided
    unmet: tuple[Criterion, ...] = ()  # those of `open` that are known not to hold

    def missing(self, view: View) -> tuple[str, ...]:
        """Ids of the facts that this rule still needs."""
        ids = list(_missing((*self.open, *self.kept, *self.untested), view))
        for criterion in self.warned:
            ids += criterion.asks
        return tuple(dict.fromkeys(ids))

    def open_ids(self, view: View) -> tuple[str, ...]:
        """Ids that settle whether this rule holds; those that are only asked for are left out."""
        return _missing(self.open, view)

    def kept_ids(self, view: View) -> tuple[str, ...]:
        """Ids of criteria that are taken to hold and could still turn out otherwise."""
        return _missing([c for c in self.kept if c.kind != "ask"], view)

    def untested_markers(self, view: View) -> tuple[str, ...]:
        """Ids of the markers that this rule would need tested."""
        markers = (c for c in (*self.open, *self.kept, *self.untested) if c.kind == "marker")
        return tuple(dict.fromkeys(i for c in markers for i in c.when.unknown(view)))

    def ids(self) -> tuple[str, ...]:
        """The rows of the reference that this result stands on."""
        if self.decided_by is None and not self.open and not self.warned and not self.rule.reports:
            return (self.rule.id,)
        named = [self.rule.id]
        decisive = (self.decided_by,) if self.decided_by else self.open
        named += [c.rule for c in (*decisive, *self.warned) if c and c.rule]
        if self.status in self.rule.reports:
            named.append(self.rule.reports[self.status])
        return tuple(dict.fromkeys(named))


def _missing(criteria: Sequence[Criterion], view: View) -> tuple[str, ...]:
    if not criteria:
        return ()
    ids: list[str] = []
    for criterion in criteria:
        named = [m for m in criterion.missing if not _is_known(m, view)]
        ids += named or criterion.when.unknown(view) or criterion.missing
    return tuple(dict.fromkeys(ids))


def _is_known(name: str, view: View) -> bool:
    return view.values.get(name) is not None or name in view.markers


@dataclass(frozen=True, slots=True)
class PathwayResult:
    """The answer for one pathway, with everything that explains it."""

    id: str
    name: str
    status: str
    rules: tuple[str, ...]
    gates: tuple[str, ...]
    reasons: tuple[str, ...]
    cautions: tuple[str, ...]
    missing: tuple[str, ...]
    evidence: Evidence
    origin: Origin
    products: tuple[str, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    fired: tuple[Gate, ...] = ()
    before_gates: str = ""
    decisive: tuple[str, ...] = ()  # ids whose answer can still change the status
    softening: tuple[str, ...] = ()  # ids of which an answer can add a caution
    awaited: str = ""  # the status that only the missing biopsy holds back
    helpful: tuple[str, ...] = ()  # of `missing`: markers of any tumour, worth knowing at most

    @property
    def own(self) -> bool:
        """Whether a rule written for this very cancer gave the status before the gates.

        A rule that leads to no more than research does not make an open question its own.
        """
        deciding = [o.rule for o in self.outcomes if o.status == self.before_gates]
        leads = self.before_gates not in SHOWN
        return any(not r.broad and (leads or r.then in SHOWN) for r in deciding)

    @property
    def stale(self) -> bool:
        """Whether a rule behind this is older than six months and not signed since."""
        return self.origin.stale(today())

    def as_wire(self) -> dict[str, Any]:
        """One entry of `pathways` of the outward interface."""
        return {
            "id": self.id,
            "status": self.status,
            "rules": list(self.rules),
            "gates": list(self.gates),
            "reasons": list(self.reasons),
            "cautions": list(self.cautions),
            "missing": list(self.missing),
            "evidence": self.evidence.text(),
            "source": list(self.origin.source),
            "as_of": self.origin.as_of.isoformat(),
            "review": self.origin.review,
            "stale": self.stale,
            "products": list(self.products),
        }


@dataclass(frozen=True, slots=True)
class Assessment:
    """The whole answer. `named` is false when no pathway may be named to the patient."""

    triage: str
    triage_reasons: tuple[str, ...]
    travel: str
    travel_reasons: tuple[str, ...]
    pathways: tuple[PathwayResult, ...]
    next_question: str | None
    version: str
    named: bool = True
    view: View | None = field(default=None, compare=False, repr=False)

    def pathway(self, name: str) -> PathwayResult:
        """The result for a pathway id. Raises KeyError."""
        for result in self.pathways:
            if result.id == name:
                return result
        raise KeyError(name)

    def for_records(self) -> dict[str, str]:
        """Pathway id -> the status by which its papers are asked for (D0).

        A pathway that is not named to the patient, or waits for the cancer to be told, asks for
        none; one that waits for the biopsy asks as it would with the biopsy.
        """
        nameless = not self.named or self.view is None or not self.view.entity
        return {
            p.id: p.awaited or p.status
            for p in self.pathways
            if not (nameless and p.status == "NEEDS_INFO")
        }

    def as_wire(self) -> dict[str, Any]:
        """As `intake assess` prints it, without the id."""
        return {
            "triage": self.triage,
            "travel": self.travel,
            "pathways": [p.as_wire() for p in self.pathways],
            "next_question": self.next_question,
            "triage_reasons": list(self.triage_reasons),
            "travel_reasons": list(self.travel_reasons),
            "rules_version": self.version,
        }
