"""Conditions of the rule files, compiled to closures with three-valued (Kleene) results.

A condition answers True, False or None (unknown) on a `View`; `unknown` adds the ids of the facts
that leave it open. The language is described in docs/rule-format.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from bot.eligibility import leaves
from bot.eligibility.condition import Condition, ConditionError, Path, Tri, no_asks, only
from bot.facts.derive import View

__all__ = ["Condition", "ConditionError", "Path", "compile_condition"]


def compile_condition(source: Any, path: Path = ()) -> Condition:
    """Compile one condition. Raises ConditionError."""
    if not isinstance(source, Mapping) or not source:
        raise ConditionError(path, "a condition is a mapping such as {fact: ecog, is: 1}")
    for name, build in _BUILDERS.items():
        if name in source:
            return build(source, path)
    raise ConditionError(path, f"no known condition among: {', '.join(map(str, source))}")


def _combine(word: str) -> Callable[[Mapping[str, Any], Path], Condition]:
    stops = word == "any"

    def build(source: Mapping[str, Any], path: Path) -> Condition:
        only(source, {word}, path)
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

        return Condition(test, no_asks, parts)

    return build


def _not(source: Mapping[str, Any], path: Path) -> Condition:
    only(source, {"not"}, path)
    inner = compile_condition(source["not"], (*path, "not"))

    def test(view: View) -> Tri:
        value = inner.test(view)
        return None if value is None else not value

    return Condition(test, no_asks, (inner,))


_BUILDERS: Final[dict[str, Callable[[Mapping[str, Any], Path], Condition]]] = {
    "all": _combine("all"),
    "any": _combine("any"),
    "not": _not,
    "fact": leaves.read_fact,
    "lab": leaves.read_lab,
    "marker": leaves.read_marker,
    "received": leaves.read_received,
    "refractory_to": leaves.read_refractory,
    "cancer": leaves.read_cancer,
    "known": leaves.read_known,
    "told": leaves.read_told,
    "symptom": leaves.read_symptom,
    "procedure": leaves.read_procedure,
}
