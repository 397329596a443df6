"""What is measured of one server, phase by phase; each ends by itself."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.serving.client import TEXTS, Client, Seen, make_bodies
from benchmarks.serving.hostile import SlowSenders, chunks_without_end, declared_gigabyte, lying_length
from benchmarks.serving.running import Running

STEADY, OVERLOAD = 0.6, 5.0  # shares of its capacity
DEADLINE = 0.0  # milliseconds that a request waits for others to come: the engine takes what is there
SLOW, HONEST = 200, 40.0  # senders of a byte every half second; requests a second of the others
Figures = dict[str, Any]


@dataclass
class Measured:
    """A server, the engine `in_process`: texts a second, and a second of the processor, in so many seconds; `known`
    are the figures of earlier phases.
    """

    server: Running
    in_process: Callable[[float], tuple[float, float]]
    seconds: float
    rounds: int
    requests: int
    known: dict[str, Figures] = field(default_factory=dict)

    def client(self) -> Client:
        """A client that sends `TEXTS` texts a request."""
        return Client(self.server.port, make_bodies()[1])

    @property
    def rate(self) -> float:
        """Requests a second that the server answers at most."""
        return float(self.known["rates"]["http"]) / TEXTS


async def rates(run: Measured) -> Figures:
    """The engine in this process and HTTP in turn, since others may compute here."""
    client, found, statuses = run.client(), [], Seen().statuses
    await client.closed(2)
    for _ in range(run.rounds):
        wall, processor = run.in_process(run.seconds / run.rounds)
        before = run.server.processor_seconds()
        seen = await client.closed(run.seconds / run.rounds)
        used = run.server.processor_seconds() - before
        found.append((wall, processor, seen.texts, TEXTS * seen.statuses[200] / used, seen.room))
        statuses += seen.statuses
    wall, processor, http, by_processor, room = (sum(column) / len(found) for column in zip(*found, strict=True))
    return {
        "engine": wall, "engine a second of the processor": processor,
        "http": http, "http a second of the processor": by_processor,
        "share": http / wall, "share of the processor": by_processor / processor,
        "share, the client's part left out": http / wall / room, "statuses": dict(statuses),
    }  # fmt: skip


async def steady(run: Measured) -> Figures:
    """An open loop at 60 % of its capacity."""
    seen = await run.client().opened(run.seconds, STEADY * run.rate)
    batch = seen.batch()
    aim = None if batch is None else DEADLINE + 4 * batch
    return {
        "median ms": seen.quantile(0.5),
        "p99 ms": seen.quantile(0.99),
        "aim ms": aim,
        "statuses": dict(seen.statuses),
    }


async def overload(run: Measured) -> Figures:
    """An open loop at five times its capacity, then one request after another until one is as fast as before."""
    client = run.client()
    alone = (await client.closed(0.5, 1)).quantile(0.5)
    before = run.server.processor_seconds()
    seen = await client.opened(run.seconds / 2, OVERLOAD * run.rate)
    used = run.server.processor_seconds() - before
    begun = time.perf_counter()
    while (after := await client.closed(0.01, 1)).statuses[200] == 0 or after.quantile(0.0) > 2 * alone:
        if time.perf_counter() - begun > run.seconds:
            break
    by_processor = TEXTS * seen.statuses[200] / used
    return {
        "goodput": seen.texts / TEXTS / run.rate, "cores": used / seen.took,  # which others may have taken meanwhile
        "goodput of the processor": by_processor / run.known["rates"]["http a second of the processor"],
        "p99 ms": seen.quantile(0.99), "longest ms": seen.quantile(1.0),
        "seconds": seen.took, "recovered s": time.perf_counter() - begun, "statuses": dict(seen.statuses),
    }  # fmt: skip


async def slow_senders(run: Measured) -> Figures:
    """An honest client alone, and beside 200 that send a byte every half second, in turn."""
    body = json.dumps({"texts": ["a good film, not dull at all " * 4] * 4}).encode()
    client, alone, beside = Client(run.server.port, [body]), Seen(), Seen()
    await client.closed(1)
    for number in range(run.rounds):
        async with SlowSenders(0, run.server.port):
            _add(alone, await client.opened(run.seconds / run.rounds, HONEST, number))
        async with SlowSenders(SLOW, run.server.port):
            _add(beside, await client.opened(run.seconds / run.rounds, HONEST, number))
    return {
        "alone p99 ms": alone.quantile(0.99), "p99 ms": beside.quantile(0.99),
        "alone median ms": alone.quantile(0.5), "median ms": beside.quantile(0.5),
        "times": beside.quantile(0.99) / alone.quantile(0.99), "statuses": dict(alone.statuses + beside.statuses),
    }  # fmt: skip


def _add(to: Seen, seen: Seen) -> None:
    to.seconds += seen.seconds
    to.statuses += seen.statuses


async def memory(run: Measured) -> Figures:
    """Requests of one text, and what the server holds after them."""
    client = Client(run.server.port, [json.dumps({"texts": ["a good film"]}).encode()])
    await client.many(run.requests // 10)
    before = run.server.resident()
    seen = await client.many(run.requests)
    after = run.server.resident()
    return {
        "requests": run.requests, "before MB": before, "more MB": after - before,
        "requests a second": run.requests / seen.took, "statuses": dict(seen.statuses),
    }  # fmt: skip


async def hostile(run: Measured) -> Figures:
    """Megabytes that the server holds more, at most, while bodies come that are none."""
    found: Figures = {}
    for name, attack in (
        ("a declared gigabyte", declared_gigabyte),
        ("chunks without end", chunks_without_end),
        ("a length that is too long", lying_length),
    ):
        await run.client().closed(0.2)
        run.server.forget_peak()
        before = run.server.resident()
        answer, sent = await attack(run.server.port)
        found[name] = {"more MB": run.server.peak() - before, "answer": answer, "sent MB": sent / 1e6}
    return found


async def accounts(run: Measured) -> Figures:
    """Whether each request that the server says it answered reached the client, in overload too."""
    before, client = await answered(run.server.port), run.client()
    if not before:
        return {}
    seen = await client.opened(run.seconds / 3, OVERLOAD * run.rate)
    closed = await client.closed(run.seconds / 6)
    await asyncio.sleep(0.2)
    after = await answered(run.server.port)
    statuses = seen.statuses + closed.statuses
    counted = {key: after.get(key, 0) - before.get(key, 0) for key in ("200", "429", "503")}
    return {"client": dict(statuses), "server": counted, "accepted and not answered": after.get("accepted")}


async def answered(port: int) -> dict[str, int]:
    """The answers of `/predict` that the server counted, by status; {} where it does not count."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    found: dict[str, int] = {}
    for line in (await reader.read()).decode().splitlines():
        if line.startswith('textrnn_requests_total{route="/predict"'):
            found[line.split('status="')[1].split('"')[0]] = int(float(line.rpartition(" ")[2]))
        if line.startswith("textrnn_requests_accepted "):
            found["accepted"] = int(float(line.rpartition(" ")[2]))
    writer.close()
    return found


Phase = Callable[[Measured], Awaitable[Figures]]
PHASES: dict[str, Phase] = {
    each.__name__: each for each in (rates, steady, overload, slow_senders, memory, hostile, accounts)
}
