"""An HTTP connection within limits: uvicorn's protocol, which refuses what is too slow or too large."""

from __future__ import annotations

import asyncio
from asyncio.events import TimerHandle
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from textrnn.serving.held_response_head import hold_head
from textrnn.serving.limits import Limits
from textrnn.serving.problems import Problem, too_large_problem

CONNECTION_KEY = "textrnn.connection"  # in the scope of a request: the connection that it came by
LATE_KEY = "textrnn.late"  # in the scope of a request: its headers came after the server was told to stop
LINGER, LINGER_BYTES = 1.0, 1 << 20  # seconds, bytes that are read after a request was refused
MAX_OVERHEAD = 4  # bytes on the wire for a byte of the body, at most: chunks of a few bytes are refused


class Connection(HttpToolsProtocol):
    """One client.

    A request must be here whole `limits.request_seconds` after its first byte, or after the connection was opened: a
    middleware would see it too late, when the body was read. What it may hold is counted as the bytes come. The
    futures in `waiting` are given None when the client leaves.
    """

    limits: Limits  # of the server; `make_connection_class` sets both
    is_stopping: Callable[[], bool]

    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any], _loop: Any = None) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.waiting: set[asyncio.Future[Any]] = set()
        self.opened = self.loop.time()
        self.receiving_since: float | None = self.opened
        self._deadline: TimerHandle | None = None
        self._refused, self._refused_at = False, 0
        self._in_head = True
        self._wire = self._head = self._body = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request; where too many are open, close another."""
        super().connection_made(transport)
        self._expect()
        if len(self.connections) > self.limits.connections:
            _close_one(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell all that wait for an answer that nobody will read it."""
        self._received()
        super().connection_lost(exc)
        for future in self.waiting:
            if not future.done():
                future.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Read what came, unless the request was refused."""
        self._wire += len(data)
        if self._refused or self.parser is None:
            if self._wire > self._refused_at + LINGER_BYTES:
                self.transport.close()
            return
        super().data_received(data)
        if self._refused or self.receiving_since is None:
            return
        if self._in_head and self._wire > self.limits.header_bytes:
            self._refuse(_long_head(self.limits))  # a header without an end is not handed over by the parser
        elif self._wire > self.limits.header_bytes + MAX_OVERHEAD * self.limits.body_bytes:
            self._refuse(too_large_problem(self.limits.body_bytes))

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        cast(dict[str, Any], self.scope)[CONNECTION_KEY] = self
        self._in_head, self._head, self._body = True, 0, 0
        if self.receiving_since is None:
            self.receiving_since = self.loop.time()
            self._wire = 0
            self._expect()

    def on_url(self, url: bytes) -> None:
        """Take a part of the first line."""
        self._count_head(len(url))
        if not self._refused:
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, or one that follows the body."""
        self._count_head(len(name) + len(value) + 4)
        if self._refused:
            return
        if len(self.headers) >= self.limits.headers:
            self._refuse(_long_head(self.limits))
            return
        super().on_header(name, value)
        if name.lower() == b"content-length" and len(value) < 20 and int(value) > self.limits.body_bytes:
            self._refuse(too_large_problem(self.limits.body_bytes))

    def on_headers_complete(self) -> None:
        """Hand the request to the application."""
        self._in_head = False
        if not self._refused:
            cast(dict[str, Any], self.scope)[LATE_KEY] = self.is_stopping()
            super().on_headers_complete()
            hold_head(self.cycle)

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        if self._refused:
            return
        self._body += len(body)
        if self._body > self.limits.body_bytes:
            self._refuse(too_large_problem(self.limits.body_bytes))
            return
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request: the next one may take as long."""
        self._received()
        if self._refused:
            return
        super().on_message_complete()
        if self.cycle.response_complete and not self.pipeline:  # it was refused before its body was here
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP."""
        self._refuse(Problem(400, "request: expected HTTP/1.1, found something else; send a valid request"))

    def _count_head(self, size: int) -> None:
        self._head += size
        if self._head > self.limits.header_bytes and not self._refused:
            self._refuse(_long_head(self.limits))

    def _expect(self) -> None:
        self._deadline = self.loop.call_later(self.limits.request_seconds, self._too_slow)

    def _received(self) -> None:
        self.receiving_since = None
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        seconds = f"{self.limits.request_seconds:g} s"
        detail = f"request: expected the whole of it within {seconds}, found a part; send it faster"
        self._refuse(Problem(HTTPStatus.REQUEST_TIMEOUT, detail, reason="slow"))

    def _refuse(self, problem: Problem) -> None:
        """Answer, if no answer was begun, and close."""
        if self._refused:
            return
        self._refused, self._refused_at = True, self._wire
        self._received()
        transport = self.transport
        if transport is None or transport.is_closing():
            return
        answered = self.cycle is not None and not self.cycle.response_complete and self.cycle.response_started
        began = self._wire > 0 and not answered and not self.waiting
        if began:
            body = problem.body()
            lines = [STATUS_LINE[problem.status]]
            for name, value in problem.header_list(body):
                lines += [name, b": ", value, b"\r\n"] if name != b"connection" else []
            transport.write(b"".join([*lines, b"connection: close\r\n\r\n", body]))
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True  # the application has nobody to answer
            self.cycle.message_event.set()
        if began and transport.can_write_eof():
            transport.write_eof()  # what still comes is read for a moment, or a reset would outrun the answer
            self.loop.call_later(LINGER, transport.close)
        else:
            transport.close()


def _close_one(newest: Connection) -> None:
    """Close the connection that has been sending its request for longest, else one that is idle."""
    sending: list[tuple[float, Connection]] = []
    idle: list[Connection] = []
    for each in newest.connections:
        if not isinstance(each, Connection) or each is newest:
            continue
        if each.receiving_since is not None:
            sending.append((each.receiving_since, each))
        elif each.cycle is None or each.cycle.response_complete:
            idle.append(each)
    if sending:
        min(sending, key=lambda pair: pair[0])[1]._too_slow()
    elif idle:
        idle[0].transport.close()
    else:
        newest.transport.close()


def _long_head(limits: Limits) -> Problem:
    return Problem(
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        f"headers: expected at most {limits.headers} of {limits.header_bytes:,} bytes in all, found more; send fewer",
        reason="too large",
    )


def make_connection_class(limits: Limits, is_stopping: Callable[[], bool]) -> type[Connection]:
    """The class of the connections of a server with these `limits`; `is_stopping` says whether it was told to stop."""
    return type("Connection", (Connection,), {"limits": limits, "is_stopping": staticmethod(is_stopping)})
