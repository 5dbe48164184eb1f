"""What a coordinator hands out: the package to fetch, and the letter sent into the chat."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pytest
from docx import Document
from pypdf import PdfReader

from bot.facts.case import Case
from bot.intake.speech import move_payload
from bot.store.files import open_files
from bot.store.messages import Author
from tests.console.conftest import KEY, Console, post

LETTER_FILES = {".pdf", ".docx"}


def test_the_package_is_fetched_in_every_format_under_a_name_without_health_data(
    console: Console,
) -> None:
    browser, number = console.logged_in(), console.numbers["Maria"]
    page = browser.get(console.path("Maria")).text
    for form, kind in (
        ("pdf", "application/pdf"),
        ("json", "application/json"),
        ("fhir", "application/fhir+json"),
    ):
        address = f"/console/cases/{number}/package/{form}"
        assert f'href="{address}"' in page
        answer = browser.get(address)
        assert answer.status_code == 200, form
        assert answer.headers["content-type"] == kind
        name = answer.headers["content-disposition"].rpartition("''")[2]
        assert name.removeprefix(f"referral-{number}.") in ("pdf", "json", "fhir.json")
        if form == "pdf":
            assert number in PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
        elif form == "fhir":
            assert json.loads(answer.content)["resourceType"] == "Bundle"
        else:
            assert json.loads(answer.content)["case"] == number
    assert browser.get(f"/console/cases/{number}/package/xml").status_code == 404


def test_the_list_and_the_letter_are_fetched(console: Console) -> None:
    browser, number = console.logged_in(), console.numbers["Maria"]
    listed = browser.get(f"/console/cases/{number}/documents/printed_list")
    text = "".join(p.extract_text() for p in PdfReader(io.BytesIO(listed.content)).pages)
    assert number in text
    assert "not available" in text
    assert browser.get(f"/console/cases/{number}/documents/secrets").status_code == 404


def test_the_letter_is_sent_into_the_chat_as_two_files(console: Console, tmp_path: object) -> None:
    browser, number = console.logged_in(), console.numbers["Maria"]
    page = browser.get(console.path("Maria")).text
    hospital = "Tata Memorial, Mumbai"
    answer = post(browser, console.path("Maria", "/letter"), page, hospital=hospital)
    assert answer.status_code == 200
    assert "The letter is on its way." in answer.text
    case = console.store.cases.by_number(number)
    assert case is not None
    newest = console.store.transcript(case.conversation_id, limit=3)
    assert [line.author for line in newest] == [Author.COORDINATOR] * 3
    sent = [file for line in newest for file in (line.outgoing.files if line.outgoing else ())]
    assert {(f.name or "")[-5:].lstrip("0123456789-") for f in sent} == LETTER_FILES
    files = open_files(f"file://{tmp_path}/files", [KEY])
    for file in sent:
        assert file.key is not None
        data = files.get(file.key)
        assert (file.name or "").startswith(f"records-letter-{number}.")
        if (file.name or "").endswith("pdf"):
            read = "".join(p.extract_text() for p in PdfReader(io.BytesIO(data)).pages)
        else:
            read = "\n".join(p.text for p in Document(io.BytesIO(data)).paragraphs)
        assert hospital in read
    assert hospital in browser.get(console.path("Maria")).text, "kept for the next letter"
    actions = [e.action for e in console.store.audit.entries(object_=f"case:{number}")]
    assert "case.letter" in actions


def test_nothing_of_a_case_without_consent_is_handed_out(console: Console) -> None:
    number = console.numbers["Maria"]

    def withdraw(case: object) -> None:
        case.consent = None  # type: ignore[attr-defined]

    console.store.desk.change(number, "test", "case.test", withdraw)
    browser = console.logged_in()
    page = browser.get(console.path("Maria")).text
    assert "nothing may leave" in page
    assert f"/console/cases/{number}/package/pdf" not in page
    for rest in (*PACKAGE, "/documents/letter_pdf"):
        assert browser.get(console.path("Maria", rest)).status_code == 403


PACKAGE = ("/package/pdf", "/package/fhir", "/package/json", "/export.json")


def test_a_hospital_gets_nothing_without_a_consent_of_its_own(console: Console) -> None:
    browser = console.logged_in()
    page = browser.get(console.path("Maria")).text
    post(browser, console.path("Maria", "/sharing"), page, act="withdrawn", way="phone")
    page = browser.get(console.path("Maria")).text
    assert "no hospital may have this case" in page
    assert "/package/pdf" not in page
    assert "/export.json" not in page
    for rest in PACKAGE:
        assert browser.get(console.path("Maria", rest)).status_code == 403
    assert browser.get(console.path("Maria", "/documents/letter_pdf")).status_code == 200
    post(browser, console.path("Maria", "/sharing"), page, act="given", way="paper")
    for rest in PACKAGE:
        assert browser.get(console.path("Maria", rest)).status_code == 200
    noted = console.store.audit.entries(object_=f"case:{console.numbers['Maria']}", limit=20)
    assert {(e.action, e.reason) for e in noted} >= {
        ("consent.sharing.refused", "phone"),
        ("consent.sharing.given", "paper"),
    }


def test_who_agreed_and_on_which_day_of_the_reader_is_said_as_it_was(console: Console) -> None:
    console.clock.now = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
    browser = console.logged_in()
    browser.cookies.set("console_zone", "Asia/Kolkata", domain="console.test")
    page = browser.get(console.path("Maria")).text
    page = post(browser, console.path("Maria", "/sharing"), page, act="given", way="phone").text
    assert "On Sunday, November 22, 2026 they agreed" in page
    history = page[page.index('id="history"') :]
    assert "coordinator</bdi> noted that they agree to a hospital having the case" in history
    assert "coordinator</bdi> agreed" not in history


def test_a_copy_for_the_person_is_had_with_or_without_consent_and_noted(console: Console) -> None:
    browser, number = console.logged_in(), console.numbers["Maria"]
    assert console.path("Maria", "/copy") in browser.get(console.path("Maria")).text
    console.store.desk.change(number, "test", "case.test", _withdraw)
    answer = browser.get(console.path("Maria", "/copy"))
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].endswith("my-data.pdf")
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    assert "What we keep about you" in text
    noted = console.store.audit.entries(limit=1)[0]
    assert (noted.actor, noted.action) == ("coordinator", "conversation.access")


def _withdraw(case: Case) -> None:
    case.consent = None


def test_a_coordinator_asks_in_the_chat_and_the_answer_counts(console: Console) -> None:
    store, browser = console.store, console.logged_in()
    number = console.numbers["Maria"]
    page = browser.get(console.path("Maria")).text
    post(browser, console.path("Maria", "/sharing"), page, act="withdrawn", way="phone")
    post(browser, console.path("Maria", "/sharing"), page, act="ask", way="phone")
    case = store.cases.by_number(number)
    assert case is not None
    asked = store.transcript(str(case.conversation_id))[0]
    assert asked.outgoing is not None
    assert [b.title for b in asked.outgoing.buttons] == ["Yes, you may share", "Read more", "No"]
    match = store.buttons.resolve(str(case.conversation_id), asked.outgoing.buttons[0].token)
    assert match is not None
    assert match.payload == move_payload("share_yes")


@pytest.mark.parametrize("form", [{"act": "given", "way": "x"}, {"act": "x", "way": "phone"}])
def test_a_consent_is_noted_only_with_how_it_was_given(
    console: Console, form: dict[str, str]
) -> None:
    browser = console.logged_in()
    page = browser.get(console.path("Maria")).text
    answer = post(browser, console.path("Maria", "/sharing"), page, **form)
    assert answer.status_code == 400


@pytest.mark.parametrize("rest", ["/package/pdf", "/documents/letter_pdf"])
def test_an_auditor_fetches_nothing(console: Console, rest: str) -> None:
    assert console.logged_in("auditor").get(console.path("Maria", rest)).status_code == 403
