"""The papers a review needs and who asks for them, read from `knowledge/checklists/`.

English stands in those files; another language is `languages/<code>/records.yml` with the same
ids. What a language lacks is said in English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

from bot.oncology.knowledge_files import KNOWLEDGE, KnowledgeError, load
from bot.records.conditions import Condition

Level = Literal["C", "H"]
Group = Literal["solid", "lymphoma", "marrow"]
Review = Literal["pending", "approved"]

# The row for a journey: no pathway of its own, asked for when the person wishes to travel.
TRAVEL = "travel"


@dataclass(frozen=True)
class Freshness:
    """How fresh a paper should be: days (None: no limit) and the words for it."""

    days: int | None
    text: str

    def stricter(self, other: Freshness) -> Freshness:
        """The one that allows fewer days; of two without a limit, this one."""
        limit = float("inf")
        return other if (other.days or limit) < (self.days or limit) else self


@dataclass(frozen=True)
class Paper:
    """One paper to collect. `rank`: lower is shown first; `kept_by`: who can give it.

    `short` is what it is called on a button and in a sentence, where the title is long.
    """

    id: str
    title: str
    why: str
    format: str
    recency: str
    rank: int
    level: Level = "H"
    critical_when: Condition | None = None
    helpful_when: Condition | None = None
    only_when: Condition | None = None
    unless: Condition | None = None
    kept_by: Literal["hospital", "family"] = "hospital"
    source: str = ""
    short: str = ""

    @property
    def label(self) -> str:
        """What it is called in a sentence: small, unless it begins with an abbreviation."""
        name = self.short or self.title
        return name if name[1:2].isupper() or name[1:2] == "-" else name[:1].lower() + name[1:]


@dataclass(frozen=True)
class Ask:
    """A row's wish for a paper: its level, a tighter freshness, what to look for on it.

    `only` narrows it to cancers of the row; `cancers` and `groups` narrow a pathway's wish.
    """

    id: str
    level: Level
    recency: str = ""
    look_for: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    cancers: tuple[str, ...] = ()
    groups: tuple[Group, ...] = ()
    critical_when: Condition | None = None
    only_when: Condition | None = None
    unless: Condition | None = None


@dataclass(frozen=True)
class CancerRow:
    """What some cancers ask for."""

    cancers: tuple[str, ...]
    items: tuple[Ask, ...]
    source: str = ""


@dataclass(frozen=True)
class PathwayRow:
    """What some pathways ask for when they are shown, or when `also_when` holds."""

    pathways: tuple[str, ...]
    items: tuple[Ask, ...]
    also_when: Condition | None = None
    source: str = ""


@dataclass(frozen=True)
class Test:
    """A test worth asking the doctor about; `ask` completes "Ask your doctor whether ..."."""

    id: str
    title: str
    ask: str
    known_by: tuple[str, ...]
    cancers: tuple[str, ...] = ()
    other_than: tuple[str, ...] = ()
    done_by_ngs: bool = False
    any_known: bool = False
    only_when: Condition | None = None


@dataclass(frozen=True)
class _Signed:
    """What every file of the folder states about itself."""

    source: str
    as_of: date
    review: Review


@dataclass(frozen=True)
class _Base(_Signed):
    formats: dict[str, str]
    recency: dict[str, Freshness]
    wording: dict[str, str]
    items: tuple[Paper, ...]


@dataclass(frozen=True)
class _Items(_Signed):
    items: tuple[Paper, ...]
    same_as: dict[str, str]


@dataclass(frozen=True)
class _Cancers(_Signed):
    groups: dict[Group, tuple[str, ...]]
    rows: tuple[CancerRow, ...]


@dataclass(frozen=True)
class _Pathways(_Signed):
    rows: tuple[PathwayRow, ...]


@dataclass(frozen=True)
class _Tests(_Signed):
    tests: tuple[Test, ...]


@dataclass(frozen=True)
class Words:
    """The texts of one language; all parts may be incomplete."""

    titles: dict[str, str] = field(default_factory=dict)
    shorts: dict[str, str] = field(default_factory=dict)
    whys: dict[str, str] = field(default_factory=dict)
    formats: dict[str, str] = field(default_factory=dict)
    recency: dict[str, str] = field(default_factory=dict)
    wording: dict[str, str] = field(default_factory=dict)
    test_titles: dict[str, str] = field(default_factory=dict)
    test_asks: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Catalogue:
    """Everything a checklist is made from, in one language."""

    papers: Mapping[str, Paper]
    base: tuple[str, ...]
    formats: Mapping[str, str]
    recency: Mapping[str, Freshness]
    wording: Mapping[str, str]
    group_of: Mapping[str, Group]
    cancer_rows: tuple[CancerRow, ...]
    pathway_rows: tuple[PathwayRow, ...]
    tests: tuple[Test, ...]
    same_as: Mapping[str, str]
    as_of: date
    review: Review

    def paper(self, name: str) -> Paper | None:
        """The paper of this id, or of the name that rules use for it."""
        return self.papers.get(self.same_as.get(name, name))

    @property
    def cancers(self) -> tuple[str, ...]:
        """Every cancer id the checklist knows."""
        return tuple(self.group_of)

    def in_words(self, words: Words) -> Catalogue:
        """The same catalogue with the texts of another language where it has them."""
        return replace(
            self,
            papers={
                key: replace(
                    paper,
                    title=words.titles.get(key, paper.title),
                    # A translated title goes before a short name in English.
                    short=words.shorts.get(key, "" if key in words.titles else paper.short),
                    why=words.whys.get(key, paper.why),
                )
                for key, paper in self.papers.items()
            },
            formats={**self.formats, **words.formats},
            recency={
                key: Freshness(fresh.days, words.recency.get(key, fresh.text))
                for key, fresh in self.recency.items()
            },
            wording={**self.wording, **words.wording},
            tests=tuple(
                replace(
                    test,
                    title=words.test_titles.get(test.id, test.title),
                    ask=words.test_asks.get(test.id, test.ask),
                )
                for test in self.tests
            ),
        )


def load_catalogue(folder: Path = KNOWLEDGE / "checklists") -> Catalogue:
    """Read and check the folder; raises KnowledgeError with file, line and field."""
    base: _Base = load(folder / "base.yml", _Base)
    more: _Items = load(folder / "items.yml", _Items)
    cancers: _Cancers = load(folder / "cancers.yml", _Cancers)
    pathways: _Pathways = load(folder / "pathways.yml", _Pathways)
    tests: _Tests = load(folder / "missing_tests.yml", _Tests)
    papers = {
        paper.id: replace(paper, source=paper.source or origin.source)
        for origin in (base, more)
        for paper in origin.items
    }
    files = (base, more, cancers, pathways, tests)
    found = Catalogue(
        papers=papers,
        base=tuple(paper.id for paper in base.items),
        formats=base.formats,
        recency=base.recency,
        wording=base.wording,
        group_of={cancer: group for group, ids in cancers.groups.items() for cancer in ids},
        cancer_rows=tuple(replace(r, source=r.source or cancers.source) for r in cancers.rows),
        pathway_rows=tuple(replace(r, source=r.source or pathways.source) for r in pathways.rows),
        tests=tests.tests,
        same_as=more.same_as,
        as_of=min(file.as_of for file in files),
        review="approved" if all(file.review == "approved" for file in files) else "pending",
    )
    for file, problem in _problems(found, len(base.items) + len(more.items)):
        raise KnowledgeError(folder / file, _line_of(folder / file, problem[0]), *problem)
    return found


def _problems(found: Catalogue, listed: int) -> Iterator[tuple[str, tuple[str, str]]]:
    """References that lead nowhere, as (file, (field, problem))."""
    if listed != len(found.papers):
        yield "items.yml", ("items", "an id is given twice")
    for key, paper in found.papers.items():
        file = "base.yml" if key in found.base else "items.yml"
        if paper.format not in found.formats:
            yield file, (key, f"no such format: {paper.format}")
        if paper.recency not in found.recency:
            yield file, (key, f"no such recency: {paper.recency}")
    for row_file, rows in (
        ("cancers.yml", found.cancer_rows),
        ("pathways.yml", found.pathway_rows),
    ):
        for row in rows:
            named = row.cancers if isinstance(row, CancerRow) else ()
            for ask in row.items:
                yield from _ask_problems(found, row_file, ask, named)
    for name, key in found.same_as.items():
        if key not in found.papers:
            yield "items.yml", (name, f"no such item: {key}")
    served = {cancer for row in found.cancer_rows for cancer in row.cancers}
    for cancer in served ^ set(found.group_of):
        yield "cancers.yml", (cancer, "stands in a group or in a row, but not in both")
    for test in found.tests:
        for cancer in set(test.cancers + test.other_than) - set(found.group_of):
            yield "missing_tests.yml", (test.id, f"no such cancer: {cancer}")


def _ask_problems(
    found: Catalogue, file: str, ask: Ask, named: tuple[str, ...]
) -> Iterator[tuple[str, tuple[str, str]]]:
    if ask.id not in found.papers:
        yield file, (ask.id, "no such item in base.yml or items.yml")
    if ask.recency and ask.recency not in found.recency:
        yield file, (ask.recency, "no such recency in base.yml")
    for cancer in set(ask.only) - set(named):
        yield file, (cancer, "is not among the cancers of its row")
    for cancer in set(ask.cancers) - set(found.group_of):
        yield file, (cancer, "no such cancer")


def _line_of(path: Path, word: str) -> int:
    """The first line that has the word, for a message that leads to the mistake."""
    lines = path.read_text(encoding="utf-8").splitlines()
    whole = re.compile(rf"(?<![\w.]){re.escape(word)}(?![\w.])")
    return next((n for n, line in enumerate(lines, 1) if whole.search(line)), 1)


@cache
def catalogue(language: str = "en") -> Catalogue:
    """The catalogue of this process in one language, read once."""
    if language == "en":
        return load_catalogue()
    path = KNOWLEDGE.parent / "languages" / language / "records.yml"
    return catalogue().in_words(load(path, Words)) if path.exists() else catalogue()
