"""What the pages for reviewers and coordinators say is shown by tests that are there."""

from __future__ import annotations

import ast
import re

import pytest

from bot.console.sessions import IDLE, LONGEST
from bot.settings import ROOT
from bot.store.conversations import UNCONSENTED
from bot.store.keeping import Periods
from connectors.file_links import VALID_SECONDS

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
ROW = re.compile(r"^\| ([STRIDE]) \| (.+) \|$", re.MULTILINE)


def functions_of(path: str) -> set[str]:
    """The names of the test functions of a file."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds)}


@pytest.mark.parametrize(
    ("page", "least"), [("security.md", 30), ("privacy.md", 15), ("console.md", 35)]
)
def test_every_test_that_a_page_names_exists(page: str, least: int) -> None:
    named = NAMED.findall((ROOT / "docs" / page).read_text(encoding="utf-8"))
    missing = [f"{path}::{name}" for path, name in named if name not in functions_of(path)]
    assert len(named) > least
    assert missing == []


def test_every_threat_names_its_answer_and_a_test() -> None:
    rows = ROW.findall(PAGE)
    assert {letter for letter, _ in rows} == set("STRIDE")
    assert not [rest for _, rest in rows if not NAMED.search(rest)]


def test_the_periods_that_the_privacy_page_names_are_those_in_use() -> None:
    page = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
    hours = int(LONGEST.total_seconds() // 3600)
    assert f"{int(IDLE.total_seconds() // 60)} minutes idle, {hours} hours at most" in page
    assert f"| keyed hashes of provider message ids | {Periods().receipts.days} days |" in page
    assert f"| addresses of files for a provider | {VALID_SECONDS // 3600} hour |" in page
    assert (
        f"| a conversation without consent | {int(UNCONSENTED.total_seconds() // 3600)} hours |"
        in page
    )
