"""No pattern of ours can be kept busy by a text: each is run over hostile strings with a limit.

The strings are made from the pattern itself: what it may repeat, repeated, and then something that
does not fit, which is what makes a pattern that looks back try everything. At this length a pattern
that needs exponential time never ends, and its process is ended.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import os
import pkgutil
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from re import _constants, _parser  # type: ignore[attr-defined]
from types import ModuleType
from typing import Any

import pytest

from bot import oncology
from bot.oncology.text import read_document

REPOSITORY = Path(__file__).parents[2]
ROOMS = ("bot", "connectors")
# Rooms of the other environment, and a page that runs when it is imported.
ELSEWHERE = ("bot.engine", "bot.store.migrations")
LONGEST = 200
# Generous: a sound pattern needs milliseconds for all of its strings.
KILLED_AFTER = 240


def modules() -> Iterator[ModuleType]:
    for room in ROOMS:
        package = importlib.import_module(room)
        for found in pkgutil.walk_packages(package.__path__, f"{room}."):
            if not found.name.startswith(ELSEWHERE):
                yield importlib.import_module(found.name)


def patterns() -> dict[str, re.Pattern[str]]:
    """Every pattern of ours: held by a module, made by a function of it, or written in a call."""
    made = [pattern for module in modules() for pattern in _of_module(module)]
    found = {f"{p.pattern}|{p.flags}": p for p in made if isinstance(p.pattern, str)}
    written = (p for room in (*ROOMS, "actions") for p in _in_calls(REPOSITORY / room))
    return found | {f"{p.pattern}|{p.flags}": p for p in written}


def _of_module(module: ModuleType) -> Iterator[re.Pattern[Any]]:
    for value in vars(module).values():
        yield from _inside(value)
        function = inspect.unwrap(value) if callable(value) else None
        if inspect.isfunction(function) and function.__module__ == module.__name__:
            asked = inspect.signature(function)
            if not asked.parameters and "Pattern" in str(asked.return_annotation):
                yield from _inside(value())


def _in_calls(folder: Path) -> Iterator[re.Pattern[str]]:
    """Patterns that stand as plain text in a call of the library, in a function's body too."""
    for file in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            called, given = node.func, node.args[:1]
            if not isinstance(called.value, ast.Name) or called.value.id != "re" or not given:
                continue
            if isinstance(given[0], ast.Constant) and isinstance(given[0].value, str):
                yield re.compile(given[0].value)


def _inside(value: Any, depth: int = 3) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth and isinstance(value, dict):
        for inner in value.values():
            yield from _inside(inner, depth - 1)
    elif depth and isinstance(value, tuple | list | set | frozenset):
        for inner in value:
            yield from _inside(inner, depth - 1)
    elif depth and type(value).__module__.startswith(ROOMS):
        for name in (*getattr(value, "__dict__", ()), *getattr(type(value), "__slots__", ())):
            yield from _inside(getattr(value, name, None), depth - 1)


def hostile(pattern: re.Pattern[str]) -> list[str]:
    """Strings that a pattern may choke on, each of the same length."""
    pieces = {"a", "0", " ", "a ", "0 ", "1,", "-", ".", "\n", "ab1 ", "é", "(", '"'}
    for part in _repeated(_parser.parse(pattern.pattern, pattern.flags)):
        pieces.add(part)
    made = []
    for piece in sorted(pieces):
        whole = (piece * LONGEST)[:LONGEST]
        made += [whole, whole + "\x00", "x" + whole + "!"]
    return made


def _repeated(parsed: Any) -> Iterator[str]:
    """One example of each thing that a pattern repeats."""
    for kind, value in parsed:
        if kind in (_constants.MAX_REPEAT, _constants.MIN_REPEAT):
            yield _example(value[2]) or "a"
            yield from _repeated(value[2])
        elif kind is _constants.SUBPATTERN:
            yield from _repeated(value[3])
        elif kind is _constants.BRANCH:
            for branch in value[1]:
                yield from _repeated(branch)
        elif kind in (_constants.ASSERT, _constants.ASSERT_NOT):
            yield from _repeated(value[1])


