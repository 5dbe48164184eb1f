"""Papers through every door, from the upload to what the person reads and the coordinator sees."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.records.papers.received import received_papers
from connectors import media, worker
from tests.connectors.conftest import Service, running
from tests.connectors.waiting import LONGEST_SECONDS, until
from tests.records.paper_files import PATHOLOGY, scan_cd, scanned_pdf, text_pdf
from tests.records.test_paper_reading import BAD
from tests.standins.dialogue import Dialogue
from tests.standins.twilio_api import SENDER

PHONE = "+8801712345678"
FIRST = "my mother has ovarian cancer stage 3c, we are in Dhaka"
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Service]:
    """A gateway whose engine is the real dialogue; files that failed are tried again at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(media, "PAUSES", (0.1, 0.1))
        # Whatever else the machine does, the answer waits until the file was read.
        patch.setattr(worker, "FILES_SECONDS", LONGEST_SECONDS)
        with running(tmp_path_factory.mktemp("papers"), migrated_sqlite) as made:
            made.engine.answer = Dialogue(made.store).answer
            yield made


def in_browser(service: Service) -> str:
    """A conversation that has agreed and told the illness."""
    conversation = f"patient{next(NUMBERS)}"
    service.say(FIRST, conversation)
    service.say("yes", conversation)
    return conversation


def upload(service: Service, conversation: str, name: str, data: bytes, text: str = "") -> str:
    answer = service.client.post(
        f"/webchat/{conversation}/messages", files={"file": (name, data)}, data={"text": text}
    )
    assert answer.status_code == 200, answer.text
    return "\n".join(reply["text"] for reply in answer.json()["replies"])


def case_of(service: Service, channel: str, address: str, account: str = "") -> Any:
    info = service.store.conversations.by_address(channel, address, account)
    assert info is not None
    case = service.store.cases.by_conversation(info.id)
    assert case is not None
    return case


def stored(service: Service) -> set[Path]:
    folder = Path(service.settings.files_url.removeprefix("file://"))
    return {path for path in folder.rglob("*") if path.is_file()}


def test_a_report_is_recognised_ticked_and_thanked_for(door: Service) -> None:
    conversation = in_browser(door)
    said = upload(door, conversation, "doc1.pdf", text_pdf(PATHOLOGY))
    assert "Received: pathology report. Still missing: " in said
    case = case_of(door, "webchat", conversation)
    marks = {r.body["id"]: r.body.get("mark") for r in door.store.cases.checklist(case.number)}
    assert marks["B3"] == "held"
    line = door.store.queries.line(case.number)
    critical = [r for r in door.store.cases.checklist(case.number) if r.level == "C"]
    assert line is not None
    assert line.missing_critical == len(critical) - 1


def test_the_question_about_a_paper_is_answered_with_a_button(door: Service) -> None:
    conversation = in_browser(door)
    sent = {"file": ("scan.pdf", scanned_pdf("."))}
    answer = door.client.post(f"/webchat/{conversation}/messages", files=sent).json()
    [which] = [reply for reply in answer["replies"] if reply["buttons"]]
    [token] = [b["token"] for b in which["buttons"] if b["title"] == "Pathology report"]
    said = door.client.post(f"/webchat/{conversation}/messages", json={"button": token}).json()
    assert "Received: pathology report." in said["replies"][0]["text"]


@pytest.mark.parametrize("label", sorted(BAD))
def test_a_bad_file_gets_a_sentence_a_line_and_does_no_harm(label: str, door: Service) -> None:
    data, problem = BAD[label]
    conversation, before = in_browser(door), stored(door)
    said = upload(door, conversation, "holiday.jpg", data)
    text = {
        "broken": "damaged or incomplete",
        "bomb": "far too large when it is opened",
        "locked": "needs a password",
        "program": "could start a program",
        "two_kinds": "two kinds of file in one",
        "archive": "cannot look into this kind of archive",
        "unknown": "do not know this kind of file",
        "empty": "file is empty",
    }[problem]
    assert text in said, said
    case = case_of(door, "webchat", conversation)
    assert "file_trouble" in case.memory["alerts"]
    line = door.store.queries.line(case.number)
    assert line is not None
    assert line.waiting_since is not None  # it stands in the coordinators' queue
    assert received_papers(case) == ()
    assert len(stored(door) - before) == (problem == "locked")  # that one waits for its password


def test_a_file_of_two_thousand_million_bytes_is_refused_unread(door: Service) -> None:
    conversation = in_browser(door)
    head = (
        f"POST /webchat/{conversation}/messages HTTP/1.1\r\nHost: x\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 2000000000\r\n\r\n"
    )
    with socket.create_connection(
        ("127.0.0.1", int(door.url.rsplit(":")[-1])), LONGEST_SECONDS
    ) as raw:
        raw.sendall(head.encode())
        answer = raw.recv(10_000).decode()
    assert answer.startswith("HTTP/1.1 413")
    until(lambda: _with_alert(door, conversation))


def test_a_stream_that_grows_too_large_is_cut_off_and_told(door: Service) -> None:
    conversation, before = in_browser(door), stored(door)
    head = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="big.pdf"\r\n\r\n%PDF-1.7\n'
    )
    answer = door.client.post(
        f"/webchat/{conversation}/messages",
        content=itertools.chain([head], itertools.repeat(b"x" * 1_000_000, 40)),
        headers={"content-type": "multipart/form-data; boundary=x"},
    )
    assert answer.status_code == 413
    until(lambda: _with_alert(door, conversation))
    lines = door.client.get(f"/webchat/{conversation}/messages").json()["messages"]
    assert any("too large to be sent in this chat" in line["text"] for line in lines)
    assert stored(door) == before


