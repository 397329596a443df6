from __future__ import annotations

import numpy as np
import pytest
from made import make_rows

from textrnn.auditing import out_of_fold
from textrnn.auditing.out_of_fold import score_out_of_fold
from textrnn.config.tokenize import TokenizeConfig
from textrnn.data.target import Target
from textrnn.text.ragged import Ragged
from textrnn.text.tokenize import tokenize_texts

TARGET = Target("single", ("bad", "good"))
FOLDS = np.arange(90) % 3


def made() -> tuple[Ragged, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    rows = make_rows(90)
    return tokenize_texts([text for text, _ in rows], TokenizeConfig())[1], np.array(
        [label == "good" for _, label in rows], np.int64
    )


def test_as_many_threads_as_there_are_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    words, labels = made()
    found, told = [], []
    for threads in (1, 3):
        monkeypatch.setattr(out_of_fold, "thread_count", lambda threads=threads: threads)
        found.append(score_out_of_fold(words, labels, TARGET, FOLDS, on_fold=lambda *done: told.append(done)))
    assert np.array_equal(found[0], found[1])
    assert np.allclose(found[0].sum(axis=1), 1)
    assert told == [(done, 9) for done in range(1, 10)] * 2


def test_a_label_does_not_change_its_own_score() -> None:
    words, labels = made()
    before = score_out_of_fold(words, labels, TARGET, FOLDS)
    labels[FOLDS == 1] = 1 - labels[FOLDS == 1]
    after = score_out_of_fold(words, labels, TARGET, FOLDS)
    assert np.array_equal(before[FOLDS == 1], after[FOLDS == 1])
    assert not np.array_equal(before[FOLDS == 0], after[FOLDS == 0])


def test_an_error_in_a_thread_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    words, labels = made()
    monkeypatch.setattr(out_of_fold, "fit_nb_lr", lambda *_: iter(()))
    with pytest.raises(RuntimeError, match="StopIteration"):
        score_out_of_fold(words, labels, TARGET, FOLDS)
