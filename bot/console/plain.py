"""Facts in plain words for coordinators: labels, values, places, sizes, times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_skeleton, format_time, format_timedelta

from bot.console.texts import Texts, readable

# The order in which facts are read; one that is not named here stands under "other".
GROUPS: dict[str, tuple[str, ...]] = {
    "disease": (
        "cancer_type",
        "cancer_subtype",
        "suspected",
        "histology_confirmed",
        "stage_group",
        "stage_raw",
        "stage_system",
        "extent",
        "metastatic_sites",
        "brain_mets_status",
        "disease_status",
        "progression_pattern",
        "biomarkers",
        "ngs_done",
        "germline_done",
        "diagnosis_date",
    ),
    "treatment": (
        "treatments",
        "treatments_raw",
        "current_treatment",
        "prior_systemic_lines",
        "drug_classes_received",
        "refractory_to",
        "months_to_relapse",
        "relapse_count",
        "transplant_history",
        "transplant_fitness",
        "radiation_history",
        "platinum_status",
        "told_inoperable",
        "told_palliative_only",
    ),
    "person": (
        "country",
        "city",
        "age_years",
        "age_months",
        "sex",
        "pregnancy_status",
        "user_role",
        "patient_agrees",
        "language",
        "contact",
    ),
    "health": (
        "ecog",
        "symptoms",
        "temp_c",
        "infection_status",
        "hbv",
        "hcv",
        "hiv",
        "autoimmune_status",
        "steroid_pred_mg",
        "organ_transplant",
        "comorbidities",
        "labs",
        "lvef_pct",
        "spo2_pct",
        "oxygen_need",
        "child_pugh",
    ),
    "plans": ("main_question", "pathway_interest", "can_travel", "docs_available"),
}
# How far coordinators are with a case, in the order of the work.
DESK_STATES = ("new", "in_intake", "waiting_for_records", "ready", "submitted", "closed")
_GROUP_OF = {fact: group for group, facts in GROUPS.items() for fact in facts}
_PLACE_OF = {fact: i for i, fact in enumerate(f for facts in GROUPS.values() for f in facts)}


def group_of(fact: str) -> str:
    """The part of the fact panel a fact stands in."""
    return _GROUP_OF.get(fact, "other")


def place_of(fact: str) -> tuple[int, str]:
    """Sort key of a fact within the panel."""
    return (_PLACE_OF.get(fact, len(_PLACE_OF)), fact)


@cache
def locale(language: str) -> Locale:
    """Babel's locale of a language, English when it knows none."""
    try:
        return Locale.parse(language.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return Locale("en")


def country(code: Any, t: Texts) -> str:
    """A country's name, from its ISO 3166-1 code."""
    return str(locale(t.language).territories.get(str(code), code or ""))


def language(code: Any, t: Texts) -> str:
    """A language's name, from its ISO 639-1 code."""
    name = locale(t.language).languages.get(str(code).split("-")[0].lower())
    return readable(name) if name else str(code or "")


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a list fact: its name and what else was said of it."""

    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Wording:
    """Says facts in one language; `cancers` maps cancer ids to their names."""

    t: Texts
    cancers: Mapping[str, str]

    def label(self, fact: str) -> str:
        """The name of a fact; a marker's fact is named by the marker."""
        marker = fact.removeprefix("biomarkers.")
        return marker if marker != fact else self.t.named("fact", fact)

    def cancer(self, ident: Any) -> str:
        """The name of a cancer."""
        return self.cancers.get(str(ident)) or readable(str(ident))

    def text(self, fact: str, value: Any) -> str:
        """A value on one line."""
        entries = self.entries(fact, value)
        if entries:
            return ", ".join(f"{e.text} ({e.note})" if e.note else e.text for e in entries)
        if value in ([], {}, ()):
            return self.t("value.none")
        if isinstance(value, bool):
            return self.t("facts.yes" if value else "facts.no")
        if fact == "cancer_type":
            return self.cancer(value)
        if fact == "country":
            return country(value, self.t)
        if fact in ("language", "records_language"):
            return language(value, self.t)
        if fact == "ecog" and self.t.has(f"unit.ecog_{value}"):
            return self.t(f"unit.ecog_{value}")
        return self.word(value)

    def word(self, value: Any) -> str:
        """A plain value; ids of enumerations get their words."""
        if isinstance(value, bool):
            return self.t("facts.yes" if value else "facts.no")
        if isinstance(value, float) and value.is_integer():
            return str(int(value))
        if isinstance(value, str) and self.t.has(f"value.{value}"):
            return self.t(f"value.{value}")
        if isinstance(value, str) and value.replace("_", "").isalpha() and value.islower():
            return readable(value)
        if isinstance(value, list):
            return ", ".join(map(self.word, value))
        if isinstance(value, Mapping):
            return ", ".join(f"{k}: {self.word(v)}" for k, v in value.items() if v is not None)
        return str(value)

    def entries(self, fact: str, value: Any) -> tuple[Entry, ...]:
        """The items of a list or object fact, () for a single value."""
        if isinstance(value, list):
            return tuple(
                self._treatment(v) if isinstance(v, Mapping) else Entry(self.word(v)) for v in value
            )
        if isinstance(value, Mapping):
            return tuple(Entry(str(k), self.word(v)) for k, v in value.items())
        return ()

    def _treatment(self, item: Mapping[str, Any]) -> Entry:
        name = str(item.get("name") or item.get("type") or item.get("site") or "")
        notes = [self.word(item["status"])] if item.get("status") else []
        if item.get("cycles"):
            notes.append(self.t("facts.cycles", n=self.word(item["cycles"])))
        times = [str(item[end]) for end in ("start", "end") if item.get(end)]
        notes += [" – ".join(times)] if times else []
        shown = {"name", "type", "site", "status", "cycles", "class", "modality", "line"}
        shown |= {"start", "end"}
        notes += [self.word(v) for k, v in item.items() if k not in shown and v is not None]
        return Entry(readable(name) if name.islower() else name, ", ".join(notes))


def clock(when: datetime, shape: str, where: Locale, zone: ZoneInfo | None, now: datetime) -> str:
    """A time as the page shows it before its script runs (`zone` None: UTC, said so)."""
    local = when.astimezone(zone) if zone else when
    if shape == "ago":
        return format_timedelta(when - now, add_direction=True, format="short", locale=where)
    if shape == "day":
        return format_date(local, "full", locale=where)
    if shape == "date":
        return format_skeleton("MMMd", local, locale=where)
    if shape == "time":
        return format_time(local, "short", locale=where)
    text = format_datetime(local, "medium", locale=where)
    return text if zone else f"{text} UTC"


def size(bytes_: int | None, t: Texts) -> str:
    """A file's size, in the units that file managers use."""
    if not bytes_:
        return t("talk.file_unknown")
    if bytes_ < 1_000_000:
        return f"{max(1, round(bytes_ / 1000))} kB"
    return f"{bytes_ / 1_000_000:.1f} MB"
