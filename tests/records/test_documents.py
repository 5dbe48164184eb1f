"""The printed checklist and the release letter say what they should, in every script we meet."""

from __future__ import annotations

import io
import re
from datetime import date
from pathlib import Path

import pytest
from docx import Document
from pypdf import PdfReader

from bot.oncology.knowledge_files import KNOWLEDGE, KnowledgeError
from bot.records.checklist import Checklist, Mark, checklist
from bot.records.letter import Addressee, release_letter_docx, release_letter_pdf, requested
from bot.records.letter_texts import texts
from bot.records.pdf import checklist_pdf

TODAY = date(2026, 11, 21)
NUMBER = "CF-2026-000123"
SHOWN = {"second_opinion": "CONSIDER", "supportive_care": "CONSIDER", "car_t": "NEEDS_INFO"}


def found(**facts: object) -> Checklist:
    return checklist({"cancer_type": "dlbcl_lbcl", **facts}, SHOWN)


def read(pdf: bytes) -> str:
    pages = PdfReader(io.BytesIO(pdf)).pages
    without_numbers = (re.sub(r"\d+ / \d+\s*$", "", page.extract_text()) for page in pages)
    return re.sub(r"\s+", " ", " ".join(without_numbers))


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_the_checklist_holds_number_date_every_item_and_every_test() -> None:
    listed = found()
    text = squeezed(read(checklist_pdf(listed, case_number=NUMBER, today=TODAY)))
    assert NUMBER in text
    assert "2026-11-21" in text
    for item in listed.items:
        for words in (item.name, item.why, item.format, item.recency, *item.details):
            assert squeezed(words) in text, words
    for word in ("have", "will get", "not available"):
        assert squeezed(word) in text
    assert listed.missing_tests
    for test in listed.missing_tests:
        assert squeezed(test.ask) in text
    assert squeezed(texts().checklist.closing) in text


def test_the_checklist_says_what_was_received() -> None:
    listed = found(docs_available=["B3", {"id": "B7", "format": "photo"}])
    text = read(checklist_pdf(listed, case_number=NUMBER, today=TODAY))
    assert "(received)" in text
    assert "(photo received, original still needed)" in text


@pytest.mark.parametrize(
    "name",
    [
        "Fatima Ali",
        "Ольга Иванова",
        "فاطمة علي",
        "ফাতেমা বেগম",
        "रीता शर्मा",
        "王小明",
        "தமிழ்ச்செல்வி",
        "සුනිල්",
        "ગીતાબેન",
        "สมชาย",
        "김민수",
        "Nguyễn Thị Hạnh",
        "ዓለም",
        "გიორგი",
    ],
)
def test_a_name_in_any_script_is_printed_with_a_real_letter_shape(name: str) -> None:
    pdf = release_letter_pdf(found(), Addressee(patient=name), case_number=NUMBER, today=TODAY)
    reader = PdfReader(io.BytesIO(pdf))
    fonts = reader.pages[0]["/Resources"]["/Font"]
    assert all(
        "FontFile"
        in str(f.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object())
        for f in fonts.values()
    )
    # Shaped scripts come back in visual order, so their characters are compared as a set.
    assert set(name) - {" ", "\u200c", "\u200d"} <= set(read(pdf)) | set("ำ")


def test_the_letter_asks_for_exactly_the_critical_open_records_of_the_hospital() -> None:
    listed = found(docs_available=["B3"])
    wanted = requested(listed)
    ids = {item.id for item in wanted}
    assert "B3" not in ids
    assert "B16" not in ids  # the family tells the symptoms, no hospital is asked for them
    assert ids <= {item.id for item in listed.critical}
    text = squeezed(read(release_letter_pdf(listed, Addressee(), case_number=NUMBER, today=TODAY)))
    for item in listed.items:
        assert (squeezed(f"{item.title}.") in text) is (item.id in ids), item.title


def test_the_letter_is_filled_with_what_is_known_and_leaves_lines_for_the_rest() -> None:
    who = Addressee(hospital="Dhaka Medical College", patient="A. Rahman", diagnosis="lymphoma")
    known = read(release_letter_pdf(found(), who, case_number=NUMBER, today=TODAY))
    for word in ("Dhaka Medical College", "A. Rahman", "lymphoma", NUMBER, "2026-11-21"):
        assert word in known
    blank = read(release_letter_pdf(found(), Addressee(), case_number=NUMBER, today=TODAY))
    assert "Hospital: ____" in blank
    assert "Patient: ____" in blank


def test_the_editable_letter_says_the_same_as_the_printed_one() -> None:
    who = Addressee(hospital="Dhaka Medical College")
    listed = found()
    document = Document(
        io.BytesIO(release_letter_docx(listed, who, case_number=NUMBER, today=TODAY))
    )
    paragraphs = [p.text for p in document.paragraphs]
    printed = squeezed(read(release_letter_pdf(listed, who, case_number=NUMBER, today=TODAY)))
    for paragraph in paragraphs:
        assert squeezed(paragraph) in printed
    assert sum(p.style.name == "List Number" for p in document.paragraphs) == len(requested(listed))


def test_when_everything_is_in_hand_the_letter_says_so() -> None:
    everything = [item.id for item in found().items]
    listed = found(docs_available=everything)
    assert all(item.mark is Mark.HELD for item in listed.items)
    text = read(release_letter_pdf(listed, Addressee(), case_number=NUMBER, today=TODAY))
    assert texts().letter.none in text


def test_a_language_without_a_letter_gets_the_english_one(tmp_path: Path) -> None:
    assert texts("xx") == texts("en")
    broken = (KNOWLEDGE / "letters" / "en.yml").read_text(encoding="utf-8")
    (tmp_path / "en.yml").write_text(broken.replace("  thanks:", "  thank:"), encoding="utf-8")
    with pytest.raises(KnowledgeError, match="did you mean 'thanks'"):
        texts("en", tmp_path)