def _example(parsed: Any) -> str:
    made = ""
    for kind, value in parsed:
        if kind is _constants.LITERAL:
            made += chr(value)
        elif kind is _constants.IN:
            made += _of_class(value)
        elif kind in (_constants.MAX_REPEAT, _constants.MIN_REPEAT):
            made += _example(value[2]) * max(1, value[0] if value[0] < 5 else 1)
        elif kind is _constants.SUBPATTERN:
            made += _example(value[3])
        elif kind is _constants.BRANCH:
            made += _example(value[1][0])
        elif kind is _constants.ANY:
            made += "a"
    return made[:40]


def _of_class(members: Any) -> str:
    digit_classes = (_constants.CATEGORY_DIGIT, _constants.CATEGORY_UNI_DIGIT)
    space_classes = (_constants.CATEGORY_SPACE, _constants.CATEGORY_UNI_SPACE)
    for kind, value in members:
        if kind is _constants.LITERAL:
            return chr(value)
        if kind is _constants.RANGE:
            return chr(value[0])
        if kind is _constants.CATEGORY:
            return "0" if value in digit_classes else " " if value in space_classes else "a"
    return "a"


def attack(part: int, parts: int) -> None:
    """Run a share of the patterns over their strings; says each before it is tried."""
    found = patterns()
    for where in sorted(found)[part::parts]:
        print(json.dumps(where), flush=True)
        for text in hostile(found[where]):
            found[where].search(text)
            found[where].fullmatch(text)
    print(json.dumps("done"), flush=True)


def run_apart(code: str) -> str:
    """The last line that a process of its own printed before it ended or was ended."""
    environment = {"PATH": os.environ["PATH"], "PYTHONHASHSEED": "0"}
    assert sysconfig.get_platform()
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        out, _ = process.communicate(timeout=KILLED_AFTER)
    except subprocess.TimeoutExpired:
        process.kill()
        out, _ = process.communicate()
    return out.strip().splitlines()[-1]


def test_there_are_patterns_to_try() -> None:
    assert len(patterns()) > 100


PARTS = 2


@pytest.mark.parametrize("part", range(PARTS))
def test_no_text_keeps_a_pattern_busy(part: int) -> None:
    stuck = run_apart(
        f"from tests.security.test_hostile_patterns import attack; attack({part}, {PARTS})"
    )
    assert json.loads(stuck) == "done", f"this pattern did not come to an end: {stuck}"


def read_long_messages() -> None:
    """Messages as long as a channel lets through, each a word and thousands of the same signs."""
    words = (
        "her2",
        "pd-l1 50",
        "stage",
        "ecog",
        "psa",
        "58 years",
        "hiv",
        "creatinine",
        "lost 5 kg",
    )
    for word in (
        *words,
        "6 cycles of",
        "temp 38",
        "braf",
        "t2",
        "gleason",
        "biopsy in",
        "my name is",
    ):
        for signs in (" ", "-", "- ", "0 ", "1,", ", is ", "\n", "(", "+"):
            message = f"{word} {signs * 4000}"[:4000] + "x"
            print(json.dumps(message[:30]), flush=True)
            oncology.read(message)
    print(json.dumps("done"), flush=True)


def test_no_long_message_keeps_the_reading_busy() -> None:
    code = "from tests.security.test_hostile_patterns import read_long_messages as go; go()"
    stuck = run_apart(code)
    assert json.loads(stuck) == "done", f"this message was not read to its end: {stuck}"


@pytest.mark.parametrize("gap", [" " * 500, "-. " * 200, "\n" * 300, " é " + "+" * 90 + " "])
def test_words_around_a_long_gap_keep_their_place(gap: str) -> None:
    for before, behind in (("stage", "four"), ("häm", "für")):
        text = before + gap + behind
        document = read_document(text)
        first, last = document.tokens[0], document.tokens[-1]
        assert text[first.start : first.end] == before
        assert text[last.start : last.end] == behind
        assert len(document.norm) < 100


def test_a_pattern_that_looks_back_for_ever_is_found() -> None:
    code = (
        "import re, signal; from tests.security.test_hostile_patterns import hostile\n"
        "signal.alarm(5); pattern = re.compile(r'^(a+)+$'); print('begun', flush=True)\n"
        "[pattern.search(text) for text in hostile(pattern)]; print('done')"
    )
    assert run_apart(code) == "begun"
