"""One process that serves a model: its socket, its loop, its end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import uvicorn
import uvloop

from textrnn.serving.access import Access
from textrnn.serving.application import make_application
from textrnn.serving.connection import make_connection_class
from textrnn.serving.limits import Limits
from textrnn.serving.metrics import Metrics
from textrnn.serving.middleware import RequestMiddleware
from textrnn.serving.model_watch import ModelWatch
from textrnn.serving.pages import read_pages
from textrnn.serving.served_model import ServedModel, load_served_model
from textrnn.serving.service import Service
from textrnn.serving.sockets import BACKLOG
from textrnn.serving.text_log import TextLog

SWITCH_SECONDS = 1e-3  # between threads that both run Python: the engine's must not wait long for the loop's


@dataclass(frozen=True)
class ServerConfig:
    """The model folder that is served, to whom, within which limits; the file that texts are logged to, if any."""

    folder: Path
    access: Access = field(default_factory=Access)
    limits: Limits = field(default_factory=Limits)
    log_texts: Path | None = None


class _Server(uvicorn.Server):
    """uvicorn's server. A signal stops it, and is not raised again: all that was accepted is answered."""

    def __init__(self, config: uvicorn.Config, stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._stop = stop

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self._stop()


def serve(config: ServerConfig, opened: socket.socket, ready: Callable[[ServedModel], None]) -> None:
    """Serve at the socket `opened` until SIGTERM or SIGINT, then answer what was accepted.

    `ready` is called when requests are answered. Raises ModelError, ConfigError.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    model = load_served_model(config.folder)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(config, opened, model, ready))


async def _serve(
    config: ServerConfig, opened: socket.socket, model: ServedModel, ready: Callable[[ServedModel], None]
) -> None:
    limits, loop = config.limits, asyncio.get_running_loop()
    log = None if config.log_texts is None else TextLog(config.log_texts, config.folder)
    service = Service(model, limits, Metrics(), log)
    pages = read_pages()
    app = RequestMiddleware(make_application(service, pages), service, config.access, frozenset(pages))
    server = _Server(_uvicorn_config(app, limits, lambda: service.is_stopping), service.stop)

    def replace(new: ServedModel) -> None:
        loop.call_soon_threadsafe(service.replace_model, new)
        service.metrics.model_loads.labels("taken").inc()

    def refused() -> None:
        service.metrics.model_loads.labels("refused").inc()

    watch = ModelWatch(config.folder, model, limits.watch_seconds, replace, refused)
    ready(model)
    try:
        await server.serve([opened])
    finally:
        watch.stop()
        service.end()


def _uvicorn_config(app: RequestMiddleware, limits: Limits, is_stopping: Callable[[], bool]) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=make_connection_class(limits, is_stopping),
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",  # its messages would repeat what came
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=int(limits.idle_seconds),
        timeout_graceful_shutdown=int(limits.stop_seconds),
        backlog=BACKLOG,
    )
