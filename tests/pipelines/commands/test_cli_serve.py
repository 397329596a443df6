"""`textrnn serve`: its options, its errors, several processes behind one port."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from running import START, Call, environment
from served import MODEL, PATIENCE, until


def test_errors_are_one_line(textrnn: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEXTRNN_TOKEN", raising=False)
    model = ("--model", str(MODEL))
    open_to_all = textrnn("serve", *model, "--host", "0.0.0.0")
    assert open_to_all.code == 2
    assert "--host 0.0.0.0: expected a token" in open_to_all.error
    (tmp_path / "token").write_text("short\n")
    short = textrnn("serve", *model, "--token-file", str(tmp_path / "token"))
    assert short.code == 2
    assert "expected a token of 16" in short.error
    assert "short" not in short.error
    missing = textrnn("serve", *model, "--token-file", str(tmp_path / "none"))
    assert missing.code == 2
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = textrnn("serve", *model, "--port", str(taken.getsockname()[1]))
    assert port.code == 2
    assert "expected a free port" in port.error
    assert textrnn("serve", *model, "--host", "nowhere.invalid", "--token-file", str(tmp_path / "token")).code == 2
    none = textrnn("serve", "--model", str(tmp_path), "--port", "0")
    assert none.code == 3
    assert "expected a model folder" in none.error or "is it a model folder" in none.error


@pytest.mark.slow
def test_several_processes_share_a_port_and_a_token(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("a token that is no secret".replace(" ", "-") + "\n")
    command = [sys.executable, "-c", START, "serve", "--model", str(MODEL), "--port", "0", "--processes", "2"]
    command += ["--token-file", str(token), "--host", "127.0.0.1"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment()) as process:
        assert process.stderr is not None
        address = process.stderr.readline().split(" at ")[1].partition(";")[0]

        def ask(path: str, shown: str | None, body: bytes | None = None) -> int:
            headers = {"content-type": "application/json", "connection": "close"}
            headers |= {} if shown is None else {"authorization": shown}
            request = urllib.request.Request(address + path, body, headers)
            try:
                with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                    return int(answer.status)
            except urllib.error.HTTPError as error:
                return error.code

        right = "Bearer " + token.read_text().strip()
        body = json.dumps({"text": "good"}).encode()
        assert [ask("/predict", right, body) for _ in range(20)] == [200] * 20
        for wrong in (None, "Bearer x", right[:-1], right + "x", "Basic " + right[7:], ""):
            assert ask("/predict", wrong, body) == 401
        assert ask("/health", None) == 200
        assert ask("/metrics", None) == 401

        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert len(children) == 2
        os.kill(int(children[0]), signal.SIGKILL)

        def again() -> bool:
            now = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            return len(now) == 2 and now != children

        until(again)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
