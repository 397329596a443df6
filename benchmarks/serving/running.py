"""A server that runs: its processes, their time, their memory."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

READY_SECONDS = 60.0


def family(process: int) -> list[int]:
    """A process, and all that it started, one by another."""
    found = [process]
    for each in found:
        for task in Path(f"/proc/{each}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


@dataclass
class Running:
    """A server in processes of its own; `started` is when, by `perf_counter`."""

    process: subprocess.Popen[bytes]
    port: int
    started: float

    def processor_seconds(self) -> float:
        """Of all its processes."""
        total = 0.0
        for each in family(self.process.pid):
            cells = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            total += (int(cells[11]) + int(cells[12])) / os.sysconf("SC_CLK_TCK")
        return total

    def resident(self) -> float:
        """Megabytes that its processes hold by themselves, and once what they share."""
        found = [
            [int(each) for each in Path(f"/proc/{one}/statm").read_text().split()[1:3]]
            for one in family(self.process.pid)
        ]
        return (sum(held - shared for held, shared in found) + max(shared for _, shared in found)) * 4096 / 1e6

    def forget_peak(self) -> None:
        """Let `peak` begin anew."""
        for each in family(self.process.pid):
            Path(f"/proc/{each}/clear_refs").write_text("5")

    def peak(self) -> float:
        """Megabytes by which its processes were larger, at most, than they are now, added to what they are now."""
        total = 0.0
        for each in family(self.process.pid):
            lines = Path(f"/proc/{each}/status").read_text().splitlines()
            cells = {line.split()[0]: int(line.split()[1]) for line in lines if line.startswith(("VmHWM:", "VmRSS:"))}
            total += (cells["VmHWM:"] - cells["VmRSS:"]) * 1024 / 1e6
        return self.resident() + total

    async def wait(self) -> float:
        """Seconds from its start until it answers `GET /health`."""
        while time.perf_counter() - self.started < READY_SECONDS:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.write(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                line = await reader.readline()
                writer.close()
                if b" 200 " in line:
                    return time.perf_counter() - self.started
            await asyncio.sleep(0.01)
        raise SystemExit("the server did not start")


@contextlib.contextmanager
def running(command: Sequence[str], port: int) -> Iterator[Running]:
    """A server that `command` starts, with all that it started, while the block lasts."""
    started = time.perf_counter()
    with subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL) as process:
        try:
            yield Running(process, port, started)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(30)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
