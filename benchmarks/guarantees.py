"""How often a guaranteed precision is kept, with how much coverage: `python -m benchmarks.guarantees FOLDER`.

The folder holds the labelled texts (`FILES`). A linear model scores every text once, each half by the other; then
validation sets are drawn, a threshold is fitted on each, and its precision on all other texts compared with the target.
Beside it: a bare Clopper-Pearson threshold (the lowest of all that pass a test of their own), the point estimate, and
MAPIE's risk controller, the prediction's probability as its score and whether it is right as its class.
"""

from __future__ import annotations

import argparse
import json
import lzma
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, binomtest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from textrnn.data.target import Target
from textrnn.decision.branch_logits import BranchLogits
from textrnn.decision.calibrate import calibrate
from textrnn.decision.decision import compute_scores
from textrnn.decision.threshold_search import threshold_for_precision
from textrnn.machine.optional_packages import is_installed

FILES = {
    "film reviews": ("imdb/train_ratings.jsonl.xz", "rating"),
    "20 Newsgroups": ("20news/train.jsonl.xz", "label"),
    "Banking77": ("banking77/train.jsonl", "label"),
}
DRAWS, ROWS, RISK = 200, 1000, 0.1
TARGETS = (0.9, 0.95)

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def read(folder: Path, name: str) -> tuple[list[str], NDArray[np.int64]]:
    """The texts of a data set (N), and their classes (N); ratings of film reviews are above 5 or not."""
    file, column = FILES[name]
    path = folder / file
    with lzma.open(path, "rt", encoding="utf-8") if path.suffix == ".xz" else open(path, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    found = [str(float(row[column]) > 5) if column == "rating" else str(row[column]) for row in rows]
    return [row["text"] for row in rows], np.unique(found, return_inverse=True)[1].astype(np.int64)


def score(texts: list[str], labels: NDArray[np.int64]) -> Floats:
    """Logits (N, C) of a linear model on TF-IDF of words and pairs: each half of the texts by the other."""
    order, classes = np.random.default_rng(0).permutation(len(texts)), int(labels.max()) + 1
    logits = np.zeros((len(texts), classes))
    for half in (0, 1):
        fitted, held = order[half::2], order[1 - half :: 2]
        words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, max_features=200_000)
        model = LogisticRegression(
            C=20, max_iter=60 if classes == 2 else 40, solver="liblinear" if classes == 2 else "lbfgs"
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(words.fit_transform([texts[i] for i in fitted]), labels[fitted])
        logits[held] = np.log(np.maximum(model.predict_proba(words.transform([texts[i] for i in held])), 1e-12))
    return logits


def ours(scores: Floats, right: Bools, target: float) -> float:
    """The threshold that `textrnn decide` fits; infinite where it fits none."""
    found = threshold_for_precision(scores, right, target, RISK)
    return np.inf if found is None else found.threshold


def bare(scores: Floats, right: Bools, target: float) -> float:
    """The lowest threshold whose Clopper-Pearson limit reaches the target, none of the others counted."""
    order = np.argsort(-scores, kind="stable")
    count = np.arange(1, len(scores) + 1)
    passed = np.flatnonzero(binom.cdf(np.cumsum(~right[order]), count, 1 - target) <= RISK)
    return float(scores[order][passed[-1]]) if len(passed) else np.inf


def point(scores: Floats, right: Bools, target: float) -> float:
    """The lowest threshold whose precision on these rows reaches the target."""
    order = np.argsort(-scores, kind="stable")
    reached = np.flatnonzero(np.cumsum(right[order]) / np.arange(1, len(scores) + 1) >= target)
    return float(scores[order][reached[-1]]) if len(reached) else np.inf


def mapie(method: str) -> Callable[[Floats, Bools, float], float]:
    """MAPIE's controller of a precision, with its own grid of thresholds, and a correction of several tests."""

    def fit(scores: Floats, right: Bools, target: float) -> float:
        from mapie.risk_control import BinaryClassificationController  # not one of textrnn's extras

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            controller = BinaryClassificationController(
                lambda x: np.stack([1 - x[:, 0], x[:, 0]], axis=1),
                "precision",
                target,
                confidence_level=1 - RISK,
                fwer_method=method,
            )
            controller.calibrate(scores[:, None], right.astype(int))
        valid = np.atleast_1d(controller.valid_predict_params)
        return float(valid.min()) if valid.size else np.inf

    return fit


WAYS: dict[str, Callable[[Floats, Bools, float], float]] = {
    "textrnn": ours,
    "bare Clopper-Pearson": bare,
    "point estimate": point,
}
if is_installed("mapie"):
    WAYS |= {"MAPIE, Bonferroni-Holm": mapie("bonferroni_holm"), "MAPIE, fixed sequence": mapie("fixed_sequence")}


def measure(logits: Floats, labels: NDArray[np.int64], target: float, *, calibrated: bool) -> Iterator[list[str]]:
    """A row of the table for each way; `calibrated` draws fit the calibration, too, as a run does."""
    coverage: dict[str, list[float]] = {name: [] for name in WAYS}
    short = dict.fromkeys(WAYS, 0)
    chance = np.random.default_rng(1)
    kind = Target("single", tuple(map(str, range(logits.shape[1]))))
    both = BranchLogits(logits, np.zeros_like(logits))
    scores = compute_scores(calibrate(both, labels, kind, has_ngrams=False), both) if not calibrated else logits
    for _ in range(DRAWS):
        drawn = np.zeros(len(labels), bool)
        drawn[chance.permutation(len(labels))[:ROWS]] = True
        if calibrated:
            own = BranchLogits(logits[drawn], np.zeros((ROWS, logits.shape[1])))
            scores = compute_scores(calibrate(own, labels[drawn], kind, has_ngrams=False), both)
        sure, right = scores.max(axis=1), scores.argmax(axis=1) == labels
        for name, fit in WAYS.items():
            least = fit(sure[drawn], right[drawn], target)
            accepted = ~drawn & (sure >= least)
            coverage[name].append(float(accepted.sum() / (~drawn).sum()))
            short[name] += bool(accepted.any() and right[accepted].mean() < target)
    reference = float(np.mean(coverage["bare Clopper-Pearson"]))
    for name in WAYS:
        chance_of = binomtest(short[name], DRAWS, RISK, alternative="greater").pvalue
        share = float(np.mean(coverage[name]))
        kept = "yes" if chance_of >= 0.05 else "no"
        yield [name, f"{short[name] / DRAWS:.1%}", kept, f"{share:.1%}", f"{share / reference:.3f}"]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    print("| texts | classes | accuracy | target | way | falls short | kept | coverage | of the bare one's |")
    print("|---|---:|---:|---:|---|---:|---|---:|---:|")
    for name in FILES:
        texts, labels = read(folder, name)
        logits = score(texts, labels)
        accuracy = (logits.argmax(axis=1) == labels).mean()
        cases = [(target, False) for target in TARGETS] + [(0.95, True)]
        for target, calibrated in cases:
            for way, *cells in measure(logits, labels, target, calibrated=calibrated):
                if calibrated and way != "textrnn":
                    continue
                called = f"{way}, calibrated on the draw too" if calibrated else way
                row = [name, str(logits.shape[1]), f"{accuracy:.3f}", f"{target:g}", called, *cells]
                print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
