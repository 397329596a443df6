"""F11: a process of two killed, or stopped dead: the run ends with a word, and resumes to the same bytes."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from faulting import SCALE, record, scaled

WITHIN = 45.0
SETTINGS = ("--processes", "2", "--set", "train.epochs=4", "--set", "train.checkpoint_seconds=0.3")
COMMAND = [sys.executable, "-m", "pipelines.app", "train", "--config", "smoke", *SETTINGS]
# whom, and with what; a process that is stopped holds its connections, so that only the deadline tells
ROUNDS = (
    ("helper", signal.SIGKILL),
    ("command", signal.SIGKILL),
    ("helper", signal.SIGSTOP),
    ("helper", signal.SIGKILL),
)

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds the helper in /proc")


def start(place: Path) -> subprocess.Popen[bytes]:
    place.mkdir(exist_ok=True)
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(root)}
    with open(place / "errors", "w") as errors:
        return subprocess.Popen(COMMAND, cwd=place, env=environment, stderr=errors, stdout=subprocess.DEVNULL)


def helpers_of(command: int) -> list[int]:
    """The helper ranks that this command has started and that still run."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
        except (OSError, ValueError):
            continue
        if b"textrnn.training.worker_process" in words and int(parent) == command and state != "Z":
            found.append(int(folder.name))
    return found


def weights(place: Path) -> bytes:
    (found,) = place.glob(".textrnn/entries/train/*/data/model.safetensors")
    return found.read_bytes()


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_rank_is_lost(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    rounds, held, longest = scaled(4), 0, 0.0
    resumed = SCALE >= 0.05  # in `make test` no: ten seconds more
    if resumed:
        whole = start(tmp_path / "whole")
        assert whole.wait(120) == 0, (tmp_path / "whole" / "errors").read_text()
    for number, (whom, how) in enumerate(ROUNDS[:rounds]):
        place = tmp_path / f"round {number}"
        command = start(place)
        deadline = time.monotonic() + 90
        while "epoch 2 " not in (place / "errors").read_text() and time.monotonic() < deadline:
            assert command.poll() is None, (place / "errors").read_text()
            time.sleep(0.02)
        time.sleep(random.Random(number).uniform(0, 0.3))
        (helper,) = helpers_of(command.pid)
        os.kill(command.pid if whom == "command" else helper, how)
        begun = time.monotonic()
        code = command.wait(WITHIN)
        while alive(helper) and time.monotonic() - begun < WITHIN:
            time.sleep(0.05)
        longest = max(longest, time.monotonic() - begun)
        assert not alive(helper), f"round {number}: the helper outlived the run"
        told = (place / "errors").read_text().splitlines()[-1]
        if whom == "command":
            assert code == -signal.SIGKILL
        else:
            assert code == 1, told
            killed = "process 2 of 2 was killed by SIGKILL, as the system does where memory runs out"
            reason = killed if how == signal.SIGKILL else "has not responded for 35 s"
            assert reason in told, told
            assert "run again to resume from it" in told
        if resumed:
            again = start(place)
            assert again.wait(120) == 0, (place / "errors").read_text()
            assert "resumed after" in (place / "errors").read_text()
            assert weights(place) == weights(tmp_path / "whole"), f"round {number}"
        held += 1
    record(request, "F11", rounds=rounds, held=held, note=f"ended within {longest:.1f} s at most")
