"""A server from its start to its end: stopped, killed, overloaded, its model replaced, while requests come."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from served import MODEL, PATIENCE, Server, start, until

import textrnn

WORDS = ["good", "dull", "so", "song", "broken", "not"]  # of requests with as many texts as letters
OTHER = MODEL.with_name("model-5")
TEXTS = ["The soup was good.", "so dull, the map was broken"]
ENGINES = pytest.mark.parametrize("engines", [1, 2])


class Load:
    """Threads that ask one thing after another, each on its own connection, until they are stopped.

    `answers` counts what came: a status, "closed" before a byte of an answer, "part" of one.
    """

    def __init__(self, server: Server, threads: int, body: Any) -> None:
        self.answers: Counter[Any] = Counter()
        self.bodies: set[bytes] = set()
        self._body, self._port = json.dumps(body).encode(), server.port
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def _run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        while not self._stop.is_set():
            try:
                connection.request("POST", "/predict", self._body, {"content-type": "application/json"})
                answer = connection.getresponse()
                found = answer.read()
            except http.client.IncompleteRead:
                self.answers["part"] += 1
            except (ConnectionError, http.client.HTTPException, OSError):
                self.answers["closed"] += 1
                connection.close()
                if self.answers["closed"] > 10_000:
                    return
                continue
            self.answers[answer.status] += 1
            if answer.status == 200:
                self.bodies.add(found)
            if answer.will_close:
                connection.close()

    def end(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(PATIENCE)


@ENGINES
def test_sigterm_answers_all_that_was_accepted(tmp_path: Path, engines: int) -> None:
    """Those that came before the signal get their answer, whether the engine has begun or not; a later one does not."""
    with start(tmp_path, engines=engines, wait_seconds=PATIENCE, stop_seconds=PATIENCE) as server:
        body = json.dumps({"texts": ["good soup " * 400] * 60}).encode()
        found: list[Any] = []
        server.held.touch()

        def ask() -> None:
            found.append(server.post("/predict", body))

        threads = [threading.Thread(target=ask) for _ in range(6)]
        for thread in threads:
            thread.start()
        until(lambda: b"textrnn_requests_accepted 6.0" in server.get("/metrics").body)
        server.process.send_signal(signal.SIGTERM)
        until(lambda: status_of(server, "GET", "/ready") != 200)
        assert status_of(server, "POST", "/predict") in (503, None)
        server.held.unlink()
        assert server.process.wait(PATIENCE) == 0
        for thread in threads:
            thread.join(PATIENCE)
        assert Counter(answer.status for answer in found) == {200: 6}
        assert {len(answer.json["predictions"]) for answer in found} == {60}


@ENGINES
def test_requests_of_one_batch_get_their_own_answers(tmp_path: Path, engines: int) -> None:
    """While the engine is held they come together; then they are computed together."""
    asked = [[f"{word} soup {'not ' * number}good" for number in range(len(word))] for word in WORDS]
    expected = {tuple(texts): textrnn.load(MODEL).predict_proba(texts).round(6).tolist() for texts in asked}
    found: dict[tuple[str, ...], Any] = {}
    with start(tmp_path, engines=engines, wait_seconds=PATIENCE) as server:
        server.held.touch()

        def ask(texts: list[str]) -> None:
            found[tuple(texts)] = server.predict(texts=texts).json["predictions"]

        threads = [threading.Thread(target=ask, args=(texts,)) for texts in asked]
        for thread in threads:
            thread.start()
        until(lambda: f"textrnn_requests_accepted {len(asked)}.0".encode() in server.get("/metrics").body)
        server.held.unlink()
        for thread in threads:
            thread.join(PATIENCE)
        assert b"textrnn_requests_accepted 0.0" in server.get("/metrics").body
    for texts, predictions in found.items():
        shares = [{one["label"]: one["probability"] for one in each["classes"]} for each in predictions]
        assert [[each["bad"], each["good"]] for each in shares] == pytest.approx(np.array(expected[texts]), abs=2e-6)
    assert len(found) == len(asked)


def status_of(server: Server, method: str, path: str) -> int | None:
    """The status of an answer, None where the server takes no connection any more."""
    try:
        return server.ask(method, path, b'{"text": "good"}', content_type="application/json").status
    except (ConnectionError, http.client.HTTPException):
        return None


def test_sigterm_under_load_loses_nothing_in_part(tmp_path: Path) -> None:
    with start(tmp_path) as server:
        load = Load(server, 4, {"texts": TEXTS * 20})
        until(lambda: load.answers[200] > 40)
        assert server.stop() == 0
        load.end()
        assert set(load.answers) <= {200, 503, "closed"}
        assert len(load.bodies) == 1
        assert server.log.read_text() == ""


def test_a_killed_server_leaves_no_part_of_an_answer(tmp_path: Path) -> None:
    with start(tmp_path) as server:
        load = Load(server, 4, {"texts": TEXTS * 20})
        until(lambda: load.answers[200] > 40)
        assert server.stop(signal.SIGKILL) == -signal.SIGKILL
        load.end()
        assert set(load.answers) == {200, "closed"}


def test_the_head_of_an_answer_comes_with_its_body(tmp_path: Path) -> None:
    body = json.dumps({"texts": TEXTS * 20}).encode()
    fields = f"host: localhost\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    with start(tmp_path) as server, socket.create_connection(("127.0.0.1", server.port), PATIENCE) as sender:
        for _ in range(50):
            sender.sendall(f"POST /predict HTTP/1.1\r\n{fields}".encode() + body)
            head, _, rest = sender.recv(1 << 16).partition(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head)
            assert length is not None
            assert len(rest) == int(length[1])
        for method in ("HEAD", "OPTIONS"):  # an answer without a body comes too
            assert server.ask(method, "/ready").status in (200, 204, 405)


def swap(new: Path, folder: Path) -> None:
    """Put a copy of `new` in the place of `folder`, as `promote` does: by renames."""
    fresh, old = folder.with_name("fresh"), folder.with_name("old")
    shutil.copytree(new, fresh)
    os.rename(folder, old)
    os.rename(fresh, folder)
    shutil.rmtree(old)


@pytest.mark.parametrize("swaps", [6, pytest.param(100, marks=pytest.mark.slow)])
def test_a_model_is_replaced_under_load(tmp_path: Path, swaps: int) -> None:
    folder = tmp_path / "model"
    shutil.copytree(MODEL, folder)
    damaged = tmp_path / "damaged"
    shutil.copytree(OTHER, damaged)
    weights = damaged / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"?")
    expected = {
        path: [[float(p) for p in row] for row in textrnn.load(path).predict_proba(TEXTS)] for path in (MODEL, OTHER)
    }
    with start(tmp_path, folder, engines=2, watch_seconds=0.02) as server:
        digest = {MODEL: server.get("/ready").json["model"]}
        load = Load(server, 2, {"texts": TEXTS})
        served = MODEL
        for number in range(swaps):
            if number % 10 == 3:
                before = server.log.read_text().count("refused")
                swap(damaged, folder)
                until(lambda: server.log.read_text().count("refused") > before)  # noqa: B023
                assert server.get("/ready").json["model"] == digest[served]
                continue
            other = OTHER if served is MODEL else MODEL
            swap(other, folder)
            until(lambda: server.get("/ready").json["model"] != digest[served])  # noqa: B023
            served = other
            assert digest.setdefault(served, server.get("/ready").json["model"]) == server.get("/ready").json["model"]
        load.end()
        assert set(load.answers) == {200}
        of_digest = {digest[path]: rows for path, rows in expected.items()}
        assert len(load.bodies) == 2
        for body in load.bodies:
            found = json.loads(body)
            rows = [{one["label"]: one["probability"] for one in each["classes"]} for each in found["predictions"]]
            for row, right in zip(rows, of_digest[found["model"]], strict=True):
                assert [row["bad"], row["good"]] == pytest.approx(right, abs=1e-5)


@ENGINES
def test_a_request_is_answered_by_the_model_that_accepted_it(tmp_path: Path, engines: int) -> None:
    """It waits while another model takes over: its answer is the old one's, by numbers and by digest."""
    folder = tmp_path / "model"
    shutil.copytree(MODEL, folder)
    with start(tmp_path, folder, engines=engines, watch_seconds=0.02) as server:
        old = server.predict(texts=TEXTS).json
        found: list[Any] = []
        server.held.touch()
        asking = threading.Thread(target=lambda: found.append(server.predict(texts=TEXTS).json))
        asking.start()
        until(lambda: b"textrnn_requests_accepted 1.0" in server.get("/metrics").body)
        swap(OTHER, folder)
        until(lambda: server.get("/ready").json["model"] != old["model"])
        server.held.unlink()
        asking.join(PATIENCE)
        new = server.predict(texts=TEXTS).json
        assert found == [old]
        assert new["model"] == server.get("/ready").json["model"]
        assert new["predictions"] != old["predictions"]


def test_more_than_it_can_do_is_refused_at_once_and_the_rest_answered(tmp_path: Path) -> None:
    """The engine is held until many were refused: one request is computed, another waits, which takes too long."""
    with start(tmp_path, wait_seconds=1e-5) as server:
        server.held.touch()
        load = Load(server, 12, {"texts": ["good soup " * 200] * 40})
        until(lambda: load.answers[429] > 30)
        assert set(load.answers) == {429}
        server.held.unlink()
        until(lambda: load.answers[200] > 5)
        load.end()
        assert set(load.answers) == {200, 429}
        answer = server.predict(text="good")
        assert answer.status == 200
        metrics = server.get("/metrics").body.decode()
        assert 'textrnn_rejections_total{reason="overloaded"}' in metrics


def test_a_refusal_says_when_to_come_again(tmp_path: Path) -> None:
    with start(tmp_path, queue_requests=0) as server:
        answer = server.predict(text="good")
        assert answer.status == 429
        assert int(answer.headers["retry-after"]) >= 1
        assert server.get("/health").status == 200
