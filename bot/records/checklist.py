"""Which records this patient should collect: for this cancer, these pathways, this history.

One paper is one item, whoever asks for it: the strictest freshness and the highest level win, and
what each asker wants to see on the paper is listed once. Missing papers never block first contact.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from bot.facts.spelled import spelled
from bot.records.catalogue import (
    TRAVEL,
    Ask,
    Catalogue,
    Freshness,
    Group,
    Level,
    Paper,
    catalogue,
)
from bot.records.conditions import Facts
from bot.records.missing_tests import missing_tests
from bot.records.model import Checklist, ChecklistItem, Holding, Mark

__all__ = ["Checklist", "ChecklistItem", "Holding", "Mark", "checklist"]

# Pathways whose papers are asked for; the others are not open to this patient now.
SHOWN = frozenset({"CONSIDER", "CAUTION", "NEEDS_INFO"})


@dataclass(slots=True)
class _Gathered:
    """A paper while its askers are being heard."""

    paper: Paper
    recency: Freshness
    level: Level = "H"
    look_for: list[str] = field(default_factory=list)
    asked_by: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    of_cancer: list[str] = field(default_factory=list)
    critical_for_cancer: bool = False


def checklist(
    facts: Facts,
    pathways: Mapping[str, str],
    held: Iterable[Holding | str] = (),
    *,
    waived: Iterable[str] = (),
    language: str = "en",
    today: date | None = None,
    before_submission: bool = False,
) -> Checklist:
    """The checklist for `facts` and the statuses of `pathways` (pathway id -> C0 status).

    `held` are papers received, beside `docs_available` of the facts; `waived` are ids of papers
    that are not needed any more. With `today`, papers past their freshness are marked outdated.
    `before_submission`: the case is about to be sent on.
    """
    words = catalogue(language)
    facts = {**spelled(facts), "before_submission": before_submission}
    gathered = _gather(words, facts, pathways)
    holdings = _holdings(facts, held)
    items = [_item(words, g, holdings.get(g.paper.id, ()), today) for g in gathered.values()]
    dropped = frozenset(waived)
    items = [replace(i, mark=Mark.WAIVED) if i.id in dropped else i for i in items]
    items.sort(key=lambda item: (item.level != "C", item.rank, item.id))
    return Checklist(tuple(items), tuple(missing_tests(words, facts, set(holdings))))


def _gather(words: Catalogue, facts: Facts, pathways: Mapping[str, str]) -> dict[str, _Gathered]:
    group = words.group_of.get(str(facts.get("cancer_type")))
    gathered: dict[str, _Gathered] = {}
    for ask, asker, source in _asks(words, facts, pathways, group):
        paper = words.papers[ask.id]
        if not _wanted(paper, facts, group) or not _wanted(ask, facts, group):
            continue
        fresh = words.recency[ask.recency or paper.recency]
        g = gathered.setdefault(paper.id, _Gathered(paper, words.recency[paper.recency]))
        g.recency = g.recency.stricter(fresh)
        critical = _level(ask, facts, group) == "C"
        of_cancer = critical and asker.startswith("cancer:")
        g.level = "C" if critical else g.level
        g.critical_for_cancer |= of_cancer
        look_for = ask.look_for if isinstance(ask, Ask) else ()
        for seen, new in (
            (g.look_for, look_for),
            (g.of_cancer, look_for if of_cancer else ()),
            (g.asked_by, (asker,)),
            (g.sources, (paper.source, source)),
        ):
            seen.extend(text for text in new if text not in seen)
    return gathered


def _asks(
    words: Catalogue, facts: Facts, pathways: Mapping[str, str], group: Group | None
) -> Iterator[tuple[Ask | Paper, str, str]]:
    """Every wish that concerns this patient, with who wishes and the source."""
    for key in words.base:
        yield words.papers[key], "base", words.papers[key].source
    cancer = str(facts.get("cancer_type"))
    for row in words.cancer_rows:
        if cancer in row.cancers:
            for ask in row.items:
                if not ask.only or cancer in ask.only:
                    yield ask, f"cancer:{cancer}", row.source
    shown = {name for name, status in pathways.items() if status in SHOWN}
    for path_row in words.pathway_rows:
        askers = sorted(shown & set(path_row.pathways))
        also = path_row.also_when
        if not askers and also and also.holds(facts, group) and pathways.get(TRAVEL) != "HOLD":
            askers = list(path_row.pathways)
        for asker in askers:
            for ask in path_row.items:
                if _concerns(ask, cancer, group):
                    yield ask, f"pathway:{asker}", path_row.source


def _concerns(ask: Ask, cancer: str, group: Group | None) -> bool:
    """Whether a pathway's wish is meant for this cancer."""
    return (not ask.cancers or cancer in ask.cancers) and (not ask.groups or group in ask.groups)


