from __future__ import annotations

import numpy as np
import pytest
import torch

from textrnn.sequences.demo.synthetic_tasks import (
    BASELINES,
    CHANCE,
    SYMBOLS,
    TOLERANCE,
    GeneratedBatches,
    accuracy_of,
    draw,
    loss_of,
)


@pytest.mark.parametrize("length", [4, 7, 30])
def test_the_sum_is_that_of_the_two_marked_numbers_one_in_each_half(length: int) -> None:
    made = draw("adding", length, 200, [1])
    numbers, marks = made.x[..., 0].T, made.x[..., 1].T
    assert marks[:, : length // 2].sum(dim=1).tolist() == [1.0] * 200
    assert marks[:, length // 2 :].sum(dim=1).tolist() == [1.0] * 200
    assert made.labels is not None
    torch.testing.assert_close((numbers * marks).sum(dim=1, keepdim=True), made.labels)
    assert 0 <= float(numbers.min()) < 0.1 < 0.9 < float(numbers.max()) < 1


def test_the_symbol_wanted_is_the_first_and_the_only_marked_one() -> None:
    made = draw("recall", 9, 300, [1])
    assert made.labels is not None
    assert made.x[0, :, :SYMBOLS].argmax(dim=1).tolist() == made.labels.tolist()
    assert made.x[..., SYMBOLS].sum(dim=0).tolist() == [1.0] * 300
    assert bool((made.x[..., :SYMBOLS].sum(dim=2) == 1).all())
    later = made.x[1:, :, :SYMBOLS].argmax(dim=2)
    assert abs(float((later == made.labels).double().mean()) - 1 / SYMBOLS) < 0.02  # they tell nothing of it


def test_what_needs_no_memory_scores_what_is_written_next_to_the_results() -> None:
    sums, first = draw("adding", 10, 40_000, [2]).labels, draw("recall", 5, 40_000, [2]).labels
    assert sums is not None
    assert first is not None
    one, nothing = torch.ones_like(sums), torch.zeros(len(first), SYMBOLS)
    assert float(loss_of("adding", one, sums)) == pytest.approx(BASELINES["adding"], abs=0.003)
    assert accuracy_of("adding", one, sums) == pytest.approx(CHANCE["adding"], abs=0.005)
    assert float(loss_of("recall", nothing, first)) == pytest.approx(BASELINES["recall"])
    assert accuracy_of("recall", nothing, first) == pytest.approx(CHANCE["recall"], abs=0.01)


def test_near_is_within_four_hundredths() -> None:
    wanted = torch.zeros(4, 1)
    said = torch.tensor([[TOLERANCE - 1e-4], [TOLERANCE + 1e-4], [-TOLERANCE + 1e-4], [-TOLERANCE - 1e-4]])
    assert accuracy_of("adding", said, wanted) == 0.5


def test_a_feed_is_a_function_of_its_seed_and_never_says_the_same_twice() -> None:
    feed, same, other = (GeneratedBatches("adding", 8, 5, 3, seed) for seed in (0, 0, 1))
    seen = []
    for epoch in range(3):
        for rows, again in zip(feed.plan(epoch), same.plan(epoch), strict=True):
            assert np.array_equal(rows, again)
            made = feed.batch(rows).x
            assert torch.equal(made, same.batch(rows).x)
            assert not torch.equal(made, other.batch(rows).x)
            seen.append(made.numpy().tobytes())
    assert len(set(seen)) == 9
