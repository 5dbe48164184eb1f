"""The single tests of the condition language: facts, blood results, markers, history, cancer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.eligibility.condition import (
    DERIVED,
    SIGNS,
    Asks,
    Condition,
    ConditionError,
    Path,
    Test,
    Tri,
    asks_of,
    listed,
    no_asks,
    only,
)
from bot.facts.derive import View
from bot.facts.markers import Span, compare, is_numeric, is_one_of, marker_id, wanted
from bot.facts.model import fact_names
from bot.facts.vocabulary import class_id, drugs_of, expand
from bot.facts.wire import Labs


def read_fact(source: Mapping[str, Any], path: Path) -> Condition:
    name = source["fact"]
    if name not in fact_names() and name not in DERIVED:
        raise ConditionError((*path, "fact"), f"{name!r} is not a fact")
    only(source, {"fact", "is", "has", "mentions", "against", *SIGNS}, path)
    if "has" in source:
        return Condition(_has(name, listed(source["has"])), asks_of(name), about=(name,))
    if "mentions" in source:
        words = tuple(str(w).lower() for w in listed(source["mentions"]))
        against = tuple(str(w).lower() for w in listed(source.get("against", [])))
        return Condition(_mentions(name, words, against), asks_of(name), about=(name,))
    test = _value_test(name, source, path)
    return Condition(test, asks_of(name), about=(name,), span=_range(name, source))


def _range(name: str, source: Mapping[str, Any]) -> tuple[str, float, float] | None:
    low = max((float(source[s]) for s in (">=", ">") if s in source), default=float("-inf"))
    high = min((float(source[s]) for s in ("<=", "<") if s in source), default=float("inf"))
    is_number = isinstance(source.get("is"), int | float) and not isinstance(source["is"], bool)
    if is_number:
        low = high = float(source["is"])
    return (name, low, high) if (low, high) != (float("-inf"), float("inf")) else None


def _has(name: str, items: tuple[Any, ...]) -> Test:
    def test(view: View) -> Tri:
        value = view.values.get(name)
        return None if value is None else any(i in value for i in items)

    return test


def _mentions(name: str, words: tuple[str, ...], against: tuple[str, ...]) -> Test:
    """With words against it, a text that holds neither leaves the question open."""

    def test(view: View) -> Tri:
        value = view.values.get(name)
        if value is None:
            return None
        if any(w in value for w in words):
            return True
        return False if not against or any(w in value for w in against) else None

    return test


def _value_test(name: str, source: Mapping[str, Any], path: Path) -> Test:
    """`is` and comparisons together mean all of them: {">=": 45, "<": 50}."""
    tests: list[Test] = []
    if "is" in source:
        allowed = frozenset(listed(source["is"]))
        tests.append(_is(name, allowed))
    for sign in SIGNS:
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
        if value is None:
            least = view.at_least.get(name)
            beyond = least is not None and all(_is_below(v, least) for v in allowed)
            return False if beyond else None
        return value in allowed

    return test


def _is_below(value: Any, bound: float) -> bool:
    return isinstance(value, int | float) and value < bound


def _at_least(name: str, bound: float) -> Test:
    def test(view: View) -> Tri:
        value = view.values.get(name)
        if value is None:
            least = view.at_least.get(name)
            return True if least is not None and least >= bound else None
        return bool(value >= bound)

    return test


def _at_most(name: str, bound: float) -> Test:
    def test(view: View) -> Tri:
        value = view.values.get(name)
        if value is None:
            least = view.at_least.get(name)
            return False if least is not None and least > bound else None
        return bool(value <= bound)

    return test


def _above(name: str, bound: float) -> Test:
    def test(view: View) -> Tri:
        value = view.values.get(name)
        if value is None:
            least = view.at_least.get(name)
            return True if least is not None and least > bound else None
        return bool(value > bound)

    return test


def _below(name: str, bound: float) -> Test:
    def test(view: View) -> Tri:
        value = view.values.get(name)
        if value is None:
            least = view.at_least.get(name)
            return False if least is not None and least >= bound else None
        return bool(value < bound)

    return test


_COMPARE: Final = {">=": _at_least, "<=": _at_most, ">": _above, "<": _below}


def read_lab(source: Mapping[str, Any], path: Path) -> Condition:
    name = source["lab"]
    if name not in Labs.model_fields:
        raise ConditionError((*path, "lab"), f"{name!r} is not a blood result")
    only(source, {"lab", "is", *SIGNS}, path)
    return Condition(_value_test(f"labs.{name}", source, path), _lab_asks(name), about=(name,))


def _lab_asks(name: str) -> Asks:
    """No blood results at all: the fact `labs` is missing; otherwise the single result."""
    return lambda view: (name,) if "labs" in view.values else ("labs",)


def read_marker(source: Mapping[str, Any], path: Path) -> Condition:
    """A result, or the same question put to several results of which any known one answers."""
    names = listed(source["marker"])
    only(source, {"marker", "is", *SIGNS}, path)
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
    asks = asks_of(marker)
    if "is" in source:
        return Condition(_marker_word(marker, source, path), asks, about=(marker,))
    signs = [s for s in SIGNS if s in source]
    if len(signs) != 1 or not is_numeric(marker):
        raise ConditionError(path, "compare a measured marker with one number, or use `is`")
    sign, bound = signs[0], source[signs[0]]

    def test(view: View) -> Tri:
        value = view.markers.get(marker)
        return compare(value, sign, bound) if isinstance(value, Span) else None

    return Condition(test, asks, about=(marker,))


def _marker_word(marker: str, source: Mapping[str, Any], path: Path) -> Test:
    try:
        targets = frozenset().union(*(wanted(marker, str(w)) for w in listed(source["is"])))
    except KeyError as error:
        raise ConditionError((*path, "is"), f"{error} is no result of {marker}") from None

    def test(view: View) -> Tri:
        value = view.markers.get(marker)
        return None if value is None else is_one_of(marker, value, targets)

    return test


def read_received(source: Mapping[str, Any], path: Path) -> Condition:
    only(source, {"received"}, path)
    names = _treatment_names(source["received"], (*path, "received"))

    def test(view: View) -> Tri:
        if not names.isdisjoint(view.received):
            return True
        return False if view.received_complete else None

    return Condition(test, asks_of("drug_classes_received"), about=("drug_classes_received",))


def _treatment_names(given: Any, path: Path) -> frozenset[str]:
    names = listed(given)
    if not all(isinstance(n, str) for n in names):
        raise ConditionError(path, "names of drug classes or drugs are expected")
    return frozenset(class_id(n) for n in names)


def read_refractory(source: Mapping[str, Any], path: Path) -> Condition:
    """Growth on a drug. A class told as refractory says nothing certain about one of its drugs."""
    only(source, {"refractory_to", "class"}, path)
    names = _treatment_names(source["refractory_to"], (*path, "refractory_to"))
    classes = _treatment_names(source.get("class", []), (*path, "class"))

    def test(view: View) -> Tri:
        if not (names.isdisjoint(view.refractory) and names.isdisjoint(view.refractory_through)):
            return True
        if not classes.isdisjoint(view.refractory):
            given = not names.isdisjoint(view.received)
            return True if given and _only_of_class(view, names, classes) else None
        if view.refractory_complete:
            return False
        never = view.received_complete and (names | classes).isdisjoint(view.received)
        return False if never else None

    return Condition(test, asks_of("refractory_to"), about=("refractory_to",))


def _only_of_class(view: View, names: frozenset[str], classes: frozenset[str]) -> bool:
    """The class was told as refractory: was it certainly through one of `names`?"""
    for name in view.received - names - classes:
        known = drugs_of(name)
        if known and not known.regimen and not known.classes.isdisjoint(classes):
            return False
    return True


def read_cancer(source: Mapping[str, Any], path: Path) -> Condition:
    only(source, {"cancer"}, path)
    try:
        ids = expand(listed(source["cancer"]))
    except KeyError as error:
        raise ConditionError((*path, "cancer"), f"{error} is no cancer or group") from None

    def test(view: View) -> Tri:
        return None if view.entity is None else not ids.isdisjoint(view.entity)

    return Condition(test, asks_of("cancer_type"), about=("cancer_type",))


def read_known(source: Mapping[str, Any], path: Path) -> Condition:
    """Is anything known of a fact, marker or blood result? Never unknown itself."""
    only(source, {"known"}, path)
    name = str(source["known"])
    if name in fact_names() or name in DERIVED:
        return Condition(
            lambda view: view.values.get(name) is not None, no_asks, about=(name,), guard=True
        )
    if name in Labs.model_fields:
        lab = f"labs.{name}"
        return Condition(
            lambda view: view.values.get(lab) is not None, no_asks, about=(name,), guard=True
        )
    marker = marker_id(name)
    if marker is None:
        raise ConditionError((*path, "known"), f"{name!r} is neither a fact nor a marker")
    known = marker
    return Condition(lambda view: known in view.markers, no_asks, about=(known,), guard=True)


def read_told(source: Mapping[str, Any], path: Path) -> Condition:
    """Is one of these known? True, or unknown as long as none is: for what is only asked."""
    only(source, {"told"}, path)
    names = listed(source["told"])
    parts = [read_known({"known": name}, path) for name in names]
    first = marker_id(str(names[0])) or str(names[0])

    def test(view: View) -> Tri:
        return True if any(p.test(view) for p in parts) else None

    return Condition(test, asks_of(first), about=tuple(i for p in parts for i in p.about))


def read_symptom(source: Mapping[str, Any], path: Path) -> Condition:
    """A complaint of today by name, with its severity when compared."""
    only(source, {"symptom", *SIGNS}, path)
    names = frozenset(str(n) for n in listed(source["symptom"]))
    bounds = [(s, source[s]) for s in SIGNS if s in source]

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

    return Condition(test, asks_of("symptoms"), about=("symptoms",))


def _compare_number(value: float | None, sign: str, bound: float) -> Tri:
    return None if value is None else compare(Span(value, value), sign, bound)


def read_procedure(source: Mapping[str, Any], path: Path) -> Condition:
    """A recent operation whose name holds one of the words, so many days ago."""
    only(source, {"procedure", *SIGNS}, path)
    words = tuple(str(w).lower() for w in listed(source["procedure"]))
    bounds = [(s, source[s]) for s in SIGNS if s in source]

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

    return Condition(test, asks_of("recent_procedures"), about=("recent_procedures",))
