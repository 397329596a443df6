"""An ONNX file compared with textrnn's own predictions, over a grid of batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import numpy as np
from numpy.typing import NDArray

from textrnn.data.tabular import TabularFeatures
from textrnn.decision.branch_logits import BranchLogits
from textrnn.decision.decision import Decision, accepts, compute_scores, confidence
from textrnn.errors import ModelError
from textrnn.export.graph_builder import missing_package
from textrnn.model.predictor import Predictor
from textrnn.text.ngrams import ngram_words
from textrnn.text.ragged import Ragged, ragged

BATCHES = (1, 2, 7, 32)
LENGTHS = (0, 1, 2, 3, 20, 100, 300)  # of all texts of a batch; then every length between, in one batch
MAX_TRUNCATION = 2000  # tokens: where texts are cut later than there, that is not compared
TOLERANCE = 1e-5
NEAR_THRESHOLD = 1e-4  # of the least confidence: which side of it a text is on may differ


@dataclass(frozen=True)
class Parity:
    """The largest difference of a score at each of `lengths`, "mixed" last, and each of `batches`: (L, B) float64.

    Of a target of numbers in standard deviations of the training.
    """

    lengths: tuple[str, ...]
    batches: tuple[int, ...]
    differences: NDArray[np.float64]
    engine: str


def open_session(model: bytes) -> Any:
    """Return a session of onnxruntime, on one thread of the processor. Raises ConfigError where it is not installed."""
    try:
        import onnxruntime
    except ImportError:
        raise missing_package("onnxruntime") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # no threads are left behind
    options.log_severity_level = 4  # what fails is raised
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def compare_with(
    predictor: Predictor,
    model: bytes,
    *,
    batches: Sequence[int] = BATCHES,
    lengths: Sequence[int] = LENGTHS,
    seed: int = 0,
) -> Parity:
    """Return how far onnxruntime's scores of made-up texts are from ours.

    The texts are of random tokens and of the n-grams that the model knows; behind them stands anything. Raises
    ModelError where a score differs by more than 1e-5, or a text is accepted by one alone.
    """
    session, chance = open_session(model), np.random.default_rng(seed)
    engine = f"onnxruntime {metadata.version('onnxruntime')}"
    made = _Texts(predictor, chance)
    if predictor.max_tokens < MAX_TRUNCATION:
        lengths = [*lengths, predictor.max_tokens + 7]
    names = (*map(str, lengths), "mixed")
    found = np.zeros((len(names), len(batches)))
    for i, name in enumerate(names):
        for j, batch in enumerate(batches):
            each = chance.integers(0, max(lengths) + 1, batch) if name == "mixed" else np.full(batch, int(name))
            each[batch // 2] *= name != "mixed"  # an empty text among the others
            found[i, j] = _difference(predictor, session, made, each.tolist())
            if not found[i, j] <= TOLERANCE:
                raise ModelError(
                    f"expected {engine} to agree with textrnn to {TOLERANCE:g}, found a difference of "
                    f"{found[i, j]:.3g} where {batch} texts have {name} tokens; nothing was written, report it"
                )
    return Parity(names, tuple(batches), found, engine)


@dataclass
class _Texts:
    """What makes texts for a predictor."""

    predictor: Predictor
    chance: np.random.Generator

    def __post_init__(self) -> None:
        self.known = ngram_words(self.predictor.ngram_branch.ngrams)
        self.size = self.predictor.tokenizer.vocabulary_size

    def make(self, length: int) -> list[int]:
        """So many token ids: half of the time n-grams that are known, some of them again and again."""
        ids: list[int] = []
        while len(ids) < length:
            if self.known and self.chance.random() < 0.5:
                ids += self.known[int(self.chance.integers(len(self.known)) ** self.chance.random())]
            else:
                ids.append(int(self.chance.integers(1, self.size)))  # 0 is padding
        return ids[:length]

    def tabular(self, count: int) -> TabularFeatures | None:
        """Random cells of so many rows."""
        columns = self.predictor.tabular
        if not columns.features:
            return None
        numbers = self.chance.normal(size=(count, columns.width)).astype(np.float32)
        codes = [self.chance.integers(0, size, count) for size in columns.sizes]
        return TabularFeatures(numbers, np.array(codes, np.int32).reshape(-1, count).T, columns.sizes)


def _difference(predictor: Predictor, session: Any, made: _Texts, lengths: Sequence[int]) -> float:
    """The largest difference of a score of one batch; infinite where a text is accepted by one alone."""
    rows = ragged([np.array(made.make(length), np.int64) for length in lengths])
    tabular = made.tabular(len(lengths))
    logits = predictor.encoded_logits(rows, tabular)
    ours = compute_scores(predictor.decision, logits)
    scores, *others = session.run(
        None, feed_of(rows, tabular, padding=lambda size: made.chance.integers(0, made.size, size))
    )
    differs = others[0] != accepts(predictor.decision, logits, ours) if others else np.zeros(len(ours), bool)
    if differs.any() and (differs & ~_near(predictor.decision, logits, ours)).any():
        return float("inf")
    scale = predictor.target.scale if predictor.target.kind == "number" else 1.0
    return float(np.abs(scores - ours).max(initial=0.0)) / scale


def _near(decision: Decision, logits: BranchLogits, scores: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(N,) bool: whether a text is so near a bound, or another prediction, that engines may differ."""
    if decision.min_confidence is not None:
        apart: NDArray[np.float64] = np.abs(confidence(decision, logits) - decision.min_confidence)
        return apart < NEAR_THRESHOLD
    apart = np.abs(scores[:, :, None] - np.array(decision.accept)).min(axis=(1, 2))
    ranked = np.sort(scores, axis=1)
    halves = np.abs(scores.cumsum(axis=1) - 0.5).min(axis=1)
    near: NDArray[np.bool_] = (
        (apart < NEAR_THRESHOLD)
        | (ranked[:, -1] - ranked[:, -2] < NEAR_THRESHOLD)
        | ((halves < NEAR_THRESHOLD) & (decision.rule == "median"))
    )
    return near


def feed_of(rows: Ragged, tabular: TabularFeatures | None = None, padding: Any = np.zeros) -> dict[str, Any]:
    """Return token ids (N rows) and the cells `tabular` (N) as a graph takes them; `padding` fills what is not real."""
    lengths = np.asarray(rows.lengths, dtype=np.int64)
    ids = np.asarray(padding((len(lengths), int(lengths.max(initial=0)))), dtype=np.int64)
    for i in range(len(lengths)):
        ids[i, : lengths[i]] = rows[i]
    feed: dict[str, Any] = {"ids": ids, "lengths": lengths}
    if tabular is not None and tabular.numbers.shape[1]:
        feed["numbers"] = tabular.numbers
    if tabular is not None and tabular.codes.shape[1]:
        feed["codes"] = tabular.codes.astype(np.int64)
    return feed
