"""Compares what was understood with what a careful reader finds in a message.

Spelling is no difference (marker values and treatment names are compared by what they stand for);
meaning is. How the expected answers are written is told in tests/understanding/README.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bot.facts.markers import marker_id, read_value
from bot.facts.vocabulary import drugs_of

# Read completely: anything beyond the expected answer is an invention.
COMPLETE: Final = ("cancer_type", "country")
STATED: Final = ("stage_group", "disease_status", "age_years", "user_role", "ecog")
OTHER: Final = (
    "histology_confirmed",
    "suspected",
    "told_inoperable",
    "months_to_relapse",
    "child_pugh",
    "platinum_status",
    "extent",
    "brain_mets_status",
    "pregnancy_status",
)
KINDS: Final = {
    "surgery": "surgery",
    "radiation": "radiation",
    "chemotherapy": "chemo",
    "transplant": "transplant",
    "immunotherapy": "immunotherapy",
    "complementary": "complementary",
}
# One gene or a group of genes: "BRCA negative" may be filed under either.
GENE_GROUPS: Final = {
    "BRCA1": "BRCA",
    "BRCA2": "BRCA",
    "BRCA1/2": "BRCA",
    "IDH1": "IDH",
    "IDH2": "IDH",
    "NTRK1": "NTRK",
    "NTRK2": "NTRK",
    "NTRK3": "NTRK",
}

# Two treatments in one name.
CHEMORADIATION: Final = "chemo-rt"
# Words for a whole class ("CDK4/6 inhibitor"), which a drug of the class makes redundant.
CLASS_WORDS: Final = ("inhibitor", "chemotherapy")

Json = Mapping[str, Any]


@dataclass
class Count:
    """Right, invented and missed findings of one fact."""

    right: int = 0
    invented: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        """Share of the findings that are right."""
        return self.right / max(1, self.right + self.invented)

    @property
    def recall(self) -> float:
        """Share of what is there that was found."""
        return self.right / max(1, self.right + self.missed)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.right / max(1, 2 * self.right + self.invented + self.missed)


@dataclass(frozen=True)
class Miss:
    """One difference. `kind`: missed, wrong (another value) or invented (nothing was there)."""

    id: str
    fact: str
    kind: str
    text: str
    gold: Any
    got: Any


@dataclass
class Verdict:
    """One message judged: counts by fact, differences, and whether a slot was filled wrongly."""

    counts: dict[str, Count] = field(default_factory=dict)
    misses: list[Miss] = field(default_factory=list)

    @property
    def wrong_fill(self) -> bool:
        """Red flags, intent and topic are no slots."""
        other = ("flags", "urgent", "intent", "topic")
        return any(m.kind != "missed" and m.fact not in other for m in self.misses)

    def count(self, fact: str) -> Count:
        """The counts of a fact, made on first use."""
        return self.counts.setdefault(fact, Count())


class Judge:
    """Judges one message."""

    def __init__(self, message: Json, got: Json) -> None:
        """`message` is a line of the set; `got` a line that `intake understand` printed."""
        self.message, self.got = message, got
        self.gold: Json = message["gold"]
        self.facts: Json = got["facts"]
        self.open = frozenset(self.gold.get("open", ()))
        self.empty = frozenset(self.gold.get("none", ())) | frozenset(
            self.gold.get("ambiguous", ())
        )
        self.verdict = Verdict()

    def judge(self) -> Verdict:
        """Compare everything that is to be compared."""
        for fact in (*COMPLETE, *STATED, *OTHER):
            self._one_value(fact)
        self._treatments()
        self._markers()
        self._flags()
        for fact in ("intent", "topic"):
            if fact in self.gold and fact not in self.open:
                self._compare(fact, [self.gold[fact]], self.got.get(fact))
        return self.verdict

    def _one_value(self, fact: str) -> None:
        got = self.facts.get(fact)
        if fact in self.gold and fact not in self.open:
            gold = self.gold[fact]
            self._compare(fact, gold if isinstance(gold, list) else [gold], got)
        elif got is not None and self._must_be_empty(fact, fact in COMPLETE):
            self._invented(fact, got)

    def _must_be_empty(self, fact: str, complete: bool) -> bool:
        return fact in self.empty or (complete and fact not in self.open)

    def _compare(self, fact: str, gold: list[Any], got: Any) -> None:
        count = self.verdict.count(fact)
        if got in gold:
            count.right += 1
            return
        count.missed += 1
        count.invented += got is not None
        self._miss(fact, "missed" if got is None else "wrong", gold[0], got)

    def _invented(self, fact: str, got: Any) -> None:
        self.verdict.count(fact).invented += 1
        self._miss(fact, "invented", None, got)

    def _miss(self, fact: str, kind: str, gold: Any, got: Any) -> None:
        missed = Miss(self.message["id"], fact, kind, self.message["text"], gold, got)
        self.verdict.misses.append(missed)

    def _treatments(self) -> None:
        gold = [g for g in self.gold.get("treatments", ()) if g not in self.open]
        got = _distinct(self.facts.get("treatments", ()))
        count = self.verdict.count("treatments")
        missed = [g for g in gold if not _given(g, got)]
        count.right += len(gold) - len(missed)
        count.missed += len(missed)
        allowed = [*self.gold.get("treatments", ()), *self.open]
        extra = [] if "treatments" in self.open else [t for t in got if not _stated(t, allowed)]
        count.invented += len(extra)
        for name in missed:
            self._miss("treatments", "missed", name, [t["name"] for t in got])
        for item in extra:
            self._miss("treatments", "invented", gold, item["name"])

    def _markers(self) -> None:
        gold = _by_marker(self.gold.get("biomarkers", {}))
        got = _by_marker(self.facts.get("biomarkers", {}))
        count = self.verdict.count("biomarkers")
        for name, value in gold.items():
            if name in got and _same_result(name, value, got[name]):
                count.right += 1
                continue
            count.missed += 1
            count.invented += name in got
            kind = "wrong" if name in got else "missed"
            self._miss("biomarkers", kind, f"{name}: {value}", got.get(name))
        for name in got.keys() - gold.keys() - self.open:
            if self._must_be_empty(name, False) or self._must_be_empty("biomarkers", True):
                self._invented("biomarkers", f"{name}: {got[name]}")

    def _flags(self) -> None:
        gold, got = set(self.gold.get("flags", ())), set(self.got["flags"])
        either = set(self.gold.get("flags_any", ()))
        if not gold and either:
            gold = (either & got) or set(sorted(either)[:1])
        extra = set() if "flags" in self.open else got - gold - self.open - either
        count = self.verdict.count("flags")
        count.right += len(gold & got)
        count.missed += len(gold - got)
        count.invented += len(extra)
        for flag in sorted(gold - got):
            self._miss("flags", "missed", flag, sorted(got))
        for flag in sorted(extra):
            self._miss("flags", "invented", sorted(gold), flag)
        if "flags" not in self.open:
            self._urgency(bool(gold), bool(got - (set() if gold else self.open)))

    def _urgency(self, gold: bool, got: bool) -> None:
        """Whether the message is taken for urgent at all, whatever the flag."""
        count = self.verdict.count("urgent")
        count.right += gold and got
        count.missed += gold and not got
        count.invented += got and not gold


def _distinct(items: Iterable[Json]) -> list[Json]:
    return list({i["name"].casefold(): i for i in items}.values())


def _drugs(name: str) -> frozenset[str]:
    known = drugs_of(name)
    return known.drugs if known else frozenset({name.casefold()})


def _given(gold: str, got: list[Json]) -> bool:
    """Whether an expected treatment was found, by itself or as part of a regimen."""
    if gold in KINDS:
        both = gold in ("radiation", "chemotherapy")
        return any(
            t.get("modality") == KINDS[gold] or (both and t["name"].casefold() == CHEMORADIATION)
            for t in got
        )
    found = frozenset().union(*(_drugs(t["name"]) for t in got))
    return _drugs(gold) <= found or any(t["name"].casefold() == gold.casefold() for t in got)


def _stated(item: Json, allowed: list[str]) -> bool:
    """Whether a found treatment stands in the message, under this or a wider name."""
    name, modality = item["name"], item.get("modality")
    if any(KINDS.get(a) == modality for a in allowed):
        return True
    if _drugs(name) <= frozenset().union(*(_drugs(a) for a in allowed)):
        return True
    known = [k for a in allowed if (k := drugs_of(a))]
    # "chemo with cisplatin" names the same treatment twice.
    if name.casefold() in {*KINDS, *KINDS.values(), "radiotherapy"}:
        return any(k.modality == modality for k in known)
    if name.casefold() == CHEMORADIATION:
        return "radiation" in allowed
    of_class = drugs_of(name) if name.endswith(CLASS_WORDS) else None
    return of_class is not None and any(of_class.classes <= k.classes for k in known)


def _by_marker(results: Json) -> dict[str, Any]:
    found = {_marker(name): value for name, value in results.items()}
    # A mutation of BCR::ABL1 that has a name of its own.
    if "T315I" in found and found.pop("T315I") != "neg":
        found[_marker("BCR::ABL1")] = "T315I"
    return found


def _marker(name: str) -> str:
    name = GENE_GROUPS.get(name, name).replace("β", "beta")
    return marker_id(name) or re.sub(r"[^a-z0-9]", "", name.casefold())


def _same_result(name: str, gold: Any, got: Any) -> bool:
    if gold == "*":
        return True
    if marker_id(name) is None:
        return str(gold).casefold() == str(got).casefold()
    try:
        expected, found = read_value(name, gold), read_value(name, got)
    except ValueError:
        return False
    if expected is not None and found is not None:
        return expected == found
    return str(gold).casefold() == str(got).casefold()
