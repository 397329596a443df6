"""A real server in a process of its own, asked over real sockets."""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core_process import WITHOUT
from running import environment

FORMATS = Path(__file__).parent / "formats"
MODEL = FORMATS / "model-6"
PATIENCE = 60.0  # seconds, on a busy machine
# nothing that textrnn-core lacks can be imported there
START = f"""{WITHOUT}
import json, sys, time
from pathlib import Path
from textrnn.serving import service
from textrnn.serving.access import Access, make_access
from textrnn.serving.limits import Limits
from textrnn.serving.server import ServerConfig, serve
from textrnn.serving.sockets import address_of, open_socket

folder, limits, access = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
held, compute = Path(sys.argv[4]), service.predict_batch

def predict_batch(*arguments):
    while held.exists():
        time.sleep(0.005)
    return compute(*arguments)

service.predict_batch = predict_batch
opened = open_socket("127.0.0.1", 0)
shown = make_access("127.0.0.1", None, access["hosts"], access["origins"])
log = None if access["log"] is None else Path(access["log"])
config = ServerConfig(Path(folder), shown, Limits(**limits), log)
serve(config, opened, lambda model: print(address_of(opened), flush=True))
"""


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Server:
    """A running server; what it writes to standard error goes to the file `log`."""

    process: subprocess.Popen[str]
    port: int
    log: Path
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def held(self) -> Path:
        """While this file exists the engine computes nothing."""
        return self.log.with_name("held")

    def ask(self, method: str, path: str, body: bytes | str | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, {**self.headers, **named})
            found = connection.getresponse()
            return Answer(found.status, {k.lower(): v for k, v in found.getheaders()}, found.read())

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def post(self, path: str, value: Any, **headers: str) -> Answer:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return self.ask("POST", path, body, **{"content_type": "application/json", **headers})

    def predict(self, **body: Any) -> Answer:
        return self.post("/predict", body)

    def raw(self, data: bytes) -> bytes:
        """All that is answered to `data` until the server closes; b"" where it closes at once."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as sender:
            with contextlib.suppress(ConnectionError):
                sender.sendall(data)
            return receive_all(sender)

    def memory(self) -> int:
        """Bytes that are resident."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * 4096

    def peak(self) -> int:
        """The most bytes that were ever resident."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send the signal, and wait for the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def receive_all(sender: socket.socket) -> bytes:
    found = b""
    with contextlib.suppress(ConnectionError):
        while part := sender.recv(1 << 16):
            found += part
    return found


@contextlib.contextmanager
def start(
    folder: Path,
    model: Path = MODEL,
    *,
    hosts: Any = (),
    origins: Any = (),
    log_texts: Path | None = None,
    engines: int = 1,
    **limits: Any,
) -> Iterator[Server]:
    """A server of `model` with so many `engines` within `limits` while the block lasts; its log is in `folder`."""
    access = json.dumps({"hosts": list(hosts), "origins": list(origins), "log": log_texts and str(log_texts)})
    command = [sys.executable, "-c", START, str(model), json.dumps(limits), access, str(folder / "held")]
    log = folder / "server.log"
    with log.open("w") as errors:
        env = environment(OMP_NUM_THREADS=str(engines))
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=env)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("http://"), log.read_text()
        yield Server(process, int(line.rpartition(":")[2]), log)
    finally:
        process.kill()
        process.wait()


def until(condition: Any) -> None:
    """Wait until `condition()` holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)
