"""What a server does not wait for, hold or let in: slow senders, bodies without end, lying lengths."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from served import Server, receive_all, start, until

BODY = 1 << 16
SECONDS = 1.0
HEAD = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    limits = {"body_bytes": BODY, "request_seconds": SECONDS, "connections": 12, "header_bytes": 8192}
    with start(tmp_path_factory.mktemp("server"), **limits) as found:
        assert found.predict(text="good").status == 200
        yield found


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def test_a_declared_gigabyte_is_refused_before_it_is_sent(server: Server) -> None:
    before = server.peak()
    answer = server.raw(HEAD + b"Content-Length: 1000000000\r\n\r\n" + b"x" * (1 << 20))
    assert status(answer) == 413
    assert b"connection: close" in answer.lower()
    expecting = server.raw(HEAD + b"Content-Length: 1000000000\r\nExpect: 100-continue\r\n\r\n")
    assert status(expecting) == 413
    assert server.peak() - before < 16 << 20


def test_chunks_without_end_are_cut_off(server: Server) -> None:
    before = server.peak()
    chunks = b"1\r\nx\r\n" * 4096
    with socket.create_connection(("127.0.0.1", server.port)) as sender:
        sender.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        sent = 0
        try:
            while sent < 64 << 20:
                sender.sendall(chunks)
                sent += len(chunks)
        except OSError:
            pass
        answer = receive_all(sender)
    assert sent < 64 << 20
    assert answer == b"" or status(answer) == 413
    assert server.peak() - before < 16 << 20


@pytest.mark.parametrize(
    "data",
    [
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 200_000,
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: a\r\n" * 100 + b"\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + b"a" * 400_000,
    ],
    ids=["path", "header", "headers", "trailer"],
)
def test_long_heads_are_refused(server: Server, data: bytes) -> None:
    assert status(server.raw(data)) in (431, 413)


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\0\x01\0",
        b"GET / HTTP/9.9\r\n\r\n",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"CONNECT a:80 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused(server: Server, data: bytes) -> None:
    answer = server.raw(data)
    assert status(answer) in (400, 404, 405, 421)


def test_a_length_that_is_too_short_or_too_long(server: Server) -> None:
    body = json.dumps({"text": "good"}).encode()
    short = server.raw(HEAD + b"Content-Length: 5\r\n\r\n" + body)
    assert b" 200 " not in short
    long = server.raw(HEAD + b"Content-Length: 1000\r\n\r\n" + body)
    assert status(long) == 408


def test_who_sends_slowly_is_told_and_others_are_served(server: Server) -> None:
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(10)]
    for number, sender in enumerate(slow):
        sender.sendall(HEAD[: 30 + number] if number % 2 else HEAD + b"Content-Length: 100\r\n\r\n{")
    assert server.predict(text="good").status == 200
    answers = [receive_all(sender) for sender in slow]
    assert {status(answer) for answer in answers} == {408}
    for sender in slow:
        sender.close()


def test_connections_beyond_the_limit_close_those_that_send_slowly(server: Server) -> None:
    slow = []
    for _ in range(40):
        sender = socket.create_connection(("127.0.0.1", server.port))
        sender.sendall(b"POST /predict HTTP/1.1\r\n")
        slow.append(sender)
        assert server.predict(text="good").status == 200
    for sender in slow:
        sender.close()


def test_an_open_connection_without_a_word_is_closed(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as sender:
        assert receive_all(sender) == b""


def test_requests_one_after_another_on_one_connection(server: Server) -> None:
    body = json.dumps({"text": "good"}).encode()
    request = HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as sender:
        sender.sendall(request * 5)
        found = b""
        while found.count(b'"predictions"') < 5:
            found += sender.recv(1 << 16)
        assert found.count(b"HTTP/1.1 200") == 5


def test_who_leaves_is_not_computed_for(tmp_path: Path) -> None:
    with start(tmp_path) as server:
        body = json.dumps({"texts": ["good soup " * 100] * 16, "explain": True}).encode()
        request = HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
        senders = []
        for _ in range(10):
            sender = socket.create_connection(("127.0.0.1", server.port))
            sender.sendall(request)
            senders.append(sender)
        for sender in senders:
            sender.close()

        def dropped() -> bool:
            lines = server.get("/metrics").body.decode().splitlines()
            return any(line.startswith("textrnn_dropped_total") and float(line.split()[1]) > 0 for line in lines)

        until(dropped)
        assert server.predict(text="good").status == 200
