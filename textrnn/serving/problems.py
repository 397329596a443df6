"""What a request is refused with: a problem (RFC 9457) that never repeats what came."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from http import HTTPStatus

MEDIA_TYPE = b"application/problem+json"
INTERNAL_ERROR = "the server: expected to answer, found an internal error; please report it, with its log"
OVERLOADED, STOPPING = HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE


class Problem(Exception):
    """A request that gets no answer but `status` and one line of `detail`: expected ..., found ...; do ....

    `pointer` is the place in the body, a JSON pointer (RFC 6901). `reason` counts it among the rejections.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        pointer: str | None = None,
        headers: Mapping[str, str] | None = None,
        reason: str = "",
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.pointer, self.reason = int(status), detail, pointer, reason
        self.headers = dict(headers or {})

    def body(self, path: str = "") -> bytes:
        """The problem as JSON; below /v2 with the member `error`, which the Open Inference Protocol has."""
        found = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        if self.pointer is not None:
            found["pointer"] = self.pointer
        if path.startswith("/v2"):
            found["error"] = self.detail
        return json.dumps(found).encode()

    def header_list(self, body: bytes) -> list[tuple[bytes, bytes]]:
        """The headers of the answer with this `body`, as ASGI has them."""
        own = [(name.lower().encode(), value.encode()) for name, value in self.headers.items()]
        return [(b"content-type", MEDIA_TYPE), (b"content-length", str(len(body)).encode()), *own]


def overloaded_problem(seconds: float) -> Problem:
    """The problem of a request that would wait for `seconds`."""
    wait = max(1, math.ceil(seconds))
    return Problem(
        OVERLOADED,
        f"the queue: expected an answer in time, found {seconds:.1f} s of work before this request; "
        f"send it again in {wait} s",
        headers={"Retry-After": str(wait)},
        reason="overloaded",
    )


def stopping_problem() -> Problem:
    """The problem of a request that comes while the server stops."""
    return Problem(
        STOPPING,
        "the server: expected it to take requests, found it stopping; send the request again in 1 s",
        headers={"Retry-After": "1", "Connection": "close"},
        reason="stopping",
    )


def too_large_problem(limit: int) -> Problem:
    """The problem of a body of more than `limit` bytes; the connection is closed after it."""
    return Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"body: expected at most {limit:,} bytes, found more; send fewer texts at a time",
        headers={"Connection": "close"},
        reason="too large",
    )


def kind_of(value: object) -> str:
    """What a JSON value is, for a message that must not repeat it.

    >>> kind_of([1]), kind_of(True), kind_of(None)
    ('a list', 'true or false', 'null')
    """
    if isinstance(value, bool):
        return "true or false"
    kinds = {str: "a string", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return kinds.get(type(value), "null")