def test_nothing_stays_of_a_form_that_breaks_off(door: Service) -> None:
    before = stored(door)
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhello\r\n'
    answer = door.client.post(
        "/webchat/broken/messages",
        content=part + b"--x\r\nBad Header\r\n\r\n",
        headers={"content-type": "multipart/form-data; boundary=x"},
    )
    assert answer.status_code == 400
    assert stored(door) == before


def _with_alert(service: Service, conversation: str) -> Any:
    case = case_of(service, "webchat", conversation)
    return case if "file_trouble" in case.memory.get("alerts", ()) else None


# -- the messengers -------------------------------------------------------------------------------


def whatsapp_media(service: Service, phone: str, url: str, wanted: str) -> str:
    """What is said about a file, also when it comes in a message of its own."""
    sent = len(service.twilio.outgoing)
    params = service.twilio.inbound(
        phone, "", NumMedia="1", MediaUrl0=url, MediaContentType0="image/jpeg"
    )
    assert service.push_whatsapp(params).status_code == 200
    found = until(
        lambda: [
            m["body"]
            for m in service.twilio.outgoing[sent:]
            if m["to"].endswith(phone) and wanted in m["body"]
        ]
    )
    return str(found[0])


def on_whatsapp(service: Service) -> str:
    phone = f"+88017123{next(NUMBERS):05}"
    for text in (FIRST, "yes"):
        sent = len(service.twilio.outgoing)
        service.push_whatsapp(service.twilio.inbound(phone, text))
        until(lambda sent=sent: service.twilio.outgoing[sent:])
    return phone


def test_whatsapp_media_are_fetched_and_recognised(door: Service) -> None:
    phone, api = on_whatsapp(door), door.settings.twilio_api_url
    url = door.twilio.add_media("MM1", "image/jpeg", text_pdf(PATHOLOGY), api)
    whatsapp_media(door, phone, url, "Received: pathology report.")
    case = case_of(door, "whatsapp", phone, SENDER)
    assert [p.item for p in received_papers(case)] == ["B3"]


def test_an_expired_link_is_said(door: Service) -> None:
    phone, api = on_whatsapp(door), door.settings.twilio_api_url
    url = door.twilio.add_media("MM1", "image/jpeg", b"x", api)
    whatsapp_media(door, phone, url[:-4] + "gone", "could not fetch this file any more")
    assert "file_trouble" in case_of(door, "whatsapp", phone, SENDER).memory["alerts"]


def test_a_provider_that_throttles_is_asked_again(door: Service) -> None:
    phone, api = on_whatsapp(door), door.settings.twilio_api_url
    url = door.twilio.add_media("MM1", "image/jpeg", text_pdf(PATHOLOGY), api)
    door.twilio.media_faults.extend([429, 503])
    whatsapp_media(door, phone, url, "Received: pathology report.")


def test_a_provider_that_never_gives_the_file_is_told_of(door: Service) -> None:
    phone, api = on_whatsapp(door), door.settings.twilio_api_url
    url = door.twilio.add_media("MM1", "image/jpeg", text_pdf(PATHOLOGY), api)
    door.twilio.media_faults.extend([429] * 9)
    whatsapp_media(door, phone, url, "though I tried several times")
    door.twilio.media_faults.clear()


def test_a_download_that_breaks_off_is_taken_up_again(door: Service) -> None:
    phone, api = on_whatsapp(door), door.settings.twilio_api_url
    url = door.twilio.add_media("MM1", "image/jpeg", text_pdf(PATHOLOGY), api)
    door.twilio.media_faults.append(0)  # half of the bytes that were announced
    whatsapp_media(door, phone, url, "Received: pathology report.")


def on_telegram(service: Service) -> int:
    person = 1000 + next(NUMBERS)
    for text, answer in ((FIRST, "May we store"), ("yes", "Thank you")):
        service.push_telegram(service.telegram.message(person, text=text))
        until(lambda answer=answer: _telegram(service, person, answer))
    return person


def test_telegram_files_are_fetched_and_recognised(door: Service) -> None:
    person = on_telegram(door)
    door.telegram.files["cd"] = scan_cd()
    document = {"file_id": "cd", "file_unique_id": "cd", "file_name": "cd.zip"}
    door.push_telegram(door.telegram.message(person, document=document))
    until(lambda: _telegram(door, person, "Received: scan images on CD (DICOM)."))
    until(lambda: _telegram(door, person, "A newer one will be asked for."))  # it is of 2004


def test_what_telegram_calls_too_large_is_said(door: Service) -> None:
    person = on_telegram(door)
    door.telegram.files["big"] = bytes(20_000_001)
    for size in ({"file_size": 2_000_000_000}, {}):  # said, and found out when asked
        document = {"file_id": "big", "file_unique_id": "big", **size}
        seen = len(door.telegram.sent)
        door.push_telegram(door.telegram.message(person, document=document))
        until(lambda seen=seen: _telegram(door, person, "too large to be sent", seen))


def _telegram(service: Service, person: int, words: str, after: int = 0) -> list[str]:
    return [
        m["text"]
        for m in service.telegram.sent[after:]
        if m["chat"]["id"] == person and words in m.get("text", "")
    ]
