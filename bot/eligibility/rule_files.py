"""Reads the rule files: pathway files, gates, triage and travel signs.

A mistake is a `RuleFileError` with file, line and reason; `bot.eligibility.ruleset` reads
all files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final, cast

from bot.eligibility.expressions import Condition, ConditionError, compile_condition
from bot.eligibility.expressions import Path as Place
from bot.eligibility.rules import (
    ALWAYS_OPEN,
    KINDS,
    PATHWAYS,
    STATUSES,
    Criterion,
    Evidence,
    Gate,
    Limit,
    Origin,
    Otherwise,
    PathwayRules,
    Rule,
    Sign,
)
from bot.eligibility.yaml_places import RuleFileError, line_of, read_yaml
from bot.facts.vocabulary import expand

# What a list or mapping in the place of a word, or an empty list, ends in.
MISSHAPEN: Final = (TypeError, AttributeError, LookupError)


class _Reader:
    """Reads one file; every complaint carries the line."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.text = text
        self.data = read_yaml(path, text)

    def fail(self, place: Place, problem: str) -> RuleFileError:
        return RuleFileError(self.path, line_of(self.text, place), problem)

    def mapping(self, value: Any, place: Place) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            raise self.fail(place, "a mapping is expected")
        return value

    def items(self, value: Any, place: Place) -> list[Any]:
        if not isinstance(value, list):
            raise self.fail(place, "a list is expected")
        return value

    def texts(self, value: Any, place: Place) -> tuple[str, ...]:
        if value is None:
            return ()
        listed = value if isinstance(value, list) else [value]
        if not all(isinstance(v, str) for v in listed):
            raise self.fail(place, "a list of texts is expected")
        return tuple(listed)

    def text_at(self, source: Mapping[str, Any], name: str, place: Place) -> str:
        value = source.get(name)
        if not isinstance(value, str) or not value.strip():
            raise self.fail(place, f"{name!r} is missing or is not text")
        return " ".join(value.split())

    def only(self, source: Mapping[str, Any], allowed: Iterable[str], place: Place) -> None:
        known = set(allowed)
        for name in source:
            if name not in known:
                raise self.fail((*place, name), f"{name!r} is not a field here")

    def status(self, value: Any, place: Place, *more: str) -> str:
        if value not in STATUSES and value not in more:
            raise self.fail(place, f"not a status; one of {', '.join((*STATUSES, *more))}")
        return cast(str, value)

    def condition(self, source: Any, place: Place) -> Condition:
        try:
            return compile_condition(source)
        except ConditionError as error:
            raise self.fail((*place, *error.path), str(error)) from None
        except MISSHAPEN:
            raise self.fail(place, "not readable as a condition") from None

    def origin(self, source: Mapping[str, Any], place: Place, default: Origin | None) -> Origin:
        tags = self.texts(source.get("source"), (*place, "source"))
        tags = tags or (default.source if default else ())
        if not tags:
            raise self.fail(place, "a source is missing")
        as_of = source.get("as_of", default.as_of if default else None)
        if as_of is None:
            raise self.fail(place, "as_of is missing")
        if "review" not in source and default is not None:
            by, on = default.signed_by, default.signed_on
        else:
            by, on = self.signature(source.get("review", "pending"), (*place, "review"))
        return Origin(tags, self.day(as_of, (*place, "as_of")), by, on)

    def day(self, value: Any, place: Place) -> date:
        """A date, as YAML reads it or as text."""
        try:
            return value if isinstance(value, date) else date.fromisoformat(str(value))
        except ValueError:
            raise self.fail(place, "a date such as 2026-06-30 is expected") from None

    def signature(self, value: Any, place: Place) -> tuple[str, date | None]:
        """`pending`, or {by: Name, on: date}."""
        if value == "pending":
            return "", None
        given: Mapping[Any, Any] = value if isinstance(value, Mapping) else {}
        name = given.get("by")
        # YAML reads a bare `on` as true.
        on = given.get("on", given.get(True))
        if (
            set(given) - {"by", "on", True}
            or not isinstance(name, str)
            or not name.strip()
            or not on
        ):
            raise self.fail(place, "pending, or {by: Name, on: YYYY-MM-DD}")
        return name.strip(), self.day(on, place)

    def evidence(self, source: Any, place: Place, default: Evidence) -> Evidence:
        if source is None:
            return default
        given = self.mapping(source, place)
        self.only(given, ("kind", "regulators", "regions", "note"), place)
        kind = given.get("kind")
        if kind not in ("approved", "off_label", "trial_only", "service"):
            raise self.fail((*place, "kind"), "approved, off_label, trial_only or service")
        return Evidence(
            kind,
            self.texts(given.get("regulators"), (*place, "regulators")),
            self.texts(given.get("regions"), (*place, "regions")),
            str(given.get("note", "")),
        )


