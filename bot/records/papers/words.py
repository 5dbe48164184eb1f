"""The words that tell which paper a file is, from `knowledge/records_matching.yml`."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

import ahocorasick

from bot.oncology.knowledge_files import KNOWLEDGE, KnowledgeError, load
from bot.records.catalogue import Review, catalogue

FILE: Final = KNOWLEDGE / "records_matching.yml"
_EDGES: Final = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
# Scripts that write without spaces: a name may stand inside a longer run of letters.
_UNSPACED: Final = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")
# Text layers of PDFs often put a space behind each of their letters.
_LOOSE: Final = re.compile(rf"(?<={_UNSPACED.pattern}) (?={_UNSPACED.pattern})")


@dataclass(frozen=True)
class Words:
    """What tells one paper; `modality` and `parts` are DICOM's, `any_part`: no part needed."""

    titles: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    content: tuple[str, ...] = ()
    modality: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    any_part: bool = False


@dataclass(frozen=True)
class Matching:
    """The file."""

    source: str
    as_of: date
    review: Review
    scan_report: str
    scan_images: str
    radiotherapy: str
    slide_images: str
    enough_as_photo: tuple[str, ...]
    picture_formats: tuple[str, ...]
    radiotherapy_modalities: tuple[str, ...]
    slide_modalities: tuple[str, ...]
    scan_modalities: tuple[str, ...]
    papers: dict[str, Words]
    scans: dict[str, Words]
    mention_lines: tuple[str, ...]
    paperwork: tuple[str, ...]
    sharing_hosts: tuple[str, ...]

    @property
    def all(self) -> Mapping[str, Words]:
        """Papers and scans by id."""
        return {**self.papers, **self.scans}


@dataclass(slots=True)
class Found:
    """Ids of papers whose words stand in a text: by title, by name; `content` by how many."""

    titles: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    content: dict[str, int] = field(default_factory=dict)


def plain(text: str) -> str:
    """Words of small letters and numbers with one space between, accents of Latin letters gone."""
    folded = unicodedata.normalize("NFKD", _CAMEL.sub(" ", text).casefold())
    kept = (c for c in folded if not "\u0300" <= c <= "\u036f")
    letters = "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in kept)
    spaced = " ".join(_EDGES.sub(" ", letters).split())
    return unicodedata.normalize("NFC", _LOOSE.sub("", spaced))


def find(text: str) -> Found:
    """The papers whose words stand in the text; of words within longer words only the longer."""
    found, counted = Found(), defaultdict[str, set[str]](set)
    padded = f" {plain(text)} "
    hits = []
    for end, (name, uses) in _automaton().iter(padded):
        start = end - len(name) + 1
        whole = padded[start - 1] == " " and padded[end + 1 : end + 2] == " "
        if whole or _UNSPACED.search(name):
            hits.append((start, end, name, uses))
    hits.sort(key=lambda hit: (hit[0] - hit[1], hit[0]))
    taken: list[tuple[int, int]] = []
    for start, end, name, uses in hits:
        if any(s <= start and end <= e for s, e in taken):
            continue
        taken.append((start, end))
        for kind, paper in uses:
            if kind == "content":
                counted[paper].add(name)
            else:
                (found.titles if kind == "title" else found.names).add(paper)
                counted[paper].add(name)
    found.content = {paper: len(names) for paper, names in counted.items()}
    return found


@cache
def matching() -> Matching:
    """The words of this process, read once. Raises KnowledgeError with file, line and field."""
    return load_matching(FILE)


def load_matching(path: Path) -> Matching:
    """Read and check the file."""
    data: Matching = load(path, Matching)
    known = catalogue().papers
    single = (data.scan_report, data.scan_images, data.radiotherapy, data.slide_images)
    for paper in (*data.papers, *data.scans, *single):
        if paper not in known:
            raise KnowledgeError(path, _line(path, paper), paper, "no such item of the checklist")
    formats = catalogue().formats
    for name in (*data.enough_as_photo, *data.picture_formats):
        if name not in formats:
            raise KnowledgeError(path, _line(path, name), name, "no such format in base.yml")
    return data


def _line(path: Path, word: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((n for n, line in enumerate(lines, 1) if word in line), 1)


@cache
def _automaton() -> Any:
    uses: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for paper, words in matching().all.items():
        for kind, texts in (
            ("title", words.titles),
            ("name", words.names),
            ("content", words.content),
        ):
            for text in texts:
                uses[plain(text)].append((kind, paper))
    automaton = ahocorasick.Automaton()
    for name, used in uses.items():
        automaton.add_word(name, (name, tuple(used)))
    automaton.make_automaton()
    return automaton
