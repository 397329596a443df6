"""The client that measures servers: what it counts of each request, in front of a server that misbehaves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from benchmarks.serving.client import CLOSED, IDLE, NO_CONNECTION, PART, RACED, Client, Seen
from benchmarks.serving.hostile import SlowSenders, chunks_without_end, declared_gigabyte, lying_length
from benchmarks.serving.running import free_port

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nServer-Timing: queue;dur=1.00, engine;dur=7.50\r\n\r\n{}"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def with_server(serve: Serve, ask: Callable[[int], Awaitable[None]]) -> None:
    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(one, "127.0.0.1", 0) as server:
        await ask(server.sockets[0].getsockname()[1])


async def read_request(reader: asyncio.StreamReader) -> None:
    await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(2)


def script(*answers: bytes) -> Serve:
    """A server that answers the requests of each connection so, and closes it at the request after the last."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await read_request(reader)
            writer.write(answer)
            if not answer.endswith(b"{}"):
                return
        await read_request(reader)

    return serve


@pytest.mark.parametrize(
    ("serve", "requests", "expected"),
    [
        (script(ANSWER, ANSWER, ANSWER), 3, {200: 3}),
        (script(ANSWER.replace(b"200 OK", b"429 No")), 1, {429: 1}),
        (script(), 2, {CLOSED: 2}),
        (script(ANSWER[:-1]), 1, {PART: 1}),
        (script(ANSWER[:30]), 1, {PART: 1}),
        (script(ANSWER), 2, {200: 2, RACED: 1}),  # sent again on another connection
    ],
    ids=["whole", "refused", "closed", "part of a body", "part of a head", "a kept connection"],
)
def test_what_becomes_of_a_request_is_counted(serve: Serve, requests: int, expected: dict[int | str, int]) -> None:
    seen = Seen()

    async def ask(port: int) -> None:
        client = Client(port, [b"{}"])
        for _ in range(requests):
            await client.ask(seen)

    asyncio.run(with_server(serve, ask))
    assert seen.statuses == expected
    assert len(seen.seconds) == len(seen.batches) == expected.get(200, 0)
    assert set(seen.batches) <= {7.5}


def test_a_connection_that_was_closed_before_is_not_used() -> None:
    seen = Seen()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(ANSWER)

    async def ask(port: int) -> None:
        client = Client(port, [b"{}"])
        await client.ask(seen)
        while not client._idle[0][0].at_eof():
            await asyncio.sleep(0.01)
        await client.ask(seen)

    asyncio.run(with_server(serve, ask))
    assert seen.statuses == {200: 2, IDLE: 1}


def test_nobody_there() -> None:
    seen = Seen()
    asyncio.run(Client(free_port(), [b"{}"]).ask(seen))
    assert seen.statuses == {NO_CONNECTION: 1}


def test_an_open_loop_asks_whether_answers_come_or_not() -> None:
    """Latencies begin when a request is due: of a server that answers all at the end the first is the latest."""
    end = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        await end.wait()
        writer.write(ANSWER)

    async def ask(port: int) -> None:
        client = Client(port, [b"{}"])
        asyncio.get_running_loop().call_later(0.4, end.set)
        seen = await client.opened(0.3, 200)
        assert 20 < seen.statuses[200] < 150
        assert seen.quantile(0.0) < seen.quantile(0.5) < seen.quantile(1.0)
        assert seen.took >= 0.4

    asyncio.run(with_server(serve, ask))


def test_what_is_sent_late_counts_from_when_it_was_due() -> None:
    seen = Seen()

    async def ask(port: int) -> None:
        await Client(port, [b"{}"]).ask(seen, time.perf_counter() - 3600)

    asyncio.run(with_server(script(ANSWER), ask))
    assert seen.quantile(0.5) > 3.6e6


def test_slow_senders_are_as_many_as_they_are_told() -> None:
    open_now, most = set[object](), [0]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_now.add(writer)
        most[0] = max(most[0], len(open_now))
        while await reader.read(1 << 16):
            pass
        open_now.discard(writer)

    async def ask(port: int) -> None:
        async with SlowSenders(20, port):
            while len(open_now) < 20:
                await asyncio.sleep(0.01)
        while open_now:
            await asyncio.sleep(0.01)

    asyncio.run(with_server(serve, ask))
    assert most == [20]


@pytest.mark.parametrize("attack", [declared_gigabyte, chunks_without_end, lying_length])
def test_who_means_no_good_ends_when_it_is_answered(attack: Callable[[int], Awaitable[tuple[str, int]]]) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1 << 16)
        writer.write(b"HTTP/1.1 413 No\r\n\r\n")
        await writer.drain()
        await reader.read()

    async def ask(port: int) -> None:
        found, sent = await attack(port)
        assert "413" in found
        assert sent < 32 << 20

    asyncio.run(with_server(serve, ask))
