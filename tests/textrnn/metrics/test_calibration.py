"""The calibration error equals a plain loop over bins."""

from __future__ import annotations

import numpy as np
import pytest

from textrnn.metrics.calibration import calibration_scorer, reliability


def plain_error(labels, probabilities, bins):
    error = 0.0
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    for i in range(bins):
        inside = (confidence > i / bins) & (confidence <= (i + 1) / bins)
        if inside.any():
            error += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return error


@pytest.mark.parametrize("classes", [2, 6])
def test_error_equals_the_definition(classes):
    random = np.random.default_rng(classes)
    labels, probabilities = random.integers(0, classes, 500), random.dirichlet(np.ones(classes), 500)
    found = reliability(labels, probabilities)
    assert found.expected_error == pytest.approx(plain_error(labels, probabilities, 15))
    assert found.counts.sum() == 500
    assert found.hits.sum() == (probabilities.argmax(axis=1) == labels).sum()


def test_weights_count_as_repeats():
    random = np.random.default_rng(3)
    labels, probabilities = random.integers(0, 3, 200), random.dirichlet(np.ones(3), 200)
    times = random.integers(0, 4, 200)
    repeated = plain_error(np.repeat(labels, times), np.repeat(probabilities, times, axis=0), 15)
    found = calibration_scorer(labels, probabilities)(times.astype(np.float64))
    assert found == {"calibration_error": pytest.approx(repeated)}


def test_a_bin_holds_its_upper_edge():
    found = reliability(np.array([0, 0, 0]), np.array([[0.75, 0.25], [0.7501, 0.2499], [1.0, 0.0]]), bins=4)
    assert found.counts.tolist() == [0, 0, 1, 2]


def test_honest_probabilities_have_no_error_and_boastful_ones_have():
    labels = np.array([0, 0, 0, 1] * 25)
    assert reliability(labels, np.tile([[0.75, 0.25]], (100, 1))).expected_error == pytest.approx(0)
    assert reliability(labels, np.tile([[0.95, 0.05]], (100, 1))).expected_error == pytest.approx(0.2)
