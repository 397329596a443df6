"""Permutation importance of the text against each tabular column."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.tabular import TabularColumns, TabularFeatures
from textrnn.data.target import Target
from textrnn.decision.branch_logits import BranchLogits
from textrnn.decision.decision import Decision, choose, compute_scores
from textrnn.evaluation.headline import HEADLINES
from textrnn.evaluation.measure import measure_scores
from textrnn.text.ragged import Ragged, ragged

MAX_EXAMPLES = 1000  # examples: each column costs a prediction for all of them
N_REPEATS = 5

PredictLogits = Callable[[Ragged, TabularFeatures], BranchLogits]


def permutation_importance(
    read: PredictLogits,
    decision: Decision,
    rows: Ragged,
    tabular: TabularFeatures,
    columns: TabularColumns,
    labels: NDArray[Any],
    target: Target,
    config: EvaluateConfig,
) -> list[dict[str, Any]]:
    """Return the permutation importance of the text and of each tabular column.

    `score` is the mean headline score over 5 permutations of one column among at most 1,000 examples, `loss` its
    distance from the original score (Breiman 2001, "Random forests"; Fisher, Rudin & Dominici 2019). `read` maps N rows
    and their tabular features to logits.
    """
    some = slice(0, min(len(rows), MAX_EXAMPLES))
    labels, tabular = labels[some], tabular.take(np.arange(some.stop))
    texts = [rows[i] for i in range(some.stop)]
    lead, chance = HEADLINES[target.kind], np.random.Generator(np.random.PCG64(config.seed))
    plain = EvaluateConfig(bootstrap=0, seed=config.seed)

    def score(logits: BranchLogits) -> float:
        probabilities = compute_scores(decision, logits)
        predictions = choose(decision, probabilities)
        value = measure_scores(labels, probabilities, plain, target=target, predictions=predictions)[lead.name]["value"]
        return float(value or 0.0)

    whole = ragged(texts)
    before = score(read(whole, tabular))
    found = []
    orders = [chance.permutation(some.stop) for _ in range(N_REPEATS)]
    shuffled = [read(ragged([texts[i] for i in order]), tabular) for order in orders]
    found.append(("the text", float(np.mean([score(logits) for logits in shuffled]))))
    for name, numbers, codes in _places(columns):
        scores = [score(read(whole, _shuffle(tabular, numbers, codes, order))) for order in orders]
        found.append((name, float(np.mean(scores))))
    return [{"name": name, "score": after, "loss": lead.sign * (before - after)} for name, after in found]


def _places(columns: TabularColumns) -> Iterator[tuple[str, list[int], list[int]]]:
    """Yield each column with the positions of its numbers and its codes."""
    place = 0
    for number in columns.numeric:
        width = 1 + number.has_empty
        yield number.name, list(range(place, place + width)), []
        place += width
    for code, column in enumerate(columns.categorical):
        yield column.name, [], [code]


def _shuffle(
    tabular: TabularFeatures, numbers: list[int], codes: list[int], order: NDArray[np.int64]
) -> TabularFeatures:
    changed = TabularFeatures(tabular.numbers.copy(), tabular.codes.copy(), tabular.sizes)
    changed.numbers[:, numbers] = tabular.numbers[order][:, numbers]
    changed.codes[:, codes] = tabular.codes[order][:, codes]
    return changed
