"""`python -m benchmarks.flips FOLDER`: planted label errors, found by the audit, by scikit-learn, by cleanlab.

5 % of the labels, drawn by chance, become another class. Each way ranks all rows by how wrong their label looks; k is
the number of planted errors. FOLDER holds `imdb/train_ratings.jsonl.xz` (text, rating), `banking77/train.jsonl` and
`online_shopping/train.jsonl.xz` (text, label).
"""

from __future__ import annotations

import argparse
import json
import lzma
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.auditing.label_errors import find_label_errors
from textrnn.auditing.near_duplicates import find_near_duplicates
from textrnn.auditing.out_of_fold import N_FOLDS, score_out_of_fold
from textrnn.config.tokenize import TokenizeConfig, Unit
from textrnn.data.folds import assign_folds
from textrnn.data.target import Target
from textrnn.text.tokenize import tokenize_texts

SHARE = 0.05
SETS = {
    "film reviews": "imdb/train_ratings.jsonl.xz",
    "Banking77": "banking77/train.jsonl",
    "shopping reviews": "online_shopping/train.jsonl.xz",
}
WAYS = ("textrnn audit", "cross_val_predict", "cleanlab")

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Planted:
    """N texts with the labels (N,) that they came with, but for those of the rows `wrong` (K,)."""

    texts: list[str]
    labels: Ints
    classes: tuple[str, ...]
    wrong: Ints
    unit: Unit


@dataclass(frozen=True)
class Ranked:
    """How wrong each label looks (N,), which ones are reported (N,) bool, the processor time in seconds."""

    scores: NDArray[np.float64]
    reported: NDArray[np.bool_]
    seconds: float


def plant(name: str, folder: Path, rows: int, seed: int) -> Planted:
    """Draw at most `rows` rows of the set `name`, and change the labels of 5 % of them."""
    chance = np.random.Generator(np.random.PCG64(seed))
    found = read_rows(folder / SETS[name])
    kept = chance.permutation(len(found))[:rows].tolist()
    labels = [str(found[row].get("label", "good" if found[row].get("rating", 0) > 5 else "bad")) for row in kept]
    classes = tuple(sorted(set(labels)))
    codes = np.array([classes.index(label) for label in labels], np.int64)
    wrong = np.sort(chance.choice(len(kept), round(SHARE * len(kept)), replace=False))
    codes[wrong] = (codes[wrong] + chance.integers(1, len(classes), len(wrong))) % len(classes)
    unit: Unit = "characters" if name == "shopping reviews" else "words"
    return Planted([found[row]["text"] for row in kept], codes, classes, wrong, unit)


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The objects of a file of JSON Lines."""
    data = path.read_bytes()
    text = (lzma.decompress(data) if path.suffix == ".xz" else data).decode("utf-8")
    return [json.loads(line) for line in text.split("\n") if line]


def by_textrnn(planted: Planted) -> Ranked:
    """The labels as `textrnn audit` ranks them."""
    begun = time.process_time()
    target = Target("single", planted.classes)
    table, rows = tokenize_texts(planted.texts, TokenizeConfig(unit=planted.unit))
    folds = assign_folds(find_near_duplicates(rows, table, 0.8).groups, planted.labels, N_FOLDS)
    scores = score_out_of_fold(rows, planted.labels, target, folds)
    found = find_label_errors(target, planted.labels, scores, folds)
    return Ranked(found.scores, found.flagged, time.process_time() - begun)


def by_others(planted: Planted) -> tuple[Ranked, Ranked]:
    """The labels as scikit-learn's `cross_val_predict` alone ranks them, and as cleanlab does with its defaults.

    Both with five folds of logistic regression on TF-IDF, of characters and their pairs where words are not parted.
    """
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict
    from sklearn.pipeline import make_pipeline

    begun = time.process_time()
    of_characters = {"analyzer": "char", "ngram_range": (1, 2)} if planted.unit == "characters" else {}
    model = make_pipeline(TfidfVectorizer(**of_characters), LogisticRegression(max_iter=1000))
    p = cross_val_predict(model, planted.texts, planted.labels, cv=5, method="predict_proba")
    own = 1 - p[np.arange(len(p)), planted.labels]
    bare = Ranked(own, p.argmax(axis=1) != planted.labels, time.process_time() - begun)
    reported = find_label_issues(planted.labels, p, n_jobs=1)
    scores = 1 - get_label_quality_scores(planted.labels, p)
    return bare, Ranked(scores + reported, reported, time.process_time() - begun)  # what it reports comes first


def measure(ranked: Ranked, wrong: Ints) -> dict[str, float]:
    """Precision at k/2, at k (which is recall at k too), recall at 2k, average precision; those of what is reported."""
    truth = np.zeros(len(ranked.scores), bool)
    truth[wrong] = True
    hits = truth[np.argsort(-ranked.scores, kind="stable")]
    k = len(wrong)
    reported = max(int(ranked.reported.sum()), 1)
    return {
        "precision at k/2": hits[: k // 2].mean(),
        "precision = recall at k": hits[:k].mean(),
        "recall at 2k": hits[: 2 * k].sum() / k,
        "average precision": (np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].mean(),
        "reported": int(ranked.reported.sum()),
        "its precision": truth[ranked.reported].sum() / reported,
        "its recall": truth[ranked.reported].sum() / k,
        "seconds": ranked.seconds,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, a JSON line each; then the means as a table."""
    parser = argparse.ArgumentParser(description="Planted label errors: who finds them?")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=10_000, help="rows of a set at most")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", choices=sorted(SETS), action="append")
    wanted = parser.parse_args(arguments)
    measured: dict[tuple[str, str], list[dict[str, float]]] = {}
    for seed in range(wanted.seeds):
        for name in wanted.only or SETS:
            planted = plant(name, wanted.folder, wanted.rows, seed)
            for way, ranked in zip(WAYS, (by_textrnn(planted), *by_others(planted)), strict=True):
                found = measure(ranked, planted.wrong)
                measured.setdefault((name, way), []).append(found)
                print(json.dumps({"set": name, "way": way, "seed": seed, **found}), file=sys.stderr, flush=True)
    print_table(measured)


def print_table(measured: dict[tuple[str, str], list[dict[str, float]]]) -> None:
    """The means over seeds as Markdown."""
    names = list(next(iter(measured.values()))[0])
    print(f"| set | way | {' | '.join(names)} |\n|---|---|{'---|' * len(names)}")
    for (name, way), found in measured.items():
        means = [_shown(each, float(np.mean([one[each] for one in found]))) for each in names]
        print(f"| {name} | {way} | {' | '.join(means)} |")


def _shown(name: str, mean: float) -> str:
    return f"{mean:.0f}" if name in ("reported", "seconds") else f"{mean:.3f}"


if __name__ == "__main__":
    main()
