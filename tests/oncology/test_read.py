"""What the readers find together, where the words of one are also words of another."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Iterator

import pytest

from bot.oncology import read
from bot.oncology.read import READERS, Found, Reader
from bot.oncology.text import Document, read_document

NAMES = (
    "Belfast",
    "Bukhara",
    "Anaheim",
    "Philadelphia",
    "Deir ez-Zor",
    "Gia Lam",
    "Sacoma",
    "Maringá",
)


@pytest.mark.parametrize("town", NAMES)
def test_a_towns_name_is_nothing_but_a_town(town: str) -> None:
    for text in (f"My mother is 60, {town}", f"chemo last week, we live in {town.lower()}"):
        reading = read(text)
        assert reading.flags == ()
        told = {
            m.fact for m in reading.mentions if m.fact not in ("treatments", "current_treatment")
        }
        assert told <= {"city", "country", "user_role", "sex", "age_years"}, (text, told)


def test_a_word_that_is_also_a_towns_name_keeps_its_meaning() -> None:
    assert read("mom has bukhara since chemo").flags
    assert read("Philadelphia positive ALL, 40").facts()["cancer_type"] == "b_all"
    both = read("papa ko bukhar hai chemo ke baad, Bukhara")
    assert [f.id for f in both.flags] == ["RF7"]
    assert both.facts()["country"] == "UZ"


# The package hands out the function of the same name.
MODULE = importlib.import_module("bot.oncology.read")
TOLD = "My mother, 61, Lagos, breast cancer, FOLFOX 6 cycles, vomiting blood now"


def _failing(reader: Reader) -> Reader:
    def fails_half_way(doc: Document, asks: str | None) -> Iterator[Found]:
        yield from list(reader(doc, asks))[:1]
        raise ValueError(doc.original)

    return fails_half_way


@pytest.mark.parametrize("number", range(len(READERS)))
def test_a_reader_that_fails_takes_only_its_own_facts_with_it(
    number: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole = read(TOLD)
    broken = [*READERS[:number], _failing(READERS[number]), *READERS[number + 1 :]]
    monkeypatch.setattr(MODULE, "READERS", tuple(broken))
    with caplog.at_level(logging.ERROR):
        left = read(TOLD)
    own = list(READERS[number](read_document(TOLD), None))
    lost = [m for m in (*whole.mentions, *whole.flags) if m not in (*left.mentions, *left.flags)]
    assert all(item in own for item in lost)
    assert "ValueError" in caplog.text
    assert not any(word in caplog.text for word in ("Lagos", "FOLFOX", "mother", "vomiting"))


def test_the_reader_of_short_answers_may_fail_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(doc: Document, asks: str) -> Iterator[Found]:
        raise KeyError(doc.original)

    monkeypatch.setattr(MODULE, "read_asked", fails)
    assert read("61, Lagos", asks="ecog").facts()["country"] == "NG"
