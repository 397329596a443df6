from __future__ import annotations

import io
import multiprocessing
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import pytest
from made import make_rows, write_csv
from running import SMALL, START, TREE, Call, environment, run_main

from pipelines import app
from pipelines.running import signals
from pipelines.running.child_process import run_in_child
from pipelines.running.signals import interruptible
from textrnn.errors import Interrupted
from textrnn.storage.files import open_atomic, write_text

EPOCHS = 40  # of 20 steps: a second or more, in which every step can be the one that is interrupted
LONG = SMALL.replace("epochs = 1", f"epochs = {EPOCHS}\npatience = 0").replace("batch_size = 32", "batch_size = 8")


# --- in this process ------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_is_one_exception_and_the_handlers_come_back(number: signal.Signals, code: int) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with pytest.raises(Interrupted, match="interrupted") as caught, interruptible():
        signal.raise_signal(number)
    assert caught.value.exit_code == code
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_a_second_signal_does_not_interrupt_the_cleaning_up(capfd: pytest.CaptureFixture[str]) -> None:
    cleaned = False
    with pytest.raises(Interrupted), interruptible():
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGTERM)
            cleaned = True
    assert cleaned
    assert capfd.readouterr().err.count("already stopping") == 2


class Interrupting(io.RawIOBase):
    """A stream that a signal always meets in the middle of writing."""

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        signal.raise_signal(signal.SIGINT)
        return len(data)  # type: ignore[arg-type]


def test_a_second_signal_may_come_in_the_middle_of_a_line(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(io.BufferedWriter(Interrupting())))
    with pytest.raises(Interrupted), interruptible():
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            print("error: interrupted", file=sys.stderr, flush=True)
    assert capfd.readouterr().err == "already stopping\n"


@pytest.mark.parametrize("code", [130, 143])
def test_an_interrupted_process_ends_at_once(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(code: int) -> None:
        raise KeyError(code)

    monkeypatch.setattr(app, "run_app", lambda arguments: code)
    monkeypatch.setattr(os, "_exit", leave)
    with pytest.raises(KeyError, match=str(code)):
        app.main()
    monkeypatch.setattr(app, "run_app", lambda arguments: 3)
    with pytest.raises(SystemExit) as caught:
        app.main()
    assert caught.value.code == 3


def test_a_signal_that_was_swallowed_is_not_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "STOP_SECONDS", 0.0)
    with pytest.raises(Interrupted), interruptible():
        try:
            signal.raise_signal(signal.SIGTERM)
        except BaseException:
            signal.raise_signal(signal.SIGTERM)


def test_an_interruption_is_no_exception_that_libraries_catch() -> None:
    assert not issubclass(Interrupted, Exception)


def test_outside_the_main_thread_nothing_is_touched() -> None:
    before = signal.getsignal(signal.SIGTERM)
    found: list[object] = []

    def work() -> None:
        with interruptible():
            found.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [before]


# --- real processes, interrupted while they train -------------------------------------------------


