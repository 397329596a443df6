"""Two models compared on the same labelled rows: a paired test, the texts on which they differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.config.data import TargetKind
from textrnn.config.evaluate import EvaluateConfig
from textrnn.data.examples import Examples
from textrnn.data.tabular import encode_tabular
from textrnn.data.target import decode_labels
from textrnn.errors import ConfigError, DataError
from textrnn.evaluation.formatting import format_p_value
from textrnn.evaluation.headline import is_correct
from textrnn.evaluation.measure import describe_pair, share_interval
from textrnn.evaluation.multilabel_measures import compare_labels
from textrnn.evaluation.numeric_measures import compare_numbers
from textrnn.metrics.scorers import multilabel_scorer
from textrnn.metrics.significance import bootstrap_intervals, compare
from textrnn.model.predictor import Predictor

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
MODEL_NAMES = "A", "B"  # in words


@dataclass(frozen=True)
class ModelPredictions:
    """What one model predicts for N rows: `labels` (N) as people write them, `scores` (N, C) with the names of its C
    columns, `predictions` (N) or (N, C) as its target has them.
    """

    labels: list[Any]
    scores: Float
    names: tuple[str, ...]
    predictions: NDArray[Any]


@dataclass(frozen=True)
class Comparison:
    """The score of each model on the same rows with its interval, and the paired `test`, as plain JSON.

    `right` has of each model which of the N rows it has right (of numbers: where it is the closer one).
    """

    kind: TargetKind
    scores: dict[str, dict[str, float | None]]
    test: dict[str, Any]
    right: tuple[Bool, Bool]

    @property
    def verdict(self) -> str:
        """Which of the two is better, or that none is shown to be."""
        p_value, low = self.test["p_value"], self.test["low"]
        return str(self.test["verdict"]) + ("" if p_value is None or low is None else f"; {format_p_value(p_value)}")


def predict_rows(predictor: Predictor, examples: Examples, called: str) -> ModelPredictions:
    """What `predictor` predicts for `examples`; `called` names it in errors. Raises DataError for missing columns."""
    columns = predictor.columns
    if missing := [*(set(columns.text) - set(examples.columns)), *(set(columns.tabular) - set(examples.tabular))]:
        raise DataError(
            f"{called}: expected a column {missing[0]!r}, which it reads, found none in the rows; compare on a file "
            "that has the columns of both, by --data FILE"
        )
    cells = {name: examples.tabular[name] for name in columns.tabular}
    own = Examples({name: examples.columns[name] for name in columns.text}, examples.labels, examples.rows, cells)
    tabular = encode_tabular(predictor.tabular, cells, len(own)) if predictor.tabular.features else None
    scores = predictor.predict_encoded(predictor.encode(own.texts), tabular)
    predictions = predictor.choose_labels(scores)
    labels = decode_labels(predictor.target, predictions)
    return ModelPredictions(labels, scores, tuple(predictor.target.names), predictions)


def require_comparable(first: Predictor, second: Predictor, names: tuple[str, str]) -> TargetKind:
    """The kind of target that both models have. Raises ConfigError where nothing that they say can be compared."""
    kinds, classes = (first.target.kind, second.target.kind), (set(first.target.names), set(second.target.names))
    if kinds[0] != kinds[1]:
        raise ConfigError(
            f"{names[0]} and {names[1]}: expected models of one kind of target, found {kinds[0]} and {kinds[1]}; "
            "they answer different questions, and cannot be compared"
        )
    if not classes[0] & classes[1]:
        shown = (", ".join(sorted(each)[:3]) for each in classes)
        raise ConfigError(
            f"{names[0]} and {names[1]}: expected models that share classes, found {' against '.join(shown)}; they "
            "answer different questions, and cannot be compared"
        )
    return kinds[0]


def compare_predictions(
    kind: TargetKind,
    examples: Examples,
    first: ModelPredictions,
    second: ModelPredictions,
    config: EvaluateConfig,
    called: tuple[str, str] = MODEL_NAMES,
) -> Comparison:
    """Compare what two models, `called` so, say of the same labelled `examples` (N).

    The difference is positive where the second one is better.
    """
    names = called[1], called[0]  # the one whose gain is measured comes first
    if kind == "number":
        return _compare_numbers(np.asarray(examples.labels, np.float64), first, second, config, names)
    if kind == "multi":
        return _compare_labels(examples, first, second, config, names)
    truth = [str(label) for label in examples.labels]
    right = tuple(np.array([str(a) == b for a, b in zip(each.labels, truth, strict=True)]) for each in (first, second))
    found = describe_pair(compare(right[1], right[0]), *names)
    scores = {
        name: _with_interval(lambda w, hits=hits: float(w @ hits / w.sum()), len(hits), config, hits)  # type: ignore[misc]
        for name, hits in zip("ab", right, strict=True)
    }
    test = _of_a_and_b(found, found["only_first"], found["only_second"], {"first": "b", "second": "a"})
    return Comparison(kind, scores, {"score": "accuracy", "test": "McNemar", **test}, (right[0], right[1]))


def _compare_numbers(
    values: Float, first: ModelPredictions, second: ModelPredictions, config: EvaluateConfig, names: tuple[str, str]
) -> Comparison:
    off = [np.abs(each.scores[:, 0] - values) for each in (first, second)]
    found = compare_numbers(values, second.scores[:, 0], first.scores[:, 0], config, names)
    scores = {
        name: _with_interval(lambda w, each=each: float(w @ each / w.sum()), len(values), config)  # type: ignore[misc]
        for name, each in zip("ab", off, strict=True)
    }
    test = _of_a_and_b(found, found["only_classifier"], found["only_baseline"], {"classifier": "b", "baseline": "a"})
    about = {"score": found["score"], "test": found["test"]}
    return Comparison("number", scores, {**about, **test}, (off[0] < off[1], off[1] < off[0]))


def _compare_labels(
    examples: Examples,
    first: ModelPredictions,
    second: ModelPredictions,
    config: EvaluateConfig,
    called: tuple[str, str],
) -> Comparison:
    given = [label if isinstance(label, tuple) else (str(label),) for label in examples.labels]
    names = sorted({*first.names, *second.names, *(name for labels in given for name in labels)})
    place = {name: i for i, name in enumerate(names)}
    members = np.zeros((len(given), len(names)), dtype=bool)
    for row, labels in enumerate(given):
        members[row, [place[name] for name in labels]] = True
    pairs = [_widened(each, place) for each in (first, second)]
    found = compare_labels(members, pairs[1], pairs[0], config, called)
    scores = {
        name: _with_interval(lambda w, pair=pair: multilabel_scorer(members, *pair)(w)["macro_f1"], len(given), config)  # type: ignore[misc]
        for name, pair in zip("ab", pairs, strict=True)
    }
    test = _of_a_and_b(found, found["only_classifier"], found["only_baseline"], {"classifier": "b", "baseline": "a"})
    right = is_correct(members, pairs[0][1]), is_correct(members, pairs[1][1])
    return Comparison("multi", scores, {"score": found["score"], "test": found["test"], **test}, right)


def _widened(answers: ModelPredictions, place: dict[str, int]) -> tuple[Float, Bool]:
    """Scores and predictions (N, C) of one model, in columns of both models' classes; 0 of those it does not know."""
    columns = [place[name] for name in answers.names]
    scores = np.zeros((len(answers.scores), len(place)))
    predictions = np.zeros(scores.shape, dtype=np.bool_)
    scores[:, columns], predictions[:, columns] = answers.scores, answers.predictions
    return scores, predictions


def _with_interval(
    score: Callable[[Float], float], rows: int, config: EvaluateConfig, hits: Bool | None = None
) -> dict[str, float | None]:
    """The value of `score` and its 95 % bootstrap interval, of a share that is 0 or 1 Wilson's."""
    found = bootstrap_intervals(lambda w: {"score": score(w)}, rows, resamples=config.bootstrap, seed=config.seed)
    interval = found.get("score")
    if interval is None and hits is not None and config.bootstrap:
        interval = share_interval(int(hits.sum()), len(hits))
    low, high = interval or (None, None)
    return {"value": score(np.ones(rows)), "low": low, "high": high}


def _of_a_and_b(found: dict[str, Any], only_b: int, only_a: int, called: dict[str, str]) -> dict[str, Any]:
    """A paired comparison with the two models called a and b."""
    kept = {name: found[name] for name in ("difference", "low", "high", "p_value", "verdict")}
    return {**kept, "winner": called.get(found["winner"] or ""), "only_a": only_a, "only_b": only_b}