def _wanted(wish: Ask | Paper, facts: Facts, group: Group | None) -> bool:
    if wish.only_when and not wish.only_when.holds(facts, group):
        return False
    return not (wish.unless and wish.unless.holds(facts, group))


def _level(wish: Ask | Paper, facts: Facts, group: Group | None) -> Level:
    if wish.critical_when and wish.critical_when.holds(facts, group):
        return "C"
    if isinstance(wish, Paper) and wish.helpful_when and wish.helpful_when.holds(facts, group):
        return "H"
    return wish.level


def _item(
    words: Catalogue, g: _Gathered, holdings: Iterable[Holding], today: date | None
) -> ChecklistItem:
    title, details = g.paper.title, _distinct(g.look_for, g.paper.title)
    if details:
        title = words.wording["details"].format(title=title, details=", ".join(details))
    return ChecklistItem(
        id=g.paper.id,
        name=g.paper.title,
        title=title,
        why=g.paper.why,
        format=words.formats[g.paper.format],
        recency=g.recency.text,
        recency_days=g.recency.days,
        level=g.level,
        rank=g.paper.rank,
        asked_by=tuple(g.asked_by),
        source=" | ".join(dict.fromkeys(s for s in g.sources if s)),
        as_of=words.as_of,
        review=words.review,
        mark=_mark(holdings, g.recency.days, today),
        details=tuple(details),
        of_cancer=tuple(_distinct(g.of_cancer, g.paper.title)),
        critical_for_cancer=g.critical_for_cancer,
    )


def _distinct(details: list[str], title: str) -> list[str]:
    """Details that neither the title nor another detail says ("MSI" beside "MSI or MMR")."""

    def said_by(short: str, long: str) -> bool:
        return short != long and bool(re.search(rf"(?<!\w){re.escape(short)}(?!\w)", long))

    return [d for d in details if not any(said_by(d, other) for other in (title, *details))]


_BEST = (Mark.HELD, Mark.OUTDATED, Mark.FIRST_LOOK, Mark.OPEN)


def _mark(holdings: Iterable[Holding], days: int | None, today: date | None) -> Mark:
    """The best that any copy in hand is worth."""
    marks = [_mark_of(holding, days, today) for holding in holdings]
    return min(marks, key=_BEST.index, default=Mark.OPEN)


def _mark_of(holding: Holding, days: int | None, today: date | None) -> Mark:
    if holding.format == "photo":
        return Mark.FIRST_LOOK
    if days is not None and today and holding.date and (today - holding.date).days > days:
        return Mark.OUTDATED
    return Mark.HELD


def _holdings(facts: Facts, held: Iterable[Holding | str]) -> dict[str, list[Holding]]:
    found: dict[str, list[Holding]] = {}
    said = (Holding.read(value) for value in facts.get("docs_available") or ())
    received = (h if isinstance(h, Holding) else Holding(h) for h in held)
    for holding in (*said, *received):
        if holding is not None:
            found.setdefault(holding.id, []).append(holding)
    return found
