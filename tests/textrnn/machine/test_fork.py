"""Forks of a process whose pools of threads have been at work: what is asked of the child is answered, never a hang.

Real processes: the parent computes on two threads (in `tests` all others have one), and forks in every way that people
do. A child that does not answer in time is killed, and its answer is "hung".
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

from textrnn.errors import TextrnnError
from textrnn.machine.threads import start_pool

SERVED = Path(__file__).parents[2] / "formats" / "model-4"
PARENT = '''
import json, multiprocessing, os, select, signal, sys, threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import TimeoutError as Late

import numpy as np
import torch
from made import make_rows

from textrnn import SequenceRegressor, TextClassifier
from textrnn.model.stream import predict_stream

SECONDS = 60
fork = multiprocessing.get_context("fork")
texts, labels = map(list, zip(*make_rows(160), strict=True))
long = [" ".join(texts[i : i + 50]) for i in range(16)]  # of 600 tokens
tiny = dict(epochs=1, embedding_size=16, hidden_size=64, vectors="none", max_tokens=600)
more = {"train.adversarial": 0.0, "vocabulary.kind": "bpe"}
x = np.random.default_rng(0).normal(size=(600, 20, 8))
group = os.getpgrp()
clf = series = None


def fitted():
    return TextClassifier(**tiny, settings=more, vocabulary_size=200).fit(texts, labels)


def fitted_series():
    return SequenceRegressor(epochs=1, hidden_size=64).fit(x, x[:, -1, 0])


def ask(work, seconds=SECONDS):
    """What `work` says in a plain fork, or "hung"."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        if os.getpgrp() == group:
            os.setpgid(0, 0)  # with forks of its own it is killed whole
        try:
            os.write(write, json.dumps(work()).encode())
        except BaseException as error:
            os.write(write, json.dumps(f"{type(error).__name__}: {error}").encode())
        finally:
            os._exit(0)
    os.close(write)
    if not select.select([read], [], [], seconds)[0]:
        (os.kill if os.getpgrp() != group else os.killpg)(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return "hung"
    said = b"".join(iter(lambda: os.read(read, 1 << 16), b""))
    os.close(read)
    os.waitpid(child, 0)
    return json.loads(said) if said else "hung"


def proba(text):
    return clf.predict_proba([text])[0].tolist()


def by_pool():
    with fork.Pool(2) as pool:
        try:
            return pool.map_async(proba, long[:3]).get(SECONDS)
        except multiprocessing.TimeoutError:
            return "hung"


def by_executor():
    executor = ProcessPoolExecutor(2, mp_context=fork)
    try:
        return [future.result(SECONDS) for future in [executor.submit(proba, text) for text in long[:3]]]
    except Late:
        for process in list(executor._processes.values()):
            process.kill()
        return "hung"
    finally:
        executor.shutdown(wait=False)


def from_a_thread():
    said = []

    def work():
        proba(long[0])  # this thread has a pool of its own now
        torch.ones(1 << 20).sigmoid()
        said.append(ask(lambda: [proba(text) for text in long[:3]]))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return said[0]


def after_threads():
    """Forks at once after a thread has ended: what it gives back at its end it must not hold in the child."""
    hung = 0
    for _ in range(30):
        thread = threading.Thread(target=lambda: proba(long[0]))
        thread.start()
        thread.join()
        hung += ask(lambda: len(proba(long[1])), seconds=5) == "hung"
    return hung


def within_a_stream():
    stream = predict_stream(clf._fitted(), long, window=2)
    next(stream)
    said = ask(lambda: len(list(stream)))
    list(stream)
    return said


def state():
    return {"threads": torch.get_num_threads(), "switch": os.environ.get("TOKENIZERS_PARALLELISM")}


def native_threads():
    return len(os.listdir("/proc/self/task")) if sys.platform == "linux" else 0


def main(folder):
    global clf, series
    said = {}
    before = native_threads()
    torch.ones(1 << 20).sigmoid()
    clf = TextClassifier.load(folder)  # a server that loads, and forks before the first request
    said["a server"] = [ask(lambda: proba(text)) for text in long[:3]], [proba(text) for text in long[:3]]
    clf, series = fitted(), fitted_series()
    said["used"] = torch.get_num_threads() == 2 and (native_threads() > before or sys.platform != "linux")
    said["expected"] = [proba(text) for text in long[:3]]
    clf.predict_proba(long)  # batches on threads of ours
    said["by a pool"], said["by an executor"], said["from a thread"] = by_pool(), by_executor(), from_a_thread()
    said["plain"] = ask(lambda: [proba(text) for text in long[:3]])
    said["many texts"] = ask(lambda: clf.predict_proba(long)[:3].tolist())
    said["of a fork"] = ask(lambda: ask(lambda: [proba(text) for text in long[:3]]))
    said["fit"] = [fitted().predict_proba(texts[:5]).tolist(), ask(lambda: fitted().predict_proba(texts[:5]).tolist())]
    said["series"] = [series.predict(x[:3]).tolist(), ask(lambda: series.predict(x[:3]).tolist())]
    said["fit of series"] = [series.predict(x[:3]).tolist(), ask(lambda: fitted_series().predict(x[:3]).tolist())]
    clf.save(os.environ["FOLDER"])
    said["load"] = ask(lambda: TextClassifier.load(os.environ["FOLDER"]).predict_proba(long[:3]).tolist())
    said["after threads"] = after_threads()
    said["within a stream"] = within_a_stream()
    said["state"] = [state(), ask(state), state()]
    print(json.dumps(said))


main(sys.argv[1])
'''

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")


@functools.cache
def said(folder: Path) -> dict[str, Any]:
    """What the children of one parent said, and what it wrote to standard error."""
    given = {"OMP_NUM_THREADS": "2", "PYTHONPATH": str(Path(__file__).parents[2]), "FOLDER": str(folder / "model")}
    environment = {name: value for name, value in os.environ.items() if name != "TOKENIZERS_PARALLELISM"} | given
    command = [sys.executable, "-c", PARENT, str(SERVED)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=500)
    assert done.returncode == 0, done.stderr
    return {**json.loads(done.stdout), "errors": done.stderr}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("forks")


def close(said: Any, expected: Any) -> None:
    assert said != "hung"
    assert not isinstance(said, str), said
    assert [v for row in said for v in row] == pytest.approx([v for row in expected for v in row], rel=1e-5)


WAYS = ["by a pool", "by an executor", "from a thread", "plain", "many texts", "of a fork", "load"]


@pytest.mark.parametrize("way", WAYS)
def test_a_child_predicts_what_its_parent_does(folder: Path, way: str) -> None:
    found = said(folder)
    assert found["used"], "the parent's own pool was not at work: this proves nothing"
    close(found[way], found["expected"])


def test_a_child_predicts_after_a_thread_of_its_parent_has_ended(folder: Path) -> None:
    assert said(folder)["after threads"] == 0


@pytest.mark.parametrize("what", ["fit"])
def test_a_child_trains(folder: Path, what: str) -> None:
    close(said(folder)[what][1], said(folder)[what][0])


@pytest.mark.parametrize("what", ["series", "fit of series"])
def test_numbers_in_a_child(folder: Path, what: str) -> None:
    in_parent, in_child = said(folder)[what]
    assert in_child == pytest.approx(in_parent, rel=1e-4, abs=1e-5)


def test_what_was_begun_before_the_fork_is_one_clear_error(folder: Path) -> None:
    found = said(folder)["within a stream"]
    assert found.startswith("TextrnnError: a stream of predictions: expected the process that started it")


def test_the_parent_is_as_before_and_nothing_is_written(folder: Path) -> None:
    found = said(folder)
    before, child, after = found["state"]
    assert before == after == {"threads": 2, "switch": None}
    assert child == {"threads": 1, "switch": "false"}
    assert "fork" not in found["errors"]  # what tokenizers says in a child that it was not told of


def test_a_preloading_server(folder: Path) -> None:
    close(*said(folder)["a server"])


def test_a_pool_in_a_fork_takes_no_work_that_nobody_would_do() -> None:
    with start_pool(1, lambda: None, "forked") as pool:
        read, write = os.pipe()
        child = os.fork()
        if not child:
            try:
                pool.submit(abs, -1)
            except TextrnnError as error:
                os.write(write, str(error).encode())
            os._exit(0)
        os.close(write)
        os.waitpid(child, 0)
        assert b"found a fork" in os.read(read, 1000)
        os.close(read)
        assert pool.submit(abs, -1).result(20) == 1
