"""What every request passes before the application: who asks, what is late, what failed."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from textrnn.serving.access import OPEN_PATHS, Access
from textrnn.serving.connection import LATE_KEY
from textrnn.serving.metrics import Metrics
from textrnn.serving.problems import INTERNAL_ERROR, Problem
from textrnn.serving.service import ClientDisconnected, Service

METHODS, HEADERS = b"GET, POST", b"authorization, content-type"
SECURITY_HEADERS = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))
OTHER_ROUTE = "other"


class RequestMiddleware:
    """An ASGI application around another one. It answers what may not come in, before its body is read."""

    def __init__(self, app: ASGIApp, service: Service, access: Access, pages: frozenset[str]) -> None:
        self.app, self.service, self.access = app, service, access
        self._open = OPEN_PATHS | pages
        self._routes = {*OPEN_PATHS, "/", "/predict", "/model", "/metrics", "/openapi.json", "/v2"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        headers: Mapping[bytes, bytes] = dict(scope["headers"])
        path: str = scope["path"]
        outgoing = _Outgoing(send, path, self.access.cors_headers(headers))
        try:
            self.access.check_host(headers)
            self.access.check_origin(headers)
            if scope["method"] == "OPTIONS" and b"origin" in headers:
                await outgoing.preflight()
            else:
                if path not in self._open:
                    self.access.check_token(headers)
                if scope["method"] == "POST" and (path == "/predict" or path.endswith("/infer")):
                    self.service.require_time(late=scope.get(LATE_KEY, self.service.is_stopping))
                await self.app(scope, receive, outgoing.send)
        except Problem as problem:
            await outgoing.refuse(problem, self.service.metrics)
        except ClientDisconnected:
            pass
        except Exception as error:
            print(f"internal error: {type(error).__name__} in {_place(error)}", file=sys.stderr, flush=True)
            await outgoing.refuse(Problem(500, INTERNAL_ERROR), self.service.metrics)
        self.service.metrics.requests.labels(self._route(path), outgoing.status).inc()

    def _route(self, path: str) -> str:
        """The route of a path: few values, whatever is asked for."""
        if path in self._routes:
            return path
        return "/v2/models" if path.startswith("/v2/models/") else OTHER_ROUTE


class _Outgoing:
    """What is sent, with headers that every answer has."""

    def __init__(self, send: Send, path: str, more: list[tuple[bytes, bytes]]) -> None:
        self._send, self._path, self._more, self.status = send, path, more, 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", []), *SECURITY_HEADERS, *self._more]
        await self._send(message)

    async def refuse(self, problem: Problem, metrics: Metrics) -> None:
        """Answer with the problem, if no answer was begun."""
        metrics.rejections.labels(problem.reason or "invalid").inc()
        if self.status:
            return
        body = problem.body(self._path)
        start = {"type": "http.response.start", "status": problem.status, "headers": problem.header_list(body)}
        await self.send(start)
        await self.send({"type": "http.response.body", "body": body})

    async def preflight(self) -> None:
        """Tell a browser what a page of a named origin may send."""
        allowed = [(b"access-control-allow-methods", METHODS), (b"access-control-allow-headers", HEADERS)]
        await self.send({"type": "http.response.start", "status": 204, "headers": allowed})
        await self.send({"type": "http.response.body", "body": b""})


def _place(error: Exception) -> str:
    """Where an error came about: its message is not shown, since it may hold a text."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "an unknown place"
