"""Replies with files, templates after the reply window, and chats that share a case."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from httpx import Response
from starlette.testclient import TestClient

from bot.console import phrases
from bot.console.attaching import LARGEST
from bot.export.casefile import read_case
from bot.store import Author, FileRef
from bot.store.files import open_files
from tests.console.conftest import HERE, KEY, OURS, Console, token_of, value_of
from tests.store.people import says

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 60
SID = "HX" + "0" * 32


def held(console: Console, who: str) -> tuple[TestClient, str]:
    """A browser that holds the conversation, and the page afterwards."""
    browser, path = console.logged_in(), console.path(who)
    page = browser.get(path).text
    form = {"token": token_of(page), "epoch": value_of(page, "epoch")}
    return browser, browser.post(f"{path}/take-over", data=form, headers=OURS).text


def send(
    browser: TestClient, path: str, page: str, name: str, data: bytes, text: str = "see this"
) -> Response:
    """A reply with a file."""
    form = {"token": token_of(page), "epoch": value_of(page, "epoch"), "text": text}
    return browser.post(f"{path}/reply", data=form, files={"file": (name, data)}, headers=OURS)


@pytest.mark.parametrize(
    ("given", "data", "name", "kind"),
    [
        ("appointment.pdf", PDF, "appointment.pdf", "application/pdf"),
        ("C:\\\\x\\scan of tuesday.PDF", PDF, "scan of tuesday.pdf", "application/pdf"),
        ("../../etc/passwd", PNG, "passwd.png", "image/png"),
        ("photo.exe", PNG, "photo.exe.png", "image/png"),
        ("Befund \u202efdp.exe", PDF, "Befund fdp.exe.pdf", "application/pdf"),
    ],
)
def test_a_file_goes_out_with_the_reply_under_a_name_that_says_what_it_is(
    console: Console, given: str, data: bytes, name: str, kind: str
) -> None:
    browser, page = held(console, "Sam")
    answer = send(browser, console.path("Sam"), page, given, data)
    assert answer.status_code == 200
    case = console.store.cases.by_number(console.numbers["Sam"])
    assert case is not None
    file_line, text_line = console.store.transcript(str(case.conversation_id), limit=2)
    assert text_line.text == "see this"
    assert file_line.outgoing is not None
    file = file_line.outgoing.files[0]
    assert (file.name, file.content_type, file.size) == (name, kind, len(data))
    assert (file_line.author, file_line.author_name) == (Author.COORDINATOR, "coordinator")


@pytest.mark.parametrize(
    "data",
    [
        b"MZ\x90\x00program",
        b"<html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"GIF89a" + b"0" * 50,
        b"just words",
        PNG + b"<html><script>alert(1)</script>",
        PDF + b"0" * LARGEST,
    ],
    ids=["program", "html", "svg", "gif", "text", "two kinds", "too large"],
)
def test_a_file_of_the_wrong_kind_is_refused_and_the_text_kept(
    console: Console, data: bytes
) -> None:
    browser, page = held(console, "Sam")
    answer = send(browser, console.path("Sam"), page, "a.pdf", data, "half an hour of writing")
    assert answer.status_code == 409
    assert "cannot be sent" in answer.text
    assert "half an hour of writing" in answer.text


def test_two_files_or_far_too_much_are_refused_before_they_are_kept(console: Console) -> None:
    browser, page = held(console, "Sam")
    form = {"token": token_of(page), "epoch": value_of(page, "epoch"), "text": "x"}
    two = [("file", ("a.pdf", PDF)), ("file", ("b.pdf", PDF))]
    path = console.path("Sam", "/reply")
    assert browser.post(path, data=form, files=two, headers=OURS).status_code == 400
    huge = {"file": ("a.pdf", PDF + b"0" * (LARGEST + 300_000))}
    assert browser.post(path, data=form, files=huge, headers=OURS).status_code == 413
    note = console.path("Sam", "/notes")
    one = {"file": ("a.pdf", PDF)}
    assert browser.post(note, data=form, files=one, headers=OURS).status_code == 400


def test_a_large_body_of_somebody_who_is_not_logged_in_is_not_read(console: Console) -> None:
    path = console.path("Sam", "/reply")
    large = {"file": ("a.pdf", PDF + b"0" * 500_000)}
    assert console.browser().post(path, files=large, headers=OURS).status_code == 413
    stale = console.browser()
    stale.cookies.set("intake_session", "x" * 43, domain="console.test")
    assert stale.post(path, files=large, headers=OURS).status_code == 413


def test_a_file_of_somebody_who_lost_the_conversation_is_not_kept(
    console: Console, tmp_path: object
) -> None:
    browser, page = held(console, "Sam")
    other = console.logged_in("second")
    theirs = other.get(console.path("Sam")).text
    form = {"token": token_of(theirs), "epoch": value_of(theirs, "epoch")}
    other.post(console.path("Sam", "/take-over"), data=form, headers=OURS)
    answer = send(browser, console.path("Sam"), page, "a.pdf", PDF, "my words")
    assert answer.status_code == 409
    assert "my words" in answer.text
    assert "Choose the file again" in answer.text
    files = open_files(f"file://{tmp_path}/files", [KEY])
    assert not list(files._storage._folder.glob("??/*"))  # type: ignore[attr-defined]


def test_after_the_window_an_approved_template_goes_out_at_once(console: Console) -> None:
    console.settings.reply_templates = f"reading={SID},record_missing.es={SID}"
    console.clock.now += timedelta(hours=30)
    browser, page = held(console, "Nusrat J.")
    assert phrases.text("reading", "en") in page
    form = {"token": token_of(page), "epoch": value_of(page, "epoch"), "template": "reading"}
    path = console.path("Nusrat J.", "/template")
    answer = browser.post(path, data=form, headers=OURS)
    assert "Your reply is on its way." in answer.text
    delivery = console.store.outbox.claim("test", ["whatsapp"])
    assert delivery is not None
    assert delivery.content.template is not None
    assert delivery.content.template.sid == SID
    assert delivery.content.text == phrases.text("reading", "en")
    unknown = form | {"token": token_of(answer.text), "template": "record_missing"}
    assert browser.post(path, data=unknown, headers=OURS).status_code == 404


def test_within_the_window_and_without_templates_nothing_of_the_kind_is_offered(
    console: Console,
) -> None:
    assert "Approved templates" not in held(console, "Nusrat J.")[1]
    console.clock.now += timedelta(hours=30)
    assert "None is set up" in held(console, "أبو يوسف")[1] + held(console, "Nusrat J.")[1]


def test_a_chat_that_shares_the_case_is_read_and_answered_on_the_same_page(
    console: Console,
) -> None:
    case = console.store.cases.by_number(console.numbers["Sam"])
    assert case is not None
    family = says(console.store, "this is the daughter", person="+4915550")
    code = console.store.links.offer(str(case.conversation_id))
    asked = console.store.links.ask(code, family.conversation_id)
    assert asked is not None
    console.store.links.answer(asked[1], asked[0], agreed=True)
    browser, page = held(console, "Sam")
    assert "this is the daughter" in page
    assert re.search(r'<option value="[^"]+" selected>WhatsApp', page)
    form = {"token": token_of(page), "epoch": value_of(page, "epoch"), "text": "hello daughter"}
    path = console.path("Sam", "/reply")
    sent = browser.post(path, data=form | {"to": family.conversation_id}, headers=OURS)
    assert "hello daughter" in sent.text
    assert console.store.transcript(family.conversation_id)[0].text == "hello daughter"
    stranger = console.store.cases.by_number(console.numbers["Wei"])
    assert stranger is not None
    before = console.store.transcript(str(stranger.conversation_id))
    browser.post(path, data=form | {"to": str(stranger.conversation_id)}, headers=OURS)
    assert console.store.transcript(str(stranger.conversation_id)) == before


def test_what_a_relative_sent_goes_with_the_package(console: Console) -> None:
    case = console.store.cases.by_number(console.numbers["Nusrat J."])
    assert case is not None
    before = len(read_case(console.store, str(case.number)).files)
    scan = FileRef(name="scan.pdf", content_type="application/pdf", size=10)
    family = says(console.store, "her scan", person="+4915550", kind="file", files=(scan,))
    code = console.store.links.offer(str(case.conversation_id))
    asked = console.store.links.ask(code, family.conversation_id)
    assert asked is not None
    console.store.links.answer(asked[1], asked[0], agreed=True)
    files = read_case(console.store, str(case.number)).files
    assert [file.name for file in files][before:] == ["scan.pdf"]


def test_a_message_that_was_reworded_says_so(console: Console) -> None:
    first = says(console.store, "stage 2", provider_message_id="77", person="+4915551")
    turn = console.store.inbox.claim("test")
    assert turn is not None
    with console.store.turns.begin(first.conversation_id, first.message_id) as talk:
        number = str(talk.case.number)
        talk.finish(replies=[])
    console.store.inbox.finish(turn, [])
    says(console.store, "stage 3", kind="edited", reply_to="77", person="+4915551")
    page = console.logged_in().get(f"{HERE}/console/cases/{number}").text
    assert page.index("reworded below") < page.index("new wording")
