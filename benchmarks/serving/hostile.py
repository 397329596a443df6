"""Clients that mean no good: bodies without end, lengths that lie, senders of a byte now and then."""

from __future__ import annotations

import asyncio
import contextlib
import time
from types import TracebackType

HEAD = b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
MOST = 256 << 20  # bytes: nobody sends more
PATIENCE = 15.0  # seconds: nobody waits longer
PAUSE = 0.5  # seconds from one byte of a slow sender to the next


async def _answer(reader: asyncio.StreamReader) -> str:
    """The status, or what came instead."""
    with contextlib.suppress(OSError, asyncio.TimeoutError):
        line = await asyncio.wait_for(reader.readline(), PATIENCE)
        return line.split(b" ", 2)[1].decode() if line.count(b" ") > 1 else "closed"
    return "none"


async def _pour(port: int, head: bytes, piece: bytes, most: int = MOST) -> tuple[str, int]:
    """Send `piece` again and again until the server answers or closes; the status, and the bytes that it took."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sent, begun = 0, time.perf_counter()
    with contextlib.suppress(OSError):
        writer.write(head)
        while sent < most and time.perf_counter() - begun < PATIENCE and not reader.at_eof() and not reader._buffer:  # type: ignore[attr-defined]
            writer.write(piece)
            await asyncio.wait_for(writer.drain(), PATIENCE)
            sent += len(piece)
    found = await _answer(reader)
    writer.close()
    return found, sent


async def declared_gigabyte(port: int) -> tuple[str, int]:
    """A body that says it is of 1 GB, and comes as fast as it is taken."""
    return await _pour(port, HEAD + b"Content-Length: 1000000000\r\n\r\n", b"x" * (1 << 16))


async def chunks_without_end(port: int) -> tuple[str, int]:
    """A body in chunks of a byte, of which none is the last."""
    return await _pour(port, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 4096)


async def lying_length(port: int) -> tuple[str, int]:
    """A body that says it is of 4 MB, on a hundred connections, of which 16 kB come, and nothing more."""

    async def one() -> tuple[str, int]:
        return await _pour(port, HEAD + b"Content-Length: 4000000\r\n\r\n", b" " * (1 << 14), 1 << 14)

    found = await asyncio.gather(*(one() for _ in range(100)))
    return ", ".join(sorted({answer for answer, _ in found})), sum(sent for _, sent in found)


class SlowSenders:
    """So many connections that send a byte every half second while the block lasts; who is closed comes again."""

    def __init__(self, count: int, port: int) -> None:
        self._count, self._port = count, port
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> SlowSenders:
        self._tasks = [asyncio.create_task(self._one()) for _ in range(self._count)]
        await asyncio.sleep(1.0)
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _one(self) -> None:
        while True:
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
                try:
                    writer.write(HEAD + b"Content-Length: 1000\r\n\r\n")
                    while not reader.at_eof():
                        writer.write(b"x")
                        await writer.drain()
                        await asyncio.sleep(PAUSE)
                finally:
                    writer.close()
