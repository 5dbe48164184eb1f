"""No criterion of the rule data can be changed unseen: every small change breaks a test."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from bot.eligibility import rule_files
from bot.eligibility.engine import _apply_gates, _level, assess, live_gates, triage_level
from bot.eligibility.matching import match
from bot.eligibility.results import PathwayResult
from bot.eligibility.rules import PATHWAYS, Gate, RuleSet
from bot.eligibility.ruleset import current
from bot.facts.derive import View, derive
from bot.facts.model import CaseFacts
from bot.oncology.knowledge_files import KNOWLEDGE
from tests.eligibility.mutants import answer, cases_of, condition_mutants, survivors
from tests.eligibility.test_gates import MATRIX, NONE, SHOWING, TABLE
from tests.eligibility.test_triage_travel import CASE, TRAVEL, TRIAGE
from tests.eligibility.unseen import UNSEEN, alters_nothing
from tests.eligibility.vignettes_file import FIT


@pytest.mark.parametrize("pathway", PATHWAYS)
def test_pinned_cases_are_answered_as_before(pathway: str) -> None:
    rules = current().pathways[pathway]
    for case in cases_of(pathway):
        if case.exact:
            assert answer(match(rules, case.view, None)) == case.expected, case.facts


@pytest.mark.parametrize("pathway", PATHWAYS)
def test_every_change_of_a_rule_is_noticed(pathway: str) -> None:
    made, missed = survivors(pathway)
    assert made > 0
    assert set(missed) <= set(UNSEEN)


@pytest.mark.parametrize("change", sorted(UNSEEN))
def test_a_change_that_goes_unseen_alters_no_answer(change: str) -> None:
    assert UNSEEN[change]
    assert alters_nothing(change)


Entry = dict[str, Any]


def _effect_mutants(entry: Entry) -> Iterator[tuple[str, Entry]]:
    """A pathway dropped from, or moved between, the lists of a gate; a limit changed."""
    for level in ("hard", "soft"):
        for n, item in enumerate(entry.get(level) or []):
            rest = [*entry[level][:n], *entry[level][n + 1 :]]
            yield f"{level} {item} dropped", {**entry, level: rest}
            if isinstance(item, Mapping) and "when" in item:
                for what, when in condition_mutants(item["when"]):
                    changed = [*entry[level][:n], {**item, "when": when}, *entry[level][n + 1 :]]
                    yield f"{level} {item['pathway']} {what}", {**entry, level: changed}


def _mutants(entry: Entry) -> Iterator[tuple[str, Entry]]:
    if entry.get("when") is not None:
        for what, when in condition_mutants(entry["when"]):
            yield what, {**entry, "when": when}
    yield from _effect_mutants(entry)


def _read(name: str) -> Entry:
    loaded: Entry = yaml.safe_load((KNOWLEDGE / name).read_text(encoding="utf-8"))
    return loaded


def _gate_runs(gate: str) -> list[tuple[dict[str, Any], str]]:
    """The tested cases of one gate on every pathway, and the fit person."""
    tables = [(g, c) for g, c, *_ in (*TABLE, *MATRIX)]
    labs = "labs" in {name for g, c in tables if g == gate for name in c}
    changes = [c for g, c in tables if g == gate or (labs and "labs" in c)]
    return [({**SHOWING[p], **c}, p) for c in (*changes, {}) for p in SHOWING]


GATES = _read("gates.yml")["gates"]
LYMPHOMA = SHOWING["car_t"]
HCC = {**SHOWING["surgical_review"], "cancer_type": "hcc", "bclc": "B"}
MYELOMA = {
    **LYMPHOMA,
    "cancer_type": "multiple_myeloma",
    "prior_systemic_lines": 4,
    "refractory_to": [],
    "drug_classes_received": ["PI", "IMiD", "anti_CD38"],
}
BOWEL_LIVER = {
    **SHOWING["surgical_review"],
    "extent": "metastatic",
    "metastatic_sites": ["liver"],
    "told_inoperable": None,
}
SPOTS = {**FIT, "extent": "oligometastatic", "metastatic_sites": ["liver"], "bclc": "B"}
JAUNDICE = ("jaundice", "new_jaundice", "obstructive_jaundice", "yellow_eyes")
BEFORE = ("BCMA_ADC", "CAR_T", "teclistamab", "elranatamab", "linvoseltamab", "talquetamab")
CD19 = ("CAR_T", "anti_CD19_ab", "blinatumomab", "loncastuximab", "bispecific", "PD1")
PD1 = ("PD1", "PDL1", "PD1_bispecific", "VEGFR_TKI", "ADC")


def _extra_runs() -> Iterator[tuple[dict[str, Any], str]]:
    """Cases of gates whose effect is limited to a part of a pathway."""
    yield {**LYMPHOMA, "cancer_type": "pcnsl", "brain_mets_status": "leptomeningeal"}, "car_t"
    yield {**HCC, "child_pugh": "B"}, "interventional"
    yield {**HCC, "labs": {"bili_xULN": 3.5}}, "interventional"
    for grade in ("A", "C"):
        yield {**BOWEL_LIVER, "child_pugh": grade}, "interventional"
        yield {**BOWEL_LIVER, "child_pugh": grade, "metastatic_sites": ["lung"]}, "interventional"
        yield {**SHOWING["checkpoint"], "child_pugh": grade}, "checkpoint"
    for complaint in (*JAUNDICE, "fatigue", None):
        told = {"symptoms": [complaint]} if complaint else {}
        for cancer in ("biliary", "hcc", "colorectal"):
            yellow = {**SPOTS, "cancer_type": cancer, "labs": {"bili_xULN": 3.5}, **told}
            yield yellow, "interventional"
            yield {**yellow, "child_pugh": "C"}, "interventional"
            yield {**yellow, "metastatic_sites": ["lung"]}, "interventional"
    for pathway in ("car_t", "bispecific"):
        yield MYELOMA, pathway
        for drug in BEFORE:
            received = [*MYELOMA["drug_classes_received"], drug]
            yield {**MYELOMA, "drug_classes_received": received}, pathway
        for drug in CD19:
            yield {**LYMPHOMA, "drug_classes_received": [drug]}, pathway
    for drug in ("BCMA_ADC", "teclistamab"):
        yield {**LYMPHOMA, "drug_classes_received": [drug]}, "car_t"
    for drug in ("anti_CD19_ab", "blinatumomab"):
        yield {**MYELOMA, "drug_classes_received": ["PI", "IMiD", drug]}, "car_t"
    for change in ({"fev1_pct": 59}, {"fev1_pct": 60}, {"fev1_pct": 61}, {"nyha": 1}, {"nyha": 2}):
        yield {**SHOWING["til"], **change}, "til"
    for drug in ("bispecific", "CAR_T", "platinum", "ADC"):
        facts = {**LYMPHOMA, "cancer_type": "b_all", "drug_classes_received": [drug]}
        yield facts, "car_t"
    for drug in PD1:
        facts = {**SHOWING["checkpoint"], "drug_classes_received": [drug]}
        for status in ("stable", "progressed", "relapsed", "refractory"):
            yield {**facts, "disease_status": status}, "checkpoint"
        for resisted in ([drug], []):
            more = {"disease_status": "stable", "refractory_to": resisted}
            yield {**facts, **more}, "checkpoint"
    for pathway in ("adc", "targeted"):
        her2 = {"lvef_pct": 45, "biomarkers": {"HER2": "3+"}}
        yield {**SHOWING["adc"], **her2}, pathway


EXTRA_GATE_RUNS = list(_extra_runs())


@dataclasses.dataclass(frozen=True)
class Run:
    """One case of one pathway, matched, before any gate."""

    view: View
    matched: PathwayResult

    def answer(self, gate: Gate) -> tuple[str, tuple[str, ...]]:
        """Status and gates with this gate alone."""
        live = live_gates((gate,), self.view)
        result = _apply_gates(self.matched, live, self.view, suspected=None)
        return result.status, result.gates


def _run(facts: dict[str, Any], pathway: str) -> Run:
    view = derive(CaseFacts.read(facts))
    return Run(view, match(current().pathways[pathway], view, None))


@pytest.mark.parametrize("number", range(len(GATES)), ids=[g["id"] for g in GATES])
def test_every_change_of_a_gate_is_noticed(number: int) -> None:
    gate = current().gates[number]
    runs = [_run(f, p) for f, p in (*_gate_runs(gate.id), *EXTRA_GATE_RUNS)]
    expected = [r.answer(gate) for r in runs]
    file = _read("gates.yml")
    missed = []
    for what, entry in _mutants(GATES[number]):
        text = yaml.safe_dump({**file, "gates": [entry]}, allow_unicode=True)
        try:
            new = rule_files.read_gates(KNOWLEDGE / "gates.yml", text)[0]
        except ValueError:
            continue
        if all(r.answer(new) == e for r, e in zip(runs, expected, strict=True)):
            missed.append(f"{gate.id}: {what}")
    assert missed == []


def _level_of(field: str, facts: CaseFacts, view: View, rules: RuleSet) -> str:
    triage, _ = triage_level(facts, view, rules)
    if field == "triage":
        return triage
    travel, _ = _level(rules.travel, view, ("HOLD", "CAUTION"), "OK_TO_DISCUSS")
    return travel if triage == "ROUTINE" else "HOLD"


@pytest.mark.parametrize("name", ["triage.yml", "travel.yml"])
def test_every_change_of_a_sign_is_noticed(name: str) -> None:
    rules = current()
    table = TRIAGE if name == "triage.yml" else TRAVEL
    read = [CaseFacts.read({**CASE, **c}) for c, _ in table]
    cases = [(f, derive(f)) for f in read]
    field = name.removesuffix(".yml")
    levels = ("EMERGENCY_NOW", "URGENT_TODAY") if field == "triage" else ("HOLD", "CAUTION")
    expected = [_level_of(field, f, v, rules) for f, v in cases]
    file = _read(name)
    missed = []
    for number, sign in enumerate(file["signs"]):
        for what, entry in _mutants(sign):
            text = yaml.safe_dump({**file, "signs": [entry]}, allow_unicode=True)
            try:
                new = rule_files.read_signs(KNOWLEDGE / name, text, levels)[0]
            except ValueError:
                continue
            signs = getattr(rules, field)
            altered = dataclasses.replace(
                rules, **{field: (*signs[:number], new, *signs[number + 1 :])}
            )
            if all(
                _level_of(field, f, v, altered) == e
                for (f, v), e in zip(cases, expected, strict=True)
            ):
                missed.append(f"{entry['id']}: {what}")
    assert missed == []


def test_the_fit_person_is_shown_everything() -> None:
    assert all(assess(f).pathway(p).status == NONE for p, f in SHOWING.items())
