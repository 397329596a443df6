"""The body of a request, read whole within its limit."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from textrnn.serving.json_body import parse_json
from textrnn.serving.problems import Problem, too_large_problem
from textrnn.serving.service import ClientDisconnected

JSON, BINARY = "application/json", "application/octet-stream"


async def read_body(request: Request, limit: int) -> bytes:
    """The bytes of the body. Raises Problem (413) for more than `limit` of them, ClientDisconnected."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnected
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise too_large_problem(limit)
        parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


async def read_json(request: Request, limit: int) -> Any:
    """The JSON value of the body. Raises Problem (400, 413, 415), ClientDisconnected."""
    require_media_type(request, (JSON,))
    return parse_json(await read_body(request, limit))


def require_media_type(request: Request, known: tuple[str, ...]) -> None:
    """Refuse, by Problem (415), a body of another type, or a compressed one; without a type it is JSON."""
    media_type = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
    if media_type not in known:
        wanted = " or ".join(known)
        raise Problem(415, f"Content-Type: expected {wanted}, found another; send JSON with content-type: {JSON}")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(415, "Content-Encoding: expected none, found one; send the body as it is")
