"""What comes in is filed where it belongs or asked about; nothing is filed wrongly in silence."""

from __future__ import annotations

import io
from copy import deepcopy
from datetime import date
from pathlib import Path

import pytest
import yaml

from bot.facts.case import Case, CaseNumber, CaseState, Consent, ConversationId
from bot.oncology.knowledge_files import KnowledgeError
from bot.records.catalogue import catalogue
from bot.records.papers.dates import paper_date
from bot.records.papers.evidence import Evidence
from bot.records.papers.kinds import Kind
from bot.records.papers.matching import Match, first_look_only, match, match_link, match_words
from bot.records.papers.reading import read
from bot.records.papers.received import FiledBy, file_paper, received_papers, unfile_paper
from bot.records.papers.words import FILE, find, load_matching, matching
from tests.intake.talking import Talking
from tests.records.paper_files import TODAY, Sent, dicom, text_pdf, twenty_papers


def lung_patient() -> Talking:
    """Somebody whose list has been made."""
    talk = Talking().agreed()
    talk.case.state = CaseState.ASSESSED
    talk.says("lung cancer, adenocarcinoma, stage 4, had chemo and radiotherapy")
    return talk


def sent_to(talk: Talking, sent: Sent, *, with_ocr: bool = False) -> str:
    """How the dialogue took it: the item filed, "asked" with the right one offered, or wrong."""
    evidence = read(io.BytesIO(sent.data), with_ocr=with_ocr)
    assert evidence.problem is None, (sent.label, evidence)
    found = match(evidence, caption=sent.caption, file_name=sent.name, today=TODAY)
    file = {"paper": f"{sent.label}/0", "key": None, "name": sent.name, "match": found.to_json()}
    before = {paper.file for paper in received_papers(talk.case)}
    talk.says(sent.caption, kind="file", metadata={"files": [file]})
    new = [p for p in received_papers(talk.case) if p.file not in before]
    if new:
        return "right" if new[0].item == sent.right else f"wrong: {new[0].item}"
    buttons = [button.payload for reply in talk.replies for button in reply.buttons]
    return "asked" if any(f'"paper.{sent.right}"' in b for b in buttons) else "not offered"


def test_twenty_mixed_papers() -> None:
    patient = lung_patient()
    taken = {sent.label: sent_to(deepcopy(patient), sent) for sent in twenty_papers()}
    assert {label: how for label, how in taken.items() if how.startswith("wrong")} == {}
    good = [label for label, how in taken.items() if how in ("right", "asked")]
    assert len(good) >= len(taken) - 2, taken
    unsure = {s.label for s in twenty_papers() if s.sure and taken[s.label] != "right"}
    assert unsure == set(), taken


@pytest.mark.ocr
def test_papers_without_a_word_are_read_where_tesseract_is_installed() -> None:
    for sent in twenty_papers():
        if sent.label in ("pathology, scanned PDF", "CT report, photo"):
            assert sent_to(lung_patient(), sent, with_ocr=True) == "right", sent.label


WORDS = [
    ("pet ct", "B7", ("pet_ct",)),
    ("Brain MRI", "B7", ("brain_mri",)),
    ("it is the pathology report", "B3", ()),
    ("informe de biopsia", "B3", ()),
    ("compte rendu anatomopathologique", "B3", ()),
    ("Blutbild", "B12", ()),
    ("анализ крови", "B12", ()),
    ("রক্ত পরীক্ষা", "B12", ()),
    ("बायोप्सी रिपोर्ट", "B3", ()),
    ("تقرير الأشعة", "B7", ()),
    ("病理报告", "B3", ()),
    ("出院小结", "B10", ()),
    ("hasil laboratorium", "B12", ()),
    ("CA-125", "B13", ()),
    ("ca19.9 values", "B13", ()),
    ("passport", "B1", ()),
    ("IHC", "B4", ()),
    ("2D-Echo", "echo", ()),
]


