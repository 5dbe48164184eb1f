"""Every direct dependency is used and explained."""

from __future__ import annotations

import re

from bot.settings import ROOT


def test_every_direct_dependency_is_explained() -> None:
    explained = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").casefold()
    listed = {
        re.split(r"[\[=<>~;]", line.strip())[0].casefold()
        for name in ("app", "dev", "engine")
        for line in (ROOT / "requirements" / f"{name}.in").read_text().splitlines()
        if line.strip() and not line.startswith(("#", "-r"))
    }
    assert sorted(name for name in listed if name not in explained) == []


def test_lock_files_name_no_index() -> None:
    for lock in (ROOT / "requirements").glob("*.lock"):
        assert "://" not in lock.read_text(), lock.name
