"""The same conversation in the browser, through Twilio and through Telegram, with the real engine.

The providers are local stand-ins that check what the providers check. In the end a coordinator
reads all three in the console.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.console.accounts import create_user
from bot.export.case_json import export_case
from tests.connectors.waiting import until
from tests.conversations.talk import Talk, read_document
from tests.records.paper_files import PATHOLOGY, scan_cd, scanned_pdf, text_pdf
from tests.service import Service, running_service
from tests.standins import telegram_api, twilio_api
from tests.standins.serving import serving
from tests.standins.telegram_api import TelegramStandIn
from tests.standins.twilio_api import TwilioStandIn

pytestmark = pytest.mark.engine
PHONE = "+8801712345678"
FIRST = "Hi, my mother has ovarian cancer stage 3c, chemo stopped working, we are in Dhaka"
THEN = ("yes", "58", "yes, biopsy was done", "yes, that is right")


@dataclass
class Doors:
    """The service with both messengers switched on."""

    service: Service
    twilio: TwilioStandIn
    telegram: TelegramStandIn


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    folder: Path = tmp_path_factory.mktemp("doors")
    twilio, telegram = TwilioStandIn(), TelegramStandIn()
    with (
        serving(twilio.app(), abrupt=True) as twilio_url,
        serving(telegram.app(), abrupt=True) as telegram_url,
        running_service(
            folder,
            TWILIO_API_URL=twilio_url,
            TWILIO_ACCOUNT_SID=twilio_api.ACCOUNT,
            TWILIO_AUTH_TOKEN=twilio_api.TOKEN,
            TWILIO_WHATSAPP_FROM=f"whatsapp:{twilio_api.SENDER}",
            TELEGRAM_API_URL=telegram_url,
            TELEGRAM_BOT_TOKEN=telegram_api.TOKEN,
            TELEGRAM_MODE="polling",
        ) as service,
    ):
        yield Doors(service, twilio, telegram)


def test_in_the_browser(doors: Doors) -> None:
    with doors.service.client() as client:
        talk = Talk(client)
        for text in (FIRST, *THEN):
            talk.say(text)
        assert talk.last["state"] == "assessed", talk.transcript
        _check(doors, "webchat")


def test_through_twilio(doors: Doors) -> None:
    sent = 0
    with doors.service.client() as client:
        for text in (FIRST, *THEN):
            params = doors.twilio.inbound(PHONE, text)
            signed = doors.twilio.sign(f"{doors.service.url}/webhooks/whatsapp", params)
            answer = client.post(
                "/webhooks/whatsapp", data=params, headers={"x-twilio-signature": signed}
            )
            assert answer.status_code == 200
            until(lambda before=sent: len(doors.twilio.outgoing) > before)
            _settle(doors)
            sent = len(doors.twilio.outgoing)
    texts = "\n".join(m["body"] for m in doors.twilio.outgoing)
    assert re.search(r"1\. ", texts), "choices are numbered"
    assert all(len(m["body"]) <= 1600 for m in doors.twilio.outgoing)
    assert "case number" in texts
    (address,) = doors.twilio.media_urls
    listed = read_document(httpx.get(address).content)
    assert _number(doors, "whatsapp") in listed
    assert "Records to collect" in listed
    _check(doors, "whatsapp")


def test_through_telegram(doors: Doors) -> None:
    sent = 0
    for text in (FIRST, *THEN):
        doors.telegram.message(text=text)
        until(lambda before=sent: len(doors.telegram.sent) > before)
        _settle(doors)
        sent = len(doors.telegram.sent)
    assert any("reply_markup" in m for m in doors.telegram.sent), "choices are buttons"
    (document,) = [m["document"] for m in doors.telegram.sent if "document" in m]
    assert document["file_name"] == f"records-list-{_number(doors, 'telegram')}.pdf"
    _check(doors, "telegram")


def test_a_paper_in_the_browser(doors: Doors) -> None:
    number = _number(doors, "webchat")
    before = _missing(doors, number)
    with doors.service.client() as client:
        talk = Talk(client, conversation=_address(doors, "webchat"))
        reply = _said(talk.send_file("doc1.pdf"))
        assert "Received: pathology report." in reply, talk.transcript
        assert "Still missing: " in reply, talk.transcript
        assert _missing(doors, number) == before - 1
        reply = _said(talk.send_file("holiday.jpg", b"MZ" + bytes(400)))
        assert "could start a program" in reply, talk.transcript
        talk.send_file("scan.pdf", scanned_pdf("."))
        assert "Which paper is it?" in _said(talk.last), talk.transcript
        assert "Received: " in _said(talk.tap("Doctor's letter")), talk.transcript
    items = export_case(doors.service.store, number)["checklist"]["items"]
    held = {item["id"]: item["mark"] for item in items if item["mark"] != "open"}
    assert held == {"B2": "held", "B3": "held"}
    assert "file_trouble" in _alerts(doors, number)


def test_a_paper_through_twilio(doors: Doors) -> None:
    media = doors.twilio.add_media(
        "MM1", "image/jpeg", text_pdf(PATHOLOGY), doors.service.environment["TWILIO_API_URL"]
    )
    sent = _push_media(doors, media)
    assert "Received: pathology report." in sent, sent
    sent = _push_media(doors, media.rsplit("/", 1)[0] + "/MEgone")
    assert "could not fetch this file any more" in sent, sent


def test_a_paper_through_telegram(doors: Doors) -> None:
    sent = len(doors.telegram.sent)
    doors.telegram.files["doc-1"] = scan_cd()
    document = {"file_id": "doc-1", "file_unique_id": "u", "file_name": "cd.zip"}
    doors.telegram.message(document=document)
    texts = until(lambda: [m["text"] for m in doors.telegram.sent[sent:] if "text" in m], 60)
    assert "Received: scan images on CD (DICOM)." in texts[0], texts
    # The scan is of 2004, and there are programs on the CD.
    assert "file_look" in _alerts(doors, _number(doors, "telegram"))


def _push_media(doors: Doors, media: str) -> str:
    """Sends a file over WhatsApp; gives what is said about it, also when that takes a while."""
    sent = len(doors.twilio.outgoing)
    params = doors.twilio.inbound(
        PHONE, "", NumMedia="1", MediaUrl0=media, MediaContentType0="image/jpeg"
    )
    signed = doors.twilio.sign(f"{doors.service.url}/webhooks/whatsapp", params)
    with doors.service.client() as client:
        client.post("/webhooks/whatsapp", data=params, headers={"x-twilio-signature": signed})
    about = ("Received", "could not fetch")
    found = until(
        lambda: [
            m["body"]
            for m in doors.twilio.outgoing[sent:]
            if any(word in m["body"] for word in about)
        ],
        90,
    )
    _settle(doors)
    return str(found[0])


def _said(answer: dict[str, Any]) -> str:
    return "\n".join(reply["text"] for reply in answer["replies"])


def _missing(doors: Doors, number: str) -> int:
    line = doors.service.store.queries.line(number)
    assert line is not None
    return line.missing_critical


def _alerts(doors: Doors, number: str) -> list[str]:
    case = doors.service.store.cases.by_number(number)
    assert case is not None
    return list(case.memory["alerts"])


def _address(doors: Doors, channel: str) -> str:
    case = doors.service.store.cases.by_number(_number(doors, channel))
    assert case is not None
    return doors.service.store.conversations.get(case.conversation_id).address


def test_a_coordinator_reads_all_three(doors: Doors) -> None:
    first = create_user(doors.service.store, "reader", role="coordinator")
    origin = {"origin": doors.service.url}
    with httpx.Client(base_url=doors.service.url, follow_redirects=True, headers=origin) as browser:
        page = browser.get("/console")
        page = _submit(browser, page, name="reader", password=first)
        new = "a new long enough pass phrase"
        page = _submit(browser, page, old=first, new=new, again=new)
        assert page.status_code == 200
        for channel in ("webchat", "whatsapp", "telegram"):
            case = browser.get(f"/console/cases/{_number(doors, channel)}")
            assert case.status_code == 200
            assert "chemo stopped working" in _words(case.text)


def _words(page: str) -> str:
    """What a page says, without its marks."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", page)).split())


