"""F1's rounds, in a process of its own: `python killed_training.py FOLDER ROUNDS STAGE` prints what held as JSON.

This process imports torch and never computes with it, so that each training can be a fork: no import is paid
for again, and no thread pool is lost in the fork.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch._dynamo  # what the first optimizer imports
from tiny import model_config, random_ids, train_config

from textrnn.config.arguments.encoder_pretraining import pretraining_arguments
from textrnn.config.encoder_pretraining import EncoderPretrainingConfig
from textrnn.errors import DamagedFilesError
from textrnn.nn import predict
from textrnn.storage.files import read_manifest, write_json
from textrnn.text.ragged import ragged
from textrnn.text.word_vectors import WordVectors
from textrnn.training import resume as resumable
from textrnn.training.checkpoint import list_checkpoints, read_fingerprint
from textrnn.training.events import Progress, TrainingStarted
from textrnn.training.pretrain_encoder import pretrain_encoder
from textrnn.training.train import train

IDS = random_ids(70, 20)
STEPS, EPOCHS = 5, 3
MODEL = model_config(num_layers=2)
SETTINGS = {"epochs": EPOCHS, "patience": 0, "ema_decay": 0.9, "learning_rate": 0.01}
LANGUAGE = EncoderPretrainingConfig(epochs=EPOCHS, batch_size=14, window=3, stride=2, learning_rate=0.01)
NOTHING = WordVectors(np.zeros((IDS.vocabulary_size, 0), np.float32)), ragged([])
EVENTS = EPOCHS * (STEPS + 1)
EVERY_EVENT, EVERY_EPOCH = 0.0, 1e9
RESULT = {
    "train": ("model.safetensors", "classifier.json"),
    "pretrain_encoder": ("pretrained.safetensors", "pretrained.json"),
}
STAGE = sys.argv[3] if len(sys.argv) > 3 else "train"


# --- the process that is killed -------------------------------------------------------------------


def train_here(folder: Path, seconds: float, log: Path, kept: dict[str, Any] | None = None) -> None:
    """Train in `folder` from the checkpoint there; a line of `log` for each event, `out` at the end."""
    torch.set_num_threads(1)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def show(progress: Progress) -> None:
        said = ["started", progress.steps_done] if isinstance(progress, TrainingStarted) else repr(progress)
        os.write(descriptor, (json.dumps(said) + "\n").encode())

    if kept is not None:
        real = resumable.save_checkpoint

        def save(*arguments: Any) -> Path:
            path = real(*arguments)
            kept[path.name] = read_manifest(path)["files"]
            return path

        resumable.save_checkpoint = save
    config = train_config(checkpoint_seconds=seconds, **SETTINGS)
    watched: dict[str, Any] = {"checkpoints": folder / "work", "on_progress": show}
    if STAGE == "train":
        train(IDS, MODEL, config, **watched).save(folder / "out")
    else:
        pretrain_encoder(IDS, *NOTHING, pretraining_arguments(MODEL, config, LANGUAGE), **watched).save(folder / "out")


def fork(work: Callable[[], None], log: Path) -> int:
    """A process that does `work` and ends with 0, or with 1 and the reason in `log`."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        work()
        code = 0
    except BaseException:
        with open(log, "a", encoding="utf-8") as file:
            file.write(json.dumps(traceback.format_exc()) + "\n")
    finally:
        os._exit(code)


# --- the process that kills -----------------------------------------------------------------------


@dataclass
class Whole:
    """An uninterrupted run: its events, its checkpoints by name, its result, and how long it takes."""

    events: list[str]
    kept: dict[str, Any]
    result: list[bytes]
    seconds: dict[float, float] = field(default_factory=dict)


@dataclass
class Tally:
    """What came of all rounds."""

    rounds: int = 0
    held: int = 0
    kills: int = 0
    redone: int = 0  # events at most that were shown and done again, with a checkpoint after each
    torn: int = 0  # checkpoints that were not whole
    where: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def read_log(log: Path) -> tuple[int, list[str]]:
    """The steps that a process found done (-1 where it was killed before it said so), and its events."""
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()] if log.is_file() else []
    return (lines[0][1], lines[1:]) if lines else (-1, [])


def result_of(folder: Path) -> list[bytes]:
    return [(folder / "out" / name).read_bytes() for name in RESULT[STAGE]]


