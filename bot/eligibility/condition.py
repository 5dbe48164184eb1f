"""What a compiled condition is, and what every kind of condition shares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.facts.derive import View

Tri = bool | None
Test = Callable[[View], Tri]
Asks = Callable[[View], tuple[str, ...]]
Path = tuple[str | int, ...]

# Facts that derive.py adds to those of the wire.
DERIVED: Final = frozenset(
    {
        "relapsed_or_refractory",
        "refractory_to_last",
        "metastatic",
        "advanced",
        "unresectable",
        "recurrent_or_metastatic",
        "curable_stage",
        "hbv_positive",
        "hcv_positive",
        "hiv_positive",
        "secondary_cns_lymphoma",
        "brain_involved",
        "irradiated",
        "irradiated_where",
        "on_chemo_now",
        "subtype_words",
        "tumour_grade",
        "stage_words",
    }
)
_DERIVED_ASKS: Final = {
    "secondary_cns_lymphoma": ("brain_mets_status",),
    "on_chemo_now": ("current_treatment",),
    "irradiated": ("radiation_history",),
    "subtype_words": ("cancer_subtype",),
    "stage_words": ("stage_raw",),
    "brain_involved": ("metastatic_sites",),
}
SIGNS: Final = (">=", "<=", ">", "<")


class ConditionError(ValueError):
    """A condition that cannot be compiled; `path` leads to the place in the file."""

    def __init__(self, path: Path, problem: str) -> None:
        """`path` is a tuple of keys and list positions below the condition."""
        super().__init__(problem)
        self.path = path


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition: `test` for speed, the tree for explanations and for the linter."""

    test: Test
    asks: Asks
    parts: tuple[Condition, ...] = ()
    about: tuple[str, ...] = ()  # the fact names, marker ids and classes of a leaf
    span: tuple[str, float, float] | None = None  # a leaf's fact with the range it asks for
    guard: bool = False  # a leaf that asks whether something is known

    def unknown(self, view: View) -> tuple[str, ...]:
        """Ids of the facts that leave this condition open, in the order of the file."""
        if self.test(view) is not None:
            return ()
        if not self.parts:
            return self.asks(view)
        return tuple(dict.fromkeys(i for part in self.parts for i in part.unknown(view)))

    def bounds(self) -> Iterator[tuple[str, float, float]]:
        """The range asked of a fact, where this condition is a plain comparison."""
        if self.span is not None:
            yield self.span

    def leaves(self) -> Iterator[Condition]:
        """Every leaf below."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()


def only(source: Mapping[str, Any], allowed: set[str], path: Path) -> None:
    extra = [k for k in source if k not in allowed]
    if extra:
        raise ConditionError((*path, extra[0]), f"{extra[0]!r} does not belong in this condition")


def no_asks(_: View) -> tuple[str, ...]:
    return ()


def asks_of(name: str) -> Asks:
    if name in _DERIVED_ASKS:
        fixed = _DERIVED_ASKS[name]
        return lambda view: fixed
    own = (name,)
    return lambda view: view.asks_for.get(name, own)


def listed(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list) else (value,)
