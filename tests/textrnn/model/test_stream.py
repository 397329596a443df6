from __future__ import annotations

import threading
from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray
from tiny import made_ids, model_config

from textrnn.decision.decision import Decision
from textrnn.errors import DataError
from textrnn.inference.engine import build_engine
from textrnn.linear.ngram_branch import empty_branch
from textrnn.model import stream as streaming
from textrnn.model.predictor import Predictions, Predictor
from textrnn.model.stream import CHARACTERS, predict_stream
from textrnn.nn.classifier import build_model
from textrnn.nn.from_network import to_arrays
from textrnn.text.vocabulary import encoder_of


class Counting:
    """Stands for a predictor: the probability of a text is its number, batches are told in pairs."""

    engine = SimpleNamespace(is_native=True)

    def __init__(self) -> None:
        self.windows: list[int] = []
        self.told = 0
        self.hold = threading.Event()
        self.hold.set()

    def predict_examples(self, texts: list[str], *, on_batch: object = None, threads: int | None = None) -> Predictions:
        self.windows.append(len(texts))
        assert callable(on_batch)
        for _ in range(0, len(texts), 2):
            self.hold.wait(5)
            on_batch(2)
            self.told += 1
        said = np.array([[float(text.split()[0])] for text in texts])
        ones = np.ones(len(texts), dtype=np.int64)
        return Predictions(said, said[:, 0], ones > 0, ones, ones > 1, 0.0 * ones)


def stream(predictor: Counting, texts: Iterator[str], window: int = 5) -> Iterator[NDArray[np.float64]]:
    for answers in predict_stream(predictor, texts, window=window):  # type: ignore[arg-type]
        yield answers.probabilities


@pytest.fixture(params=["whole", "in pieces"])
def _pieces(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A window is predicted whole, or three texts of it by each of two threads."""
    monkeypatch.setattr(streaming, "PIECE_TEXTS", 3)
    monkeypatch.setattr(streaming, "thread_count", lambda: 1 if request.param == "whole" else 2)


@pytest.mark.usefixtures("_pieces")
@pytest.mark.parametrize("count", [0, 1, 4, 5, 6, 23])
def test_results_come_in_order_and_none_is_lost(count: int) -> None:
    predictor = Counting()
    found = [row for rows in stream(predictor, (str(i) for i in range(count))) for row in rows[:, 0].tolist()]
    assert found == list(range(count))
    assert all(size <= 5 for size in predictor.windows)


@pytest.mark.usefixtures("_pieces")
def test_what_was_read_before_an_error_is_given_first() -> None:
    def texts() -> Iterator[str]:
        yield from map(str, range(12))
        raise DataError("row 13: no good")

    found: list[float] = []
    with pytest.raises(DataError, match="row 13"):
        for rows in stream(Counting(), texts()):
            found += rows[:, 0].tolist()
    assert found == list(range(12))


def test_no_more_than_two_windows_are_read_ahead_of_the_reader() -> None:
    read: list[int] = []

    def texts() -> Iterator[str]:
        for i in range(1000):
            read.append(i)
            yield str(i)

    results = stream(Counting(), texts())
    next(results)
    assert len(read) <= 2 * 5 + 1
    results.close()


def test_a_reader_that_stops_stops_the_work_within_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "thread_count", lambda: 1)
    predictor = Counting()
    results = stream(predictor, map(str, range(4000)), window=2000)
    next(results)  # the second window has begun
    predictor.hold.clear()
    before = predictor.told
    threading.Timer(0.05, predictor.hold.set).start()
    results.close()
    assert predictor.told - before <= 2000
    assert len(predictor.windows) == 2
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("textrnn-predict")]


@pytest.mark.usefixtures("_pieces")
def test_an_error_in_predicting_comes_after_what_was_predicted_before() -> None:
    def texts() -> Iterator[str]:
        yield from map(str, range(12))
        yield "no number"
        yield from map(str, range(100))

    found: list[float] = []
    with pytest.raises(ValueError, match="no"):
        for rows in stream(Counting(), texts()):
            found += rows[:, 0].tolist()
    assert found == list(range(10))


def test_a_reader_that_stops_leaves_pieces_that_have_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "PIECE_TEXTS", 10)
    monkeypatch.setattr(streaming, "thread_count", lambda: 2)
    predictor = Counting()
    results = stream(predictor, map(str, range(4000)), window=2000)
    next(results)
    predictor.hold.clear()
    before = len(predictor.windows)
    threading.Timer(0.05, predictor.hold.set).start()
    results.close()
    assert len(predictor.windows) - before < 150, "of 200 pieces"
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("textrnn-predict")]


def test_long_texts_fill_a_window_by_their_characters() -> None:
    predictor = Counting()
    texts = [f"{i} " + "x" * (CHARACTERS // 2) for i in range(5)]
    assert sum(len(rows) for rows in stream(predictor, iter(texts), window=1000)) == 5
    assert predictor.windows == [2, 2, 1]


@pytest.mark.usefixtures("_pieces")
def test_a_real_predictor_gives_what_it_gives_at_once() -> None:
    vocabulary, ids = made_ids()
    engine = build_engine(to_arrays(build_model(model_config(), len(vocabulary), 2, seed=0)))
    predictor = Predictor(encoder_of(vocabulary), engine, empty_branch(2), Decision(), ids.target, 400)
    texts = ["good soup", "", "bad bread " * 30, "soup"] * 9
    answers, whole = list(predict_stream(predictor, texts, window=7)), predictor.predict_examples(texts)
    for name in ("probabilities", "predictions", "accepted", "tokens", "cut", "unknown"):
        parts = np.concatenate([getattr(each, name) for each in answers])
        np.testing.assert_allclose(parts, getattr(whole, name), atol=1e-6)
