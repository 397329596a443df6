"""Parts of a server alone, in this process: its limits, its middleware, its bodies, its problems, its schemas."""

from __future__ import annotations

import asyncio
import json
from hashlib import sha256
from typing import Any

import pytest
from served import MODEL

from textrnn.data.columns import Columns
from textrnn.serving.access import Access
from textrnn.serving.inference_answer import output_tensors
from textrnn.serving.json_body import parse_json
from textrnn.serving.latency import LatencyModel
from textrnn.serving.limits import Limits
from textrnn.serving.metrics import Metrics
from textrnn.serving.middleware import RequestMiddleware
from textrnn.serving.openapi import request_schema
from textrnn.serving.predict_request import read_request
from textrnn.serving.problems import Problem
from textrnn.serving.served_model import ServedModel, load_served_model
from textrnn.serving.sockets import open_socket
from textrnn.serving.work_queue import Job, WorkQueue


@pytest.fixture(scope="module")
def model() -> ServedModel:
    return load_served_model(MODEL)


def test_the_limits_are_those_that_the_guide_names() -> None:
    assert vars(Limits()) == {
        "body_bytes": 4_194_304, "texts": 1024, "characters": 1_000_000, "header_bytes": 16_384, "headers": 64,
        "request_seconds": 10.0, "explained_texts": 16, "wait_seconds": 1.0, "queue_requests": 2048,
        "queue_characters": 16_000_000, "batch_tokens": 32_768, "connections": 1024, "idle_seconds": 60.0,
        "stop_seconds": 20.0, "watch_seconds": 0.5,
    }  # fmt: skip


class Service:
    """What the middleware asks of a service."""

    def __init__(self) -> None:
        self.metrics, self.is_stopping = Metrics(), False

    def require_time(self, *, late: bool) -> None:
        assert not late


def ask(path: str, *, token: bytes | None = None, method: str = "GET") -> int:
    """The status that the middleware with a token answers."""
    sent: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", b"127.0.0.1")] + ([(b"authorization", b"Bearer " + token)] if token else [])
    access = Access(sha256(b"a long enough token").digest())
    middleware = RequestMiddleware(application, Service(), access, frozenset({"/page.js"}))  # type: ignore[arg-type]
    scope = {"type": "http", "method": method, "path": path, "headers": headers}
    asyncio.run(middleware(scope, None, send))  # type: ignore[arg-type]
    return int(sent[0]["status"])


def test_a_probe_and_the_page_pass_without_a_token_and_nothing_else() -> None:
    assert [ask(path) for path in ("/health", "/ready", "/v2/health/live", "/page.js")] == [200] * 4
    assert [ask(path) for path in ("/model", "/metrics", "/predict", "/v2", "/health/")] == [401] * 5
    assert ask("/model", token=b"a long enough token") == 200
    assert ask("/model", token=b"a long enough toke") == 401


@pytest.mark.parametrize(
    "body", [b'{"text": "a", "text": "b"}', b'{"rows": [{"a": 1, "a": 2}]}', b"[NaN]", b"{", b"\xff", b"[" * 9999]
)
def test_a_body_that_is_no_strict_json_is_a_problem(body: bytes) -> None:
    with pytest.raises(Problem) as caught:
        parse_json(body)
    assert caught.value.status == 400


def test_a_problem_points_where_it_was_found_and_nowhere_else() -> None:
    plain, pointed = Problem(400, "a"), Problem(422, "b", pointer="/texts/1")
    assert json.loads(plain.body()) == {"type": "about:blank", "title": "Bad Request", "status": 400, "detail": "a"}
    assert json.loads(pointed.body("/v2/models"))["pointer"] == "/texts/1"
    assert json.loads(pointed.body("/v2/models"))["error"] == "b"


def test_as_many_texts_as_the_limit_are_taken_and_one_more_is_not() -> None:
    limits = Limits(texts=3, characters=6, explained_texts=2)
    assert read_request({"texts": ["ab"] * 3}, Columns(), limits).characters == 6
    for body in ({"texts": ["a"] * 4}, {"text": "a" * 7}, {"texts": ["a"] * 3, "explain": True}):
        with pytest.raises(Problem) as caught:
            read_request(body, Columns(), limits)
        assert caught.value.status == 413


def test_the_schema_of_a_request_says_what_is_taken(model: ServedModel) -> None:
    schema = request_schema(model, Limits(texts=3))
    texts = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 3}
    assert schema["properties"]["texts"] == texts
    assert schema["properties"]["rows"]["maxItems"] == 3
    assert schema["oneOf"] == [{"required": [name]} for name in ("text", "texts", "rows")]


def test_tensors_have_the_names_and_kinds_of_the_protocol(model: ServedModel) -> None:
    kinds = {tensor.name: tensor.datatype for tensor in output_tensors(model, None)}
    assert kinds == {
        "label": "BYTES", "probabilities": "FP64", "accepted": "BOOL", "tokens": "INT64", "cut": "BOOL",
        "unknown": "FP64", "classes": "BYTES",
    }  # fmt: skip
    found = {tensor.name: tensor for tensor in output_tensors(model, model.predictor.predict_examples(["a", "b"]))}
    assert found["accepted"].shape == [2]


def test_two_servers_count_apart() -> None:
    first, second = Metrics(), Metrics()
    first.labels.labels("good").inc()
    assert second.labels.labels("good")._value.get() == 0


def test_a_socket_listens_unless_it_only_keeps_the_place() -> None:
    import socket

    with open_socket("127.0.0.1", 0) as opened, socket.create_connection(opened.getsockname(), timeout=5):
        pass
    with open_socket("127.0.0.1", 0, listening=False) as kept, pytest.raises(ConnectionRefusedError):
        socket.create_connection(kept.getsockname(), timeout=5)


def test_a_line_is_learned_from_all_jobs_of_a_batch(model: ServedModel) -> None:
    latency = LatencyModel(1e-6, 0.0)
    told: list[float] = []
    latency.learn = lambda tokens, seconds: told.append(tokens)  # type: ignore[method-assign]
    waiting = WorkQueue(Limits(), latency)
    jobs = [Job(model, ["a" * 300] * 2, 600, lambda found: None, lambda: False) for _ in range(3)]
    for each in jobs:
        assert waiting.offer(each) == 0
    batch = waiting.take()
    waiting.learn(batch, 200, 0.1)
    assert told == [sum(each.tokens for each in jobs)] != [0.0]
