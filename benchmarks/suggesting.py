"""`python -m benchmarks.suggesting FOLDER`: labels that chosen rows save against random ones, by set, seed, rule.

A pool is labelled in batches; after each a linear model (TF-IDF, logistic regression) is fitted on what is labelled,
scored on held-out rows, and chooses the next batch. A rule would pay where it reaches with three quarters of the labels
what random rows reach with all of them. FOLDER holds `imdb/train_ratings.jsonl.xz` (text, rating) and
`banking77/train.jsonl` (text, label).
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from benchmarks.flips import SETS, read_rows

Float = NDArray[np.float64]
Ints = NDArray[np.int64]
Rule = Callable[[Float, Any, int, int], Ints]
POOL, HELD = 4_000, 2_000
FEWER = 0.75  # of the labels of random rows
PENALTY = 10.0
SIZES = {"film reviews": (100, 50, 1_000), "Banking77": (100, 50, 1_000)}  # first rows, batch, last rows
WIDEN = 3  # times as many rows as are chosen are looked at


def at_random(probabilities: Float, vectors: Any, number: int, seed: int) -> Ints:
    """Rows drawn by chance."""
    return np.random.Generator(np.random.PCG64(seed)).permutation(len(probabilities))[:number]


def margins(probabilities: Float) -> Float:
    """How far the likeliest class of each row is ahead of the second, (N,)."""
    two = np.partition(probabilities, -2, axis=1)[:, -2:]
    return np.asarray(two[:, 1] - two[:, 0])


def by_margin(probabilities: Float, vectors: Any, number: int, seed: int) -> Ints:
    """The rows with the smallest margins (Scheffer et al. 2001)."""
    return np.argsort(margins(probabilities), kind="stable")[:number]


def diverse(probabilities: Float, vectors: Any, number: int, seed: int) -> Ints:
    """Of three times as many rows by margin those that are least like one another, weighted by 1 - margin: Zhdanov
    2019, "Diverse mini-batch active learning", with a greedy choice of centres.
    """
    return _spread(probabilities, vectors, number, share=number)


def diverse_in_shares(probabilities: Float, vectors: Any, number: int, seed: int) -> Ints:
    """As `diverse`, but of each predicted class no more than its share while there are rows of others."""
    return _spread(probabilities, vectors, number, share=math.ceil(number / probabilities.shape[1]))


def _spread(probabilities: Float, vectors: Any, number: int, share: int) -> Ints:
    unsure = margins(probabilities)
    near = np.argsort(unsure, kind="stable")[: WIDEN * number]
    some, weight, apart = vectors[near], 1 - unsure[near], np.full(len(near), 2.0)
    predicted, counts = probabilities[near].argmax(axis=1), np.zeros(probabilities.shape[1], np.int64)
    left, chosen = np.ones(len(near), np.bool_), [0]
    while True:
        left[chosen[-1]] = False
        counts[predicted[chosen[-1]]] += 1
        if len(chosen) == min(number, len(near)):
            return np.asarray(near[chosen], np.int64)
        apart = np.minimum(apart, 2 - 2 * _products(some, chosen[-1]))
        in_share = left & (counts[predicted] < share)
        chosen.append(int(np.where(in_share if in_share.any() else left, weight * apart, -1.0).argmax()))


def badge(probabilities: Float, vectors: Any, number: int, seed: int) -> Ints:
    """Rows by k-means++ over the gradients of a linear model: Ash et al. 2020, "Deep batch active learning by diverse,
    uncertain gradient lower bounds".
    """
    chance = np.random.Generator(np.random.PCG64(seed))
    errors = probabilities.copy()
    errors[np.arange(len(errors)), errors.argmax(axis=1)] -= 1
    lengths = (errors**2).sum(axis=1)
    chosen, nearest = [int(lengths.argmax())], np.full(len(errors), np.inf)
    while len(chosen) < number:
        last = chosen[-1]
        inner = (errors @ errors[last]) * _products(vectors, last)
        nearest = np.minimum(nearest, np.maximum(lengths + lengths[last] - 2 * inner, 0.0))
        nearest[chosen] = 0.0
        chosen.append(int(np.searchsorted(np.cumsum(nearest), chance.random() * nearest.sum(), side="right")))
    return np.array(chosen, np.int64)


def _products(vectors: Any, row: int) -> Float:
    """The inner products (N,) of all sparse rows with one of them."""
    return np.asarray((vectors @ vectors[[row]].T).toarray()[:, 0])


RULES: Mapping[str, Rule] = {
    "random": at_random,
    "margin": by_margin,
    "diverse": diverse,
    "diverse in shares": diverse_in_shares,
    "badge": badge,
}


def measure(name: str, folder: Path, seed: int, rule: str) -> list[tuple[int, float]]:
    """The accuracy on held-out rows by number of labelled ones, with the rows that `rule` chooses."""
    first, batch, last = SIZES[name]
    chance = np.random.Generator(np.random.PCG64(seed))
    rows = read_rows(folder / SETS[name])
    drawn = [rows[i] for i in chance.permutation(len(rows))[: POOL + HELD].tolist()]
    texts = [row["text"][:2_000] for row in drawn]
    labels = np.array([row.get("label", "good" if row.get("rating", 0) > 5 else "bad") for row in drawn])
    vectorizer = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2, token_pattern=r"\w+")
    pool, held = vectorizer.fit_transform(texts[:POOL]), vectorizer.transform(texts[POOL:])
    known = np.zeros(POOL, np.bool_)
    known[:first] = True
    curve = []
    while True:
        model = LogisticRegression(C=PENALTY, max_iter=100, tol=1e-3)
        model.fit(pool[known], labels[:POOL][known])
        curve.append((int(known.sum()), float((model.predict(held) == labels[POOL:]).mean())))
        if known.sum() >= last:
            return curve
        left = np.flatnonzero(~known)
        chosen = RULES[rule](model.predict_proba(pool[left]), pool[left], batch, 1000 * seed + int(known.sum()))
        known[left[chosen]] = True


def labels_saved(curve: Mapping[int, float], random: Mapping[int, float]) -> list[dict[str, float]]:
    """For each number of random rows: their accuracy, that of the rule with three quarters of them, and the fewest rows
    by which the rule reaches it, as a share; NaN where it does not.
    """
    found, sizes = [], sorted(curve)
    for size in sizes:
        if FEWER * size >= sizes[0]:
            reached = [few for few in sizes if curve[few] >= random[size]]
            less = float(np.interp(FEWER * size, sizes, [curve[few] for few in sizes]))
            share = reached[0] / size if reached else float("nan")
            found.append({"rows": size, "random": random[size], "with fewer": less, "share": share})
    return found


def main(arguments: list[str] | None = None) -> None:
    """Print a JSON line a set and rule: the mean curve of all seeds, and what is saved at each size."""
    parser = argparse.ArgumentParser(description="labels saved by choosing rows")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--sets", default=",".join(SIZES))
    parser.add_argument("--rules", default=",".join(RULES))
    wanted = parser.parse_args(arguments)
    for name in wanted.sets.split(","):
        means: dict[str, dict[int, float]] = {}
        for rule in wanted.rules.split(","):
            begun = time.process_time()
            seeds = range(wanted.first_seed, wanted.first_seed + wanted.seeds)
            curves = [measure(name, wanted.folder, seed, rule) for seed in seeds]
            means[rule] = {size: float(np.mean([dict(curve)[size] for curve in curves])) for size, _ in curves[0]}
            line: dict[str, Any] = {"set": name, "rule": rule, "seconds": round(time.process_time() - begun, 1)}
            line["accuracy"] = {size: round(value, 4) for size, value in means[rule].items()}
            error = {size: np.std([dict(curve)[size] for curve in curves], ddof=1) for size in means[rule]}
            line["standard error"] = {size: round(float(of) / len(curves) ** 0.5, 4) for size, of in error.items()}
            if rule != "random" and "random" in means:
                saved = labels_saved(means[rule], means["random"])
                line["saved"] = [{key: round(value, 4) for key, value in each.items()} for each in saved]
            print(json.dumps(line), flush=True)
            print(name, rule, line["seconds"], "s", file=sys.stderr)


if __name__ == "__main__":
    main()
