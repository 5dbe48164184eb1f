"""Finds further cases for changes of the rule data that no tested case notices, and pins them.

    .venv/bin/python -m tests.eligibility.pinning [PATHWAY ...]

A pinned case is a neighbour of a tested one: one or two of the facts that a rule looks at are set
to a boundary value, to another value or to unknown. Its result is written down as it is today, so
that any later change of a criterion is seen by whoever makes it. Read the difference of
`pinned.json` in review: each changed line is a case that is now answered differently.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from bot.eligibility import rule_files
from bot.eligibility.matching import match
from bot.eligibility.rules import PathwayRules
from bot.eligibility.ruleset import current
from bot.eligibility.yaml_places import RuleFileError
from bot.facts.derive import derive
from bot.facts.model import CaseFacts, FactError
from bot.facts.vocabulary import expand
from tests.eligibility.mutants import (
    PINNED,
    Case,
    answer,
    cases_of,
    noticed,
    opened,
    rule_mutants,
    tested_facts,
)
from tests.eligibility.vignettes_file import FIT

Facts = Mapping[str, Any]
# All markers that count in any tumour are negative, so that other markers decide.
NO_TARGET: Facts = {
    "extent": "metastatic",
    "prior_systemic_lines": 1,
    "disease_status": "progressed",
    "biomarkers": {"NTRK": "neg", "RET": "neg", "BRAF": "WT", "HER2": "IHC0"},
}
# Places of earlier radiotherapy.
_NEAR = ("brain", "head", "neck", "skull", "face", "spine", "spinal", "cranio", "sacrum", "same")
_TRUNK = ("breast", "lung", "chest", "thorax", "abdomen", "liver", "pelvis", "prostate", "rectum")
_FAR = (*_TRUNK, "cervix", "bladder", "leg", "jaw")
# Derived facts and the facts they come from.
_BEHIND: Mapping[str, list[dict[str, Any]]] = {
    "relapsed_or_refractory": [{"disease_status": s} for s in ("relapsed", "remission", None)],
    "refractory_to_last": [{"disease_status": s} for s in ("refractory", "relapsed", "progressed")],
    "metastatic": [{"extent": e} for e in ("metastatic", "localised", None)],
    "advanced": [{"extent": e} for e in ("metastatic", "localised", "locally_advanced", None)],
    "unresectable": [{"extent": e} for e in ("metastatic", "localised", None)],
    "curable_stage": [{"extent": e} for e in ("metastatic", "localised", None)],
    "recurrent_or_metastatic": [
        {"extent": "metastatic"},
        {"extent": "localised", "disease_status": "stable"},
        {"extent": None},
    ],
    "secondary_cns_lymphoma": [{"brain_mets_status": s} for s in ("treated_stable", "none", None)],
    "irradiated": [{"radiation_history": h} for h in ([{"site": "neck"}], [], None)],
    "irradiated_where": [
        {"radiation_history": [{"site": site}]}
        for site in ("", *_FAR, *_NEAR, *(f"leg and {near}" for near in (*_NEAR, "pelvis")))
    ],
}


def edits(condition: Any) -> Iterator[dict[str, Any]]:
    """Changes of facts that move one condition."""
    if isinstance(condition, list):
        for part in condition:
            yield from edits(part)
        return
    for word in ("all", "any"):
        if word in condition:
            yield from edits(condition[word])
            return
    if "not" in condition:
        yield from edits(condition["not"])
    elif "fact" in condition:
        yield from _fact_edits(condition)
    elif "lab" in condition:
        yield {"labs": None}
    elif "marker" in condition:
        yield from _marker_edits(condition)
    elif "received" in condition or "refractory_to" in condition:
        yield from _treatment_edits(condition)
    elif "known" in condition:
        yield {condition["known"]: None}
    elif "told" in condition:
        for name in _listed(condition["told"]):
            yield from _BEHIND.get(name, [{name: None}])
            yield {name: None}
    elif "symptom" in condition:
        for name in [*_listed(condition["symptom"]), "fatigue"]:
            yield {"symptoms": [name]}
        yield {"symptoms": None}
    elif "cancer" in condition:
        for cancer in sorted(expand(_listed(condition["cancer"])) - {"richter"}):
            yield {"cancer_type": cancer}
        yield {"cancer_type": "thymic"}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _bounds(condition: Mapping[str, Any]) -> Iterator[float]:
    for sign in (">=", "<=", ">", "<"):
        if sign in condition:
            for shift in (0, -1, 1, -0.5, 0.5, -2, 2):
                yield condition[sign] + shift


def _fact_edits(condition: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    name = condition["fact"]
    if name in _BEHIND:
        yield from _BEHIND[name]
        for word in _listed(condition.get("mentions", [])):
            yield {"radiation_history": [{"site": word}]}
        return
    if name == "subtype_words":
        words = _listed(condition.get("mentions", condition.get("is", [])))
        yield from ({"cancer_subtype": w} for w in words)
        yield from ({"+cancer_subtype": w} for w in words)
        yield from ({"cancer_subtype": w} for w in condition.get("against", []))
        yield {"cancer_subtype": "another type"}
        yield {"cancer_subtype": None}
        return
    if name == "stage_words":
        yield from ({"stage_raw": w} for w in _listed(condition["mentions"]))
        yield {"stage_raw": "another"}
        return
    values: list[Any] = [*_bounds(condition), None]
    if "is" in condition:
        values += _listed(condition["is"])
        values += _OTHERS.get(name, [True, False, 0, 1, 2])
    if "has" in condition:
        values += [[v] for v in _listed(condition["has"])] + [["other"], []]
        yield from ({f"+{name}": [v]} for v in _listed(condition["has"]))
        if "brain" in _listed(condition["has"]):
            yield {f"+{name}": ["brain"], "brain_mets_status": "treated_stable"}
    if "mentions" in condition:
        values += [*_listed(condition["mentions"]), "another"]
    for value in values:
        yield {name: value}


_OTHERS: Mapping[str, list[Any]] = {
    "disease_status": [
        "newly_diagnosed",
        "remission",
        "relapsed",
        "refractory",
        "progressed",
        "stable",
        "on_treatment_responding",
    ],
    "extent": ["localised", "locally_advanced", "oligometastatic", "metastatic"],
    "transplant_history": ["none", "auto", "allo"],
    "transplant_fitness": ["fit", "unfit"],
    "platinum_status": ["sensitive", "resistant", "refractory"],
    "child_pugh": ["A", "B", "C"],
    "ngs_done": ["tissue", "liquid", "both", "no", "pending"],
}


def _marker_edits(condition: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for marker in _listed(condition["marker"]):
        values: list[Any] = [b for b in _bounds(condition) if b >= 0]
        if "is" in condition:
            values += _listed(condition["is"])
            values += ["positive", "negative", "neg", "WT", "mut", "V600E", "3+", "1+", "G12D"]
        if marker == "HLA":
            values += [["A*02:01"], ["A*02:05"], ["A*01:01"], ["A*02:02"], ["A*02:03"], ["A*02:06"]]
        for value in [*values, None]:
            yield {f"biomarkers.{marker}": value}


def _treatment_edits(condition: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if "refractory_to" in condition:
        for name in [*_listed(condition["refractory_to"]), *_listed(condition.get("class", []))]:
            yield {"refractory_to": [name]}
        yield {"refractory_to": []}
        yield {"refractory_to": None}
        return
    for name in _listed(condition["received"]):
        for complete in (True, None):
            yield {"+received": [name], "classes_complete": complete}
            yield {"-received": [name], "classes_complete": complete}
            yield {
                "drug_classes_received": [name],
                "treatments": None,
                "classes_complete": complete,
            }
            yield {
                "drug_classes_received": None,
                "treatments": [{"name": name, "line": 1}],
                "classes_complete": complete,
            }
    for complete in (True, None):
        yield {"drug_classes_received": [], "treatments": None, "classes_complete": complete}


def changed(facts: Facts, edit: Facts) -> dict[str, Any]:
    """The facts after one edit; `biomarkers.X` sets one marker, None makes unknown."""
    out = dict(facts)
    for name, value in edit.items():
        if name.startswith("biomarkers."):
            markers = dict(out.get("biomarkers") or {})
            markers.pop(name[11:], None)
            if value is not None:
                markers[name[11:]] = value
            out["biomarkers"] = markers
        elif name == "+cancer_subtype":
            out["cancer_subtype"] = f"{out.get('cancer_subtype', '')} {value}".strip()
        elif name == "+received":
            out["drug_classes_received"] = sorted({*out.get("drug_classes_received", ()), *value})
        elif name == "-received":
            out["drug_classes_received"] = sorted(
                {*out.get("drug_classes_received", ())} - {*value}
            )
        elif name.startswith("+"):
            out[name[1:]] = [*out.get(name[1:], ()), *value]
        elif value is None:
            out.pop(name, None)
        else:
            out[name] = value
    return out


def _case(rules: PathwayRules, facts: Facts, name: str) -> Case | None:
    try:
        view = derive(CaseFacts.read(facts))
    except FactError:
        return None
    return Case(name, view, answer(match(rules, view, None)), exact=True, facts=facts)


def neighbours(rules: PathwayRules, source: Facts, number: int) -> Iterator[Case]:
    """Cases near the tested ones of this rule's cancers: two edits each, the nearest first."""
    cancers = rules.rules[number].cancers
    bases: list[Facts] = [] if tested_facts(rules.id) else [{}]
    for facts in tested_facts(rules.id):
        cancer = facts.get("cancer_type")
        if cancers is None or cancer in cancers:
            bases.append(facts)
    for cancer in sorted(cancers or ()):
        if cancer != "richter" and not any(b.get("cancer_type") == cancer for b in bases):
            template = bases[0] if bases else {}
            bases.append({**template, "cancer_type": cancer})
    bases += [{**FIT, **NO_TARGET, "cancer_type": "thymic"}] if cancers is None else []
    every = [e for c in source["criteria"] for e in edits(c["when"])]
    unique = list({json.dumps(e, sort_keys=True): e for e in every}.values())
    seen: set[str] = set()
    singles = ((e,) for e in unique)
    pairs = itertools.combinations(unique, 2)
    for chosen in itertools.chain([()], singles, itertools.islice(pairs, 4000)):
        for base in bases[:: 1 if len(chosen) < 2 else max(1, len(bases) // 6)]:
            facts: Facts = base
            for edit in chosen:
                facts = changed(facts, edit)
            text = json.dumps(facts, sort_keys=True, default=str)
            if text not in seen:
                seen.add(text)
                case = _case(rules, facts, "neighbour")
                if case is not None:
                    yield case


def pin(pathway: str, kept: list[dict[str, Any]]) -> tuple[int, list[str]]:
    """Add cases for the changes that nothing notices; returns the number made and those left."""
    rules = current().pathways[pathway]
    reader, file, default = opened(pathway)
    cases = cases_of(pathway)
    made, left = 0, []
    for number, source in enumerate(file["rules"]):
        mutants = list(rule_mutants(source, file.get("shared") or {}))
        resolved = dict(mutants[0].source)
        waiting = []
        for mutant in mutants:
            try:
                new = rule_files._rule(reader, mutant.source, ("rules", number), file, default)
            except RuleFileError:
                continue
            replaced = tuple(new if n == number else r for n, r in enumerate(rules.rules))
            altered = dataclasses.replace(rules, rules=replaced, by_cancer={})
            made += 1
            if not noticed(altered, cases):
                waiting.append((mutant.what, altered))
        if not waiting:
            continue
        for case in itertools.islice(neighbours(rules, resolved, number), 6000):
            hit = [w for w in waiting if noticed(w[1], [case])]
            if hit:
                waiting = [w for w in waiting if w not in hit]
                cases.append(case)
                kept.append({"pathway": pathway, "facts": case.facts, "answer": case.expected})
            if not waiting:
                break
        left += [f"{source['id']} {source.get('branch', '')}: {w}" for w, _ in waiting]
    return made, left


if __name__ == "__main__":
    names = sys.argv[1:] or list(current().pathways)
    before = json.loads(PINNED.read_text(encoding="utf-8"))
    pinned = [p for p in before if p["pathway"] not in names]
    PINNED.write_text(json.dumps(pinned), encoding="utf-8")
    for name in names:
        count, open_ones = pin(name, pinned)
        print(f"{name}: {count - len(open_ones)} of {count}", flush=True)
        for line in open_ones:
            print(f"   {line}", flush=True)
    lines = ",\n".join(json.dumps(p, sort_keys=True, ensure_ascii=False) for p in pinned)
    PINNED.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    print(f"{len(pinned)} cases pinned")
