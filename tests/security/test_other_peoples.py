"""Nobody reaches what is somebody else's by naming it: cases, records, messages, files, chats."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bot.store import FileRef, OutboundReply
from bot.store.files import LocalFiles, open_files
from connectors.file_links import FileLinks
from tests.connectors.conftest import Service
from tests.console.conftest import Console, post
from tests.security.conftest import Gateway

SECRET = b"%PDF-1.7 somebody's report"


@pytest.mark.parametrize(
    "number", ["C-0000-00", "%2e%2e%2fcases", "C-7K3M-42' OR '1'='1", "%00", "é" * 9]
)
@pytest.mark.parametrize("rest", ["", "/messages", "/side", "/export.json", "/facts/ecog"])
def test_a_case_number_that_is_none_opens_nothing(console: Console, number: str, rest: str) -> None:
    answer = console.logged_in().get(f"/console/cases/{number}{rest}", follow_redirects=False)
    assert answer.status_code in (303, 404)
    assert not any(real in answer.text for real in console.numbers.values())


def test_a_record_of_another_case_cannot_be_ticked_through_ours(console: Console) -> None:
    theirs = console.store.cases.checklist(console.numbers["Nusrat J."])
    assert theirs
    browser = console.logged_in()
    page = browser.get(console.path("Wei")).text
    answer = post(browser, console.path("Wei", "/records"), page, waived=str(theirs[0].id))
    assert answer.status_code == 404
    assert console.store.cases.checklist(console.numbers["Nusrat J."])[0].state == theirs[0].state


def test_a_message_of_another_case_cannot_be_sent_again_through_ours(console: Console) -> None:
    case = console.store.cases.by_number(console.numbers["Nusrat J."])
    assert case is not None
    message = console.store.transcript(case.conversation_id)[0].message_id
    browser = console.logged_in()
    page = browser.get(console.path("Wei")).text
    answer = post(browser, console.path("Wei", "/retry"), page, message=message)
    assert answer.status_code == 404


@pytest.mark.parametrize("kind", ["../package/json", "..%2f..%2fexport.json", "letter.pdf.", "%00"])
def test_a_document_that_is_none_is_not_there(console: Console, kind: str) -> None:
    answer = console.logged_in("auditor").get(console.path("Wei", f"/documents/{kind}"))
    assert answer.status_code in (403, 404)
    answer = console.logged_in().get(console.path("Wei", f"/documents/{kind}"))
    assert answer.status_code == 404 or answer.url.path.endswith("/json")


@pytest.mark.parametrize(
    "path", ["../app.py", "..%2fapp.py", "%2e%2e/%2e%2e/cli.py", "//etc/passwd"]
)
def test_nothing_beside_the_static_files_is_served(gateway: Gateway, path: str) -> None:
    answer = gateway.browser().get(f"/console/static/{path}")
    assert answer.status_code in (404, 405)
    assert "import" not in answer.text


def test_a_file_is_had_under_its_own_chat_only(service: Service) -> None:
    service.say("hello", "mine")
    service.say("hello", "other")
    files = open_files(service.settings.files_url, service.settings.keys)
    file = FileRef(key=files.put(SECRET), name="report.pdf", content_type="application/pdf")
    mine = service.store.conversations.by_address("webchat", "mine")
    assert mine is not None
    service.store.outbox.enqueue(mine.id, [OutboundReply(text="here", files=(file,))])
    assert service.client.get(f"/webchat/mine/files/{file.key}").content == SECRET
    for address in ("other", "nobody", mine.id, mine.public_id.upper() + "x"):
        assert service.client.get(f"/webchat/{address}/files/{file.key}").status_code == 404
    for key in (f"../{file.key}", f"{file.key}/", f"{file.key}%00", f"{file.key}/../{file.key}"):
        answer = service.client.get(f"/webchat/mine/files/{key}")
        assert answer.status_code in (400, 404) or answer.content != SECRET, key


class Guesses:
    """Addresses that somebody might make without having been given one."""

    def __init__(self, key: str, file_key: str) -> None:
        named = ["file link", file_key, "x", "text/plain"]
        ours, other = Fernet(key), Fernet(Fernet.generate_key())
        self.tokens = {
            "another key": other.encrypt(json.dumps(named).encode()),
            "another purpose": ours.encrypt(json.dumps(["reset", *named[1:]]).encode()),
            "the bare key of the file": file_key.encode(),
            "an hour and a minute old": ours.encrypt_at_time(json.dumps(named).encode(), 1),
            "no list": ours.encrypt(json.dumps({"key": file_key}).encode()),
            "a path": ours.encrypt(json.dumps(["file link", "../../etc/passwd", "", ""]).encode()),
            "no file": ours.encrypt(json.dumps(["file link", None, "", ""]).encode()),
            "not JSON": ours.encrypt(b"file link"),
            "nothing": b"x",
        }


@pytest.mark.parametrize("label", sorted(Guesses(Fernet.generate_key().decode(), "").tokens))
def test_no_made_up_address_gives_a_file(service: Service, label: str) -> None:
    files = open_files(service.settings.files_url, service.settings.keys)
    guesses = Guesses(service.settings.keys[0], files.put(SECRET))
    answer = service.client.get(f"/files/{guesses.tokens[label].decode()}")
    assert answer.status_code == 404
    assert SECRET not in answer.content


def test_an_address_tells_neither_person_nor_name_of_the_file(tmp_path: Path) -> None:
    key = Fernet.generate_key().decode()
    files = LocalFiles(tmp_path, [key])
    file = FileRef(key=files.put(SECRET), name="ovarian cancer.pdf", content_type="application/pdf")
    url = FileLinks(files, [key], "https://intake.example").url(file)
    assert "ovarian" not in url
    assert str(file.key) not in url


def test_a_button_of_another_chat_is_only_a_text(service: Service) -> None:
    service.say("buttons", "mine")
    mine = service.store.conversations.by_address("webchat", "mine")
    assert mine is not None
    line = service.client.get("/webchat/mine/messages").json()["messages"][-1]
    token = line["buttons"][0]["token"]
    assert service.store.buttons.resolve(mine.id, token) is not None
    service.say("hello", "other")
    other = service.store.conversations.by_address("webchat", "other")
    assert other is not None
    assert service.store.buttons.resolve(other.id, token) is None
