"""A client with many connections, which counts what became of each request."""

from __future__ import annotations

import asyncio
import json
import os
import random
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

TEXTS, LONGEST = 16, 256  # of a request, words of a text
CONNECTIONS = 16
WORDS = ["the", "a", "film", "was", "not", "good", "bad", "dull", "lovely", "plot", "actor", "music", "never"]
HEAD = "POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"
# what a request comes to that gets no whole answer
NO_CONNECTION, CLOSED, PART = "no connection", "closed", "part"
# on a connection that was kept: closed before the request was sent, or without an answer; it is sent again
IDLE, RACED = "closed before it was sent", "closed as it was sent"


@dataclass
class Seen:
    """What came back: how often each status, or reason why none came; of the answers with 200 the seconds, and the
    milliseconds of their batches in the engine; the seconds in all, and those of the processor that the client took.
    """

    statuses: Counter[int | str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    batches: list[float] = field(default_factory=list)
    took: float = 0.0
    own: float = 0.0

    @property
    def texts(self) -> float:
        """Texts answered a second."""
        return TEXTS * self.statuses[200] / self.took

    @property
    def room(self) -> float:
        """The share of the cores that the client left."""
        return 1 - self.own / (self.took * len(os.sched_getaffinity(0)))

    def batch(self) -> float | None:
        """The median milliseconds of a batch in the engine, where the server says them (`Server-Timing`)."""
        return statistics.median(self.batches) if self.batches else None

    def quantile(self, share: float) -> float:
        """Milliseconds within which this share of the answers came."""
        return 1e3 * sorted(self.seconds)[int(share * (len(self.seconds) - 1))] if self.seconds else float("nan")


class Client:
    """Connections to one server, each used by one request at a time."""

    def __init__(self, port: int, bodies: Sequence[bytes]) -> None:
        self._port, self._idle = port, list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]()
        self._requests = [HEAD.format(len(body)).encode() + body for body in bodies]
        self._next = 0

    async def ask(self, seen: Seen, due: float | None = None) -> None:
        """Send the next request, which was `due` at a time of `perf_counter`, else is due now."""
        self._next += 1
        begun = time.perf_counter() if due is None else due
        request = self._requests[self._next % len(self._requests)]
        while self._idle:
            reader, writer = self._idle.pop()
            found = IDLE if reader.at_eof() else await self._send(reader, writer, request, seen, begun)
            seen.statuses[RACED if found == CLOSED else found] += 1
            if found not in (CLOSED, IDLE):
                return
            writer.close()
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            seen.statuses[NO_CONNECTION] += 1
            return
        seen.statuses[await self._send(reader, writer, request, seen, begun)] += 1

    async def _send(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes, seen: Seen, begun: float
    ) -> int | str:
        head = b""
        try:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            await reader.readexactly(int(head.partition(b"content-length: ")[2].split(b"\r")[0]))
        except asyncio.IncompleteReadError as error:
            writer.close()
            return PART if head or error.partial else CLOSED
        except OSError:
            writer.close()
            return PART if head else CLOSED
        status = int(head[9:12])
        if status == 200:
            seen.seconds.append(time.perf_counter() - begun)
            if b"engine;dur=" in head:
                seen.batches.append(float(head.partition(b"engine;dur=")[2].split(b"\r")[0]))
        if b"connection: close" in head:
            writer.close()
        else:
            self._idle.append((reader, writer))
        return status

    async def closed(self, seconds: float, connections: int = CONNECTIONS) -> Seen:
        """As many requests as `connections` get answered, one after another."""
        seen, begun, used = Seen(), time.perf_counter(), time.process_time()

        async def one() -> None:
            while time.perf_counter() - begun < seconds:
                await self.ask(seen)

        await asyncio.gather(*(one() for _ in range(connections)))
        seen.took, seen.own = time.perf_counter() - begun, time.process_time() - used
        return seen

    async def opened(self, seconds: float, rate: float, seed: int = 0) -> Seen:
        """`rate` requests a second, at random times, whether answers come or not."""
        seen, chance, begun, asked = Seen(), random.Random(seed), time.perf_counter(), set[asyncio.Task[None]]()
        due = begun
        while (due := due + chance.expovariate(rate)) - begun < seconds:
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            task = asyncio.create_task(self.ask(seen, due))
            asked.add(task)
            task.add_done_callback(asked.discard)
        await asyncio.gather(*asked)
        seen.took = time.perf_counter() - begun  # until the last answer: what comes late is no goodput
        return seen

    async def many(self, requests: int, connections: int = 8) -> Seen:
        """So many requests, one after another on each of the `connections`."""
        seen, left, begun = Seen(), iter(range(requests)), time.perf_counter()

        async def one() -> None:
            for _ in left:
                await self.ask(seen)

        await asyncio.gather(*(one() for _ in range(connections)))
        seen.took = time.perf_counter() - begun
        return seen


def make_bodies(count: int = 64) -> tuple[list[str], list[bytes]]:
    """Texts of 10 to `LONGEST` words, and `count` requests of `TEXTS` each."""
    chance = random.Random(0)
    texts = [" ".join(chance.choices(WORDS, k=chance.randint(10, LONGEST))) for _ in range(count * TEXTS)]
    return texts, [json.dumps({"texts": texts[i : i + TEXTS]}).encode() for i in range(0, len(texts), TEXTS)]
