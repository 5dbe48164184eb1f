"""Conditions of the rule files, compiled to closures with three-valued (Kleene) results.

A condition answers True, False or None (unknown) on a `View`; `unknown` adds the ids of the facts
that leave it open. The language is described in docs/rule-format.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.facts.derive import View
from bot.facts.markers import Span, compare, is_numeric, is_one_of, marker_id, wanted
from bot.facts.model import Labs, fact_names
from bot.facts.vocabulary import class_id, drugs_of, expand

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
    }
)
_DERIVED_ASKS: Final = {
    "secondary_cns_lymphoma": ("brain_mets_status",),
    "on_chemo_now": ("current_treatment",),
    "irradiated": ("radiation_history",),
    "subtype_words": ("cancer_subtype",),
    "brain_involved": ("metastatic_sites",),
}
_SIGNS: Final = (">=", "<=", ">", "<")


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
    negative: bool = False

    def unknown(self, view: View) -> tuple[str, ...]:
        """Ids of the facts that leave this condition open, in the order of the file."""
        if self.test(view) is not None:
            return ()
        if not self.parts:
            return self.asks(view)
        return tuple(dict.fromkeys(i for part in self.parts for i in part.unknown(view)))

    def leaves(self) -> Iterator[Condition]:
        """Every leaf below."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()


def compile_condition(source: Any, path: Path = ()) -> Condition:
    """Compile one condition. Raises ConditionError."""
    if not isinstance(source, Mapping) or not source:
        raise ConditionError(path, "a condition is a mapping such as {fact: ecog, is: 1}")
    for name, build in _BUILDERS.items():
        if name in source:
            return build(source, path)
    raise ConditionError(path, f"no known condition among: {', '.join(map(str, source))}")


def _only(source: Mapping[str, Any], allowed: set[str], path: Path) -> None:
    extra = [k for k in source if k not in allowed]
    if extra:
        raise ConditionError((*path, extra[0]), f"{extra[0]!r} does not belong in this condition")


def _combine(word: str) -> Callable[[Mapping[str, Any], Path], Condition]:
    stops = word == "any"

    def build(source: Mapping[str, Any], path: Path) -> Condition:
        _only(source, {word}, path)
        items = source[word]
        if not isinstance(items, list) or not items:
            raise ConditionError((*path, word), "a list of conditions is expected")
        parts = tuple(compile_condition(x, (*path, word, n)) for n, x in enumerate(items))
        tests = tuple(p.test for p in parts)

        def test(view: View) -> Tri:
            result: Tri = not stops
            for one in tests:
                value = one(view)
                if value is stops:
                    return stops
                if value is None:
                    result = None
            return result

        return Condition(test, _no_asks, parts)

    return build


def _not(source: Mapping[str, Any], path: Path) -> Condition:
    _only(source, {"not"}, path)
    inner = compile_condition(source["not"], (*path, "not"))

    def test(view: View) -> Tri:
        value = inner.test(view)
        return None if value is None else not value

    return Condition(test, _no_asks, (inner,), negative=True)


def _no_asks(_: View) -> tuple[str, ...]:
    return ()


def _ids(name: str) -> Asks:
    if name in _DERIVED_ASKS:
        fixed = _DERIVED_ASKS[name]
        return lambda view: fixed
    own = (name,)
    return lambda view: view.asks_for.get(name, own)


def _fact(source: Mapping[str, Any], path: Path) -> Condition:
    name = source["fact"]
    if name not in fact_names() and name not in DERIVED:
        raise ConditionError((*path, "fact"), f"{name!r} is not a fact")
    _only(source, {"fact", "is", "has", "mentions", *_SIGNS}, path)
    if "has" in source:
        return Condition(_has(name, _listed(source["has"])), _ids(name), about=(name,))
    if "mentions" in source:
        words = tuple(str(w).lower() for w in _listed(source["mentions"]))
        return Condition(_mentions(name, words), _ids(name), about=(name,))
    return Condition(_value_test(name, source, path), _ids(name), about=(name,))


def _listed(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list) else (value,)


def _has(name: str, items: tuple[Any, ...]) -> Test:
    def test(view: View) -> Tri:
        value = view.values.get(name)
        return None if value is None else any(i in value for i in items)

    return test


def _mentions(name: str, words: tuple[str, ...]) -> Test:
    def test(view: View) -> Tri:
        value = view.values.get(name)
        return None if value is None else any(w in value for w in words)

    return test


