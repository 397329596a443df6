"""A server that is stopped, then killed, while requests come; how soon another one is ready."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from typing import Any

from benchmarks.serving.client import CONNECTIONS, Client, Seen, make_bodies
from benchmarks.serving.running import Running, running

LOAD_SECONDS, PATIENCE = 2.0, 25.0  # before the signal; after it
ENDED = "ended"  # a connection on which something else than 200 came
NONE = "none"  # no answer, and no end of the connection


async def ending(command: Sequence[str], port: int) -> dict[str, Any]:
    """What requests came to, and seconds: SIGTERM under load until the end, kill -9 under load, a start."""
    found: dict[str, Any] = {}
    for name, number in (("SIGTERM", signal.SIGTERM), ("kill -9", signal.SIGKILL)):
        with running(command, port) as server:
            ready = await server.wait()
            statuses, seconds, code = await _end(server, number)
            found[name] = {"ready s": ready, "ended s": seconds, "exit code": code, "statuses": statuses}
    with running(command, port) as server:
        found["ready again s"] = await server.wait()
    return found


async def _end(server: Running, number: int) -> tuple[dict[int | str, int], float, int | None]:
    client, seen = Client(server.port, make_bodies()[1]), Seen()
    load = asyncio.gather(*(_until_closed(client, seen) for _ in range(CONNECTIONS)))
    await asyncio.sleep(LOAD_SECONDS)
    begun = time.perf_counter()
    if number == signal.SIGKILL:  # all its processes
        os.killpg(server.process.pid, number)
    else:
        server.process.send_signal(number)
    code = await asyncio.to_thread(_wait, server)
    seconds = time.perf_counter() - begun
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(load, PATIENCE)
    unanswered = CONNECTIONS - seen.statuses.pop(ENDED, 0)
    return {**seen.statuses, **({NONE: unanswered} if unanswered else {})}, seconds, code


def _wait(server: Running) -> int | None:
    """The exit code, None where it goes on."""
    try:
        return server.process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        return None


async def _until_closed(client: Client, seen: Seen) -> None:
    """One request after another, until one gets no 200."""
    while True:
        own = Seen()
        await client.ask(own)
        seen.statuses.update(own.statuses)
        if not own.statuses[200]:
            seen.statuses[ENDED] += 1
            return
