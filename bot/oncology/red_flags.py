"""Hears red flags RF1 to RF16: which emergency a message speaks of, if the patient has it now.

The rules are data (`knowledge/red_flags.yml`) over the signs of `knowledge/symptoms.yml`, the
measures of `numbers` and what the message tells of treatment. `judge` adds what earlier messages
told (chemotherapy last week, leukaemia), which one message cannot know.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Literal

from bot.oncology.knowledge_files import KNOWLEDGE, load
from bot.oncology.labs import read_labs
from bot.oncology.numbers import (
    Duration,
    Measure,
    counts,
    durations,
    measure_file,
    oxygen,
    pain_scores,
    temperatures,
    vital_numbers,
)
from bot.oncology.presence import Presence, presence_of
from bot.oncology.reading import FlagMention, Mention
from bot.oncology.recency import CELL_CLASSES, CHECKPOINT_CLASSES, recency_of
from bot.oncology.signs import Sign, signs_of
from bot.oncology.symptoms import bare_measure
from bot.oncology.text import Document

FEVER_C = 38.0
# From where a number is an alarm, and from where it cannot be one: mg/dl, mmol/l, a minute.
_HIGH = {
    "calcium": (12.0, 25.0),
    "potassium": (6.0, 12.0),
    "glucose": (300.0, 1000.0),
    "breathing_rate": (30.0, 90.0),
}
_BILIRUBIN, _NEUTROPHILS = 2.0, 1.0  # times the upper limit; 10^9/l
_RECENT_CHEMO_HOURS = 6 * 7 * 24.0 + 24
_RECENT_CELLS_HOURS = 8 * 7 * 24.0 + 24


@dataclass(frozen=True)
class Rule:
    """Signs that together mean the flag; the first must be present now."""

    when: tuple[str, ...]
    near: int = 8
    scope: Literal["near", "sentence", "message"] = "near"
    unless: tuple[str, ...] = ()
    unless_near: int = 4
    joined: bool = False
    urgent: bool = False


@dataclass(frozen=True)
class Flag:
    """One red flag and its rules, the gravest first."""

    meaning: str
    rules: tuple[Rule, ...]
    explains: frozenset[str] = frozenset()


@dataclass(frozen=True)
class FlagFile:
    """knowledge/red_flags.yml."""

    as_of: date
    source: str
    review: Literal["pending", "approved"]
    flags: dict[str, Flag]


@cache
def flag_file() -> FlagFile:
    """The red flags and their rules."""
    return load(KNOWLEDGE / "red_flags.yml", FlagFile)


def read_flags(doc: Document, asks: str | None) -> Iterable[FlagMention]:
    """The red flags of one message."""
    scene = _Scene(doc, asks)
    if not scene.by_name:
        return []
    heard = {
        id_: found for id_, flag in flag_file().flags.items() if (found := _heard(scene, id_, flag))
    }
    return [found for found in heard.values() if not _explained(found, heard)]


def _explained(flag: FlagMention, heard: Mapping[str, FlagMention]) -> bool:
    """Whether a flag is only a part of the picture of a graver one ("fever after CAR-T")."""
    return any(
        flag.id in flag_file().flags[other.id].explains and flag.urgent_only >= other.urgent_only
        for other in heard.values()
    )


# Signs that set the scene; whether they hold is decided below, not by their presence now.
_HISTORIES = frozenset({"recent_therapy", "had_cell_therapy", "on_checkpoint"})
_BACKGROUND = _HISTORIES | {
    "leukaemia",
    "central_line",
    "heavy",
    "small",
    "mild_effort",
    "not_stopping",
    "first_chemo",
    "checkpoint",
    "over_24_hours",
    "over_6_times",
    "both_legs",
    "steroid_face",
    "voice_hoarse",
    *("w_outlet", "w_bad_breath", "w_side_limb", "w_legs", "w_face", "w_one_leg", "w_eyes_skin"),
    *("w_cannot", "w_limbs", "w_breathing_in", "w_chest"),
}


class _Scene:
    """The signs, measures and histories of one message, by name."""

    def __init__(self, doc: Document, asks: str | None) -> None:
        self.doc = doc
        self.presence: Presence = presence_of(doc)
        self.by_name: dict[str, list[Sign]] = defaultdict(list)
        self._held: dict[str, list[Sign]] = {}
        for sign in signs_of(doc):
            self.by_name[sign.name].append(sign)
        spans = durations(doc)
        self._measures(spans)
        self._answer(asks)
        if self.by_name:
            self._histories()

    def _measures(self, spans: list[Duration]) -> None:
        for measure in self._latest(temperatures(self.doc)):
            self._add("temp_fever" if measure.value >= FEVER_C else "temp_normal", measure)
        for measure in self._latest(oxygen(self.doc)):
            if measure.value < 92:
                self._add("spo2_below_90" if measure.value < 90 else "spo2_90_91", measure)
        for measure in self._latest(pain_scores(self.doc)):
            if measure.value >= 8:
                self._add("pain_8", measure)
        for measure in vital_numbers(self.doc):
            low, high = _HIGH[measure.kind]
            if low <= measure.value < high:
                self._add(f"high_{measure.kind}", measure)
        for measure in counts(self.doc):
            if measure.value > 6:
                self._add("over_6_times", measure)
        for result in read_labs(self.doc, None):
            name = _told_by(result) if isinstance(result, Mention) else None
            if name:
                first = self.doc.token_at(result.start)
                self.by_name[name].append(Sign(name, first, first + 1))
        for span in spans:
            if span.hours >= 24 and span.hours < 700 and not span.ago:
                self._add("over_24_hours", Measure("duration", span.hours, span.nstart, span.nend))

    def _answer(self, asks: str | None) -> None:
        """A number alone in answer to the question for a temperature or the oxygen."""
        for value, first, last in bare_measure(self.doc, asks) if asks else ():
            if asks == "temp_c" and value >= FEVER_C:
                self.by_name["temp_fever"].append(Sign("temp_fever", first, last))
            elif asks == "spo2_pct" and value < 90:
                self.by_name["spo2_below_90"].append(Sign("spo2_below_90", first, last))

    def _latest(self, measures: Iterable[Measure]) -> list[Measure]:
        """The measures, or only those from "now" on ("88 in the morning, now 97")."""
        found = sorted(measures, key=lambda m: m.nstart)
        for at in range(len(found) - 1, 0, -1):
            first = self.doc.token_at(found[at].nstart)
            around = self.doc.tokens[max(0, first - 3) : first + 2]
            if any(token.text in measure_file().at_present for token in around):
                return found[at:]
        return found

    def _add(self, name: str, measure: Measure) -> None:
        first, last = self.doc.token_span(measure.nstart, measure.nend)
        if last > first:
            self.by_name[name].append(Sign(name, first, last))

    def _histories(self) -> None:
        told = recency_of(self.doc)
        self.by_name["recent_therapy"] = [
            s for s in told.lowering if told.received(s) and told.hours(s) <= _RECENT_CHEMO_HOURS
        ]
        self.by_name["had_cell_therapy"] = [
            s
            for s in told.cells
            if told.received(s, sure=True) and told.hours(s) <= _RECENT_CELLS_HOURS
        ]
        self.by_name["on_checkpoint"] = [s for s in told.checkpoint if told.received(s)]

    def holds(self, names: str) -> list[Sign]:
        """The signs of one slot of a rule that truly hold."""
        held = self._held.get(names)
        if held is None:
            held = self._held[names] = [
                sign
                for name in names.split("|")
                for sign in self.by_name.get(name, ())
                if name in _BACKGROUND or self.presence.now(sign)
            ]
        return held


def _heard(scene: _Scene, id_: str, flag: Flag) -> FlagMention | None:
    for rule in flag.rules:
        span = _fires(scene, rule)
        if span:
            start = scene.doc.tokens[span[0]].start
            end = scene.doc.tokens[span[1] - 1].end
            return FlagMention(id_, scene.doc.words(start, end), start, end, rule.urgent)
    return None


def _fires(scene: _Scene, rule: Rule) -> tuple[int, int] | None:
    for main in scene.holds(rule.when[0]):
        if _excused(scene, rule, main):
            continue
        span = (main.first, main.last)
        for names in rule.when[1:]:
            other = _beside(scene, rule, main, names)
            if other is None:
                break
            if rule.scope != "message":
                span = (min(span[0], other.first), max(span[1], other.last))
        else:
            return span
    return None


def _excused(scene: _Scene, rule: Rule, main: Sign) -> bool:
    return any(
        _gap(sign, main) <= rule.unless_near
        for name in rule.unless
        for sign in scene.by_name.get(name, ())
    )


def _beside(scene: _Scene, rule: Rule, main: Sign, names: str) -> Sign | None:
    for other in scene.holds(names):
        if other == main:
            continue
        if rule.scope == "near" and _gap(main, other) > rule.near:
            continue
        if rule.joined and _parted(scene, main, other):
            continue
        if rule.scope == "sentence":
            of = scene.presence.context.sentence_of
            if of[main.first] != of[other.first] and _gap(main, other) > rule.near:
                continue
        return other
    return None


def _parted(scene: _Scene, one: Sign, other: Sign) -> bool:
    low, high = min(one.last, other.last), max(one.first, other.first)
    commas = scene.presence.context.commas
    return any(low <= p <= high for p in commas) or any(
        scene.doc.tokens[i].breaks for i in range(low, high + 1)
    )


def _gap(one: Sign, other: Sign) -> int:
    """Tokens between two signs, 0 when they touch or overlap."""
    return max(one.first - other.last, other.first - one.last, 0)


def _told_by(result: Mention) -> str | None:
    """The sign that a blood result is."""
    if result.fact == "labs.bili_xULN" and result.value > _BILIRUBIN:
        return "high_bilirubin"
    return "low_counts" if result.fact == "labs.anc" and result.value < _NEUTROPHILS else None


def judge(mentions: Sequence[Mention], known: Mapping[str, Any]) -> tuple[FlagMention, ...]:
    """Red flags that follow from facts heard now together with facts known from before.

    `mentions` are those of the message now; `known` the facts of the case (wire values).
    """
    now = {m.fact: m for m in mentions if m.fact != "symptoms"}
    symptoms = {
        m.value["name"]: m
        for m in mentions
        if m.fact == "symptoms" and isinstance(m.value, Mapping) and "name" in m.value
    }
    facts = {**known, **{m.fact: m.value for m in mentions if m.fact != "symptoms"}}
    found: dict[str, FlagMention] = {}

    def flag(id_: str, by: Mention, urgent: bool) -> None:
        before = found.get(id_)
        if before is None or (before.urgent_only and not urgent):
            found[id_] = FlagMention(id_, by.words, by.start, by.end, urgent)

    hot = _fever(now, symptoms)
    if hot:
        weak = _weakened(facts) or bool({"confusion", "rigors"} & symptoms.keys())
        flag("RF7", hot, not weak)
        if _cells_recently(facts):
            flag("RF12", hot, False)
        if "jaundice" in symptoms:
            flag("RF11", symptoms["jaundice"], False)
    for name in ("confusion", "seizure", "breathlessness"):
        if name in symptoms and _cells_recently(facts):
            flag("RF12", symptoms[name], False)
    if _on_checkpoint(facts):
        for name, urgent in (("breathlessness", False), ("jaundice", False), ("diarrhoea", True)):
            if name in symptoms:
                severe = symptoms[name].value.get("severity") or 0
                flag("RF13", symptoms[name], urgent and severe < 7)
    oxygen_now = now.get("spo2_pct")
    if oxygen_now and float(oxygen_now.value) < 90:
        flag("RF1", oxygen_now, False)
    return tuple(found.values())


def _fever(now: Mapping[str, Mention], symptoms: Mapping[str, Mention]) -> Mention | None:
    reading = now.get("temp_c")
    if reading is not None:
        return reading if float(reading.value) >= FEVER_C else None
    return symptoms.get("fever")


def _weakened(facts: Mapping[str, Any]) -> bool:
    """Chemotherapy or cells in the last six weeks, leukaemia, or few white cells."""
    days = facts.get("days_since_chemo")
    if isinstance(days, int | float) and days <= 42:
        return True
    if _cells_recently(facts) or facts.get("cancer_type") in LEUKAEMIAS:
        return True
    labs = facts.get("labs")
    anc = labs.get("anc") if isinstance(labs, Mapping) else facts.get("labs.anc")
    if isinstance(anc, int | float) and anc < 1.0:
        return True
    on_treatment = facts.get("disease_status") == "on_treatment_responding"
    return any(
        (t.get("status") == "ongoing" or on_treatment)
        and t.get("modality") in ("chemo", "cell_therapy", "transplant")
        for t in facts.get("treatments") or ()
        if isinstance(t, Mapping)
    )


def _cells_recently(facts: Mapping[str, Any]) -> bool:
    days = facts.get("days_since_cell_therapy")
    if isinstance(days, int | float):
        return days <= 56
    return any(
        _classes(t) & CELL_CLASSES and t.get("status") == "ongoing"
        for t in facts.get("treatments") or ()
        if isinstance(t, Mapping)
    )


# Acute and chronic leukaemias: weak defences from the disease itself.
LEUKAEMIAS = frozenset({"aml", "apl", "b_all", "t_all", "cml", "cll_sll"})


def _on_checkpoint(facts: Mapping[str, Any]) -> bool:
    return any(
        _classes(t) & CHECKPOINT_CLASSES and t.get("status") in ("ongoing", "done")
        for t in facts.get("treatments") or ()
        if isinstance(t, Mapping)
    )


def _classes(treatment: Mapping[str, Any]) -> frozenset[str]:
    """The classes of a treatment; a regimen has several."""
    named = treatment.get("class") or ()
    return frozenset([named] if isinstance(named, str) else named)