def _value_test(name: str, source: Mapping[str, Any], path: Path) -> Test:
    """`is` and comparisons together mean all of them: {">=": 45, "<": 50}."""
    tests: list[Test] = []
    if "is" in source:
        allowed = frozenset(_listed(source["is"]))
        tests.append(_is(name, allowed))
    for sign in _SIGNS:
        if sign in source:
            bound = source[sign]
            if isinstance(bound, bool) or not isinstance(bound, int | float):
                raise ConditionError((*path, sign), "a number is expected")
            tests.append(_COMPARE[sign](name, bound))
    if not tests:
        raise ConditionError(path, "says nothing about the value")
    return tests[0] if len(tests) == 1 else _both(tests)


def _both(tests: list[Test]) -> Test:
    def test(view: View) -> Tri:
        results = [t(view) for t in tests]
        return False if False in results else None if None in results else True

    return test


def _is(name: str, allowed: frozenset[Any]) -> Test:
    def test(view: View) -> Tri:
        value = view.values.get(name)
        return None if value is None else value in allowed

    return test


def _at_least(name: str, bound: float) -> Test:
    def test(view: View) -> Tri:
        value = view.values.get(name)
        return None if value is None else value >= bound

    return test


def _at_most(name: str, bound: float) -> Test:
    def test(view: View) -> Tri:
        value = view.values.get(name)
        return None if value is None else value <= bound

    return test


def _above(name: str, bound: float) -> Test:
    def test(view: View) -> Tri:
        value = view.values.get(name)
        return None if value is None else value > bound

    return test


def _below(name: str, bound: float) -> Test:
    def test(view: View) -> Tri:
        value = view.values.get(name)
        return None if value is None else value < bound

    return test


_COMPARE: Final = {">=": _at_least, "<=": _at_most, ">": _above, "<": _below}


def _lab(source: Mapping[str, Any], path: Path) -> Condition:
    name = source["lab"]
    if name not in Labs.model_fields:
        raise ConditionError((*path, "lab"), f"{name!r} is not a blood result")
    _only(source, {"lab", "is", *_SIGNS}, path)
    return Condition(_value_test(f"labs.{name}", source, path), _lab_asks(name), about=(name,))


def _lab_asks(name: str) -> Asks:
    """No blood results at all: the fact `labs` is missing; otherwise the single result."""
    return lambda view: (name,) if "labs" in view.values else ("labs",)


def _marker(source: Mapping[str, Any], path: Path) -> Condition:
    """A result, or the same question put to several results of which any known one answers."""
    names = _listed(source["marker"])
    _only(source, {"marker", "is", *_SIGNS}, path)
    parts = tuple(_one_marker({**source, "marker": n}, path) for n in names)
    if len(parts) == 1:
        return parts[0]
    tests = tuple(p.test for p in parts)

    def test(view: View) -> Tri:
        results = [t(view) for t in tests]
        return True if True in results else False if False in results else None

    about = tuple(i for p in parts for i in p.about)
    return Condition(test, parts[0].asks, about=about)


def _one_marker(source: Mapping[str, Any], path: Path) -> Condition:
    marker = marker_id(str(source["marker"]))
    if marker is None:
        raise ConditionError((*path, "marker"), f"{source['marker']!r} is not a marker")
    asks = _ids(marker)
    if "is" in source:
        return Condition(_marker_word(marker, source, path), asks, about=(marker,))
    signs = [s for s in _SIGNS if s in source]
    if len(signs) != 1 or not is_numeric(marker):
        raise ConditionError(path, "compare a measured marker with one number, or use `is`")
    sign, bound = signs[0], source[signs[0]]

    def test(view: View) -> Tri:
        value = view.markers.get(marker)
        return compare(value, sign, bound) if isinstance(value, Span) else None

    return Condition(test, asks, about=(marker,))


def _marker_word(marker: str, source: Mapping[str, Any], path: Path) -> Test:
    try:
        targets = frozenset().union(*(wanted(marker, str(w)) for w in _listed(source["is"])))
    except KeyError as error:
        raise ConditionError((*path, "is"), f"{error} is no result of {marker}") from None

    def test(view: View) -> Tri:
        value = view.markers.get(marker)
        return None if value is None else is_one_of(marker, value, targets)

    return test


def _received(source: Mapping[str, Any], path: Path) -> Condition:
    _only(source, {"received"}, path)
    names = _treatment_names(source["received"], (*path, "received"))

    def test(view: View) -> Tri:
        if not names.isdisjoint(view.received):
            return True
        return False if view.received_complete else None

    return Condition(test, _ids("drug_classes_received"), about=("drug_classes_received",))


