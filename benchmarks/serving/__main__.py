"""`textrnn serve` beside the engine in this process, and beside LitServe round the same predictor.

    python -m benchmarks.serving --model models/sentiment --seconds 10 --rival benchmarks/.envs/litserve/bin/python

Texts are made of the model's own words. All traffic goes to 127.0.0.1; each phase ends by itself.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop

import textrnn

TEXTS, LONGEST = 16, 256  # of a request, words of a text
CONNECTIONS = 16
DEADLINE = 0.0  # milliseconds that a request waits for others to come: the engine takes what is there
LITSERVE = "benchmarks.rivals.litserve_"


@dataclass
class Seen:
    """What came back: how often each status; of the answers with 200 the seconds, and the milliseconds of their batches
    in the engine; the seconds in all, and those of the processor that the client itself took.
    """

    statuses: Counter[int] = field(default_factory=Counter)
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

    def batch(self) -> float:
        """The median milliseconds of a batch in the engine, where the server says them (`Server-Timing`)."""
        return statistics.median(self.batches) if self.batches else float("nan")

    def quantile(self, share: float) -> float:
        """Milliseconds within which this share of the answers came."""
        return 1e3 * sorted(self.seconds)[int(share * (len(self.seconds) - 1))] if self.seconds else float("nan")


class Client:
    """Connections to one server, each used by one request at a time."""

    def __init__(self, port: int, bodies: Sequence[bytes]) -> None:
        head = (
            "POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"
        )
        self._port, self._idle = port, list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]()
        self._requests = [head.format(len(body)).encode() + body for body in bodies]
        self._next = 0

    async def ask(self, seen: Seen) -> None:
        self._next += 1
        begun = time.perf_counter()
        reader, writer = self._idle.pop() if self._idle else await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(self._requests[self._next % len(self._requests)])
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            await reader.readexactly(int(head.partition(b"content-length: ")[2].split(b"\r")[0]))
        except (OSError, asyncio.IncompleteReadError):
            seen.statuses[0] += 1
            return
        status = int(head[9:12])
        seen.statuses[status] += 1
        if status == 200:
            seen.seconds.append(time.perf_counter() - begun)
            if b"engine;dur=" in head:
                seen.batches.append(float(head.partition(b"engine;dur=")[2].split(b"\r")[0]))
        if b"connection: close" in head:
            writer.close()
        else:
            self._idle.append((reader, writer))

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
        while due - begun < seconds:
            due += chance.expovariate(rate)
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            task = asyncio.create_task(self.ask(seen))
            asked.add(task)
            task.add_done_callback(asked.discard)
        await asyncio.gather(*asked)
        seen.took = time.perf_counter() - begun  # until the last answer: what comes late is no goodput
        return seen


def make_bodies(predictor: Any, count: int = 64) -> tuple[list[str], list[bytes]]:
    """Texts of 10 to `LONGEST` words, and requests of `TEXTS` each."""
    chance = random.Random(0)
    known = ["the", "a", "film", "was", "not", "good", "bad", "dull", "lovely", "plot", "actor", "music", "never"]
    texts = [" ".join(chance.choices(known, k=chance.randint(10, LONGEST))) for _ in range(count * TEXTS)]
    return texts, [json.dumps({"texts": texts[i : i + TEXTS]}).encode() for i in range(0, len(texts), TEXTS)]


def family(process: int) -> list[int]:
    """A process, and all that it started, one by another."""
    found = [process]
    for each in found:
        for task in Path(f"/proc/{each}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


def processor_seconds(process: int) -> float:
    """Of a process and all that it started."""
    total = 0.0
    for each in family(process):
        cells = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        total += (int(cells[11]) + int(cells[12])) / os.sysconf("SC_CLK_TCK")
    return total


def resident(process: int) -> float:
    """Megabytes that a process and all that it started hold by themselves, and once what they share."""
    sizes = [[int(each) for each in Path(f"/proc/{one}/statm").read_text().split()[1:3]] for one in family(process)]
    return (sum(held - shared for held, shared in sizes) + max(shared for _, shared in sizes)) * 4096 / 1e6


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


async def wait_for(port: int, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            (await asyncio.open_connection("127.0.0.1", port))[1].close()
            return
        except OSError:
            await asyncio.sleep(0.05)
    raise SystemExit("the server did not start")


def in_process(predictor: Any, texts: list[str], seconds: float) -> tuple[float, float]:
    """Texts a second, and texts a second of the processor."""
    predictor.predict_proba(texts[:256])
    begun, used, done = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - begun < seconds:
        predictor.predict_proba(texts[done % 768 : done % 768 + 256])
        done += 256
    return done / (time.perf_counter() - begun), done / (time.process_time() - used)


async def measure(name: str, process: int, port: int, texts: list[str], bodies: list[bytes], options: Any) -> None:
    await wait_for(port)
    client, predictor, rounds = Client(port, bodies), textrnn.load(options.model), []
    await client.closed(2)
    for _ in range(options.rounds):  # in turn, since others may compute here
        wall, processor = in_process(predictor, texts, options.seconds / options.rounds)
        before = processor_seconds(process)
        seen = await client.closed(options.seconds / options.rounds)
        used = processor_seconds(process) - before
        rounds.append((wall, processor, seen.texts, TEXTS * seen.statuses[200] / used, seen.room))
    wall, processor, by_http, by_processor, room = (sum(column) / len(rounds) for column in zip(*rounds, strict=True))
    print(f"{name}: in process {wall:,.0f} texts/s, {processor:,.0f} a second of the processor")
    shares = by_http / wall, by_processor / processor, by_http / wall / room
    print(f"{name}: HTTP {by_http:,.0f} texts/s ({shares[0]:.0%}), {by_processor:,.0f} ({shares[1]:.0%})")
    print(f"{name}: the client took {1 - room:.1%} of the cores; of the engine's rate on the rest: {shares[2]:.0%}")
    rate = by_http / TEXTS
    seen = await client.opened(options.seconds, 0.6 * rate)
    median, p99, batch = seen.quantile(0.5), seen.quantile(0.99), seen.batch()
    print(f"{name}: at 60 %: median {median:.1f} ms, p99 {p99:.1f} ms, {dict(seen.statuses)}")
    print(f"{name}: at 60 %: a median batch {batch:.1f} ms, so p99 is aimed below {DEADLINE + 4 * batch:.1f} ms")
    seen = await client.opened(options.seconds, 5 * rate)
    share = seen.texts / by_http
    print(f"{name}: at 5x: goodput {share:.0%}, p99 {seen.quantile(0.99):.0f} ms, {dict(seen.statuses)}")
    begun = time.perf_counter()
    while (after := await client.closed(0.05, 1)).statuses[200] == 0 or after.quantile(0) > 1e3:
        pass
    print(f"{name}: recovered after {time.perf_counter() - begun:.2f} s")
    small = Client(port, [json.dumps({"texts": ["a good film"]}).encode()])
    await _many(small, options.requests // 10)
    before_memory = resident(process)
    await _many(small, options.requests)
    print(f"{name}: {options.requests:,} requests: {resident(process) - before_memory:+.1f} MB of {before_memory:.0f}")


async def _many(client: Client, requests: int) -> None:
    seen = Seen()

    async def one() -> None:
        while sum(seen.statuses.values()) < requests:
            await client.ask(seen)

    await asyncio.gather(*(one() for _ in range(8)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--rival", help="the Python of an environment with litserve and textrnn-core")
    options = parser.parse_args()
    texts, bodies = make_bodies(None)
    command = "from pipelines.app import main; main()"
    port = free_port()
    servers = {
        "textrnn": ([sys.executable, "-c", command, "serve", "-q", "-m", options.model, "--port", str(port)], port)
    }
    if options.rival:
        other = free_port()
        servers["litserve"] = ([options.rival, "-m", LITSERVE, options.model, str(other)], other)
    for name, (arguments, place) in servers.items():
        with subprocess.Popen(arguments, start_new_session=True) as process:
            try:
                uvloop.run(measure(name, process.pid, place, texts, bodies, options))
            finally:
                os.killpg(process.pid, signal.SIGTERM)


if __name__ == "__main__":
    main()
