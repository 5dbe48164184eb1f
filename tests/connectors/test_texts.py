"""Another language is another file; what is missing in it is named."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from connectors import texts
from connectors.chat_page import ChatPage


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    shutil.copytree(texts.FOLDER, tmp_path / "texts")
    monkeypatch.setattr(texts, "FOLDER", tmp_path / "texts")
    texts.languages.cache_clear()
    yield tmp_path / "texts"
    texts.languages.cache_clear()


def add(folder: Path, language: str, *changes: tuple[str, str]) -> None:
    text = (folder / "en.yml").read_text(encoding="utf-8")
    for old, new in (("language: en", f"language: {language}"), *changes):
        assert old in text
        text = text.replace(old, new)
    (folder / f"{language}.yml").write_text(text, encoding="utf-8")


async def page(query: str = "", accept: str = "") -> httpx.Response:
    transport = httpx.ASGITransport(app=Starlette(routes=ChatPage().routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://intake") as client:
        return await client.get(f"/chat{query}", headers={"accept-language": accept})


async def test_a_new_file_is_a_new_language(folder: Path) -> None:
    add(folder, "ar", ("direction: ltr", "direction: rtl"), ("title: Cancer", "title: سرطان"))
    for answer in (await page(accept="ar-EG,en;q=0.5"), await page("?lang=ar", "en")):
        assert '<html lang="ar" dir="rtl">' in answer.text
        assert "سرطان" in answer.text
        assert answer.headers["content-language"] == "ar"
    assert '<html lang="en" dir="ltr">' in (await page(accept="fr")).text


def test_a_missing_text_is_named(folder: Path) -> None:
    add(folder, "fr", ("  try_again: Try again\n", ""))
    with pytest.raises(ValueError, match=r"texts/fr\.yml: try_again is missing"):
        texts.languages()


def test_a_missing_section_is_named(folder: Path) -> None:
    (folder / "fr.yml").write_text("language: fr\ndirection: ltr\nname: x\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"texts/fr\.yml: 'page'"):
        texts.languages()


async def test_texts_are_escaped_in_the_page(folder: Path) -> None:
    add(folder, "fr", ("title: Cancer access intake", "title: \"<script>alert('1')</script>\""))
    assert "<script>alert" not in (await page("?lang=fr")).text


def test_every_text_that_the_script_uses_is_there() -> None:
    script = (Path(texts.__file__).parent / "static" / "chat.js").read_text(encoding="utf-8")
    used = set(re.findall(r"\bwords\.(\w+)", script))
    assert used
    assert used <= texts.languages()["en"].page.keys()
