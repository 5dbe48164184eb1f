"""What we build on is locked with hashes, licensed and judged; "not asked" is not "sound"."""

from __future__ import annotations

import importlib.util
import json
import re
from datetime import date
from types import ModuleType
from typing import Any

import pytest
import yaml

from bot.settings import ROOT

REQUIREMENTS = ROOT / "requirements"
LOCKS = sorted(path.name for path in REQUIREMENTS.glob("*.lock"))
# Licences that would bind what we write; libraries under the LGPL and MPL are used unchanged.
BINDING = re.compile(r"(?<!L)(?<!Lesser )\bA?GPL|\bGNU General Public|\bAffero\b|\bSSPL\b", re.I)


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    """scripts/supply_chain.py."""
    spec = importlib.util.spec_from_file_location("tool", ROOT / "scripts" / "supply_chain.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_an_exact_version_and_hashes(name: str) -> None:
    text = (REQUIREMENTS / name).read_text(encoding="utf-8").replace("\\\n", " ")
    entries = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert len(entries) > 0
    for entry in entries:
        assert re.match(r"[\w.-]+(\[[\w,-]+\])?==\S+", entry), entry[:60]
        assert "--hash=sha256:" in entry, entry[:60]


def test_the_page_of_licences_names_every_package_that_is_shipped(tool: ModuleType) -> None:
    page = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    for environment in ("app", "engine"):
        missing = [
            package
            for package, version in tool.locked(environment)
            if f"| {package} | {version} |" not in page
        ]
        assert missing == [], "scripts/supply_chain.py licences > docs/licences.md"
    said = [line.split("|")[3].strip() for line in page.splitlines() if line.startswith("| ")]
    assert all(said), "a package without a licence"
    assert [licence for licence in said if BINDING.search(licence)] == []


def test_what_is_accepted_is_judged_dated_and_comes_up_again() -> None:
    accepted = yaml.safe_load((REQUIREMENTS / "accepted.yml").read_text(encoding="utf-8"))
    assert isinstance(accepted["reviewed"], date)
    for entry in accepted["findings"]:
        assert set(entry) == {"id", "package", "environment", "reached", "why", "until"}
        assert entry["until"] > accepted["reviewed"]
    reasoned = yaml.safe_load((REQUIREMENTS / "reasoned.yml").read_text(encoding="utf-8"))
    for entry in reasoned["findings"]:
        assert set(entry) == {"test", "file", "why"}
        assert (ROOT / entry["file"]).exists(), entry["file"]


SOUND = {"name": "a", "version": "1", "vulns": []}
WEAK = {"name": "b", "version": "2", "vulns": [{"id": "GHSA-x"}]}
UNASKED = {"name": "c", "version": "3", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("report", "fails", "says"),
    [
        ("", False, "NOT CHECKED"),
        ("not json", False, "NOT CHECKED"),
        ([UNASKED], False, "NOT CHECKED"),
        ([SOUND, UNASKED], False, "1 of 2 packages checked, 0 weak"),
        ([SOUND, WEAK], True, "GHSA-x"),
    ],
)
def test_a_check_that_could_not_be_made_says_so(
    tool: ModuleType, capsys: pytest.CaptureFixture[str], report: Any, fails: bool, says: str
) -> None:
    text = report if isinstance(report, str) else json.dumps({"dependencies": report})
    assert tool._judge("app", text) is fails
    assert says in capsys.readouterr().out


def test_every_library_of_the_engine_is_judged(tool: ModuleType) -> None:
    page = (ROOT / "docs" / "engine-libraries.md").read_text(encoding="utf-8")
    missing = [p for p, version in tool.locked("engine") if f"| {p} | {version} |" not in page]
    assert missing == []
