"""Files go out through every door, and nobody gets one without being given its address."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bot.store.errors import NotFound
from bot.store.files import LocalFiles, open_files
from bot.store.messages import FileRef, OutboundReply
from connectors.file_links import FileLinks
from tests.connectors.conftest import Service
from tests.connectors.waiting import until

PHONE = "+8801712345678"
LETTER = b"%PDF-1.7 a letter about ovarian cancer"


def send_letter(service: Service, channel: str, address: str, account: str = "") -> FileRef:
    files = open_files(service.settings.files_url, service.settings.keys)
    file = FileRef(
        key=files.put(LETTER), name="letter für Amina.pdf", content_type="application/pdf"
    )
    info = service.store.conversations.by_address(channel, address, account)
    assert info is not None
    reply = OutboundReply(text=None, files=(file,))
    service.store.outbox.enqueue(info.id, [reply])
    return file


def test_telegram_gets_the_document_itself(service: Service) -> None:
    service.push_telegram(service.telegram.message(text="hello"))
    until(lambda: service.telegram.sent)
    send_letter(service, "telegram", "42", "123456")
    document = until(lambda: service.telegram.sent[1:])[0]["document"]
    assert document["file_name"] == "letter für Amina.pdf"
    assert service.telegram.files[document["file_id"]] == LETTER


def test_whatsapp_gets_an_address_that_works_for_a_while(service: Service) -> None:
    service.push_whatsapp(service.twilio.inbound(PHONE, "hello"))
    until(lambda: service.twilio.outgoing)
    file = send_letter(service, "whatsapp", PHONE, "+14155238886")
    until(lambda: [m for m in service.twilio.outgoing if m["num_media"] == "1"])
    url = service.twilio.media_urls[-1]
    assert str(file.key) not in url
    got = service.client.get(url)
    assert (got.content, got.headers["content-type"]) == (LETTER, "application/pdf")
    assert got.headers["content-disposition"].startswith("attachment")
    assert service.client.get(url[:-3] + "AAA").status_code == 404
    assert service.client.get("/files/" + str(file.key)).status_code == 404


def test_the_browser_chat_offers_a_download_to_its_own_conversation_only(service: Service) -> None:
    service.say("hello", "mine")
    service.say("hello", "other")
    send_letter(service, "webchat", "mine")
    lines = service.client.get("/webchat/mine/messages").json()["messages"]
    [file] = lines[-1]["files"]
    got = service.client.get(file["url"])
    assert got.content == LETTER
    assert got.headers["content-type"] == "application/octet-stream"
    assert service.client.get(file["url"].replace("/mine/", "/other/")).status_code == 404


def test_a_file_sent_in_the_browser_is_kept_encrypted(service: Service) -> None:
    report = b"Pathology report: serous carcinoma, ovarian"
    sent = {"file": ("../../etc/scan.txt", report, "text/plain")}
    answer = service.client.post("/webchat/mine/messages", files=sent, data={"text": "the scan"})
    assert answer.status_code == 200
    folder = Path(service.settings.files_url.removeprefix("file://"))
    kept = [path for path in folder.rglob("*") if path.is_file()]
    assert len(kept) == 1
    assert b"ovarian" not in kept[0].read_bytes()
    lines = service.client.get("/webchat/mine/messages").json()["messages"]
    [line] = [line for line in lines if line["files"]]
    assert service.client.get(line["files"][0]["url"]).content == report
    assert (line["text"], line["files"][0]["name"]) == ("the scan", "scan.txt")


NAMES = ["", "..", "../x", "ab/../../etc/passwd", "/etc/passwd", "aa/" + "g" * 40]


@pytest.mark.parametrize("key", NAMES)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, key: str) -> None:
    files = LocalFiles(tmp_path, [Fernet.generate_key().decode()])
    with pytest.raises(NotFound):
        files.get(key)
    with pytest.raises(NotFound):
        files.remove(key)


def test_a_file_is_gone_when_removed_and_readable_after_a_key_change(tmp_path: Path) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    key = LocalFiles(tmp_path, [old]).put(LETTER)
    files = LocalFiles(tmp_path, [new, old])
    assert files.get(key) == LETTER
    files.remove(key)
    files.remove(key)
    with pytest.raises(NotFound):
        files.get(key)


def test_a_link_is_made_for_our_own_files_only(tmp_path: Path) -> None:
    key = Fernet.generate_key().decode()
    links = FileLinks(LocalFiles(tmp_path, [key]), [key], "https://intake.example.org/")
    assert links.url(FileRef(key="aa/bb")).startswith("https://intake.example.org/files/")
    with pytest.raises(ValueError, match="not in our store"):
        links.url(FileRef(url="https://example.org/x"))


@pytest.mark.parametrize("url", ["http://x/y", "file:relative", "/var/x", "gs://bucket", "s3:///x"])
def test_another_kind_of_file_store_is_refused_by_name(url: str) -> None:
    with pytest.raises(ValueError, match="INTAKE_FILES_URL"):
        open_files(url, [])
