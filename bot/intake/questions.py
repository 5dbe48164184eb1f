"""The declared questions of the intake, and how an answer to one is recognised.

A question is data (`knowledge/questions.yml`): the fact it asks for, when it is asked, its choices.
One generic path asks and validates all of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from rapidfuzz import fuzz, process

ROOT = Path(__file__).resolve().parents[2]
# Longer answers are understood by the vocabulary, not by single words.
SHORT_ANSWER = 6
QUESTION_SENTENCE = 3  # words; shorter ones are doubts ("stage 3?")
# A yes or no among other words may belong to something else ("no se", "no idea").
BARE = frozenset({"yes", "no", "only"})
NEGATIONS = frozenset({"not", "no", "never", "none", "nahi", "nahin", "na", "without", "non"})
# Words that join others and tell no choice from another.
JOINING = frozenset({"and", "or", "of", "the", "with", "in", "a"})
# A close spelling of a label or keyword; below this a wrong choice is likelier than a typo.
CLOSE_SPELLING = 86


class Step(StrEnum):
    """When a question is asked (see `knowledge/questions.yml`)."""

    CORE = "core"
    FIRST = "first"
    REFINE = "refine"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer that can be tapped: canonical value, label, further words for it."""

    value: Any
    label: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """One declared question."""

    fact: str
    step: Step
    label: str
    choices: tuple[Choice, ...] = ()
    answered_by: tuple[str, ...] = ()
    not_for: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)

    def choice_for(self, text: str) -> Choice | None:
        """The choice a typed answer means: by number, label, keyword or close spelling."""
        said = _plain(text)
        if not said:
            return None
        if said.isdigit():
            position = int(said) - 1
            return self.choices[position] if 0 <= position < len(self.choices) else None
        for choice in self.choices:
            if said in _words(choice):
                return choice
        named = _ordinals().get(said, len(self.choices))
        if named < len(self.choices):
            return self.choices[named]
        return self._close_to(said)

    def choice_named(self, text: str) -> Choice | None:
        """The choice whose label or keyword a text is, bare yes and no left out."""
        said = _plain(text)
        return next((c for c in self.choices if said in _words(c) and said not in BARE), None)

    def choice_within(self, text: str) -> Choice | None:
        """The one choice whose words stand in a short answer of some more words."""
        said = _plain(text).split()
        if not said or len(said) > SHORT_ANSWER:
            return None
        named_words = ((w, c) for c in self.choices for w in _words(c) if w not in BARE)
        found = [(w, c) for w, c in named_words if _stands_in(w.split(), said)]
        longest = max((len(w) for w, _ in found), default=0)
        named = {c.label: c for w, c in found if len(w) == longest}
        return next(iter(named.values())) if len(named) == 1 else None

    def choice_told_apart(self, text: str) -> Choice | None:
        """The one choice that shares a word with the answer which no other choice has."""
        said = set(_plain(text).split()) - JOINING
        words = {c.label: set(_plain(c.label).split()) for c in self.choices}
        own = {
            label: mine - set().union(*(other for name, other in words.items() if name != label))
            for label, mine in words.items()
        }
        named = [c for c in self.choices if own[c.label] & said]
        return named[0] if len(named) == 1 else None

    def _close_to(self, said: str) -> Choice | None:
        spellings = {word: choice for choice in self.choices for word in _words(choice)}
        found = process.extractOne(
            said, spellings.keys(), scorer=fuzz.ratio, score_cutoff=CLOSE_SPELLING
        )
        return spellings[found[0]] if found and len(said) > 3 else None

    def label_of(self, value: Any) -> str | None:
        """The label of a value, if the value is one of the choices."""
        for choice in self.choices:
            if choice.value == value and isinstance(choice.value, bool) == isinstance(value, bool):
                return choice.label
        return None


def _plain(text: str) -> str:
    return re.sub(r"[\s.,!?…]+", " ", text).strip().casefold()


def _stands_in(words: list[str], said: list[str]) -> bool:
    """Whether the words stand together in the answer, and no other word of it denies them."""
    size = len(words)
    if not any(said[i : i + size] == words for i in range(len(said) - size + 1)):
        return False
    return not NEGATIONS & (set(said) - set(words))