class Training:
    """A process that trains, and what it said."""

    def __init__(self, process: ForkServerProcess | subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self.log = log
        self.seconds = 0.0

    @property
    def err(self) -> str:
        return self.log.read_text("utf-8") if self.log.is_file() else ""

    @property
    def resumed_after(self) -> int:
        """The steps that the process found done when it began."""
        found = re.search(r"resumed after (\d+) steps", self.err)
        return int(found.group(1)) if found else 0

    @property
    def epochs_shown(self) -> list[int]:
        """The epochs that were shown, counted from 1."""
        return [int(epoch) for epoch in re.findall(r"^ +epoch (\d+)  loss", self.err, re.MULTILINE)]

    def wait_for(self, pattern: str) -> None:
        deadline = time.monotonic() + 60
        while not re.search(pattern, self.err, re.MULTILINE):
            assert time.monotonic() < deadline, self.err
            time.sleep(0.005)

    def end(self) -> int:
        """Wait for the end; the exit code, or minus the signal."""
        if isinstance(self.process, subprocess.Popen):
            return self.process.wait(timeout=60)
        self.process.join(60)
        assert self.process.exitcode is not None, self.err
        return self.process.exitcode

    def stop(self, number: signal.Signals, *, impatient: bool = False) -> int:
        """Send the signal at a random moment of training; if impatient again at once, and when the end is told.

        A process that goes on shows the epoch before its first step again: one of its own is waited for.
        """
        self.wait_for(r"^ +epoch ")
        deadline = time.monotonic() + 60
        while 20 * max(self.epochs_shown, default=0) <= self.resumed_after:
            assert time.monotonic() < deadline, self.err
            time.sleep(0.005)
        time.sleep(random.uniform(0, 0.1))
        assert self.process.pid is not None
        begun = time.monotonic()
        os.kill(self.process.pid, number)
        if impatient:
            os.kill(self.process.pid, number)
            self.wait_for(r"^error: ")
            os.kill(self.process.pid, number)
        code = self.end()
        self.seconds = time.monotonic() - begun
        return code


@pytest.fixture
def training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Training]]:
    """Starts `textrnn train` in the folder `stopped` (or another) as a fork of a process that has torch already."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("PYTHONPATH", str(TREE))
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(["torch._dynamo", "textrnn.training.train"])
    for name in ("stopped", "whole"):
        (tmp_path / name).mkdir()
        write_csv(tmp_path / name / "data.csv", make_rows(200))
        (tmp_path / name / "long.toml").write_text(LONG, encoding="utf-8")
    started: list[Training] = []

    def train(*more: str, folder: str = "stopped", fork: bool = True) -> Training:
        arguments, cwd, log = ["train", "-c", "long.toml", *more], tmp_path / folder, tmp_path / f"{len(started)}.log"
        process: ForkServerProcess | subprocess.Popen[bytes]
        if fork:
            process = forks.Process(target=run_main, args=(arguments, cwd, log))
            process.start()
        else:
            with open(log, "wb") as err:
                command = [sys.executable, "-c", START, *arguments]
                process = subprocess.Popen(command, cwd=cwd, env=environment(), stdout=subprocess.DEVNULL, stderr=err)
        started.append(Training(process, log))
        return started[-1]

    yield train
    for running in started:
        running.process.kill()
        running.end()


def test_interrupted_three_times_training_ends_with_the_same_bytes(
    training: Callable[..., Training], tmp_path: Path
) -> None:
    first, second, third = training(), None, None
    assert first.stop(signal.SIGINT, impatient=True) == 130, first.err
    second = training(fork=False)
    assert second.stop(signal.SIGTERM) == 143, second.err
    third = training("--set", "train.checkpoint_seconds=0")
    assert third.stop(signal.SIGKILL) == -signal.SIGKILL
    last = training()
    assert last.end() == 0, last.err

    for stopped in (first, second):
        assert stopped.seconds < 5
        said = [line for line in stopped.err.splitlines() if line != "already stopping"]
        assert said[-1] == "error: interrupted; finished stages are kept, and the next run resumes from here"
        assert stopped.err.count("error: ") == 1
        assert "Traceback" not in stopped.err
    for resumed in (second, third, last):
        assert resumed.err.count("up to date") == 6, "finished stages stay finished"
    # an epoch that was shown is not done again, not even one of the process that was killed
    assert 0 == first.resumed_after < second.resumed_after < third.resumed_after < last.resumed_after < EPOCHS * 20
    for stopped, following in ((first, second), (second, third), (third, last)):
        assert following.resumed_after >= 20 * max(stopped.epochs_shown, default=0)

    whole = training(folder="whole")
    assert whole.end() == 0, whole.err
    mine, theirs = (next((tmp_path / name).glob(".textrnn/entries/train/*")) for name in ("stopped", "whole"))
    assert mine.name == theirs.name
    for file in sorted(path.name for path in (theirs / "data").iterdir()):
        assert (mine / "data" / file).read_bytes() == (theirs / "data" / file).read_bytes(), file
    assert not list((tmp_path / "stopped" / ".textrnn" / "work").iterdir()), "a finished training keeps no checkpoint"


def test_garbage_collection_leaves_an_interrupted_training_its_checkpoint(place: Path, textrnn: Call) -> None:
    work = place / ".textrnn" / "work" / "train-0"
    work.mkdir(parents=True)
    assert textrnn("cache", "gc", "--keep", "1").code == 0
    assert work.is_dir()
    shutil.rmtree(work)


def test_an_interruption_is_recorded(place: Path, textrnn: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def train(*_: Any, **__: Any) -> None:
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr("pipelines.stages.train.train_from_better_start", train)
    ended = textrnn("run", "--set", "train.epochs=2", "--json")
    assert ended.code == 143
    assert ended.out == ""
    assert "interrupted; finished stages are kept" in ended.error
    monkeypatch.undo()
    monkeypatch.chdir(place)
    assert '"exit": 143' in (place / "runs" / "textrnn" / "run.json").read_text("utf-8")
    again = textrnn("run", "--set", "train.epochs=2", "--json")
    assert again.ran() == ["train", "decide", "evaluate", "bundle"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_error_that_a_library_puts_in_its_place_is_still_an_interruption(
    number: int, code: int, place: Path, textrnn: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As torch does: "could not determine the shape of object type"."""

    def train(*_: Any, **__: Any) -> None:
        try:
            signal.raise_signal(number)
        except BaseException:
            raise TypeError("could not determine the shape") from None

    monkeypatch.setattr("pipelines.stages.train.train_from_better_start", train)
    with interruptible():
        ended = textrnn("run", "--set", "train.epochs=2", "--json")
    assert ended.code == code
    assert "interrupted; finished stages are kept" in ended.error
    monkeypatch.chdir(place)
    assert f'"exit": {code}' in (place / "runs" / "textrnn" / "run.json").read_text("utf-8")


def test_what_a_child_had_begun_to_write_is_removed_when_it_dies(tmp_path: Path) -> None:
    """A library that aborts runs no `finally` of ours."""

    def work() -> int:
        write_text(tmp_path / "whole.txt", "done")
        with open_atomic(tmp_path / "half.txt") as file:
            file.write(b"half")
            os.kill(os.getpid(), signal.SIGKILL)
        return 0

    assert run_in_child(work) == (1, signal.SIGKILL)
    assert [path.name for path in tmp_path.iterdir()] == ["whole.txt"]
