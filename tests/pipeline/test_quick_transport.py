"""A request to the engine over a real connection: what came back, and what each failure means."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import httpx
import pytest

from connectors.quick_transport import QuickTransport
from connectors.tls import trust

Engine = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


@asynccontextmanager
async def listening(engine: Engine) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    """A client, and the address of an engine that deals with its connections so."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await engine(reader, writer)
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    transport = QuickTransport(connections=4, keepalive=60.0, verify=trust())
    async with httpx.AsyncClient(transport=transport, timeout=60) as client:
        yield client, f"http://127.0.0.1:{port}/turn"
    server.close()


async def request_of(reader: asyncio.StreamReader) -> bytes:
    """One request with its body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    return head + await reader.readexactly(length)


async def test_one_connection_carries_many_turns() -> None:
    connections, asked = [], []

    async def engine(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        while True:
            asked.append(await request_of(reader))
            writer.write(ANSWER)
            await writer.drain()

    async with listening(engine) as (client, url):
        for _ in range(3):
            answer = await client.post(url, json={"text": "ß"}, headers={"authorization": "Bearer"})
            assert (answer.status_code, answer.json()) == (200, {})
    assert len(connections) == 1
    assert asked[0].lower().count(b"content-type:") == 1
    assert b'{"text":"\xc3\x9f"}' in asked[0]
    assert b"authorization: Bearer" in asked[0].replace(b"Authorization", b"authorization")


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Dies with a turn."""
    await request_of(reader)


async def stops_midway(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Dies while it answers."""
    await request_of(reader)
    writer.write(ANSWER[:-1])
    await writer.drain()


async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes a turn and never answers."""
    await request_of(reader)
    await reader.read()


@pytest.mark.parametrize(
    ("engine", "error", "read_seconds"),
    [
        (hangs_up, httpx.ReadError, 60.0),
        (stops_midway, httpx.ReadError, 60.0),
        (says_nothing, httpx.ReadTimeout, 0.05),
    ],
)
async def test_what_goes_wrong_with_a_turn_is_told_apart(
    engine: Engine, error: type[httpx.TransportError], read_seconds: float
) -> None:
    async with listening(engine) as (client, url):
        with pytest.raises(error):
            await client.post(url, json={}, timeout=httpx.Timeout(60, read=read_seconds))


async def test_nobody_there_is_a_failed_connection() -> None:
    async with listening(says_nothing) as (client, url):
        pass
    transport = QuickTransport(connections=4, keepalive=60.0, verify=trust())
    async with httpx.AsyncClient(transport=transport, timeout=60) as client:
        with pytest.raises(httpx.ConnectError):
            await client.post(url.replace("127.0.0.1", "127.255.255.1"), json={})