def _words(choice: Choice) -> list[str]:
    return [_plain(w) for w in (choice.label, *choice.words)]


class Questions:
    """All questions of one language, in the order in which they are asked."""

    def __init__(self, questions: tuple[Question, ...], besides: tuple[Question, ...] = ()) -> None:
        self.all = questions
        self._by_fact = {q.fact: q for q in questions}
        self._said_back = {q.fact: q for q in (*questions, *besides)}

    def __getitem__(self, fact: str) -> Question:
        """The question for a fact; a marker is asked by the one question on markers."""
        if fact.startswith("biomarkers."):
            return self._by_fact["biomarkers"]
        return self._by_fact[fact]

    def __contains__(self, fact: str) -> bool:
        return fact in self._by_fact or fact.startswith("biomarkers.")

    def said_back(self, fact: str) -> Question | None:
        """How a fact is called when it is said back, asked or not; None if it is never said."""
        return self._said_back.get(fact)

    def of(self, step: Step) -> tuple[Question, ...]:
        """The questions of one step, in order."""
        return tuple(q for q in self.all if q.step is step)

    @classmethod
    def load(cls, language: str = "en", root: Path = ROOT) -> Questions:
        """Read the questions, with labels of `language` where it has them.

        A language's `languages/<code>/questions.yml` maps fact -> {label, choices: {value: label}}.
        """
        file = _read(root / "knowledge" / "questions.yml")
        base, besides = file["questions"], file.get("besides", ())
        path = root / "languages" / language / "questions.yml"
        overlay = _read(path) if path.exists() else {}
        rows = (*base, *({"step": Step.NEVER, **row} for row in besides))
        made = tuple(_question(row, overlay.get(row["fact"], {})) for row in rows)
        return cls(made[: len(base)], made[len(base) :])


def names_a_choice(questions: Questions, text: str) -> bool:
    """Whether a text is nothing but a choice of one of the questions ("growing")."""
    return any(question.choice_named(text) for question in questions.all)


def wish_instead(asks: str | None, text: str) -> str | None:
    """What words wish that are no answer to this question ("ok" to "is someone there?")."""
    said = _plain(text)
    return next(
        (wish for wish, words in _instead().get(asks or "", {}).items() if said in words), None
    )


def corrected(text: str) -> str | None:
    """What follows the words that open a correction; None where none do."""
    said, opened = _plain(text.replace(",", " ")).split(), False
    while opening := next((o for o in _corrections() if said[: len(o)] == list(o)), None):
        said, opened = said[len(opening) :], True
    return " ".join(said) if opened and said else None


def says(wish: str, text: str) -> bool:
    """Whether words that always make a wish stand in the text ("give me a human")."""
    said = " ".join(re.findall(r"\w+", text.casefold()))
    return any(f" {words} " in f" {said} " for words in _sayings()[wish])


def is_saying(wish: str, text: str) -> bool:
    """Whether a text is nothing but words that make a wish ("what?")."""
    return " ".join(re.findall(r"\w+", text.casefold())) in _sayings()[wish]


def after_words(wish: str, text: str) -> str | None:
    """What follows the last of the words of a wish in a text; None where none stands."""
    said = text.casefold()
    rest = [
        text[at + len(words) :].strip()
        for words in _word_list(wish)
        for at in [_last_place(words, said)]
        if at >= 0
    ]
    return min(rest, key=len) if rest else None


def called(text: str) -> str | None:
    """The fact that a text calls by its name ("my age"), None if it names none or several."""
    said = " ".join(re.findall(r"\w+", text.casefold()))
    named = [
        fact for fact, names in _called().items() if any(f" {w} " in f" {said} " for w in names)
    ]
    return named[0] if len(named) == 1 else None


def _last_place(words: str, said: str) -> int:
    places = [m.start() for m in re.finditer(rf"(?<!\w){re.escape(words)}(?!\w)", said)]
    return places[-1] if places else -1


def _word_list(wish: str) -> tuple[str, ...]:
    kind, _, fact = wish.partition(".")
    return _called()[fact] if kind == "called" else _sayings()[wish]


