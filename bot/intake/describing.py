"""Facts in plain words: for the summary, the read-back and the notes of what was heard."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.facts.case import Case, FactStatus
from bot.intake.questions import Questions
from bot.records.catalogue import catalogue
from bot.wording import Catalogue

# Facts that are not said back when they are noted: they are obvious, or delicate.
UNSAID = frozenset(
    {"user_role", "pregnancy_status", "hiv", "refractory_to", "drug_classes_received"}
)
# Tests whose result says what was tested ("MSS").
NAMED_BY_RESULT = frozenset({"MSI_MMR"})
# Facts that the summary folds into the line of another fact.
FOLDED = {
    "cancer_subtype": "cancer_type",
    "stage_raw": "extent",
    "stage_group": "extent",
    "stage_system": "extent",
    "metastatic_sites": "extent",
    "city": "country",
}
# Facts that we hold in another unit than people write ("dexamethasone 8 mg").
IN_THEIR_WORDS = frozenset({"steroid_pred_mg"})
# What needs no label when it is said back among others.
SELF_EXPLAINING = frozenset({"cancer_type", "extent", "treatments", "country"})
# Treatments that nobody was given, and how the summary calls them.
NOT_GIVEN = {"planned": "utter_word_planned", "refused": "utter_word_refused"}
SUMMARY_ORDER = (
    "cancer_type",
    "extent",
    "treatments",
    "disease_status",
    "country",
    "age_years",
    "histology_confirmed",
    "biomarkers",
)


@dataclass(frozen=True, slots=True)
class Names:
    """Where the names of things come from: the vocabularies, by canonical id."""

    cancer: Callable[[str], str]
    country: Callable[[str], str]


class Describer:
    """Says facts of a case in one language."""

    def __init__(self, say: Catalogue, questions: Questions, names: Names, language: str) -> None:
        self._say = say
        self._questions = questions
        self._names = names
        self._language = language

    def word(self, response: str, **values: Any) -> str:
        """A short text of the catalogue."""
        return self._say.render(response, self._language, values)

    def value(self, fact: str, value: Any) -> str:
        """One value in plain words."""
        if fact == "cancer_type":
            return self._names.cancer(value)
        if fact == "country":
            return self._names.country(value)
        if fact == "treatments":
            return self._courses(value)
        question = self._questions.said_back(fact)
        if fact in ("biomarkers", "labs"):
            names = question.names if question else {}
            return ", ".join(self._test(names.get(k, k), v) for k, v in value.items())
        label = question.label_of(value) if question else None
        named = f"utter_value_{value}"
        if label is None and named in self._say.names():
            return self.word(named)
        return label or self._result(value)

    def option(self, fact: str, value: Any) -> str:
        """One value to choose, in plainer words than in a summary where there are any."""
        named = f"utter_option_{value}"
        return self.word(named) if named in self._say.names() else self.value(fact, value)

    def labelled(self, fact: str, value: Any) -> str:
        """One value with what it is said of ("autoimmune disease: needs strong medicine")."""
        if fact in SELF_EXPLAINING:
            return self.value(fact, value)
        return f"{_small(self._label(fact))}: {_small(self.value(fact, value))}"

    def _label(self, fact: str) -> str:
        question = self._questions.said_back(fact)
        return question.label if question else fact.replace("_", " ")

    def missing(self, name: str) -> str:
        """What a missing fact or test of an assessment is called."""
        key = f"utter_missing_{name}"
        if key in self._say.names():
            return self.word(key)
        if name in self._questions:
            return _small(self._questions[name].label)
        paper = catalogue(self._language).paper(name)
        if paper is not None:
            return _small(paper.title)
        if name[:2].isupper():  # marker ids are written in capitals
            return self.word("utter_missing_marker", marker=name.replace("_", " "))
        return name.replace("_", " ")

    def _test(self, name: str, value: Any) -> str:
        """A test with its result; some results name their test already (MSI-H)."""
        result = self._result(value)
        named = result[:3] == name[:3] or name in NAMED_BY_RESULT
        return result if named else f"{_plain(name).replace('PDL1', 'PD-L1')} {result}"

    def _result(self, value: Any) -> str:
        """A result in whole words: "pos" is positive."""
        words = {
            "pos": "utter_button_positive",
            "neg": "utter_button_negative",
            "WT": "utter_word_wild_type",
        }
        said = _plain(value).split()
        return " ".join(self.word(words[w]).lower() if w in words else w for w in said)

    def noted(self, case: Case, facts: Iterable[str]) -> str:
        """A few facts on one line, for "I noted: ..."."""
        said: list[str] = []
        named = dict.fromkeys(FOLDED.get(f, f) for f in facts)
        ordered = (*(f for f in SUMMARY_ORDER if f in named), *named)
        spoken = (f for f in ordered if self._questions.said_back(f) and f not in UNSAID)
        for fact in dict.fromkeys(spoken):
            text = self.line_value(case, fact)
            nothing_yet = fact == "treatments" and not case.facts[fact].value
            if text and (nothing_yet or fact not in SELF_EXPLAINING):
                text = f"{_small(self._label(fact))}: {_small(text)}"
            if fact == "extent":
                text = ", ".join(map(_small, text.split(", ")))
            if text and text not in said:
                said.append(text)
        return ", ".join(said)

    def lines(self, case: Case) -> list[str]:
        """The summary, one fact a line, with what was skipped or not known left out."""
        ordered = [*SUMMARY_ORDER, *(f for f in case.facts if f not in SUMMARY_ORDER)]
        out = []
        for fact in ordered:
            if fact in FOLDED or not self._questions.said_back(fact):
                continue
            if fact == "treatments":
                out += self._treatment_lines(case)
            elif text := self.line_value(case, fact):
                out.append(f"• {self._label(fact)}: {text}")
        return out

    def _treatment_lines(self, case: Case) -> list[str]:
        """What was given, and on lines of their own what is planned and what was refused."""
        held = case.facts.get("treatments")
        if held is None or held.status is not FactStatus.KNOWN:
            return []
        given = [entry for entry in held.value if _status(entry) not in NOT_GIVEN]
        out = []
        if given or not held.value:
            label = self._label("treatments")
            out.append(f"• {label}: {self.value('treatments', given)}")
        for status, word in NOT_GIVEN.items():
            if named := [_treatment(entry) for entry in held.value if _status(entry) == status]:
                out.append(f"• {self.word(word).capitalize()}: {', '.join(named)}")
        return out

    def _courses(self, entries: Iterable[Any]) -> str:
        """Treatments on one line; those that were not given say so."""
        said = []
        for entry in entries:
            word = NOT_GIVEN.get(_status(entry))
            said.append(f"{_treatment(entry)} ({self.word(word)})" if word else _treatment(entry))
        return ", ".join(said) or self.word("utter_word_none_yet")

    def line_value(self, case: Case, fact: str) -> str:
        """All that is known of one summary line, its folded facts included."""
        parts = [self._known(case, fact)]
        if fact == "cancer_type" and not parts[0]:
            parts = [str(case.memory.get("cancer_words") or "")]
        if fact == "cancer_type":
            parts.append(self._known(case, "cancer_subtype"))
        if fact == "extent":
            parts = [self._stage(case), parts[0], self._known(case, "metastatic_sites")]
        if fact == "country":
            parts = [self._known(case, "city"), parts[0]]
        return ", ".join(dict.fromkeys(p for p in parts if p))

    def _stage(self, case: Case) -> str:
        raw = self._known(case, "stage_raw")
        group = self._known(case, "stage_group")
        return raw or (self.word("utter_word_stage", stage=group) if group else "")

    def _known(self, case: Case, fact: str) -> str:
        held = case.facts.get(fact)
        if held is None or held.status is not FactStatus.KNOWN:
            return ""
        if fact in IN_THEIR_WORDS and held.words and held.value:
            return held.words  # our number is worked out from theirs
        return self.value(fact, held.value)


def _small(text: str) -> str:
    """Small first letter, unless the word is an abbreviation."""
    return text if len(text) == 1 or text[1:2].isupper() else text[:1].lower() + text[1:]


def _status(entry: Any) -> str:
    return str(entry.get("status", "")) if isinstance(entry, Mapping) else ""


def _treatment(entry: Any) -> str:
    if not isinstance(entry, Mapping):
        return str(entry)
    cycles = entry.get("cycles")
    name = str(entry.get("name", ""))
    return f"{name} ×{cycles}" if cycles else name


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{k} {_plain(v)}" for k, v in value.items())
    return str(value).replace("_", " ").strip()
