from __future__ import annotations

import random
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from made import make_rows, write_csv
from running import SMALL, Call

from pipelines import signals
from pipelines.signals import interruptible
from textrnn.errors import Interrupted

# 100 epochs of 20 steps: some seconds, and every step can be the one that is interrupted
LONG = SMALL.replace("epochs = 1", "epochs = 100\npatience = 0").replace("batch_size = 32", "batch_size = 8")


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


def test_a_signal_that_was_swallowed_is_not_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "PATIENCE", 0.0)
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


@dataclass(frozen=True)
class Stop:
    """One interrupted training: how it ended, how long that took, and what it said."""

    code: int
    seconds: float
    err: str

    @property
    def resumed_after(self) -> int:
        """The steps that the process found done when it began."""
        found = re.search(r"resumed after (\d+) steps", self.err)
        return int(found.group(1)) if found else 0


def stop_while_training(running: subprocess.Popen[str], *numbers: signal.Signals) -> Stop:
    """Send the first signal at a random moment of training, the second at once, the third when the end is told."""
    assert running.stderr is not None
    seen = []
    for line in running.stderr:
        seen.append(line)
        if line.strip().startswith("epoch "):
            break
    time.sleep(random.uniform(0, 0.15))
    begun = time.monotonic()
    for number in numbers[:2]:
        running.send_signal(number)
    for line in running.stderr:
        seen.append(line)
        if line.startswith("error: ") and len(numbers) > 2:
            running.send_signal(numbers[2])
    return Stop(running.wait(timeout=30), time.monotonic() - begun, "".join(seen))


@pytest.fixture
def trainer(tmp_path: Path, start: Callable[..., subprocess.Popen[str]]) -> Callable[..., subprocess.Popen[str]]:
    for name in ("stopped", "whole"):
        (tmp_path / name).mkdir()
        write_csv(tmp_path / name / "data.csv", make_rows(200))
        (tmp_path / name / "long.toml").write_text(LONG, encoding="utf-8")

    def train(*more: str, folder: str = "stopped") -> subprocess.Popen[str]:
        return start("train", "-c", "long.toml", *more, cwd=tmp_path / folder)

    return train


def test_interrupted_three_times_training_ends_with_the_same_bytes(
    trainer: Callable[..., subprocess.Popen[str]], tmp_path: Path, textrnn: Call
) -> None:
    whole = trainer(folder="whole")
    stops = [
        stop_while_training(trainer(), signal.SIGINT, signal.SIGINT, signal.SIGINT),
        stop_while_training(trainer(), signal.SIGTERM),
        stop_while_training(trainer("--set", "train.checkpoint_seconds=0"), signal.SIGKILL),
    ]
    assert [stop.code for stop in stops] == [130, 143, -signal.SIGKILL], stops
    for stop in stops[:2]:
        assert stop.seconds < 5
        said = [line for line in stop.err.splitlines() if line != "already stopping"]
        assert said[-1] == "error: interrupted; finished stages are kept, and the next run goes on from here"
        assert stop.err.count("error: ") == 1
        assert "Traceback" not in stop.err
    assert [stop.resumed_after > 0 for stop in stops] == [False, True, True]
    for stop in stops[1:]:
        assert stop.err.count("up to date") == 4, "finished stages stay finished"

    last = trainer()
    _, err = last.communicate(timeout=120)
    assert last.returncode == 0, err
    steps = [stop.resumed_after for stop in [*stops[1:], Stop(0, 0.0, err)]]
    assert 0 < steps[0] <= steps[1] <= steps[2] < 2000, steps
    # what the killed process had shown, all but the last step of, is not done again
    shown = [int(epoch) for epoch in re.findall(r"epoch (\d+) ", stops[2].err)]
    assert steps[2] >= max(shown) * 20 > steps[1] - 20

    _, err = whole.communicate(timeout=120)
    assert whole.returncode == 0, err
    models = [next((tmp_path / name).glob(".textrnn/entries/train/*")) for name in ("stopped", "whole")]
    assert models[0].name == models[1].name
    for file in sorted(path.name for path in (models[1] / "data").iterdir()):
        assert (models[0] / "data" / file).read_bytes() == (models[1] / "data" / file).read_bytes(), file
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

    monkeypatch.setattr("pipelines.stages.train.train", train)
    ended = textrnn("run", "--set", "train.epochs=2", "--json")
    assert ended.code == 143
    assert ended.out == ""
    assert "interrupted; finished stages are kept" in ended.error
    monkeypatch.undo()
    monkeypatch.chdir(place)
    assert '"exit": 143' in (place / "runs" / "textrnn" / "run.json").read_text("utf-8")
    assert textrnn("run", "--set", "train.epochs=2", "--json").ran() == ["train", "evaluate", "bundle"]
