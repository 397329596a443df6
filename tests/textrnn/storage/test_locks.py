from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from textrnn.errors import LockTimeoutError
from textrnn.storage.locks import exclusive_lock

HOLD = """
import sys, time
from pathlib import Path
from textrnn.storage.locks import exclusive_lock
with exclusive_lock(Path(sys.argv[1]), timeout=10):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


@contextmanager
def another_process(path: Path, seconds: float = 60) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock `path`."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", HOLD, str(path), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_lock_held_elsewhere_times_out_naming_its_holder(tmp_path: Path) -> None:
    path, told = tmp_path / "locks" / "key.lock", []
    with another_process(path) as process:
        started = time.monotonic()
        with pytest.raises(LockTimeoutError) as caught, exclusive_lock(path, timeout=0.3, on_wait=told.append):
            pytest.fail("two hold one lock")
        assert 0.2 < time.monotonic() - started < 5
        assert f"process {process.pid} on " in str(caught.value)
        assert "key.lock" in str(caught.value)
        assert "after 0.3 s" in str(caught.value)
        assert caught.value.exit_code == 75
        assert len(told) == 1
        assert f"waiting for process {process.pid} on " in told[0]


def test_a_killed_holder_frees_it(tmp_path: Path) -> None:
    path = tmp_path / "key.lock"
    with another_process(path) as process:
        process.kill()
        process.wait()
        with exclusive_lock(path, timeout=5):
            pass


def test_a_lock_is_waited_for(tmp_path: Path) -> None:
    path, told = tmp_path / "key.lock", []
    with another_process(path, seconds=0.6), exclusive_lock(path, timeout=-1, on_wait=told.append):
        assert len(told) == 1


def test_a_free_lock_is_taken_at_once_and_let_go(tmp_path: Path) -> None:
    told: list[str] = []
    for _ in range(2):
        with exclusive_lock(tmp_path / "key.lock", timeout=0, on_wait=told.append):
            assert f"process {os.getpid()} on " in (tmp_path / "key.holder").read_text()
    assert not told


def test_an_error_inside_lets_it_go(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="why"), exclusive_lock(tmp_path / "key.lock", timeout=0):
        raise ValueError("why")
    with exclusive_lock(tmp_path / "key.lock", timeout=0):
        pass


def test_one_process_cannot_hold_it_twice(tmp_path: Path) -> None:
    with exclusive_lock(tmp_path / "key.lock", timeout=0):
        with pytest.raises(LockTimeoutError), exclusive_lock(tmp_path / "key.lock", timeout=0):
            pytest.fail("held twice")
        with exclusive_lock(tmp_path / "other.lock", timeout=0):
            pass