_CRITERION_FIELDS: Final = (
    "use", "say", "kind", "when", "fails", "unknown", "missing", "rule", "note", "asks",
)  # fmt: skip


def _criterion(reader: _Reader, source: Any, place: Place, shared: Mapping[str, Any]) -> Criterion:
    given = reader.mapping(source, place)
    reader.only(given, _CRITERION_FIELDS, place)
    where = place
    if "use" in given:
        if not isinstance(given["use"], str) or given["use"] not in shared:
            raise reader.fail((*place, "use"), f"no shared criterion {given['use']!r}")
        base = reader.mapping(shared[given["use"]], ("shared", given["use"]))
        reader.only(base, _CRITERION_FIELDS, ("shared", given["use"]))
        if "when" not in given:
            where = ("shared", given["use"])
        given = {**base, **given}
    kind = given.get("kind", "line")
    if not isinstance(kind, str) or kind not in KINDS:
        raise reader.fail((*place, "kind"), f"not a kind; one of {', '.join(KINDS)}")
    return Criterion(
        say=reader.text_at(given, "say", place),
        kind=kind,
        when=reader.condition(given.get("when"), (*where, "when")),
        fails=reader.status(given.get("fails", KINDS[kind][1]), (*place, "fails"), "skip", "keep"),
        unknown=reader.status(
            given.get("unknown", "keep" if kind in ("care", "ask") else "NEEDS_INFO"),
            (*place, "unknown"),
            "skip",
            "keep",
        ),
        missing=reader.texts(given.get("missing"), (*place, "missing")),
        rule=given.get("rule"),
        note=str(given.get("note", "")),
        asks=reader.texts(given.get("asks"), (*place, "asks")),
    )


_RULE_FIELDS: Final = (
    "id", "branch", "statement", "cancers", "except", "criteria", "then", "cautions", "asks",
    "products", "evidence", "source", "as_of", "review", "reports", "agnostic", "why",
)  # fmt: skip


BROAD: Final = frozenset({"any", "solid", "blood"})


def _cancers(reader: _Reader, given: Mapping[str, Any], place: Place) -> frozenset[str] | None:
    listed = reader.texts(given.get("cancers"), (*place, "cancers"))
    if not listed:
        raise reader.fail(place, "cancers are missing ([any] for every cancer)")
    left_out = reader.texts(given.get("except"), (*place, "except"))
    try:
        if listed == ("any",):
            return None if not left_out else expand(["solid", "blood"]) - expand(left_out)
        return expand(listed) - expand(left_out)
    except KeyError as error:
        raise reader.fail((*place, "cancers"), f"{error} is no cancer or group") from None


def _rule(
    reader: _Reader, source: Any, place: Place, file: Mapping[str, Any], default: Origin
) -> Rule:
    given = reader.mapping(source, place)
    reader.only(given, _RULE_FIELDS, place)
    criteria = [
        _criterion(reader, c, (*place, "criteria", n), file.get("shared") or {})
        for n, c in enumerate(reader.items(given.get("criteria", []), (*place, "criteria")))
    ]
    reports = reader.mapping(given.get("reports", {}), (*place, "reports"))
    return Rule(
        id=reader.text_at(given, "id", place),
        branch=str(given.get("branch", "")),
        pathway=str(file["pathway"]),
        statement=reader.text_at(given, "statement", place),
        cancers=_cancers(reader, given, place),
        criteria=tuple(sorted(criteria, key=lambda c: KINDS[c.kind][0])),
        then=reader.status(given.get("then"), (*place, "then")),
        origin=reader.origin(given, place, default),
        evidence=reader.evidence(given.get("evidence"), (*place, "evidence"), Evidence()),
        cautions=reader.texts(given.get("cautions"), (*place, "cautions")),
        asks=reader.texts(given.get("asks"), (*place, "asks")),
        products=reader.texts(given.get("products"), (*place, "products")),
        reports=dict(reports),
        agnostic=given.get("agnostic", False) is True,
        broad=BROAD.issuperset(reader.texts(given.get("cancers"), (*place, "cancers"))),
    )


_FILE_FIELDS: Final = (
    "pathway", "name", "kind", "source", "as_of", "review", "shared", "rules", "otherwise", "rows",
)  # fmt: skip


