"""A mistake in a knowledge file names the file, the line and the field."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import pytest

from bot.oncology.knowledge_files import KnowledgeError, load, load_folder


@dataclass(frozen=True)
class Item:
    name: str
    review: Literal["pending", "approved"]
    as_of: date
    words: tuple[str, ...] = ()
    share: float | None = None


GOOD = "a:\n  name: no\n  review: pending\n  as_of: 2026-06-30\n  words: one\n"


def _written(folder: Path, text: str) -> Path:
    path = folder / "items.yml"
    path.write_text(text)
    return path


def test_text_stays_as_written(tmp_path: Path) -> None:
    items = load(_written(tmp_path, GOOD), dict[str, Item])
    assert items["a"] == Item("no", "pending", date(2026, 6, 30), ("one",))


MISTAKES: list[tuple[str, int, str, str]] = [
    (GOOD.replace("review", "reviw"), 3, "a.reviw", "did you mean 'review'"),
    (GOOD.replace("pending", "done"), 3, "a.review", "should be one of"),
    (GOOD.replace("2026-06-30", "June"), 4, "a.as_of", "should be date"),
    (GOOD.replace("  name: no\n", ""), 2, "a.name", "is missing"),
    (GOOD + "  share: much\n", 6, "a.share", "should be float"),
    (GOOD + "  name: again\n", 6, "a.name", "is given twice"),
    (GOOD + "  words: {x: 1}\n", 6, "a.words", "is given twice"),
    ("- a\n", 1, "", "should be a mapping"),
    ("a: [\n", 2, "", ""),
    ("", 1, "", "the file is empty"),
]


@pytest.mark.parametrize(("text", "line", "field", "problem"), MISTAKES)
def test_a_mistake_is_named(tmp_path: Path, text: str, line: int, field: str, problem: str) -> None:
    path = _written(tmp_path, text)
    with pytest.raises(KnowledgeError) as error:
        load(path, dict[str, Item])
    assert (error.value.line, error.value.field) == (line, field)
    assert problem in str(error.value)
    assert str(path) in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match=r"nothing\.yml"):
        load(tmp_path / "nothing.yml", dict[str, Any])
    with pytest.raises(KnowledgeError, match=r"no \.yml file"):
        load_folder(tmp_path, dict[str, Any])
