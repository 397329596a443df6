"""An answer whose head goes out together with its body: whoever is cut off has seen no part of a small one."""

from __future__ import annotations

import asyncio
from typing import cast

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle


class _Held:
    """The transport of one answer. The head waits for the first bytes of the body, or for the end."""

    def __init__(self, transport: asyncio.Transport, cycle: RequestResponseCycle) -> None:
        self._transport, self._cycle = transport, cycle
        self._head = b""
        self._is_begun = False

    def write(self, data: bytes) -> None:
        if self._cycle.response_started and not self._is_begun:  # before that: 100 Continue
            self._head, self._is_begun = data, True
            return
        self._transport.write(self._head + data if self._head else data)
        self._head = b""

    def flush(self) -> None:
        if self._head:
            self.write(b"")

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def is_closing(self) -> bool:
        return self._transport.is_closing()


def hold_head(cycle: RequestResponseCycle) -> None:
    """Let the head of the answer that `cycle` will send be written with its body, in one piece."""
    held, go_on = _Held(cycle.transport, cycle), cycle.on_response

    def end() -> None:
        held.flush()
        go_on()

    cycle.transport, cycle.on_response = cast(asyncio.Transport, held), end