def _treatment_names(given: Any, path: Path) -> frozenset[str]:
    listed = _listed(given)
    if not all(isinstance(n, str) for n in listed):
        raise ConditionError(path, "names of drug classes or drugs are expected")
    return frozenset(class_id(n) for n in listed)


def _refractory(source: Mapping[str, Any], path: Path) -> Condition:
    """Growth on a drug. A class told as refractory says nothing certain about one of its drugs."""
    _only(source, {"refractory_to", "class"}, path)
    names = _treatment_names(source["refractory_to"], (*path, "refractory_to"))
    classes = _treatment_names(source.get("class", []), (*path, "class"))

    def test(view: View) -> Tri:
        if not names.isdisjoint(view.refractory):
            return True
        if not classes.isdisjoint(view.refractory):
            given = not names.isdisjoint(view.received)
            return True if given and _only_of_class(view, names, classes) else None
        if view.refractory_complete:
            return False
        never = view.received_complete and (names | classes).isdisjoint(view.received)
        return False if never else None

    return Condition(test, _ids("refractory_to"), about=("refractory_to",))


def _only_of_class(view: View, names: frozenset[str], classes: frozenset[str]) -> bool:
    """The class was told as refractory: was it certainly through one of `names`?"""
    for name in view.received - names - classes:
        known = drugs_of(name)
        if known and not known.regimen and not known.classes.isdisjoint(classes):
            return False
    return True


def _cancer(source: Mapping[str, Any], path: Path) -> Condition:
    _only(source, {"cancer"}, path)
    try:
        ids = expand(_listed(source["cancer"]))
    except KeyError as error:
        raise ConditionError((*path, "cancer"), f"{error} is no cancer or group") from None

    def test(view: View) -> Tri:
        return None if view.entity is None else not ids.isdisjoint(view.entity)

    return Condition(test, _ids("cancer_type"), about=("cancer_type",))


def _known(source: Mapping[str, Any], path: Path) -> Condition:
    """Is anything known of a fact, marker or blood result? Never unknown itself."""
    _only(source, {"known"}, path)
    name = str(source["known"])
    if name in fact_names() or name in DERIVED:
        return Condition(lambda view: view.values.get(name) is not None, _no_asks, about=(name,))
    if name in Labs.model_fields:
        lab = f"labs.{name}"
        return Condition(lambda view: view.values.get(lab) is not None, _no_asks, about=(name,))
    marker = marker_id(name)
    if marker is None:
        raise ConditionError((*path, "known"), f"{name!r} is neither a fact nor a marker")
    known = marker
    return Condition(lambda view: known in view.markers, _no_asks, about=(known,))


def _symptom(source: Mapping[str, Any], path: Path) -> Condition:
    """A complaint of today by name, with its severity when compared."""
    _only(source, {"symptom", *_SIGNS}, path)
    names = frozenset(str(n) for n in _listed(source["symptom"]))
    bounds = [(s, source[s]) for s in _SIGNS if s in source]

    def test(view: View) -> Tri:
        told = view.values.get("symptoms")
        if told is None:
            return None
        here = [s for s in told if s.word in names]
        if not bounds:
            return bool(here)
        sign, bound = bounds[0]
        levels = [_compare_number(s.severity, sign, bound) for s in here]
        return True if True in levels else None if None in levels else False

    return Condition(test, _ids("symptoms"), about=("symptoms",))


def _compare_number(value: float | None, sign: str, bound: float) -> Tri:
    return None if value is None else compare(Span(value, value), sign, bound)


def _procedure(source: Mapping[str, Any], path: Path) -> Condition:
    """A recent operation whose name holds one of the words, so many days ago."""
    _only(source, {"procedure", *_SIGNS}, path)
    words = tuple(str(w).lower() for w in _listed(source["procedure"]))
    bounds = [(s, source[s]) for s in _SIGNS if s in source]

    def test(view: View) -> Tri:
        told = view.values.get("recent_procedures")
        if told is None:
            return None
        here = [p for p in told if any(w in p.words for w in words)]
        if not bounds:
            return bool(here)
        sign, bound = bounds[0]
        found = [_compare_number(p.days_since, sign, bound) for p in here]
        return True if True in found else None if None in found else False

    return Condition(test, _ids("recent_procedures"), about=("recent_procedures",))


_BUILDERS: Final[dict[str, Callable[[Mapping[str, Any], Path], Condition]]] = {
    "all": _combine("all"),
    "any": _combine("any"),
    "not": _not,
    "fact": _fact,
    "lab": _lab,
    "marker": _marker,
    "received": _received,
    "refractory_to": _refractory,
    "cancer": _cancer,
    "known": _known,
    "symptom": _symptom,
    "procedure": _procedure,
}
