"""The referral package a hospital gets: one page of summary, sources, records, files; no more."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pypdfium2
import pytest
from pypdf import PdfReader

from bot.export.casefile import NoConsent, NoSharing
from bot.export.documents import make_document
from bot.export.package import FORMATS, own_record, package, package_bytes
from bot.facts.case import Case
from bot.records.documents import LETTER_DOCX, LETTER_PDF, PRINTED_LIST
from bot.records.papers.received import FiledBy, file_paper
from bot.store import Store
from tests.export.cases import OVARIAN, assessed_case

NOTE = "The aunt must not know, says the coordinator"
HEALTH_WORDS = re.compile(r"ovar|cancer|HER2|carboplatin|onco|tumou?r", re.IGNORECASE)


def pages(data: bytes) -> list[str]:
    return [re.sub(r"\s+", " ", p.extract_text()) for p in PdfReader(io.BytesIO(data)).pages]


def pdf(store: Store, facts: dict[str, Any] | None = None, **values: Any) -> list[str]:
    _, number = assessed_case(store, facts, **values)
    return pages(package_bytes(store, number, "pdf"))


def _ask(case: Case) -> None:
    case.open_questions.append("Is a second operation possible?")
    case.flags.append("RF1")


def test_the_first_page_is_the_summary(sqlite_store: Store) -> None:
    _, number = assessed_case(sqlite_store)
    sqlite_store.desk.change(number, "test", "case.test", _ask)
    first = pages(package_bytes(sqlite_store, number, "pdf"))[0]
    for words in (
        *(number, "Ovarian cancer, high-grade serous", "Stage 3c", "Age: 58"),
        *("Dhaka, Bangladesh", "debulking surgery", "carboplatin/paclitaxel ×6"),
        *("bevacizumab (ongoing)", "2024", "2025", "today", "Planned, not given: olaparib."),
        *("BRCA1 negative", "Growing", "1: Tired, light work only", "Severe breathlessness"),
        *("second opinion", "Is a second operation possible?", "medicine", "surgery"),
    ):
        assert words in first, words


def test_the_summary_stays_on_one_page_however_much_was_told(sqlite_store: Store) -> None:
    long = "a very long answer " * 60
    many = {
        **OVARIAN,
        "treatments": [
            {"name": f"regimen {n} {long}", "start": f"20{n:02d}", "status": "done"}
            for n in range(5, 25)
        ],
        "biomarkers": dict.fromkeys(("EGFR", "ALK", "ROS1", "RET", "KRAS", "NRAS"), "neg")
        | dict.fromkeys(("BRAF", "MET", "TMB", "PTEN", "AKT1", "ESR1", "IDH1", "KIT"), "neg"),
        "comorbidities": [long, long],
        "symptoms": [{"name": long}, {"name": long}],
        "current_treatment": long,
        "metastatic_sites": ["liver", "lung", "bone", "brain", "peritoneum", "nodes", "skin"],
    }
    _, number = assessed_case(sqlite_store, many)
    sqlite_store.desk.change(
        number, "test", "case.test", lambda c: c.open_questions.extend([long] * 9)
    )
    first, second, *rest = pages(package_bytes(sqlite_store, number, "pdf"))
    assert "Referral summary" in first
    assert "regimen 24" in first, "of many treatments the latest are shown"
    assert " ".join((second, *rest)).count("The question of the family") == 9
    assert "The question of the family" in first
    assert "Files sent: 0" in first
    assert second.startswith("Facts and the words they were told in")


def test_the_assessment_names_rules_sources_and_review(sqlite_store: Store) -> None:
    text = " ".join(pdf(sqlite_store))
    assert "Clinical trial: may be considered" in text
    assert re.search(r"Rules CTR-1.*?; sources .*?V31; as of 2026-\d\d-\d\d; pending\.", text)
    assert "not signed off" in text


def test_reasons_do_not_run_into_one_another(sqlite_store: Store) -> None:
    facts = {"cancer_type": "osteosarcoma", "extent": "metastatic", "disease_status": "relapsed"}
    told = facts | {"histology_confirmed": "biopsy_yes"}
    text = " ".join(pdf(sqlite_store, told))
    assert "fusion; it is not known yet whether" in text
    assert "fusion it is not known" not in text


def test_in_an_emergency_no_evidence_is_told_of_routes_put_off(sqlite_store: Store) -> None:
    facts = OVARIAN | {"red_flags": ["RF1"]}
    text = " ".join(pdf(sqlite_store, facts))
    assert "Urgency: emergency" in text
    assert "Put off for now: CAR-T cell therapy, Bispecific antibody" in text
    assert "Evidence: trial only" not in text
    assert "Supportive and palliative care: may be considered" in text


def test_a_hospital_reads_names_and_no_ids(sqlite_store: Store) -> None:
    papers = ["B3", {"id": "B7", "format": "photo"}]
    facts = {**OVARIAN, "docs_available": papers, "lvef_pct": 60}
    text = " ".join(pdf(sqlite_store, facts))
    assert "Papers at hand Original pathology (biopsy) report" in text
    assert "report (photo)" in text
    assert "Heart, ejection fraction (%) 60" in text
    assert "Missing: a scan with spots that can be measured, recent blood results" in text
    assert "days since chemo" not in text


def test_the_checklist_and_the_files_are_in_it(sqlite_store: Store) -> None:
    file = {"key": "aa/" + "b" * 40, "name": "scan.pdf", "content_type": "application/pdf"}
    text = " ".join(
        pdf(sqlite_store, kind="file", files=[file | {"size": 1_500_000}], text="her last scan")
    )
    assert re.search(r"Most important: 0 of \d+ \(0%\)\. All: 0 of \d+ \(0%\)", text)
    assert "Original pathology (biopsy) report" in text
    assert "Tests nothing is known of" in text
    assert "scan.pdf application/pdf 1.5 MB" in text
    assert "not filed yet" in text
    assert "her last scan" in text


def test_a_filed_paper_is_named_in_the_index_and_ticked(sqlite_store: Store) -> None:
    file = {"key": "aa/" + "b" * 40, "name": "scan.pdf", "content_type": "application/pdf"}
    conversation, number = assessed_case(sqlite_store, kind="file", files=[file])
    (line,) = [m for m in sqlite_store.transcript(conversation) if m.incoming]

    def file_it(case: Case) -> None:
        file_paper(case, file=f"{line.message_id}/0", item="B3", form="report", by=FiledBy.CONTENT)

    sqlite_store.desk.change(number, "test", "case.test", file_it)
    text = " ".join(pages(package_bytes(sqlite_store, number, "pdf")))
    assert "not filed yet" not in text
    assert "Original pathology (biopsy) report (received)" in text
    found = json.loads(package_bytes(sqlite_store, number, "fhir"))
    kinds = [e["resource"].get("type") for e in found["entry"]]
    assert {"text": "Original pathology (biopsy) report"} in kinds


def test_received_records_are_ticked(sqlite_store: Store) -> None:
    _, number = assessed_case(sqlite_store)
    (paper,) = [i for i in sqlite_store.cases.checklist(number) if i.body["id"] == "B3"]
    sqlite_store.desk.check_item(number, "rita", paper.id, "received")
    text = " ".join(pages(package_bytes(sqlite_store, number, "pdf")))
    assert "Original pathology (biopsy) report (received)" in text
    assert re.search(r"Most important: 1 of \d+", text)


@pytest.mark.parametrize("facts", [{}, {"cancer_type": None}, {"cancer_type": "cml"}])
def test_little_told_still_makes_a_package(sqlite_store: Store, facts: dict[str, Any]) -> None:
    first = pdf(sqlite_store, facts)[0]
    assert "No cancer treatment was told." in first
    assert "No question was written down." in first


def test_undated_treatments_are_shown_in_the_order_told(sqlite_store: Store) -> None:
    told = [{"name": "FOLFOX", "status": "done"}, {"name": "surgery", "status": "done"}]
    first = pdf(sqlite_store, {"cancer_type": "colorectal", "treatments": told})[0]
    assert "1. FOLFOX" in first
    assert "2. surgery" in first
    assert "no dates were told" in first


@pytest.mark.parametrize(
    "words",
    ["আমার মায়ের ক্যান্সার", "أمي مصابة بالسرطان", "मेरी माँ को कैंसर है", "แม่เป็นมะเร็ง", "我妈妈得了卵巢癌"],
)
def test_words_in_any_script_are_printed_with_embedded_letters(
    sqlite_store: Store, words: str
) -> None:
    _, number = assessed_case(sqlite_store)

    def ask(case: Case) -> None:
        case.open_questions.append(words)

    sqlite_store.desk.change(number, "test", "case.test", ask)
    data = package_bytes(sqlite_store, number, "pdf")
    read = "".join(pages(data))
    letters = {c for c in words if c.isalpha()}
    assert len(letters & set(read)) >= len(letters) - 2, "letters are there, in visual order"
    assert "\ufffd" not in read


def test_every_page_shows_something_and_nothing_runs_off_it(sqlite_store: Store) -> None:
    _, number = assessed_case(sqlite_store)
    documents = [package_bytes(sqlite_store, number, "pdf")]
    documents += [
        make_document(sqlite_store, number, kind).data for kind in (PRINTED_LIST, LETTER_PDF)
    ]
    for data in documents:
        with pypdfium2.PdfDocument(data) as document:
            for page in document:
                picture = page.render(scale=0.5).to_pil().convert("L")
                wide, high = picture.size
                left, top, right, bottom = picture.point(lambda v: 255 - v).getbbox()
                assert left > wide * 0.05
                assert right < wide * 0.95
                assert top > high * 0.03
                assert bottom < high * 0.98


def test_nothing_of_the_desk_leaves(sqlite_store: Store) -> None:
    _, number = assessed_case(sqlite_store, memory={"internal": "a thought of the bot"})
    sqlite_store.desk.add_note(number, "rita", NOTE)
    sqlite_store.desk.add_tag(number, "rita", "difficult-family")
    for form in FORMATS:
        data = package_bytes(sqlite_store, number, form)
        text = " ".join(pages(data)) if form == "pdf" else data.decode()
        for secret in (NOTE, "difficult-family", "a thought of the bot", "rita"):
            assert secret not in text, (form, secret)


def test_without_consent_nothing_leaves(sqlite_store: Store) -> None:
    _, number = assessed_case(sqlite_store, consent=False)
    for form in FORMATS:
        with pytest.raises(NoConsent):
            package_bytes(sqlite_store, number, form)
    said = json.loads(own_record(sqlite_store, number))
    assert said["consent"]["given"] is False
    assert (said["facts"], said["messages"], said["open_questions"]) == ({}, [], [])
    assert (said["assessment"], said["checklist"]) == (None, None)
    assert not HEALTH_WORDS.search(json.dumps(said))


def test_without_consent_to_share_no_format_is_made(sqlite_store: Store) -> None:
    _, number = assessed_case(sqlite_store, sharing=False)
    for form in FORMATS:
        with pytest.raises(NoSharing, match="no consent to share"):
            package_bytes(sqlite_store, number, form)
    held = sqlite_store.cases.by_number(number)
    assert held is not None
    assert make_document(sqlite_store, number, PRINTED_LIST).data, "their own list they get"


def test_the_json_is_as_the_outward_interface_says(sqlite_store: Store) -> None:
    _, number = assessed_case(sqlite_store)
    said = json.loads(package_bytes(sqlite_store, number, "json"))
    assert set(said) >= {
        *("case", "conversation", "channel", "state", "consent", "facts", "flags"),
        *("assessment", "checklist", "messages"),
    }
    assert said["facts"]["cancer_type"]["value"] == "ovarian"
    assert all({"value", "words", "source"} <= set(fact) for fact in said["facts"].values())
    assert {"triage", "travel", "pathways"} <= set(said["assessment"])
    item = said["checklist"]["items"][0]
    assert {"id", "title", "why", "format", "level", "recency"} <= set(item)


def test_no_file_name_tells_of_health(sqlite_store: Store) -> None:
    _, number = assessed_case(sqlite_store)
    names = [package(sqlite_store, number, form).name for form in FORMATS]
    names += [
        make_document(sqlite_store, number, kind).name
        for kind in (PRINTED_LIST, LETTER_PDF, LETTER_DOCX)
    ]
    for name in names:
        assert number in name
        assert not HEALTH_WORDS.search(name)
        assert re.fullmatch(r"[a-z-]+-C-[0-9A-Z-]+\.(pdf|json|fhir\.json|docx)", name)