def _submit(browser: httpx.Client, page: httpx.Response, **fields: str) -> httpx.Response:
    """Fill in and send the one form of a page."""
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text)
    action = re.search(r'<form method="post" action="([^"]+)"', page.text)
    assert action, page.text[:500]
    return browser.post(action.group(1), data=dict(hidden) | fields)


def _settle(doors: Doors) -> None:
    """Until everything that came in is answered, and every answer is sent."""
    store = doors.service.store
    until(lambda: not store.inbox.depth().waiting and not store.outbox.depth().waiting)


def _number(doors: Doors, channel: str) -> str:
    numbers = [c.number for c in doors.service.store.queries.newest() if c.channel == channel]
    assert len(numbers) == 1, f"{len(numbers)} cases came in through {channel}"
    return numbers[0]


def _check(doors: Doors, channel: str) -> None:
    case = export_case(doors.service.store, _number(doors, channel))
    facts = {name: fact["value"] for name, fact in case["facts"].items()}
    assert case["state"] == "assessed"
    assert facts["cancer_type"] == "ovarian"
    assert facts["country"] == "BD"
    assert facts["age_years"] == 58
    assert any(m["text"] == FIRST for m in case["messages"])
    assert case["assessment"]["pathways"]
    assert case["checklist"]["items"]
