"""The console's texts: every key that a page asks for exists, and every language says them all."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from bot.console import texts
from bot.console.frame import MENU
from bot.console.roles import Role
from bot.facts.case import CaseState, FactSource, FactStatus
from bot.facts.model import fact_names
from bot.intake.permissions import WITHDRAWN
from bot.store import attention, reminders
from bot.store.messages import State
from bot.wording.catalogue import ROOT

ACTION = re.compile(r"[a-z]+(\.[a-z_]+)+")
CONSOLE = ROOT / "bot" / "console"
# Words that the service must not use to patients; coordinators copy what they read.
FORBIDDEN = re.compile(
    r"\b(eligible|qualif|cure[sd]?\b|guarantee|last chance|best treatment)", re.I
)


def _asked_for() -> set[str]:
    keys: set[str] = set()
    for file in (*CONSOLE.glob("*.py"), *CONSOLE.glob("templates/*.html")):
        text = Path(file).read_text(encoding="utf-8")
        keys |= set(re.findall(r"\b(?:t|texts)\(\s*\"([a-z0-9_.]+)\"[,)]", text))
    return keys


def test_every_text_a_page_asks_for_exists() -> None:
    t = texts.texts()
    assert len(_asked_for()) > 100
    assert [k for k in sorted(_asked_for()) if not t.has(k)] == []


@pytest.mark.parametrize(
    ("kind", "idents"),
    [
        ("state", list(CaseState)),
        ("role", list(Role)),
        ("talk.delivery", [s for s in State if s is not State.DONE]),
        ("facts.source", list(FactSource)),
        ("facts", [FactStatus.UNKNOWN, FactStatus.DECLINED]),
        ("menu", [name for name, _ in MENU]),
        ("fact", sorted(fact_names() - {"consent_data"})),
        ("flag", [f"RF{n}" for n in range(1, 17)]),
        ("problem", ["400", "403", "404", "405", "409", "413", "500", "503", "origin"]),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_every_id_has_a_name(kind: str, idents: list[str]) -> None:
    t = texts.texts()
    assert [i for i in idents if not t.has(f"{kind}.{i}")] == []


def test_every_language_has_the_same_texts_and_places() -> None:
    base = texts.texts().fallback
    for language in texts.languages():
        words = texts.texts(language).words
        assert set(words) <= set(base)
        for key, text in words.items():
            assert set(re.findall(r"{(\w+)}", text)) <= set(re.findall(r"{(\w+)}", base[key])), key


def test_no_text_promises_anything() -> None:
    assert [k for k, v in texts.texts().words.items() if FORBIDDEN.search(v)] == []


@pytest.mark.parametrize(
    ("header", "language"),
    [("", "en"), ("en-GB,en;q=0.9", "en"), ("xx,yy;q=0.1", "en"), (",;=,", "en"), ("*", "en")],
)
def test_an_unknown_language_is_answered_in_english(header: str, language: str) -> None:
    assert texts.preferred(header).language == language


def test_no_inline_script_or_style_stands_in_a_template() -> None:
    for file in CONSOLE.glob("templates/*.html"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?! src=)", text), file.name
        assert "|safe" not in text.replace("shapes[name]|safe", ""), file.name


def _written_down() -> set[str]:
    """What the audit trail may say was done: every such word in a call that writes to it."""
    done: set[str] = set()
    for file in sorted((ROOT / "bot").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if called not in ("record", "write", "_note", "change", "_save"):
                continue
            words = [word for arg in node.args for word in ast.walk(arg)]
            said = {w.value for w in words if isinstance(w, ast.Constant)}
            done |= {w for w in said if isinstance(w, str) and ACTION.fullmatch(w)}
    return done


def test_everything_the_audit_trail_says_has_words() -> None:
    t = texts.texts()
    assert len(_written_down()) > 30
    assert [done for done in sorted(_written_down()) if not t.has(f"action.{done}")] == []


def _reasons() -> set[str]:
    """Everything for which the dialogue or the store asks a coordinator to look at a case."""
    found = {WITHDRAWN, reminders.ALERT}
    found |= {attention.WAITS, attention.FAILED, attention.UNANSWERED, attention.CHANGED}
    for file in sorted((ROOT / "bot" / "intake").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            reason = node.args[-1]
            if called in ("alert", "_alerting", "_for_a_human") and isinstance(
                reason, ast.Constant
            ):
                found.add(str(reason.value))
    return found


def test_every_reason_to_look_at_a_case_has_words() -> None:
    t = texts.texts()
    assert len(_reasons()) > 25
    assert [why for why in sorted(_reasons()) if not t.has(f"handover.{why}")] == []
