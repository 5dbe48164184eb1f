"""What the engine's answers mean: replies, an outage, a wait, or a fault of the message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import httpx
import pytest

from connectors import engine_client
from connectors.engine_client import FIRST_REST, EngineClient, EngineDown, EngineSlow, EngineWrong

Answer = Callable[[httpx.Request], httpx.Response]


@dataclass
class Seconds:
    """The client's clock, which only a test moves."""

    now: float = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def seconds(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    """Rests of engines last until a test says that time has passed."""
    clock = Seconds()
    monkeypatch.setattr(engine_client, "time", clock)
    return clock


def client(answer: Answer, urls: str = "http://one") -> EngineClient:
    """A client whose engine answers so."""
    return EngineClient(urls, "secret", httpx.MockTransport(answer))


def failing(error: type[httpx.HTTPError]) -> Answer:
    """An engine that cannot be talked to."""

    def answer(request: httpx.Request) -> httpx.Response:
        raise error("", request=request)  # type: ignore[call-arg]

    return answer


def saying(status: int, body: object) -> Answer:
    """An engine that answers so."""
    return lambda _request: httpx.Response(status, json=body)


async def test_replies_come_with_buttons_files_and_their_response() -> None:
    asked = {}

    def answer(request: httpx.Request) -> httpx.Response:
        asked["token"] = request.headers["authorization"]
        asked["path"] = request.url.path
        asked["body"] = request.read()
        reply = {
            "text": "How is she?",
            "buttons": [{"title": "Well", "payload": "/answer{}"}],
            "files": [{"name": "letter.pdf", "key": "ab/cd", "content_type": "application/pdf"}],
            "response": "utter_ask_ecog",
        }
        return httpx.Response(200, json={"replies": [reply, {"text": ""}]})

    first, second = await client(answer).turn("c", "m", "hi", None, {"channel": "webchat"})
    assert first.buttons[0].payload == "/answer{}"
    assert first.files[0].key == "ab/cd"
    assert first.response == "utter_ask_ecog"
    assert second.text is None
    assert (asked["token"], asked["path"]) == ("Bearer secret", "/webhooks/intake/turn")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (failing(httpx.ConnectError), EngineDown),
        (failing(httpx.ConnectTimeout), EngineDown),
        (failing(httpx.RemoteProtocolError), EngineDown),
        (failing(httpx.ReadError), EngineDown),
        (failing(httpx.ReadTimeout), EngineSlow),
        (saying(503, {"error": "the model is still loading"}), EngineDown),
        (saying(500, {"error": "action server: ClientConnectorError"}), EngineDown),
        (saying(500, {"error": "action server: ClientResponseError"}), EngineWrong),
        (saying(500, {"error": "KeyError"}), EngineWrong),
        (saying(401, {"error": "wrong token"}), EngineWrong),
        (saying(200, []), EngineWrong),
        (saying(200, {}), EngineWrong),
        (saying(200, {"replies": [{"buttons": [{"title": "x"}]}]}), EngineWrong),
        (saying(200, {"replies": [1]}), EngineWrong),
        (lambda _request: httpx.Response(200, text="<html>"), EngineWrong),
    ],
)
async def test_failures_have_a_meaning_and_no_content(
    answer: Answer, error: type[Exception]
) -> None:
    with pytest.raises(error) as caught:
        await client(answer).turn("c", "m", "ovarian cancer", None, {})
    assert "ovarian" not in str(caught.value)


async def test_another_engine_stands_in() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        if request.url.host == "one":
            raise httpx.ConnectError("", request=request)
        return httpx.Response(200, json={"replies": []})

    engines = client(answer, "http://one, http://two/,")
    for number in range(20):
        assert await engines.turn(f"c{number}", "m", "hi", None, {}) == []
    assert asked.count("two") == 20
    assert asked.count("one") == 1


async def test_a_dead_engine_is_left_alone_and_taken_back_when_it_answers(seconds: Seconds) -> None:
    asked: list[str] = []
    dead = {"one"}

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        if request.url.host in dead:
            raise httpx.ConnectTimeout("", request=request)
        return httpx.Response(200, json={"replies": []})

    engines = client(answer, "http://one,http://two")
    theirs = await conversation_of(engines, asked, "one")
    asked.clear()
    for _ in range(10):
        await engines.turn(theirs, "m", "hi", None, {})
    assert set(asked) == {"two"}
    dead.clear()
    await engines.turn(theirs, "m", "hi", None, {})
    assert set(asked) == {"two"}
    seconds.now += FIRST_REST
    asked.clear()
    await engines.turn(theirs, "m", "hi", None, {})
    assert asked == ["one"]
    asked.clear()
    await engines.turn(theirs, "m", "hi", None, {})
    assert asked == ["one"]


async def conversation_of(engines: EngineClient, asked: list[str], host: str) -> str:
    """A conversation that prefers this engine."""
    for number in range(100):
        asked.clear()
        await engines.turn(f"c{number}", "m", "hi", None, {})
        if asked[0] == host:
            return f"c{number}"
    raise AssertionError(f"nobody prefers {host}")


async def test_while_all_engines_rest_they_are_still_asked() -> None:
    dead = True

    def answer(request: httpx.Request) -> httpx.Response:
        if dead:
            raise httpx.ConnectError("", request=request)
        return httpx.Response(200, json={"replies": []})

    engines = client(answer, "http://one,http://two")
    with pytest.raises(EngineDown):
        await engines.turn("c", "m", "hi", None, {})
    dead = False
    assert await engines.turn("c", "m", "hi", None, {}) == []


async def test_the_next_try_after_a_slow_answer_goes_to_another_engine() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        if len(asked) == 1:
            raise httpx.ReadTimeout("", request=request)
        return httpx.Response(200, json={"replies": []})

    engines = client(answer, "http://one,http://two")
    with pytest.raises(EngineSlow):
        await engines.turn("c", "m", "hi", None, {})
    assert await engines.turn("c", "m", "hi", None, {}) == []
    assert len(set(asked)) == 2


async def test_a_conversation_stays_with_its_engine() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(200, json={"replies": []})

    engines = client(answer, "http://one,http://two,http://three")
    for _ in range(5):
        await engines.turn("c1", "m", "hi", None, {})
    assert len(set(asked)) == 1


async def test_no_other_engine_is_asked_when_one_gave_an_answer() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(500, json={"error": "KeyError"})

    with pytest.raises(EngineWrong):
        await client(answer, "http://one,http://two").turn("c", "m", "hi", None, {})
    assert len(asked) == 1


async def test_health_and_understanding() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200 if request.url.host == "two" else 503)
        return httpx.Response(200, json={"results": [{"id": 1}]})

    assert await client(answer, "http://one,http://two").healthy()
    assert not await client(answer, "http://one").healthy()
    assert await client(answer).understand([{"id": 1, "text": "x"}]) == [{"id": 1}]


def test_an_empty_address_is_named() -> None:
    with pytest.raises(ValueError, match="INTAKE_ENGINE_URL"):
        EngineClient(" , ", None)
