"""What people send is fetched into our own store, from the provider's own hosts only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography.fernet import Fernet

from bot.store import Store
from bot.store.files import LocalFiles
from bot.store.messages import FileRef, InboundMessage, Kind
from connectors.bell import Bell
from connectors.media import MediaCollector
from connectors.provider_errors import Action, SendError
from connectors.twilio_client import TwilioClient
from tests.connectors.conftest import Service, make_settings
from tests.connectors.waiting import until
from tests.standins import twilio_api

PHONE = "+8801712345678"
SCAN = b"\xff\xd8 a scan"


def kept_files(service: Service, channel: str, address: str, account: str) -> list[FileRef]:
    info = service.store.conversations.by_address(channel, address, account)
    lines = service.store.transcript(info.id) if info else []
    return [f for line in lines if line.incoming for f in line.incoming.files if f.key]


def test_a_whatsapp_photo_is_kept(service: Service) -> None:
    base = service.settings.twilio_api_url
    url = service.twilio.add_media("MM1", "image/jpeg", SCAN, base)
    params = service.twilio.inbound(
        PHONE, "", NumMedia="1", MediaUrl0=url, MediaContentType0="image/jpeg"
    )
    assert service.push_whatsapp(params).status_code == 200
    [file] = until(lambda: kept_files(service, "whatsapp", PHONE, twilio_api.SENDER))
    folder = Path(service.settings.files_url.removeprefix("file://"))
    assert LocalFiles(folder, service.settings.keys).get(str(file.key)) == SCAN
    assert file.size == len(SCAN)


def test_a_telegram_document_is_kept(service: Service) -> None:
    service.telegram.files["doc-1"] = SCAN
    document = {"file_id": "doc-1", "file_unique_id": "u", "file_name": "scan.jpg"}
    service.push_telegram(service.telegram.message(document=document))
    [file] = until(lambda: kept_files(service, "telegram", "42", "123456"))
    assert (file.name, file.size) == ("scan.jpg", len(SCAN))


# -- where files are fetched from -----------------------------------------------------------------

OWN = "https://api.twilio.com/2010-04-01/Accounts/A/Messages/M/Media/E"
Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
async def fetch(tmp_path: Path) -> AsyncIterator[Callable[[str, Answer], object]]:
    clients: list[TwilioClient] = []

    async def fetch(url: str, answer: Answer) -> bytes:
        settings = make_settings(
            tmp_path,
            TWILIO_ACCOUNT_SID=twilio_api.ACCOUNT,
            TWILIO_AUTH_TOKEN="secret-token",
            TWILIO_WHATSAPP_FROM=twilio_api.SENDER,
        )
        clients.append(TwilioClient(settings, transport=httpx.MockTransport(answer)))
        return await clients[-1].fetch(FileRef(url=url))

    yield fetch
    for client in clients:
        await client.aclose()


def to(url: str) -> Answer:
    """Answers with a redirect from our account's address, and content elsewhere."""

    def answer(request: httpx.Request) -> httpx.Response:
        if str(request.url) == OWN:
            assert request.headers["authorization"].startswith("Basic ")
            return httpx.Response(307, headers={"location": url})
        assert "authorization" not in request.headers
        return httpx.Response(200, content=SCAN)

    return answer


async def test_credentials_do_not_leave_the_api(fetch: Callable[..., object]) -> None:
    for storage in ("https://mms.twiliocdn.com/x", "https://media.s3.amazonaws.com/y"):
        assert await fetch(OWN, to(storage)) == SCAN  # type: ignore[misc]


FOREIGN = [
    "https://evil.example/x",
    "http://169.254.169.254/latest/meta-data",
    "https://twilio.com.evil.example/x",
    "https://eviltwilio.com/x",
    "http://mms.twiliocdn.com/x",
    "https://user:pass@mms.twiliocdn.com/x",
    "file:///etc/passwd",
    "https://api.twilio.com@evil.example/x",
    "http://localhost:5005/",
    "",
]


