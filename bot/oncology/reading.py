"""What was understood in one message: the boundary type between words and facts.

Light on purpose (standard library only): the engine and the app both import it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Mention:
    """One fact about the patient heard in a message: right person, not negated away.

    `fact` is a fact name of the oncology reference (B1), or a biomarker as `biomarkers.<id>`, or
    one item of a list fact (`treatments`, `metastatic_sites`, `symptoms`, ...).
    `value` is the canonical wire value of that fact or item. `start` and `end` are offsets into
    the original text, `confidence` runs from 0 to 1; below 0.7 the value is read back first.
    `corrects` is true when the words replace something said before ("sorry, stage 4 not 3").
    """

    fact: str
    value: Any
    words: str
    start: int
    end: int
    confidence: float = 1.0
    corrects: bool = False


@dataclass(frozen=True, slots=True)
class FlagMention:
    """A red flag that is present now, for the patient. `id` is RF1 to RF16."""

    id: str
    words: str
    start: int
    end: int
    urgent_only: bool = False  # True: URGENT_TODAY, False: EMERGENCY_NOW


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """Words that could mean several things and lead to a question, never to a guess."""

    fact: str
    options: tuple[Any, ...]
    words: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything understood in one message."""

    mentions: tuple[Mention, ...] = ()
    flags: tuple[FlagMention, ...] = ()
    ambiguities: tuple[Ambiguity, ...] = ()

    def facts(self) -> dict[str, Any]:
        """The wire facts: list facts as lists in order of appearance, markers, labs as objects."""
        out: dict[str, Any] = {}
        for m in self.mentions:
            family, _, item = m.fact.partition(".")
            if item and family in OBJECT_FACTS:
                out.setdefault(family, {})[item] = m.value
            elif m.fact in LIST_FACTS:
                items = out.setdefault(m.fact, [])
                if m.value not in items:
                    items.append(m.value)
            else:
                out[m.fact] = m.value
        return out

    def to_json(self) -> dict[str, Any]:
        """A JSON-ready object; `from_json` reads it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Reading:
        """Read what `to_json` wrote."""
        return cls(
            mentions=tuple(Mention(**m) for m in data.get("mentions", ())),
            flags=tuple(FlagMention(**f) for f in data.get("flags", ())),
            ambiguities=tuple(
                Ambiguity(**{**a, "options": tuple(a["options"])})
                for a in data.get("ambiguities", ())
            ),
        )


# Facts whose value is an object, heard item by item ("labs.hb").
OBJECT_FACTS = frozenset({"biomarkers", "labs"})

# Facts whose value is a list of items, each heard on its own.
LIST_FACTS = frozenset(
    {
        "treatments",
        "metastatic_sites",
        "symptoms",
        "comorbidities",
        "immunosuppressants",
        "anticoagulant",
        "recent_procedures",
        "pathway_interest",
        "docs_available",
        "radiation_history",
        "refractory_to",
    }
)
