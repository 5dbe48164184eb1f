"""Facts that follow from other facts, each with the reason, computed in one place.

`derive(facts)` gives the flat view that rules are evaluated on. A known fact is never replaced by
a derived one, and nothing is derived that the known facts leave open (the oncology reference, B1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from bot.facts.consistency import REGIONAL_STAGE_IV, check_consistent, ecog_of
from bot.facts.history import History, told_history
from bot.facts.markers import MarkerValue
from bot.facts.model import CaseFacts
from bot.facts.vocabulary import drugs_of, group, is_treatment

RELAPSE_STATES: Final = frozenset({"relapsed", "refractory", "progressed"})


@dataclass(slots=True)
class View:
    """What rules see: `values` by fact name (absent = unknown) and what stands behind them.

    `refractory` holds the told drugs and classes, `refractory_through` the classes of told drugs.
    `asks_for` names, for a derived fact that is unknown, the facts that would settle it;
    `why` gives the reason for each derived value. `at_least` holds what a number that is not
    known exactly cannot be below: two regimens told are at least two lines.
    """

    values: dict[str, Any]
    markers: dict[str, MarkerValue]
    entity: frozenset[str] | None
    received: frozenset[str]
    received_complete: bool
    refractory: frozenset[str]
    refractory_through: frozenset[str]
    refractory_complete: bool
    asks_for: dict[str, tuple[str, ...]] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    at_least: dict[str, int] = field(default_factory=dict)

    def told(self, name: str, value: Any, reason: str) -> None:
        """Add a derived value where none is known."""
        if value is not None and self.values.get(name) is None:
            self.values[name] = value
            self.why[name] = reason


def derive(facts: CaseFacts) -> View:
    """The flat view of checked facts. Raises FactError when facts contradict one another."""
    check_consistent(facts)
    values = {n: v for n, v in facts.__dict__.items() if v is not None}
    labs = values.pop("labs", None)
    if labs is not None:
        values["labs"] = True
        values.update({f"labs.{n}": v for n, v in labs.__dict__.items() if v is not None})
    history = told_history(facts)
    view = View(
        values=values,
        markers=facts.marker_results,
        entity=None,
        received=history.received,
        received_complete=history.complete,
        refractory=_with_drugs(facts.refractory_to) or history.refractory,
        refractory_through=_classes_behind(facts.refractory_to),
        refractory_complete=_all_known(facts.refractory_to),
        why=dict(facts.converted),
    )
    _person(view, facts)
    _disease(view, facts)
    _history(view, facts, history)
    _spread(view, facts)
    _radiation(view, facts)
    _safety(view, facts)
    return view


def _person(view: View, facts: CaseFacts) -> None:
    if facts.age_months is not None:
        view.told("age_years", facts.age_months / 12, "age given in months")
    for score in (facts.karnofsky, facts.lansky):
        if score is not None:
            view.told("ecog", ecog_of(score), "worked out from the Karnofsky or Lansky score")
    age = view.values.get("age_years")
    if facts.sex == "male" or (age is not None and not 12 <= age <= 55):
        view.told("pregnancy_status", "na", "sex or age rules pregnancy out")
    elif facts.sex is None and facts.cancer_type in group("male_organs"):
        view.told("pregnancy_status", "na", "the organ of the cancer rules pregnancy out")


def _disease(view: View, facts: CaseFacts) -> None:
    if facts.cancer_type is None:
        return
    subtype = _subtype(facts)
    entity = facts.cancer_type
    if "richter" in subtype and entity in ("cll_sll", "dlbcl_lbcl"):
        entity = "richter"
        view.why["entity"] = "Richter transformation is judged on its own"
    elif entity == "follicular" and ("3b" in subtype or "transformed" in subtype):
        entity = "dlbcl_lbcl"
        view.why["entity"] = "follicular grade 3B or transformed is judged as large B-cell lymphoma"
    elif entity == "marginal_zone" and "transformed" in subtype:
        entity = "dlbcl_lbcl"
        view.why["entity"] = "transformed lymphoma is judged as large B-cell lymphoma"
    view.entity = frozenset({entity})
    if subtype:
        view.values["subtype_words"] = subtype
    _from_words(view, subtype, facts)
    sites = facts.metastatic_sites or ()
    if entity in group("lymphoma") - {"pcnsl"}:
        involved = facts.brain_mets_status not in (None, "none") or "brain" in sites
        involved = involved or "secondary cns" in subtype
        known = involved or facts.brain_mets_status == "none"
        view.values["secondary_cns_lymphoma"] = involved if known else None


_GRADE: Final = re.compile(
    r"\b(?:grade|gr|who|cns|g|astrocytoma|oligodendroglioma|glioma)\s*(?:who|cns|grade)?\s*(iv|iii|ii|i|[1-4])\b"
)
_GRADES: Final = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_BCLC: Final = re.compile(r"\bbclc\s*(?:stage\s*)?([0abcd])\b")
_RESISTANT: Final = re.compile(
    r"castrat\w* resistant|castration refractory|hormone (?:refractory|resistant)|\bm?crpc\b"
)
_SENSITIVE: Final = re.compile(r"(?:castrat\w*|hormone) (?:sensitive|naive)|\bm?[ch]spc\b")


def _from_words(view: View, subtype: str, facts: CaseFacts) -> None:
    """What the words of subtype and stage say: the grade, and resistance to castration."""
    stage = _plain(facts.stage_raw or "")
    if stage:
        view.values["stage_words"] = stage
        liver_stage = _BCLC.search(stage)
        if liver_stage is not None:
            view.told("bclc", liver_stage[1].upper(), "named as the stage")
    words = f"{subtype} {stage}"
    grade = _GRADE.search(words)
    if grade is not None:
        level = _GRADES.get(grade[1]) or int(grade[1])
        view.told("tumour_grade", level, "named with the type of the tumour")
    view.asks_for["tumour_grade"] = ("cancer_subtype",)
    if _RESISTANT.search(words):
        view.told("castration_resistant", True, "named with the type of the cancer")
    elif _SENSITIVE.search(words):
        view.told("castration_resistant", False, "named with the type of the cancer")


def _subtype(facts: CaseFacts) -> str:
    given = facts.cancer_subtype
    text = " ".join(given) if isinstance(given, list) else given or ""
    return _plain(text)


def _plain(text: str) -> str:
    return text.lower().replace("_", " ").replace("-", " ")


def _history(view: View, facts: CaseFacts, history: History) -> None:
    view.told("prior_systemic_lines", history.lines, history.lines_reason)
    if history.least_lines and view.values.get("prior_systemic_lines") is None:
        view.at_least["prior_systemic_lines"] = history.least_lines
    view.told("transplant_history", history.transplant, "named among the treatments")
    view.told("days_since_cell_therapy", history.days_since_cell_therapy, "date of the treatment")
    view.told("platinum_status", history.platinum_status, "response to platinum as told")
    radiation = bool(facts.radiation_history) if facts.radiation_history is not None else None
    view.told("irradiated", radiation or history.irradiated or radiation, "radiotherapy as told")
    view.told("on_chemo_now", history.on_chemo_now, "a treatment that is still going on")
    grew = facts.disease_status in ("progressed", "refractory") and "ARPI/ADT" in view.received
    if grew or any("ARPI/ADT" in _classes_of(name) for name in view.refractory):
        view.told("castration_resistant", True, "the cancer grew on lowered testosterone")
    lines = view.values.get("prior_systemic_lines")
    # A relapse may follow treatment after surgery, which is no line of its own.
    relapsed = facts.disease_status == "relapsed" or facts.months_to_relapse is not None
    untreated = lines == 0 and not relapsed
    if untreated and not history.drugs_told:
        # Only operations, rays or herbs are told: that no drug is left out is sure at the start.
        said = facts.treatments is None or facts.prior_systemic_lines == 0
        at_the_start = facts.disease_status == "newly_diagnosed"
        view.received_complete = view.received_complete or said or at_the_start
    _relapse(view, facts, lines)
    status = view.values.get("disease_status")
    if status == "refractory":
        view.values["refractory_to_last"] = True
    elif history.last_refractory is not None:
        view.values["refractory_to_last"] = history.last_refractory
    elif status is not None and (status != "progressed" or facts.months_to_relapse is not None):
        view.values["refractory_to_last"] = False
    else:
        view.asks_for["refractory_to_last"] = ("disease_status",)
    if status == "progressed":
        view.asks_for["refractory_to_last"] = ("months_to_relapse",)


def _all_known(told: frozenset[str] | None) -> bool:
    """A list with a name that we do not know may still hold any drug."""
    return told is not None and all(map(is_treatment, told))


def _with_drugs(told: frozenset[str] | None) -> frozenset[str]:
    """Brand and regimen names stand for their drugs."""
    names = told or frozenset()
    return names.union(*(found.drugs for found in map(drugs_of, names) if found))


def _classes_behind(told: frozenset[str] | None) -> frozenset[str]:
    """Growth on a drug is growth on its class; growth on a class says nothing of each drug."""
    found = [known for name in told or () if (known := drugs_of(name)) and not known.regimen]
    return frozenset().union(*(known.classes for known in found))


def _classes_of(name: str) -> frozenset[str]:
    known = drugs_of(name)
    return known.classes if known else frozenset({name})


def _relapse(view: View, facts: CaseFacts, lines: int | None) -> None:
    """Relapsed or refractory now? A stated relapse interval with one line says so too."""
    view.asks_for["relapsed_or_refractory"] = ("disease_status",)
    status = facts.disease_status
    if status is not None:
        view.values["relapsed_or_refractory"] = status in RELAPSE_STATES
    elif facts.months_to_relapse is not None and (lines is None or lines <= 1):
        view.told("relapsed_or_refractory", True, "a time to relapse was given")


def _spread(view: View, facts: CaseFacts) -> None:
    """Extent, and what follows from it: `metastatic`, `advanced`, `unresectable`, `recurrent`."""
    extent = _extent(view, facts)
    returned = None if facts.disease_status is None else facts.disease_status == "relapsed"
    inoperable = facts.told_inoperable
    far: bool | None = None
    advanced: bool | None = None
    unresectable: bool | None = None
    if extent is not None:
        far = extent in ("oligometastatic", "metastatic", "disseminated_blood")
        if far:
            advanced = unresectable = True
        elif extent == "locally_advanced":
            advanced = inoperable is not False
            unresectable = inoperable
        else:
            advanced = unresectable = inoperable is True
    elif inoperable:
        advanced = unresectable = True
    elif facts.stage_group is not None and facts.stage_group.startswith("IV"):
        advanced = True
    local_open = extent == "locally_advanced" and inoperable is None
    view.asks_for.update(
        metastatic=("extent",),
        advanced=("extent",),
        unresectable=("told_inoperable",) if local_open else ("extent",),
        recurrent_or_metastatic=("extent",) if extent is None else ("disease_status",),
        curable_stage=("extent",),
    )
    for name, value in (
        ("metastatic", far),
        ("advanced", advanced),
        ("unresectable", unresectable),
        ("curable_stage", _curable(facts, extent, far)),
        ("recurrent_or_metastatic", True if returned or far else _both_false(returned, far)),
    ):
        if value is not None:
            view.values[name] = value


def _curable(facts: CaseFacts, extent: str | None, far: bool | None) -> bool | None:
    """Stage I to III and never told that it can not be removed."""
    if facts.told_inoperable or far:
        return False
    return None if extent is None else True


def _both_false(first: bool | None, second: bool | None) -> bool | None:
    return False if first is False and second is False else None


def _extent(view: View, facts: CaseFacts) -> str | None:
    if facts.extent is not None:
        return facts.extent
    cancer = next(iter(view.entity)) if view.entity else ""
    if cancer in group("blood"):
        view.told("extent", "disseminated_blood", "a blood cancer has no local extent")
    elif set(facts.metastatic_sites or ()) - {"nodes", "none"}:
        view.told("extent", "metastatic", "spread to other organs was named")
    elif facts.stage_group == "extensive":
        view.told("extent", "metastatic", "extensive stage")
    elif facts.disease_status not in RELAPSE_STATES | {"remission"}:
        _extent_from_stage(view, cancer, facts.stage_group or "")
    found: str | None = view.values.get("extent")
    return found


def _extent_from_stage(view: View, cancer: str, stage: str) -> None:
    """The stage at diagnosis describes the present spread only before any relapse."""
    roman = stage.rstrip("ABC0123456789")
    if roman == "IV" and cancer and cancer not in REGIONAL_STAGE_IV:
        view.told("extent", "metastatic", "stage IV")
    elif roman == "III" or stage == "limited":
        view.told("extent", "locally_advanced", f"stage {stage}")
    elif roman in ("I", "II") or stage == "0":
        view.told("extent", "localised", f"stage {stage}")


def _radiation(view: View, facts: CaseFacts) -> None:
    """Where radiotherapy was given; "" when a course was told without its site."""
    view.asks_for["irradiated"] = ("radiation_history",)
    if not view.values.get("irradiated"):
        return
    sites = [course.site for course in facts.radiation_history or ()]
    told = sites and all(sites)
    view.values["irradiated_where"] = " ".join(s.lower() for s in sites if s) if told else ""


def _safety(view: View, facts: CaseFacts) -> None:
    if facts.organ_transplant == "cornea":
        view.values["organ_transplant"] = "none"
        view.why["organ_transplant"] = "a cornea graft does not count as an organ graft"
    transplant = view.values.get("transplant_history")
    if transplant in ("none", "auto", "planned"):
        view.told("gvhd_status", "none", "no transplant from a donor")
    sites = facts.metastatic_sites
    if facts.brain_mets_status is None and view.entity and view.entity <= group("brain"):
        view.told("brain_mets_status", "none", "the tumour itself is in the brain")
    if sites is not None and "brain" in sites:
        view.values["brain_involved"] = True
    liver_matters = view.entity is None or view.entity <= {"hcc"}
    if not liver_matters and "cirrhosis" not in (facts.comorbidities or ()):
        view.told("child_pugh", "na", "the Child-Pugh class is asked only in liver cancer")
    for virus in ("hbv", "hcv", "hiv"):
        value = getattr(facts, virus)
        if value is not None:
            view.values[f"{virus}_positive"] = value != "neg"
        view.asks_for[f"{virus}_positive"] = (virus,)
    _kidney(view, facts)


def _kidney(view: View, facts: CaseFacts) -> None:
    """Creatinine clearance by Cockcroft-Gault when everything it needs is known."""
    labs, age, weight = facts.labs, view.values.get("age_years"), facts.weight_kg
    if labs is None or labs.crcl is not None or labs.creat is None:
        return
    if age is None or age < 18 or weight is None or facts.sex not in ("female", "male"):
        return
    clearance = (140 - age) * weight / (72 * labs.creat) * (0.85 if facts.sex == "female" else 1)
    view.told("labs.crcl", round(clearance, 1), "worked out from creatinine, age, weight and sex")