@cache
def _called() -> dict[str, tuple[str, ...]]:
    rows = _read(ROOT / "knowledge" / "questions.yml")["called"]
    return {fact: tuple(words) for fact, words in rows.items()}


def asks_beside_facts(text: str) -> bool:
    """Whether one of the sentences is a question of some words ("... biopsy done. Is it ok?")."""
    asked = re.findall(r"([^.!?\n]+)[?\uff1f\u061f]", text)
    return any(len(sentence.split()) >= QUESTION_SENTENCE for sentence in asked)


def opens_politely(text: str) -> bool:
    """Whether words only say "go on" ("ok thanks"), or ask for help ("yes please help us")."""
    said = re.findall(r"\w+", text.casefold())
    polite = bool(said) and said[0] in _read_list("opens_politely") and "yes" not in said
    return polite or "please" in said


def opens_with_no(text: str) -> bool:
    """Whether a sentence begins by denying ("no it came back once")."""
    said = re.findall(r"\w+", text.casefold())
    return bool(said) and said[0] in _read_list("opens_denial")


@cache
def _read_list(name: str) -> frozenset[str]:
    return frozenset(_read(ROOT / "knowledge" / "questions.yml")[name])


def written_in() -> dict[str, dict[str, Any]]:
    """The languages that are told from English: a note in each, and its small words."""
    rows: dict[str, dict[str, Any]] = _read(ROOT / "knowledge" / "questions.yml")["written_in"]
    return rows


def opens_question(text: str) -> bool:
    """Whether the first word is one that questions begin with."""
    said = text.casefold().split()
    return bool(said) and said[0] in _read_list("opens_question")


def relation_of(words: str) -> str | None:
    """Which relative these words name ("my mom" is the mother), None if none or several."""
    said = set(re.findall(r"\w+", words.casefold()))
    found = [name for name, names in _relations().items() if said & names]
    return found[0] if len(found) == 1 else None


def men() -> frozenset[str]:
    """The relatives who are men."""
    return _read_list("men")


@cache
def _ordinals() -> dict[str, int]:
    rows = _read(ROOT / "knowledge" / "questions.yml")["ordinals"]
    return {word: place for place, words in enumerate(rows) for word in words}


@cache
def _instead() -> dict[str, dict[str, frozenset[str]]]:
    rows = _read(ROOT / "knowledge" / "questions.yml")["instead"]
    return {
        asks: {wish: frozenset(map(_plain, words)) for wish, words in wishes.items()}
        for asks, wishes in rows.items()
    }


@cache
def _corrections() -> tuple[tuple[str, ...], ...]:
    rows = _read(ROOT / "knowledge" / "questions.yml")["corrections"]
    return tuple(sorted((tuple(words.split()) for words in rows), key=len, reverse=True))


@cache
def _sayings() -> dict[str, tuple[str, ...]]:
    rows = _read(ROOT / "knowledge" / "questions.yml")["sayings"]
    return {
        wish: tuple(" ".join(re.findall(r"\w+", w.casefold())) for w in words)
        for wish, words in rows.items()
    }


@cache
def _relations() -> dict[str, frozenset[str]]:
    rows = _read(ROOT / "knowledge" / "questions.yml")["relations"]
    return {name: frozenset(words) for name, words in rows.items()}


def _question(row: Mapping[str, Any], overlay: Mapping[str, Any]) -> Question:
    labels = overlay.get("choices", {})
    for choice in row.get("choices", ()):
        # YAML reads a bare yes or no as a truth value.
        if not all(isinstance(w, str) for w in (choice["label"], *choice.get("words", ()))):
            raise ValueError(f"knowledge/questions.yml, {row['fact']}: quote the words yes and no")
    return Question(
        fact=row["fact"],
        step=Step(row["step"]),
        label=overlay.get("label", row["label"]),
        choices=tuple(
            Choice(
                value=c["value"],
                label=labels.get(str(c["value"]), c["label"]),
                words=(*c.get("words", ()), c["label"]),
            )
            for c in row.get("choices", ())
        ),
        answered_by=tuple(row.get("answered_by", ())),
        not_for=row.get("not_for"),
        names=row.get("names", {}),
    )


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {}


@cache
def questions(language: str = "en") -> Questions:
    """The questions in a language, read once."""
    return Questions.load(language)
