"""The page `docs/rules.md`: every rule from top to bottom, for a clinician to review and sign."""

from __future__ import annotations

from collections.abc import Iterator

from bot.eligibility.rules import Criterion, Gate, Origin, PathwayRules, Rule, RuleSet, Sign


def page(rules: RuleSet) -> str:
    """The whole page as Markdown."""
    lines = [
        "# The rules",
        "",
        "Made from the files in `knowledge/` by `intake rules page`; change those, not this page.",
        "How to read a rule file: [rule-format.md](rule-format.md).",
        "A rule is signed by writing `review: {by: Name, on: YYYY-MM-DD}` into its file.",
        "",
    ]
    for pathway in rules.pathways.values():
        lines += _pathway(pathway)
    lines += ["## Safety gates", ""]
    for gate in rules.gates:
        lines += _gate(gate)
    lines += ["## Triage", "", *(_sign(s) for s in rules.triage), ""]
    lines += ["## Fitness to travel", "", *(_sign(s) for s in rules.travel), ""]
    return "\n".join(lines).rstrip() + "\n"


def part(rules: RuleSet, ident: str) -> str:
    """The part of the page about one rule, gate or pathway; empty when there is none."""
    if ident in rules.pathways:
        return "\n".join(_pathway(rules.pathways[ident]))
    lines: list[str] = []
    for pathway in rules.pathways.values():
        for rule in pathway.rules:
            if rule.id == ident:
                lines += _rule(rule)
        if ident in pathway.rows:
            lines += [f"### {ident}", "", pathway.rows[ident], ""]
        if pathway.otherwise.rule == ident:
            lines += [
                f"### {ident}: {pathway.otherwise.status}",
                "",
                pathway.otherwise.statement,
                "",
            ]
    for gate in rules.gates:
        if gate.id == ident:
            lines += _gate(gate)
    lines += [_sign(s) for s in (*rules.triage, *rules.travel) if s.id == ident]
    return "\n".join(lines)


def _pathway(pathway: PathwayRules) -> Iterator[str]:
    yield f"## {pathway.name} (`{pathway.id}`)"
    yield ""
    yield f"Facts it looks at: {', '.join(_facts(pathway))}."
    yield ""
    for rule in pathway.rules:
        yield from _rule(rule)
    other = pathway.otherwise
    yield f"**Otherwise ({other.rule}): {other.status}.** {other.statement}"
    yield ""
    for row, text in pathway.rows.items():
        yield f"- {row}: {text}"
    if pathway.rows:
        yield ""


def _facts(pathway: PathwayRules) -> list[str]:
    leaves = (x for r in pathway.rules for c in r.criteria for x in c.when.leaves())
    return sorted({name for leaf in leaves for name in leaf.about}) or ["none"]


def _rule(rule: Rule) -> Iterator[str]:
    branch = f", {rule.branch}" if rule.branch else ""
    yield f"### {rule.id}{branch}: {rule.then}"
    yield ""
    yield rule.statement
    yield ""
    cancers = "any cancer" if rule.cancers is None else ", ".join(sorted(rule.cancers))
    yield f"- for: {cancers}"
    for criterion in rule.criteria:
        yield f"- {_criterion(criterion)}"
    if rule.products:
        yield f"- products: {', '.join(rule.products)}"
    note = f"; {rule.evidence.note}" if rule.evidence.note else ""
    yield f"- evidence: {rule.evidence.text()}{note}"
    for caution in rule.cautions:
        yield f"- caution: {caution}"
    yield f"- {_origin(rule.origin)}"
    yield ""


def _criterion(criterion: Criterion) -> str:
    fails = "the rule does not apply" if criterion.fails == "skip" else criterion.fails
    unknown = {"keep": "goes on, listed as missing", "skip": "the rule does not apply"}
    return (
        f"{criterion.say} (if not: {fails}; "
        f"if unknown: {unknown.get(criterion.unknown, criterion.unknown)})"
    )


def _origin(origin: Origin) -> str:
    signed = "sign-off: ________" if origin.review == "pending" else f"signed: {origin.review}"
    return f"source {', '.join(origin.source)}; as of {origin.as_of}; {signed}"


def _gate(gate: Gate) -> Iterator[str]:
    yield f"### {gate.id}"
    yield ""
    yield f"{gate.say}."
    yield ""
    for name, effects in (("stops", gate.hard), ("caution", gate.soft), ("note", gate.note)):
        if effects:
            limited = [
                f"{p}{' (in part)' if e.when or e.rules else ''}" for p, e in effects.items()
            ]
            yield f"- {name}: {', '.join(limited)}"
    yield f"- {_origin(gate.origin)}"
    yield ""


def _sign(sign: Sign) -> str:
    heard = "" if sign.when is not None else " (heard in words)"
    return f"- {sign.id}, {sign.level}: {sign.say}{heard}; {_origin(sign.origin)}"