@pytest.mark.parametrize(("words", "item", "also"), WORDS, ids=[w[0] for w in WORDS])
def test_people_name_papers_in_many_words(words: str, item: str, also: tuple[str, ...]) -> None:
    found = match_words(words)
    assert (found.item, found.also) == (item, also)


UNSURE = [
    "",
    "here it is",
    "my mother's papers",
    "biopsy and CT scan",
    "She had a biopsy in March and then chemo for six months, and now there is this new thing here",
    "report",
    "scan.pdf",
]


@pytest.mark.parametrize("words", UNSURE)
def test_words_that_name_no_one_paper_are_asked_about(words: str) -> None:
    assert match_words(words).item is None if len(words) < 60 else True
    photo = match(read(io.BytesIO(dicom("SC_rgb_jpeg.dcm")), with_ocr=False), caption=words)
    assert photo.item is None


def test_what_the_paper_says_and_what_the_person_says_must_agree() -> None:
    ct = "CT CHEST REPORT\nTechnique: axial sections with contrast\nFindings: lesion\nImpression"
    evidence = read(io.BytesIO(text_pdf(ct)), with_ocr=False)
    assert match(evidence).item == "B7"
    found = match(evidence, caption="biopsy report")
    assert found.item is None
    assert set(found.options[:2]) == {"B3", "B7"}


def test_a_mention_on_another_paper_is_no_title() -> None:
    text = "To whom it may concern\nHe had an MRI brain, CT chest and a biopsy. Please help."
    assert match(read(io.BytesIO(text_pdf(text)), with_ocr=False), today=TODAY).item is None


