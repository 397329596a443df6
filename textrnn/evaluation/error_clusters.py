"""Clusters of errors: wrong in the same way, with the same words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.data.examples import Examples
from textrnn.data.target import Target
from textrnn.evaluation.alike import FEWEST, Groups, group_alike
from textrnn.evaluation.explained import ExplanationInputs, describe_example, spell
from textrnn.evaluation.formatting import clean_text, plain_json
from textrnn.evaluation.measure import place_of
from textrnn.text.ragged import Ragged, ragged
from textrnn.text.special_tokens import FIRST_TOKEN_ID

KINDS, CLUSTERS = 10, 6  # ways of being wrong that are grouped, clusters that are shown
EXAMPLES, WORDS = 3, 6  # of a cluster
COUNTED = 20_000  # texts at most, evenly spaced, by which the rarity of a token is known
SHARE = 0.15  # of a cluster's texts that a listed word stands in
LARGE = 0.8  # quantile of the distances of numbers above which one is an error here

Int = NDArray[np.int64]


@dataclass(frozen=True)
class Mistake:
    """A way of being wrong, in words, with the numbers of the `examples` (M,) that are; of several labels the `label`
    that it is about.
    """

    words: str
    examples: Int
    label: str | None = None


def describe_clusters(
    explaining: ExplanationInputs, examples: Examples, labels: NDArray[Any], predictions: NDArray[Any], target: Target
) -> dict[str, Any]:
    """Return plain JSON: how many `errors` there are, and the largest `clusters` of them.

    Errors are parted by what is wrong (`find_mistakes`), then those of one kind by the words they share
    (`group_alike`). A cluster has its `kind` in words, a `count`, the `words` that are more frequent in it than
    elsewhere, and up to three `examples`, the nearest to its middle, each with its `true` and `predicted` class or
    number (None where a text may have several) and explained.
    """
    mistakes = list(find_mistakes(labels, predictions, target))
    total = sum(len(mistake.examples) for mistake in mistakes)
    large = sorted((each for each in mistakes if len(each.examples) >= FEWEST), key=lambda each: -len(each.examples))
    documents, texts = _count_documents(explaining.rows, len(explaining.explainer.encoder.parts.tokens))
    found: list[tuple[Mistake, Int, Groups]] = []
    for mistake in large[:KINDS]:
        rows = ragged(explaining.rows[int(number)] for number in mistake.examples)
        groups = group_alike(rows, documents, texts)
        sizes = range(int(groups.number.max()) + 1)
        found += [(mistake, np.flatnonzero(groups.number == each), groups) for each in sizes]
    found.sort(key=lambda each: -len(each[1]))
    return {
        "errors": total,
        "clusters": [
            {
                "kind": clean_text(mistake.words),
                "count": len(members),
                "words": _telling_words(explaining, mistake.examples[members], documents, texts),
                "examples": [
                    _explain(explaining, examples, number, mistake, labels, predictions)
                    for number in _nearest(examples, mistake, members, groups)
                ],
            }
            for mistake, members, groups in found[:CLUSTERS]
        ],
    }


def find_mistakes(labels: NDArray[Any], predictions: NDArray[Any], target: Target) -> Iterator[Mistake]:
    """Yield each way of being wrong with its examples.

    It is a pair of a true class and a predicted one; of pairs with too few errors the true class, else the predicted
    one, else any. Of several labels each that is missing, or wrong, is an error, so that a text may be in two; of
    numbers the fifth that are farthest off, too high or too low.
    """
    names = target.names
    if target.kind == "number":
        off = predictions - labels
        least = np.quantile(np.abs(off), LARGE) if len(off) else 0.0
        for way, which in (("predicted too high", off > least), ("predicted too low", -off > least)):
            yield Mistake(way, np.flatnonzero(which))
        return
    if target.kind == "multi":
        for c, name in enumerate(names):
            truth, found = labels[:, c] > 0, predictions[:, c]
            yield Mistake(f"“{name}” is missing", np.flatnonzero(truth & ~found), name)
            yield Mistake(f"“{name}” is wrong", np.flatnonzero(found & ~truth), name)
        return
    left = np.flatnonzero(predictions != labels)
    pairs = labels.astype(np.int64) * len(names) + predictions
    ways: tuple[tuple[Int, Callable[[int], str]], ...] = (
        (pairs, lambda pair: f"“{names[pair // len(names)]}” taken for “{names[pair % len(names)]}”"),
        (labels, lambda true: f"“{names[true]}” taken for other classes"),
        (predictions, lambda predicted: f"other classes taken for “{names[predicted]}”"),
    )
    for codes, words in ways:
        found, counts = np.unique(codes[left], return_counts=True)
        for code in found[counts >= FEWEST].tolist():
            yield Mistake(words(code), left[codes[left] == code])
        left = left[np.isin(codes[left], found[counts < FEWEST])]
    yield Mistake("pairs of classes with few errors", left)


def _count_documents(rows: Ragged, tokens: int) -> tuple[Int, int]:
    """In how many texts each token stands (V,), among how many."""
    some = range(0, len(rows), max(1, -(-len(rows) // COUNTED)))
    documents = np.zeros(tokens, np.int64)
    for row in some:
        documents[np.unique(rows[row])] += 1
    return documents, len(some)


def _telling_words(explaining: ExplanationInputs, numbers: Int, documents: Int, texts: int) -> list[str]:
    """The tokens that stand in many of these texts, and in few of all."""
    held = np.zeros(len(documents), np.int64)
    for number in numbers.tolist():
        held[np.unique(explaining.rows[number])] += 1
    held[:FIRST_TOKEN_ID] = 0
    share, elsewhere = held / max(len(numbers), 1), (documents + 1) / (texts + 1)
    value = np.where((held >= 2) & (share >= SHARE), share * np.log(np.maximum(share / elsewhere, 1e-9)), 0.0)
    best = [int(token) for token in np.argsort(-value, kind="stable")[: 3 * WORDS] if value[token] > 0.05]
    words = [spell(explaining.explainer, (token,)) for token in best]
    return [word for word in words if any(letter.isalnum() for letter in word)][:WORDS]


def _nearest(examples: Examples, mistake: Mistake, members: Int, groups: Groups) -> list[int]:
    """The first examples, by number, of those nearest to the middle whose texts differ."""
    texts: dict[str, int] = {}
    for member in members[np.argsort(-groups.nearness[members], kind="stable")].tolist():
        number = int(mistake.examples[member])
        texts.setdefault(clean_text(examples.texts[number]), number)
        if len(texts) == EXAMPLES:
            break
    return list(texts.values())


def _explain(
    explaining: ExplanationInputs, examples: Examples, number: int, mistake: Mistake, labels: Any, predictions: Any
) -> dict[str, Any]:
    """An example of a cluster: why what was predicted, and not what is true; of several labels why its label."""
    target = explaining.explainer.target
    true = target.names[labels[number]] if target.exclusive else None
    predicted = target.names[predictions[number]] if target.exclusive else None
    explained = describe_example(explaining, examples, number, predicted or mistake.label, true)
    if target.kind == "number":
        true, predicted = (f"{values[number]:.6g}" for values in (labels, predictions))
    about = plain_json({**place_of(examples, number), "true": true, "predicted": predicted})
    return {**about, "explained": explained}  # whose pieces may be a space alone