def train_whole(folder: Path) -> Whole:
    """Train once without a kill for each distance of checkpoints."""
    whole = Whole([], {}, [])
    for seconds in (EVERY_EPOCH, EVERY_EVENT):
        here = folder / f"whole-{seconds}"
        here.mkdir()

        def work(here: Path = here, seconds: float = seconds) -> None:
            kept: dict[str, Any] = {}
            train_here(here, seconds, here / "log", kept)
            write_json(here / "kept.json", kept)

        begun = time.monotonic()
        _, status = os.waitpid(fork(work, here / "log"), 0)
        whole.seconds[seconds] = time.monotonic() - begun
        assert status == 0, (here / "log").read_text("utf-8")
        whole.events, whole.result = read_log(here / "log")[1], result_of(here)
        whole.kept = json.loads((here / "kept.json").read_text("utf-8"))
    assert len(whole.events) == len(whole.kept) == EVENTS
    return whole


def check_kept(work: Path, whole: Whole, tally: Tally) -> int:
    """The events that the newest whole checkpoint holds; each that is whole must be one of the uninterrupted run."""
    newest = -1
    for found in list_checkpoints(work):
        try:
            read_fingerprint(found)
        except DamagedFilesError:
            tally.torn += 1
            continue
        name = found.name.removesuffix(".aside")
        assert read_manifest(found)["files"] == whole.kept[name], f"{found.name} was accepted and is another"
        _, step, epoch = name.split("-")
        newest = max(newest, int(step) + int(epoch))
    return max(newest, 0)


def last_due(shown: int, seconds: float) -> int:
    """The events that are safe once `shown` were shown: a checkpoint is written before the next is shown."""
    before = max(shown - 1, 0)
    return before if seconds == EVERY_EVENT else before // (STEPS + 1) * (STEPS + 1)


def moment_of(work: Path, shown: int) -> str:
    names = [path.name for path in work.iterdir()] if work.is_dir() else []
    if len(names) > 1 or "new.tmp" in names:
        return "in a checkpoint"
    return "between checkpoints" if shown else "before the first step"


def kill_once(folder: Path, number: int, seconds: float, moment: float) -> bool:
    """Start a training, kill it after `moment` seconds; False where it was at its end by then."""
    log = folder / f"log-{number}"
    pid = fork(lambda: train_here(folder, seconds, log), log)
    time.sleep(moment)
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, log.read_text("utf-8")
    return os.WIFSIGNALED(status)


def do_round(folder: Path, seed: int, whole: Whole, tally: Tally) -> None:
    """Kill a training one to three times, let it end, and compare all that it showed and left."""
    chance = random.Random(f"F1 {seed}")
    seconds = chance.choice([EVERY_EVENT, EVERY_EVENT, EVERY_EVENT, EVERY_EPOCH])
    kills, killed = chance.choice([1, 1, 2, 3]), 0
    done = shown = 0
    while True:
        if killed < kills:
            left = whole.seconds[seconds] * max(1 - done / EVENTS, 0.3)
            alive = not kill_once(folder, killed, seconds, chance.uniform(0, left))
            if alive and not killed:  # no kill yet: from the start again
                shutil.rmtree(folder)
                folder.mkdir()
                continue
        else:
            log = folder / f"log-{killed}"
            _, status = os.waitpid(fork(lambda log=log: train_here(folder, seconds, log), log), 0)
            assert status == 0, log.read_text("utf-8")
            alive = True
        steps, events = read_log(folder / f"log-{killed}")
        assert steps in (-1, done - done // (STEPS + 1)), f"{done} events were kept, but resumed after {steps} steps"
        assert events == whole.events[done : done + len(events)], "another order, rate, loss or score"
        shown = max(shown, done + len(events))
        if alive:
            assert done + len(events) == EVENTS
            break
        killed += 1
        tally.kills += 1
        tally.where[moment_of(folder / "work", shown)] += 1
        done = check_kept(folder / "work", whole, tally)
        assert done >= last_due(shown, seconds), f"{shown} events were shown, and {done} are kept"
        tally.redone = max(tally.redone, shown - done if seconds == EVERY_EVENT else 0)
    assert result_of(folder) == whole.result, "other bytes than those of the uninterrupted run"


def main(folder: Path, rounds: int) -> None:
    """Do the rounds and print the tally."""
    predict.MAX_TEXTS = 8  # three validation batches
    whole, tally = train_whole(folder), Tally()
    for seed in range(rounds):
        here = folder / f"round-{seed}"
        here.mkdir()
        tally.rounds += 1
        try:
            do_round(here, seed, whole, tally)
            tally.held += 1
        except AssertionError as error:
            tally.failures.append(f"round {seed}: {error}")
        shutil.rmtree(here)
    print(json.dumps(vars(tally)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