OTHERS = yaml.safe_load(Path(__file__).with_name("other_papers.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("paper", OTHERS, ids=[p["text"].splitlines()[0] for p in OTHERS])
def test_papers_of_other_hospitals_are_never_filed_wrongly(paper: dict[str, str]) -> None:
    found = match(read(io.BytesIO(text_pdf(paper["text"])), with_ocr=False), today=TODAY)
    right = paper.get("is")
    assert found.item is None or found.item == right
    assert right is None or right in found.options


ELSEWHERE: list[tuple[str, str]] = [
    ("B3", "附属医院\n病 理 诊 断 报 告 书\n肉 眼 所 见\n病理诊断：肺腺癌"),
    ("B3", "病理报告\n标本：活检"),
    ("B7", "Imagerie médicale\nTDM thoraco-abdomino-pelvienne\nInjection de produit de contraste"),
    ("B7", "قسم الأشعة\nتقرير التصوير المقطعي للصدر\nالنتائج: كتلة\nالخلاصة: نمو"),
    ("B9", "Chemotherapy Administration Record\nCycle Date Drugs Dose\nC1 C2 C3"),
    ("B11", "Radiation Oncology\nTreatment Completion Summary\n60 Gy in 30 fractions, VMAT"),
    ("B3", "病理組織診断報告書\n検体: 胃生検\n肉眼所見: 2mm片\n組織診断: 腺癌"),
    ("B12", "शहर लैब\nरक्त जाँच रिपोर्ट\nWBC 3400 SGPT 45 Creatinine 1.0"),
]


@pytest.mark.parametrize(("right", "text"), ELSEWHERE, ids=range(len(ELSEWHERE)))
def test_papers_in_other_languages_are_filed_or_asked_about(right: str, text: str) -> None:
    found = match(Evidence(Kind.PDF, text=text), today=TODAY)
    assert found.item in (None, right)
    assert right in found.options


def test_a_caption_may_name_the_box_of_slides() -> None:
    found = match(Evidence(Kind.PHOTO), caption="photo of the slide box from the hospital")
    assert "B5" in found.options


FORMS = [
    ("B3", "report", False),
    ("B3", "photo", True),
    ("B8", "dicom", False),
    ("B8", "report", True),
    ("brain_mri", "report", True),
    ("B5", "photo", True),
    ("B1", "photo", False),
    ("B14", "photo", False),
    ("B11", "dicom", False),
    ("B8", "link", True),
    ("lesion_photo", "photo", False),
]


@pytest.mark.parametrize(("item", "form", "only"), FORMS)
def test_a_copy_of_what_must_come_in_the_original_is_a_first_look(
    item: str, form: str, only: bool
) -> None:
    assert first_look_only(item, form) is only


DATES = [
    ("Reported: 14/11/2026", date(2026, 11, 14)),
    ("Collected 11/14/2026", date(2026, 11, 14)),
    ("Date: 03/11/2026", None),  # March or November?
    ("Received 03/11/2026, reported 13/11/2026", date(2026, 11, 13)),
    ("Datum: 03.11.2026", date(2026, 11, 3)),
    ("2026-07-15 10:33", date(2026, 7, 15)),
    ("DOB 01/02/1960\nDate of study: 12-Jul-2026", date(2026, 7, 12)),
    ("Born 5 May 1990", None),
    ("Fecha: 5 de junio de 2026", date(2026, 6, 5)),
    ("le 12 févr. 2026", date(2026, 2, 12)),
    ("Дата: 5 августа 2026", date(2026, 8, 5)),
    ("2026年7月3日", date(2026, 7, 3)),
    ("Mar 5, 2026", date(2026, 3, 5)),
    ("Passport valid until 12 March 2031", None),
    ("Next appointment: 01 Dec 2026. Exam date: 20 Oct 2026", date(2026, 10, 20)),
    ("Report of 30/02/2026", None),
    ("phone 555-12-2026", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "day"), DATES, ids=[d[0] for d in DATES])
def test_the_date_of_a_paper(text: str, day: date | None) -> None:
    assert paper_date(text, TODAY) == day


def test_a_link_counts_only_where_people_put_large_files() -> None:
    found = match_link("MRI of the brain: https://drive.google.com/file/d/abc")
    assert found is not None
    assert (found.form, found.item, found.also) == ("link", "B7", ("brain_mri",))
    assert match_link("https://www.bbc.com/news/health-1 is CAR-T for me?") is None
    assert match_link("https://evil-drive.google.com.example.org/x") is None


def test_a_case_keeps_what_came_in_and_ticks_its_list() -> None:
    case = Case(ConversationId("c"), CaseNumber("C-1"), "webchat")
    case.consent = Consent(True, "1", "en", "webchat", None)  # type: ignore[arg-type]
    file_paper(case, file="m/0", item="B3", form="report", by=FiledBy.CONTENT, dated="2026-05-01")
    file_paper(case, file="m/1", item="B7", also=["pet_ct"], form="photo", by=FiledBy.PERSON)
    assert [(p.item, p.items, sorted(p.first_look)) for p in received_papers(case)] == [
        ("B3", ("B3",), []),
        ("B7", ("B7", "pet_ct"), ["B7", "pet_ct"]),
    ]
    held = {d["id"]: d["format"] for d in case.wire()["docs_available"]}
    assert held == {"B3": "original", "B7": "photo", "pet_ct": "photo"}
    file_paper(case, file="m/1", item="B12", form="photo", by=FiledBy.COORDINATOR)
    assert [p.item for p in received_papers(case)] == ["B3", "B12"]
    assert unfile_paper(case, "m/0")
    assert [d["id"] for d in case.wire()["docs_available"]] == ["B12"]


def test_every_word_leads_to_a_paper_of_the_checklist() -> None:
    for paper, words in matching().all.items():
        assert paper in catalogue().papers
        for title in words.titles:
            found = find(title)
            assert paper in found.titles | found.names, (paper, title)


def test_a_mistake_in_the_words_is_named(tmp_path: Path) -> None:
    path = tmp_path / "matching.yml"
    path.write_text(FILE.read_text(encoding="utf-8").replace("  B3:\n", "  B99:\n", 1))
    with pytest.raises(KnowledgeError, match=r"matching\.yml:\d+: B99"):
        load_matching(path)


def test_a_match_survives_the_wire() -> None:
    found = Match("photo", None, (), ("B3", "B4"), "2026-01-02", ("other_name",))
    assert Match.from_json(found.to_json()) == found
