"""The routes of a server, as a FastAPI application."""

from __future__ import annotations

import json
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from textrnn import __version__
from textrnn.serving import metrics as counters
from textrnn.serving.connection import CONNECTION_KEY
from textrnn.serving.inference_protocol import add_inference_protocol
from textrnn.serving.openapi import OPERATIONS, make_document
from textrnn.serving.pages import Page, add_pages
from textrnn.serving.predict_answer import render_answer
from textrnn.serving.predict_request import read_request
from textrnn.serving.problems import INTERNAL_ERROR, MEDIA_TYPE, Problem, stopping_problem
from textrnn.serving.request_body import JSON, read_json
from textrnn.serving.service import ClientDisconnected, RequestPredictions, Service

TITLE = "textrnn"
CLIENT_CLOSED_REQUEST = 499  # the status, in the counters alone, of a request whose client left (as nginx has it)
PROBLEM_TYPE = MEDIA_TYPE.decode()


def make_application(service: Service, pages: dict[str, Page]) -> FastAPI:
    """The application of `service`; `pages` are served at their paths."""
    app = FastAPI(title=TITLE, version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    app.router.redirect_slashes = False
    app.add_exception_handler(HTTPException, _no_route)
    app.add_exception_handler(Exception, _fault)

    async def refuse(request: Request, problem: Any) -> Response:
        service.metrics.rejections.labels(problem.reason or "invalid").inc()
        return _answer(request, problem)

    async def drop(_: Request, __: Exception) -> Response:
        service.metrics.dropped.inc()
        return Response(status_code=CLIENT_CLOSED_REQUEST)

    app.add_exception_handler(Problem, refuse)
    app.add_exception_handler(ClientDisconnected, drop)
    _add_predict(app, service)
    _add_looks(app, service)
    add_inference_protocol(app, service)
    add_pages(app, pages)
    documents: dict[str, bytes] = {}

    @app.get("/openapi.json", **OPERATIONS["openapi"])
    async def openapi() -> Response:
        model = service.model
        if model.digest not in documents:
            documents.clear()
            documents[model.digest] = json.dumps(make_document(app, model, service.limits)).encode()
        return Response(documents[model.digest], media_type=JSON)

    return app


def _add_predict(app: FastAPI, service: Service) -> None:
    @app.post("/predict", **OPERATIONS["predict"])
    async def predict(request: Request) -> Response:
        body = await read_json(request, service.limits.body_bytes)
        model = service.model
        asked = read_request(body, model.columns, service.limits)
        client = request.scope.get(CONNECTION_KEY)
        found = await service.predict(model, asked.examples, asked.characters, explain=asked.explain, client=client)
        answer = render_answer(model, found.predictions, top=asked.top, explanations=found.explanations)
        return Response(answer, media_type=JSON, headers={"Server-Timing": timing(found)})


def _add_looks(app: FastAPI, service: Service) -> None:
    @app.get("/health", **OPERATIONS["health"])
    async def health() -> Response:
        return Response(b'{"status": "ok"}', media_type=JSON)

    @app.get("/ready", **OPERATIONS["ready"])
    async def ready() -> Response:
        if service.is_stopping:
            raise stopping_problem()
        return Response(json.dumps({"ready": True, "model": service.model.digest}), media_type=JSON)

    @app.get("/model", **OPERATIONS["model"])
    async def model() -> Response:
        return Response(service.model.about_json(texts_logged=service.log is not None), media_type=JSON)

    @app.get("/metrics", **OPERATIONS["metrics"])
    async def metrics() -> Response:
        service.gauges()
        return Response(service.metrics.text(), media_type=counters.MEDIA_TYPE)


def timing(found: RequestPredictions) -> str:
    """Milliseconds in the queue and of the batch in the engine, as browsers show them (Server-Timing)."""
    return f"queue;dur={found.queued * 1e3:.2f}, engine;dur={found.computed * 1e3:.2f}"


async def _no_route(request: Request, error: Any) -> Response:
    """The answer to a path or a method that the server does not have."""
    if error.status_code != 405:
        return _answer(request, Problem(404, "path: expected one of this server's, found another; see /openapi.json"))
    allowed = (error.headers or {}).get("Allow", "GET")
    detail = f"method: expected {allowed}, found another; see /openapi.json"
    return _answer(request, Problem(405, detail, headers={"Allow": allowed}))


async def _fault(request: Request, _: Exception) -> Response:
    """The answer to what nobody foresaw; the middleware writes down where it came about."""
    return _answer(request, Problem(500, INTERNAL_ERROR))


def _answer(request: Request, problem: Problem) -> Response:
    body = problem.body(request.url.path)
    return Response(body, problem.status, problem.headers, media_type=PROBLEM_TYPE)