def read_pathway(path: Path, text: str) -> PathwayRules:
    """One pathway file. Raises RuleFileError."""
    reader = _Reader(path, text)
    file = reader.mapping(reader.data, ())
    reader.only(file, _FILE_FIELDS, ())
    pathway = reader.text_at(file, "pathway", ())
    if pathway not in PATHWAYS:
        raise reader.fail(("pathway",), f"{pathway!r} is not a pathway")
    origin = reader.origin(file, (), None)
    rules = tuple(
        _rule(reader, r, ("rules", n), file, origin)
        for n, r in enumerate(reader.items(file.get("rules"), ("rules",)))
    )
    seen: set[tuple[str, str]] = set()
    for n, rule in enumerate(rules):
        if (rule.id, rule.branch) in seen:
            raise reader.fail(("rules", n), f"{rule.id} {rule.branch} is given twice".strip())
        seen.add((rule.id, rule.branch))
    other = reader.mapping(file.get("otherwise"), ("otherwise",))
    reader.only(other, ("rule", "status", "statement", "evidence"), ("otherwise",))
    return PathwayRules(
        id=pathway,
        name=reader.text_at(file, "name", ()),
        kind=str(file.get("kind", "treatment")),
        rules=rules,
        otherwise=Otherwise(
            reader.text_at(other, "rule", ("otherwise",)),
            reader.status(other.get("status"), ("otherwise", "status")),
            reader.text_at(other, "statement", ("otherwise",)),
            reader.evidence(other.get("evidence"), ("otherwise", "evidence"), Evidence()),
        ),
        rows={k: str(v) for k, v in (file.get("rows") or {}).items()},
        origin=origin,
    )


def _effects(reader: _Reader, value: Any, place: Place) -> dict[str, Limit]:
    """Pathway ids, `all`, or {pathway, when, rules}."""
    out: dict[str, Limit] = {}
    for n, item in enumerate(reader.items(value or [], place)):
        limit = Limit()
        name = item
        if isinstance(item, Mapping):
            reader.only(item, ("pathway", "when", "rules"), (*place, n))
            when = item.get("when")
            limit = Limit(
                reader.condition(when, (*place, n, "when")) if when is not None else None,
                frozenset(reader.texts(item.get("rules"), (*place, n, "rules"))),
            )
            name = item.get("pathway")
        if name == "all":
            out.update({p: limit for p in PATHWAYS if p not in ALWAYS_OPEN})
        elif name in PATHWAYS:
            out[name] = limit
        else:
            raise reader.fail((*place, n), f"{name!r} is not a pathway")
    return out


_GATE_FIELDS: Final = (
    "id", "say", "when", "hard", "soft", "note", "but", "asks", "relevant", "source", "as_of",
    "review",
)  # fmt: skip


def _gate(reader: _Reader, source: Any, place: Place, default: Origin) -> Gate:
    given = reader.mapping(source, place)
    reader.only(given, _GATE_FIELDS, place)
    hard, soft, note = (
        _effects(reader, given.get(name), (*place, name)) for name in ("hard", "soft", "note")
    )
    for name in reader.texts(given.get("but"), (*place, "but")):
        hard.pop(name, None)
    relevant = given.get("relevant")
    return Gate(
        id=reader.text_at(given, "id", place),
        say=reader.text_at(given, "say", place),
        when=reader.condition(given.get("when"), (*place, "when")),
        hard=hard,
        # Where a gate is hard without limit it is not soft as well.
        soft={p: limit for p, limit in soft.items() if hard.get(p) != Limit()},
        note=note,
        asks=reader.texts(given.get("asks"), (*place, "asks")),
        relevant=reader.condition(relevant, (*place, "relevant")) if relevant else None,
        origin=reader.origin(given, place, default),
    )


def read_gates(path: Path, text: str) -> tuple[Gate, ...]:
    """The gates file. Raises RuleFileError."""
    reader = _Reader(path, text)
    file = reader.mapping(reader.data, ())
    default = reader.origin(file, (), None)
    listed = reader.items(file.get("gates"), ("gates",))
    return tuple(_gate(reader, g, ("gates", n), default) for n, g in enumerate(listed))


def read_signs(path: Path, text: str, levels: tuple[str, ...]) -> tuple[Sign, ...]:
    """Triage or travel signs. Raises RuleFileError."""
    reader = _Reader(path, text)
    file = reader.mapping(reader.data, ())
    default = reader.origin(file, (), None)
    signs: list[Sign] = []
    for n, source in enumerate(reader.items(file.get("signs"), ("signs",))):
        place: Place = ("signs", n)
        given = reader.mapping(source, place)
        reader.only(given, ("id", "say", "level", "when", "source", "as_of", "review"), place)
        if given.get("level") not in levels:
            raise reader.fail((*place, "level"), f"one of {', '.join(levels)}")
        when = given.get("when")
        signs.append(
            Sign(
                id=reader.text_at(given, "id", place),
                say=reader.text_at(given, "say", place),
                level=str(given["level"]),
                when=reader.condition(when, (*place, "when")) if when is not None else None,
                origin=reader.origin(given, place, default),
            )
        )
    return tuple(signs)