@pytest.mark.parametrize("url", FOREIGN)
async def test_nothing_else_is_fetched(url: str, fetch: Callable[..., object]) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return to(url)(request)

    for start in (url, OWN):
        with pytest.raises(SendError) as caught:
            await fetch(start, answer)  # type: ignore[misc]
        assert caught.value.action is Action.CONTENT
    assert set(asked) <= {OWN}


ANSWERS = [
    ("gone", httpx.Response(404), Action.CONTENT),
    ("away", httpx.Response(503), Action.RETRY),
    ("throttled", httpx.Response(429), Action.RETRY),
    ("too large", httpx.Response(200, content=b"x" * 16_000_001), Action.CONTENT),
    ("round and round", httpx.Response(302, headers={"location": OWN}), Action.CONTENT),
]


@pytest.mark.parametrize(("label", "response", "action"), ANSWERS, ids=[c[0] for c in ANSWERS])
async def test_what_follows_from_an_answer(
    label: str, response: httpx.Response, action: Action, fetch: Callable[..., object]
) -> None:
    with pytest.raises(SendError) as caught:
        await fetch(OWN, lambda _request: response)  # type: ignore[misc]
    assert caught.value.action is action


# -- collecting -----------------------------------------------------------------------------------


class Source:
    """Gives content for a name; "away" is away at first, "gone" for ever."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def fetch(self, file: FileRef) -> bytes:
        name = str(file.provider_ref)
        self.asked.append(name)
        if name == "gone":
            raise SendError(Action.CONTENT, "404")
        if name == "away" and self.asked.count(name) == 1:
            raise SendError(Action.RETRY, "503")
        return name.encode()


def send(store: Store, number: int, *names: str) -> str:
    message = InboundMessage(
        channel="telegram",
        provider_id=str(number),
        address="42",
        kind=Kind.FILE,
        files=tuple(FileRef(provider_ref=name) for name in names),
        sent_at=datetime.now(UTC) - timedelta(minutes=1),
    )
    return store.inbox.receive(message).conversation_id


async def test_every_file_is_fetched_once_and_a_lost_one_holds_nobody_up(
    sqlite_store: Store, tmp_path: Path
) -> None:
    files, source = LocalFiles(tmp_path / "files", [Fernet.generate_key().decode()]), Source()
    conversation = send(sqlite_store, 1, "gone", "one")
    send(sqlite_store, 2, "away")
    collector = MediaCollector(sqlite_store, files, {"telegram": source}, Bell())
    assert await collector.collect() == 1
    send(sqlite_store, 3, "two")
    assert await collector.collect() == 1
    collector._seen = 0
    assert await collector.collect() == 1
    assert await collector.collect() == 0
    assert source.asked == ["gone", "one", "away", "two", "away"]
    lines = sqlite_store.transcript(conversation)[::-1]
    keys = [[f.key for f in li.incoming.files] for li in lines if li.incoming]
    assert [[files.get(k) if k else None for k in row] for row in keys] == [
        [None, b"one"],
        [b"away"],
        [b"two"],
    ]


async def test_a_file_of_somebody_erased_meanwhile_is_not_kept(
    sqlite_store: Store, tmp_path: Path
) -> None:
    files = LocalFiles(tmp_path / "files", [Fernet.generate_key().decode()])
    conversation = send(sqlite_store, 1, "scan")

    class Slow(Source):
        async def fetch(self, file: FileRef) -> bytes:
            sqlite_store.erase(conversation)
            return b"content"

    collector = MediaCollector(sqlite_store, files, {"telegram": Slow()}, Bell())
    assert await collector.collect() == 0
    assert [p for p in (tmp_path / "files").rglob("*") if p.is_file()] == []


async def test_more_files_than_one_look_shows(sqlite_store: Store, tmp_path: Path) -> None:
    files, source = LocalFiles(tmp_path / "files", [Fernet.generate_key().decode()]), Source()
    for number in range(210):
        send(sqlite_store, number, str(number))
    collector = MediaCollector(sqlite_store, files, {"telegram": source}, Bell())
    assert await collector.collect() == 210
    assert source.asked == [str(number) for number in range(210)]
