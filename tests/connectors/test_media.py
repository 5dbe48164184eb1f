"""What people send is fetched into our own store, from the provider's own hosts only."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography.fernet import Fernet

from bot.records.papers.reading import read
from bot.store import Store
from bot.store.files import LocalFiles
from bot.store.messages import FileRef, InboundMessage, Kind
from connectors import media
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
        return b"".join([piece async for piece in clients[-1].fetch(FileRef(url=url))])

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
    for storage in (
        "https://mms.twiliocdn.com/x?Expires=1",
        "https://mms.twiliocdn.com:443/x",
        "https://s3-external-1.amazonaws.com/media.twiliocdn.com/AC1/x",
        "https://media.twiliocdn.com.s3-external-1.amazonaws.com/AC1/x",
    ):
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
    "https://mms.twiliocdn.com:8443/x",
    "https://:@mms.twiliocdn.com/x",
    "https://mms.twiliocdn.com.evil.example/x",
    "https://twiliocdn.com.s3-external-1.amazonaws.com/x",
    "https://media.s3.amazonaws.com/y",
    "https://s3-external-1.amazonaws.com/somebody-else/x",
    "https://s3-external-1.amazonaws.com/media.twiliocdn.com/../somebody-else/x",
    "https://s3-external-1.amazonaws.com/media.twiliocdn.com.somebody/x",
    "https://10.0.0.1/x",
    "https://[::1]/x",
    "https://[broken/x",
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

REPORT = b"Surgical pathology report. Specimen: breast. Gross description. Microscopic description."


class Source:
    """Gives what a name stands for: content, or the errors that come first."""

    def __init__(self, **answers: list[bytes | SendError]) -> None:
        self.answers, self.asked = answers, list[str]()

    async def fetch(self, file: FileRef) -> AsyncIterator[bytes]:
        name = str(file.provider_ref)
        self.asked.append(name)
        left = self.answers.get(name, [REPORT])
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, SendError):
            raise answer
        yield answer


def send(store: Store, number: int, *names: str, size: int | None = None) -> str:
    message = InboundMessage(
        channel="telegram",
        provider_id=str(number),
        address="42",
        kind=Kind.FILE,
        files=tuple(FileRef(provider_ref=name, size=size) for name in names),
        sent_at=datetime.now(UTC) - timedelta(minutes=1),
    )
    return store.inbox.receive(message).conversation_id


@dataclass
class Collecting:
    """A collector without its waiting."""

    store: Store
    folder: Path
    source: Source
    conversation: str = ""

    def __post_init__(self) -> None:
        self.files = LocalFiles(self.folder, [Fernet.generate_key().decode()])
        self.collector = MediaCollector(
            self.store,
            self.files,
            {"telegram": self.source},
            Bell(),
            read=lambda chunks: read(io.BytesIO(b"".join(chunks)), with_ocr=False),
            pauses=(0.0, 0.0, 0.0),
        )

    async def until_settled(self, conversation: str) -> list[FileRef]:
        """Rounds until everything is known of every file."""
        for _ in range(8):
            await self.collector.collect()
            files = [
                file
                for line in self.store.transcript(conversation)[::-1]
                for file in (line.incoming.files if line.incoming else ())
            ]
            if all(file.settled for file in files):
                return files
        raise AssertionError([file.model_dump() for file in files])

    @property
    def stored(self) -> int:
        return len([path for path in self.folder.rglob("*") if path.is_file()])


@pytest.fixture
def collecting(sqlite_store: Store, tmp_path: Path) -> Callable[..., Collecting]:
    return lambda **answers: Collecting(sqlite_store, tmp_path / "files", Source(**answers))


async def test_every_file_is_read_once_and_a_lost_one_holds_nobody_up(
    collecting: Callable[..., Collecting],
) -> None:
    here = collecting(gone=[SendError(Action.CONTENT, "403")])
    conversation = send(here.store, 1, "gone", "one")
    send(here.store, 2, "two")
    files = await here.until_settled(conversation)
    assert [(f.problem, (f.match or {}).get("item")) for f in files] == [
        ("gone", None),
        (None, "B3"),
        (None, "B3"),
    ]
    assert sorted(here.source.asked) == ["gone", "one", "two"]
    assert files[1].key == files[2].key  # the same content is one file
    assert here.stored == 1
    await here.collector.collect()
    assert len(here.source.asked) == 3


AWAY = SendError(Action.RETRY, "503")
TRIED = [
    ("away once", [AWAY, REPORT], None, 2),
    ("throttled", [SendError(Action.RETRY, "429", 0.0), REPORT], None, 2),
    ("cut off on the way", [SendError(Action.RETRY, "RemoteProtocolError"), REPORT], None, 2),
    ("not there yet", [SendError(Action.CONTENT, "404"), REPORT], None, 2),
    ("never there", [SendError(Action.CONTENT, "404")], "gone", 3),
    ("always away", [AWAY], "away", 4),
    ("expired link", [SendError(Action.CONTENT, "403")], "gone", 1),
    ("another host", [SendError(Action.CONTENT, "foreign_address")], "gone", 1),
    ("said to be too large", [SendError(Action.CONTENT, "too_large")], "too_large", 1),
    ("too large as it comes", [b"x" * 20_000_001], "too_large", 1),
]


@pytest.mark.parametrize(("label", "answers", "problem", "tries"), TRIED, ids=[t[0] for t in TRIED])
async def test_a_file_is_tried_again_while_that_can_help(
    label: str,
    answers: list[bytes | SendError],
    problem: str | None,
    tries: int,
    collecting: Callable[..., Collecting],
) -> None:
    here = collecting(file=list(answers))
    [file] = await here.until_settled(send(here.store, 1, "file"))
    assert (file.problem, len(here.source.asked)) == (problem, tries)
    assert here.stored == (problem is None)


async def test_a_file_that_says_it_is_too_large_is_not_even_asked_for(
    collecting: Callable[..., Collecting],
) -> None:
    here = collecting()
    [file] = await here.until_settled(send(here.store, 1, "file", size=2_000_000_000))
    assert (file.problem, here.source.asked) == ("too_large", [])


async def test_more_than_a_day_holds_is_told_and_not_kept(
    collecting: Callable[..., Collecting], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "MOST_FILES", 3)
    here = collecting()
    conversation = send(here.store, 1, "a", "b", "c")
    await here.collector.collect()
    send(here.store, 2, "d")
    files = await here.until_settled(conversation)
    assert [f.problem for f in files] == [None, None, None, "too_many"]


async def test_a_refused_file_leaves_no_bytes(collecting: Callable[..., Collecting]) -> None:
    here = collecting(program=[b"MZ" + b"\0" * 200])
    [file] = await here.until_settled(send(here.store, 1, "program"))
    assert (file.problem, file.key, here.stored) == ("program", None, 0)


async def test_a_file_of_somebody_erased_meanwhile_is_not_kept(
    collecting: Callable[..., Collecting],
) -> None:
    here = collecting()
    conversation = send(here.store, 1, "scan")

    class Slow(Source):
        async def fetch(self, file: FileRef) -> AsyncIterator[bytes]:
            here.store.erase(conversation)
            yield b"content"

    here.collector._sources = {"telegram": Slow()}
    await here.collector.collect()
    assert here.stored == 0


async def test_more_files_than_one_look_shows(
    collecting: Callable[..., Collecting], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "MOST_FILES", 1000)
    here = collecting()
    for number in range(210):
        conversation = send(here.store, number, str(number))
    await here.collector.collect()
    asked = sorted(map(int, here.source.asked))
    assert asked == list(range(210))
    assert here.store.received_files.awaited(datetime.now(UTC) - timedelta(days=1)).files == ()
    assert conversation


async def test_what_is_found_out_after_the_answer_gets_a_turn_of_its_own(
    collecting: Callable[..., Collecting],
) -> None:
    here = collecting()
    send(here.store, 1, "late", "later")
    turn = here.store.inbox.claim("worker")
    assert turn is not None
    here.store.inbox.finish(turn, [])
    ids = [taken.message_id for taken in turn.messages]
    here.store.received_files.taken_up(ids, ())
    assert here.store.inbox.claim("worker") is None
    await here.collector.collect()
    told = []
    while (own := here.store.inbox.claim("worker")) is not None:
        assert own.messages[0].message.kind is Kind.PAPERS
        told += own.messages[0].message.metadata["papers_of"]
        here.store.inbox.finish(own, [])
    assert sorted(told) == [f"{ids[0]}/0", f"{ids[0]}/1"]
    shown = here.store.transcript(turn.conversation_id)
    assert [line.kind for line in shown] == [Kind.FILE]  # nobody wrote those turns


async def test_what_the_turn_has_told_is_not_told_again(
    collecting: Callable[..., Collecting],
) -> None:
    here = collecting()
    send(here.store, 1, "file")
    await here.collector.collect()
    turn = here.store.inbox.claim("worker")
    assert turn is not None
    [taken] = turn.messages
    here.store.inbox.finish(turn, [])
    here.store.received_files.taken_up([taken.message_id], {f"{taken.message_id}/0"})
    now = datetime.now(UTC)
    assert here.store.received_files.repair(now - timedelta(days=1), now) == 0
    assert here.store.inbox.claim("worker") is None


async def test_a_crash_before_telling_is_made_good(collecting: Callable[..., Collecting]) -> None:
    here = collecting()
    send(here.store, 1, "file")
    await here.collector.collect()
    turn = here.store.inbox.claim("worker")
    assert turn is not None
    here.store.inbox.finish(turn, [])  # and the process dies here
    now = datetime.now(UTC)
    assert here.store.received_files.repair(now - timedelta(days=1), now) == 1
    own = here.store.inbox.claim("worker")
    assert own is not None
    assert own.messages[0].message.kind is Kind.PAPERS
