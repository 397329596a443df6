"""The tasks ask for memory and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from textrnn.demo.tasks import BASELINES, CHANCE, SYMBOLS, Drawn, accuracy_of, draw, loss_of


def test_the_adding_problem_wants_the_sum_of_the_two_marked_numbers() -> None:
    drawn = draw("adding", 11, 50, [1])
    x = drawn.x.numpy()  # (T, B, F)
    assert drawn.labels is not None
    marks = x[..., 1] == 1
    assert (marks.sum(axis=0) == 2).all()
    assert (marks[:5].sum(axis=0) == 1).all(), "one in each half"
    np.testing.assert_allclose((x[..., 0] * marks).sum(axis=0), drawn.labels.numpy()[:, 0], rtol=1e-6)


def test_recall_wants_the_first_symbol_which_alone_is_marked() -> None:
    drawn = draw("recall", 9, 50, [1])
    x = drawn.x.numpy()
    assert drawn.labels is not None
    assert (x[..., :SYMBOLS].sum(axis=2) == 1).all()
    assert x[0, :, SYMBOLS].all()
    assert not x[1:, :, SYMBOLS].any()
    assert (x[0, :, :SYMBOLS].argmax(axis=1) == drawn.labels.numpy()).all()


def test_without_memory_the_baselines_are_what_is_reached() -> None:
    adding, recall = draw("adding", 20, 100_000, [1]).labels, draw("recall", 20, 1_000, [1]).labels
    assert adding is not None
    assert recall is not None
    ones, even = torch.ones_like(adding), torch.zeros(1_000, SYMBOLS)
    assert float(loss_of("adding", ones, adding)) == pytest.approx(BASELINES["adding"], rel=0.02)
    assert accuracy_of("adding", ones, adding) == pytest.approx(CHANCE["adding"], rel=0.05)
    assert float(loss_of("recall", even, recall)) == pytest.approx(BASELINES["recall"])


def test_every_batch_is_drawn_anew_and_again_the_same() -> None:
    feed = Drawn("adding", 8, 4, 3, seed=5)
    plans = [*feed.plan(0), *feed.plan(1)]
    batches = [feed.batch(indices).x.numpy() for indices in plans]
    assert len({batch.tobytes() for batch in batches}) == 6
    assert all(
        np.array_equal(feed.batch(indices).x.numpy(), batch) for indices, batch in zip(plans, batches, strict=True)
    )
