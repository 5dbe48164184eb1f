"""Mistakes in the checklist files are named by file, line and field; languages are files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.facts.markers import marker_id
from bot.facts.model import fact_names
from bot.facts.vocabulary import biomarker_ids, cancers, marker_key
from bot.oncology.knowledge_files import KNOWLEDGE, KnowledgeError
from bot.records.catalogue import Words, catalogue, load_catalogue


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(KNOWLEDGE / "checklists", tmp_path / "checklists"))


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("base.yml", "why: Proves the cancer and its exact type.", "wy: x", "wy"),
        ("base.yml", "format: identity", "format: papyrus", "no such format: papyrus"),
        ("items.yml", "recency: serology", "recency: sometime", "no such recency: sometime"),
        ("items.yml", "{id: spine_mri,", "{id: brain_mri,", "given twice"),
        ("cancers.yml", "{id: brain_mri, level: C}", "{id: brain_mrt, level: C}", "brain_mrt"),
        ("cancers.yml", "level: C", "level: X", "should be one of: C, H"),
        ("cancers.yml", "- cancers: [rcc]", "- cancers: [rccc]", "rcc"),
        ("pathways.yml", "cancers: [gastric_gej]", "cancers: [stomach]", "stomach"),
        ("missing_tests.yml", "cancers: [nsclc]", "cancers: [nscl]", "no such cancer: nscl"),
        ("base.yml", "one_of: [second_opinion]", "one_of: []", "exactly one test"),
    ],
)
def test_a_mistake_names_file_and_field(
    folder: Path, file: str, old: str, new: str, told: str
) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(KnowledgeError, match=told) as caught:
        load_catalogue(folder)
    assert caught.value.path.parent == folder
    assert caught.value.line > 0


def test_another_language_replaces_what_it_has_and_keeps_the_rest() -> None:
    french = catalogue().in_words(Words(titles={"B3": "Compte rendu d'anatomopathologie"}))
    assert french.papers["B3"].title == "Compte rendu d'anatomopathologie"
    assert french.papers["B4"] == catalogue().papers["B4"]
    assert catalogue("xx") == catalogue("en")


def test_a_paper_is_found_under_the_name_that_rules_use() -> None:
    assert catalogue().paper("rt_plan") == catalogue().papers["B11"]
    assert catalogue().paper("B8") == catalogue().papers["B8"]
    assert catalogue().paper("ecog") is None


def test_the_files_speak_of_the_cancers_and_markers_that_facts_can_hold() -> None:
    known = catalogue()
    assert set(known.cancers) == cancers()
    for test in known.tests:
        for name in (each for entry in test.known_by for each in entry.split("|")):
            kind, _, rest = name.partition(".")
            if kind == "item":
                assert rest in known.papers
            elif kind == "fact":
                assert rest in fact_names()
            else:
                assert marker_id(name) or marker_key(name) in biomarker_ids(), name
