from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from textrnn.auditing.near_duplicates import find_near_duplicates
from textrnn.data.folds import assign_folds
from textrnn.text.ragged import ragged

TABLE = ["the", "map", "was", "good", ".", "!", "The"]
PLAIN = {0: "the", 1: "map", 2: "was", 3: "good", 6: "the"}  # case does not count, punctuation neither

texts = st.lists(st.lists(st.integers(0, len(TABLE) - 1), max_size=7), max_size=12)


def shingles(row: list[int]) -> set[tuple[str, ...]]:
    words = [PLAIN[word] for word in row if word in PLAIN]
    return {(word,) for word in words} | set(itertools.pairwise(words))


def jaccard(one: set[tuple[str, ...]], other: set[tuple[str, ...]]) -> float:
    return len(one & other) / len(one | other) if one or other else 0.0


@settings(max_examples=60, deadline=None)
@given(texts, st.sampled_from([0.3, 0.5, 0.8, 1.0]))
def test_the_groups_are_those_of_comparing_every_pair(rows: list[list[int]], similarity: float) -> None:
    found = find_near_duplicates(ragged(rows), TABLE, similarity)
    sets = [shingles(row) for row in rows]
    group = list(range(len(rows)))
    for i in range(len(rows)):
        for j in range(i):
            if sets[i] and jaccard(sets[i], sets[j]) >= similarity - 1e-9:
                group = [group[j] if each == group[i] else each for each in group]
    same = np.equal.outer(np.array(group), np.array(group))
    assert np.array_equal(np.equal.outer(found.groups, found.groups), same)
    for (i, j), alike in zip(found.pairs.tolist(), found.similarity.tolist(), strict=True):
        assert i < j
        assert abs(jaccard(sets[i], sets[j]) - alike) < 1e-9
        assert alike >= similarity - 1e-9


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2)), min_size=1, max_size=60), st.integers(0, 3))
def test_folds_keep_groups_together_and_strata_even(rows: list[tuple[int, int]], seed: int) -> None:
    groups = np.array([group for group, _ in rows])
    stratum_of = dict(reversed(rows))
    strata = np.array([stratum_of[group] for group in groups.tolist()])
    folds = assign_folds(groups, strata, 5, seed)
    assert all(len(set(folds[groups == group].tolist())) == 1 for group in set(groups.tolist()))
    for stratum in set(strata.tolist()):
        sizes = np.bincount(folds[strata == stratum], minlength=5)
        largest = max(np.bincount(groups[strata == stratum]))
        assert sizes.max() - sizes.min() <= largest
    assert folds.max() < 5
