"""Received files: looked at without opening them, filed anew, downloaded, never active."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image
from starlette.testclient import TestClient

from bot.facts.case import Fact, FactSource
from bot.records.papers.matching import Match
from bot.records.papers.received import FiledBy, received_papers
from bot.store import FileRef
from bot.store.files import open_files
from bot.store.messages import Kind
from tests.console.conftest import Console, post, value_of
from tests.records.paper_files import photo, scanned_pdf, text_pdf, zipped
from tests.store.people import says

HOSTILE = b"<html><script>alert(1)</script>"


def received(console: Console, data: bytes, name: str = "a.pdf", **more: object) -> str:
    """A file that Sam sent; gives its address."""
    files = open_files(console.settings.files_url, console.settings.keys)
    ref = FileRef(key=files.put(data), name=name, size=len(data), **more)  # type: ignore[arg-type]
    case = console.store.cases.by_number(console.numbers["Sam"])
    assert case is not None
    info = console.store.conversations.get(str(case.conversation_id))
    assert info is not None
    here = {"channel": info.channel, "account": info.account, "kind": Kind.FILE, "files": (ref,)}
    message = says(console.store, "", person=info.address, **here)
    return console.path("Sam", f"/messages/{message.message_id}/files/0")


@pytest.mark.parametrize(
    ("data", "pages"),
    [(text_pdf("one page"), 1), (scanned_pdf("a scan"), 1), (photo("a photo"), 1)],
    ids=["text", "scan", "photo"],
)
def test_a_paper_is_shown_as_pictures_drawn_anew(console: Console, data: bytes, pages: int) -> None:
    browser, path = console.logged_in(), received(console, data)
    page = browser.get(path)
    assert page.text.count("<img ") == pages
    picture = browser.get(f"{path}/pages/0")
    assert picture.headers["content-type"] == "image/jpeg"
    drawn = Image.open(BytesIO(picture.content))
    assert max(drawn.size) <= 1800
    assert not drawn.getexif()
    assert browser.get(f"{path}/pages/1").status_code == 404
    actions = [e.action for e in console.store.audit.entries(limit=5)]
    assert "case.file" in actions


def test_a_photo_keeps_no_place_and_no_camera(console: Console) -> None:
    made, exif = BytesIO(), Image.Exif()
    exif[0x010F] = "camera of the family"
    Image.new("RGB", (80, 40), "white").save(made, "JPEG", exif=exif)
    picture = console.logged_in().get(received(console, made.getvalue()) + "/pages/0")
    assert picture.status_code == 200
    assert b"camera of the family" not in picture.content


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (HOSTILE, "There is no picture of this kind of file"),
        (b"MZ" + b"\0" * 300, "There is no picture of this kind of file"),
        (b"%PDF-1.7 broken", "There is no picture of this kind of file"),
        (b"plain words of a report", "plain words of a report"),
        (zipped([("scan/IM1", b"x"), ("<b>.txt", b"y")]), "&lt;b&gt;.txt"),
    ],
    ids=["html", "program", "broken", "text", "archive"],
)
def test_what_cannot_be_drawn_is_said_in_words(console: Console, data: bytes, said: str) -> None:
    browser, path = console.logged_in(), received(console, data, "x<script>.pdf")
    page = browser.get(path)
    assert page.status_code == 200
    assert said in page.text
    assert "<script>.pdf" not in page.text
    assert "<script>alert" not in page.text
    assert browser.get(f"{path}/pages/0").status_code == 404


def test_the_original_is_a_download_that_no_browser_opens(console: Console) -> None:
    path = received(console, HOSTILE, "report\r\nX-Evil: 1.html", content_type="text/html")
    answer = console.logged_in().get(f"{path}/original")
    assert answer.content == HOSTILE
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "x-evil" not in answer.headers


def test_a_file_is_found_under_its_own_case_only(console: Console) -> None:
    path = received(console, text_pdf("x"))
    stolen = path.replace(console.numbers["Sam"], console.numbers["Wei"])
    browser = console.logged_in()
    for rest in ("", "/pages/0", "/original"):
        assert browser.get(stolen + rest).status_code == 404
        assert browser.get(path[:-1] + "7" + rest).status_code == 404
        assert browser.get(path[:-1] + "x" + rest).status_code == 404
        assert console.logged_in("auditor").get(path + rest).status_code == 403
    page = browser.get(path).text
    assert post(browser, f"{stolen}/paper", page, item="-").status_code == 404


def refile(browser: TestClient, path: str, item: str) -> int:
    """File the file of this address as this paper; gives the status."""
    page = browser.get(path).text
    seen = value_of(page, "seen")
    return post(browser, f"{path}/paper", page, item=item, seen=seen).status_code


def test_a_paper_that_was_taken_for_another_is_filed_anew_with_one_click(console: Console) -> None:
    number = console.numbers["Sam"]
    ovarian = Fact("ovarian", "ovarian", FactSource.SAID)

    def learn(case: object) -> None:
        case.facts["cancer_type"] = ovarian  # type: ignore[attr-defined]

    console.store.desk.change(number, "lead", "case.correct", learn)
    match = Match("report", item="ct_report_summary").to_json()
    path = received(console, text_pdf("x"), match=match)
    browser = console.logged_in()
    item = next(iter(_listed(browser.get(path).text)))
    assert refile(browser, path, item) == 200
    case = console.store.cases.by_number(number)
    assert case is not None
    filed = received_papers(case)[-1]
    assert (filed.item, filed.by) == (item, FiledBy.COORDINATOR)
    late = post(browser, f"{path}/paper", browser.get(path).text, item="-", seen="-").text
    assert "Somebody changed this meanwhile" in late
    assert f'value="{item}" selected' in browser.get(path).text
    assert refile(browser, path, "-") == 200
    case = console.store.cases.by_number(number)
    assert case is not None
    assert received_papers(case) == ()
    assert refile(browser, path, "no_such_paper") == 400


def _listed(page: str) -> list[str]:
    from bot.records.catalogue import catalogue

    return [key for key in sorted(catalogue().papers) if f'value="{key}"' in page]
