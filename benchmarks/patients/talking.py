"""One simulated patient's conversation, and what went wrong in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from benchmarks.patients.people import Person, Style, material
from benchmarks.understanding_judge import Judge
from tests.conversations.talk import Talk

MOST_TURNS: Final = 40
# Said after the question whether the summary is right, and to a diagnosis that is read back.
RIGHT: Final = "yes"
# What each style does not know when it is asked.
UNKNOWN_TO_SKIPPERS: Final = ("disease_status", "age_years", "histology_confirmed")


@dataclass
class Outcome:
    """How one conversation ended."""

    person: Person
    completed: bool = False
    turns: int = 0
    wrong: list[str] = field(default_factory=list)
    asked_again: list[str] = field(default_factory=list)
    dead_end: str | None = None
    transcript: str = ""


def converse(person: Person, talk: Talk, facts_of: Any) -> Outcome:
    """Talk until the checklist is there. `facts_of(conversation)` gives the stored facts."""
    outcome = Outcome(person)
    asked: Counter[str] = Counter()
    talk.say(_first(person))
    while talk.last["state"] != "assessed" and talk.turns < MOST_TURNS:
        state, asks = talk.last["state"], talk.last["asks"]
        if state == "intake" and asks in person.told:
            outcome.asked_again.append(asks)
        if asks:
            asked[asks] += 1
        if state not in ("consent", "intake", "confirm") or asked[asks or ""] > 4:
            outcome.dead_end = f"{state}, asks {asks}"
            break
        talk.say(_answer(person, talk, state, asks))
    outcome.completed = talk.last["state"] == "assessed"
    if not outcome.completed and outcome.dead_end is None:
        outcome.dead_end = "too long"
    outcome.turns, outcome.transcript = talk.turns, talk.transcript
    outcome.wrong = _wrong(person, facts_of(talk.conversation))
    return outcome


def _first(person: Person) -> str:
    words = person.words
    if person.style is Style.FULL:
        person.told |= {"cancer_type", "treatments", "country", "extent", "disease_status"}
        person.told |= {"age_years", "user_role", "biomarkers", "histology_confirmed"}
        spread = f", {words['extent']}" if "extent" in words else ""
        marker = f", {words['biomarkers']}" if "biomarkers" in words else ""
        return (
            f"Hello my {person.relative} {words['age_years']} years old has {words['cancer_type']}"
            f"{spread}{marker}, biopsy done. Treatment: {words['treatments']}. "
            f"Now {words['disease_status']}. We are in {words['country']}"
        )
    if person.relative and person.style is not Style.TERSE:
        person.told |= {"cancer_type", "user_role"}
        return f"my {person.relative} has {_spelt(person, 'cancer_type')}, please help"
    if person.style is Style.TERSE:
        person.told.add("cancer_type")
        return words["cancer_type"]
    return person.dice.choice(["hi", "hello", "good morning", "please help me"])


def _answer(person: Person, talk: Talk, state: str, asks: str | None) -> str:
    if state == "consent":
        return person.dice.choice(["yes", "ok i agree", "Yes, that is fine"])
    if state == "confirm":
        return _confirm(person)
    fact = asks or "cancer_type"
    if person.style is Style.ASKING and f"aside {fact}" not in person.told:
        person.told.add(f"aside {fact}")
        if person.dice.random() < 0.5:
            return str(person.dice.choice(material()["asides"]))
    if person.style is Style.SKIPPING and fact in UNKNOWN_TO_SKIPPERS:
        return person.dice.choice(["I don't know", "skip", "no idea"])
    if fact == "cancer_type" and fact in person.told and _reads_back(talk):
        return RIGHT
    if fact not in person.words:
        return "I don't know"
    person.told.add(fact)
    return _spelt(person, fact)


def _confirm(person: Person) -> str:
    if person.style is Style.CORRECTING and "corrected" not in person.told:
        person.told.add("corrected")
        person.truth["age_years"] = 51
        return "no, the age is 51"
    return "yes, that is right"


def _reads_back(talk: Talk) -> bool:
    return any(
        b["title"].casefold().startswith("yes") for r in talk.last["replies"] for b in r["buttons"]
    )


def _spelt(person: Person, fact: str) -> str:
    """The words for a fact; one letter doubled or dropped in a long word of a careless writer."""
    words = person.words[fact]
    if person.style is not Style.MISSPELT:
        return words
    long = [w for w in words.split() if len(w) >= 8 and w.isalpha()]
    if not long:
        return words
    word = person.dice.choice(long)
    at = person.dice.randrange(2, len(word) - 2)
    typed = person.dice.choice([word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:]])
    return words.replace(word, typed)


def _wrong(person: Person, facts: dict[str, Any]) -> list[str]:
    """Facts that are held with another value than the truth, or without any ground."""
    gold = dict(person.truth)
    unknown = [f for f in UNKNOWN_TO_SKIPPERS if person.style is Style.SKIPPING]
    if person.truth["cancer_type"].startswith("breast"):
        unknown.append("biomarkers")  # receptors are part of the name
    message = {"id": person.name, "text": "", "gold": {**gold, "open": unknown}}
    verdict = Judge(message, {"facts": facts, "flags": []}).judge()
    return [f"{m.fact}: {m.got!r} for {m.gold!r}" for m in verdict.misses if m.kind != "missed"]
