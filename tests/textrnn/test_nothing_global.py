"""Nothing global is changed when a call ends, well or not; and what runs beside another fit does not hear of it.

In a process of its own, with two threads: there a number of threads can be seen to change.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from textrnn.nn.random_weights import seeded

CALLS = '''
import csv, gc, json, locale, logging, os, random, signal, sys, tempfile, threading, warnings
from pathlib import Path

import numpy as np
import threadpoolctl
import torch
from made import make_rows
from sklearn.base import clone

from textrnn import SequenceRegressor, TextClassifier
from textrnn.config.data import DataConfig
from textrnn.data.load import load_corpus

texts, labels = map(list, zip(*make_rows(160), strict=True))
x = np.random.default_rng(0).normal(size=(60, 5, 2))
tiny = dict(epochs=1, embedding_size=8, hidden_size=16, vectors="none", device="cpu")
tiny["settings"] = {"train.adversarial": 0.0}


def in_a_new_thread(ask):
    found = []
    thread = threading.Thread(target=lambda: found.append(ask()))
    thread.start()
    thread.join()
    return found[0]


def snapshot():
    small = torch.full((8,), 1e-20)
    numpys = np.random.get_state()
    return {
        "torch's random state": torch.get_rng_state().numpy().tobytes().hex(),
        "numpy's": [numpys[1].tobytes().hex(), *numpys[2:]],
        "Python's": hash(random.getstate()),
        "threads": [torch.get_num_threads(), torch.get_num_interop_threads()],
        "threads of a new thread": in_a_new_thread(torch.get_num_threads),
        "pools": [[info["filepath"], info["num_threads"]] for info in threadpoolctl.threadpool_info()],
        "own threads": [thread.name for thread in threading.enumerate()],
        "environment": dict(os.environ),
        "filters": [repr(one) for one in warnings.filters],
        "showwarning": repr(warnings.showwarning),
        "dtype": [str(torch.get_default_dtype()), str(torch.get_default_device())],
        "modes": [torch.is_grad_enabled(), torch.is_inference_mode_enabled(), torch.is_autocast_enabled("cpu")],
        "flags": [
            torch.backends.cudnn.enabled, torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic,
            torch.backends.cudnn.allow_tf32, torch.backends.mkldnn.enabled,
            torch.are_deterministic_algorithms_enabled(), torch.get_float32_matmul_precision(),
        ],
        "subnormals": [bool((small * small).view(torch.int32).any()), bool(np.float32(1e-20) * np.float32(1e-20) > 0)],
        "errors": np.geterr(),
        "longest field": csv.field_size_limit(),
        "folder": os.getcwd(),
        "locale": locale.setlocale(locale.LC_ALL),
        "signals": [repr(signal.getsignal(number)) for number in sorted(signal.valid_signals())],
        "logging": [logging.root.level, repr(logging.root.handlers), logging.root.manager.disable],
        "Python": [sys.getrecursionlimit(), sys.getswitchinterval(), gc.isenabled(), repr(sys.excepthook)],
        "umask": os.umask(0o22) if os.umask(0o22) == 0o22 else "another",
    }


def boom(_):
    raise ZeroDivisionError


def fails(work):
    try:
        work()
    except Exception:
        return
    raise AssertionError("expected an error")


def read_rows(folder):
    path = Path(folder) / "rows.csv"
    path.write_text("text,label\\n" + "".join(f'"{t}",{l}\\n' for t, l in zip(texts, labels)))
    load_corpus(DataConfig(source=str(path)))


def calls(folder):
    """Every public call, by name."""
    clf = TextClassifier(**tiny)
    series = SequenceRegressor(epochs=1, hidden_size=16)
    two = {"encoder_pretraining.epochs": 1, "self_training.teachers": 1}
    others = {**tiny["settings"], "vocabulary.kind": "unigram", **two}
    more = {**tiny, "vocabulary_size": 200, "vectors": "auto", "settings": others}
    return {
        "fit": lambda: clf.fit(texts, labels),
        "fit with all": lambda: TextClassifier(**more).fit(texts, labels, unlabelled=["a lamp", "a map"] * 9),
        "fit on wrong labels": lambda: fails(lambda: TextClassifier(**tiny).fit(texts, ["one"] * len(texts))),
        "fit that its caller breaks": lambda: fails(lambda: clone(clf).fit(texts, labels, on_progress=boom)),
        "predict": lambda: clf.predict(texts * 20),
        "predict_proba": lambda: clf.predict_proba(texts),
        "predict something that is not a text": lambda: fails(lambda: clf.predict([3])),
        "score": lambda: clf.score(texts, labels),
        "accepts": lambda: clf.accepts(texts),
        "save": lambda: clf.save(folder + "/m"),
        "load": lambda: TextClassifier.load(folder + "/m"),
        "load what is not there": lambda: fails(lambda: TextClassifier.load(folder + "/none")),
        "reading rows": lambda: read_rows(folder),
        "fit of numbers": lambda: series.fit(x, x[:, -1, 0]),
        "fit of numbers that fails": lambda: fails(lambda: SequenceRegressor().fit(x[:, :, 0], x[:, -1, 0])),
        "predict of numbers": lambda: series.predict(x),
        "score of numbers": lambda: series.score(x, x[:, -1, 0]),
        "save of numbers": lambda: series.save(folder + "/s"),
        "load of numbers": lambda: SequenceRegressor.load(folder + "/s"),
    }


def at_once(works):
    found = [None] * len(works)
    gate = threading.Barrier(len(works))

    def run(i):
        gate.wait()
        found[i] = works[i]()

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(works))]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    return found


def main(folder):
    random.seed(1), np.random.seed(2), torch.manual_seed(3)
    warnings.filterwarnings("error", "of the user")
    os.umask(0o22)
    said = {"changed": {}}
    for name, call in calls(folder).items():
        warm = name in ("fit", "fit with all", "fit of numbers", "int8")  # what is imported there first changes filters
        if warm: call()
        before = snapshot()
        call()
        after = snapshot()
        said["changed"][name] = [part for part in before if before[part] != after[part]]

    def fit(i):
        settings = {**tiny, "vectors": "auto", "random_state": i, "encoder": ["lstm", "gru", "lstm"][i]}
        return TextClassifier(**settings).fit(texts, labels).predict_proba(texts).tobytes().hex()

    alone, before = [fit(i) for i in range(3)], snapshot()
    said["together"] = at_once([lambda i=i: fit(i) for i in range(3)]) == alone
    after = snapshot()
    said["changed"]["three fits at once"] = [part for part in before if before[part] != after[part]]
    print(json.dumps(said))


with tempfile.TemporaryDirectory() as folder:
    main(folder)
'''

NAMES = [line.split('"')[1] for line in CALLS.splitlines() if line.startswith('        "') and "lambda: " in line]


@functools.cache
def said() -> dict[str, Any]:
    given = {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2", "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", CALLS], capture_output=True, text=True, env=os.environ | given, timeout=500
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("call", [*NAMES, "three fits at once"])
def test_nothing_global_is_changed(call: str) -> None:
    assert said()["changed"][call] == []


def test_three_fits_in_three_threads_are_those_one_after_another() -> None:
    assert said()["together"]


def made() -> list[torch.Tensor]:
    layers = [nn.Linear(5, 6), nn.Embedding(7, 3), nn.LSTM(4, 5), nn.Conv1d(3, 4, 2)]
    drawn = [torch.randn(4), torch.rand(3), torch.randint(1, 9, (5,)), nn.init.orthogonal_(torch.empty(6, 6))]
    return [weight.detach() for layer in layers for weight in layer.parameters()] + drawn


def test_numbers_of_an_own_generator_are_those_of_the_global_one() -> None:
    before = torch.get_rng_state()
    with seeded(4):
        ours = made()
    assert torch.equal(torch.get_rng_state(), before)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        assert all(torch.equal(mine, theirs) for mine, theirs in zip(ours, made(), strict=True))
