"""The predictor: raw examples -> probabilities, by the tokenizer, then the branches of one model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from textrnn.config.tokenize import TokenizeConfig
from textrnn.config.train import Truncation
from textrnn.data.columns import Columns, Example
from textrnn.data.input_cells import split_columns
from textrnn.data.label_format import LabelFormat
from textrnn.data.tabular import NO_TABULAR, TabularColumns, TabularFeatures, encode_tabular
from textrnn.data.target import Label, Target, decode_labels
from textrnn.data.text_boundary import MAX_CHARACTERS, truncate_texts
from textrnn.decision.branch_logits import BranchLogits, branch_logits
from textrnn.decision.decision import Decision, accepts, choose, compute_scores
from textrnn.errors import DataError, ModelError
from textrnn.inference.engine import Engine
from textrnn.linear.ngram_branch import NgramBranch
from textrnn.text.chinese import prepare_texts
from textrnn.text.ragged import Ragged, share_of_token
from textrnn.text.special_tokens import UNK
from textrnn.text.text_encoder import TextEncoder


@dataclass(frozen=True)
class Predictions:
    """Predictions for N texts: `probabilities` (N, C) float64, for a number the values (N, 1); `predictions` (N)
    (`textrnn.decision.decision.choose`); `accepted` (N,) bool, which of them stand.

    Of each text, `tokens` (N,) int64 is how many the network read, `cut` (N,) bool whether there were more, and
    `unknown` (N,) float64 the share of all its tokens that the vocabulary lacks (0 of an empty text).
    """

    probabilities: NDArray[np.float64]
    predictions: NDArray[Any]
    accepted: NDArray[np.bool_]
    tokens: NDArray[np.int64]
    cut: NDArray[np.bool_]
    unknown: NDArray[np.float64]


def join_predictions(parts: Sequence[Predictions]) -> Predictions:
    """Return the predictions of all `parts`, one after another."""
    return Predictions(*(np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(Predictions)))


@dataclass(frozen=True)
class EncodedExamples:
    """What a model reads of N examples: token ids, a row a text, uncut but where `cut` (N,) bool says that a text had
    too many characters; and the cells beside the texts, if any.
    """

    rows: Ragged
    cut: NDArray[np.bool_]
    tabular: TabularFeatures | None = None


@dataclass(frozen=True, repr=False)
class Predictor:
    """All that turns texts into predictions.

    `max_tokens` and `truncation` say how a longer text is cut for the network; the n-gram branch reads it whole. `text`
    says what Chinese goes through before `tokenizer`. `columns` are those of the training; where they are one text and
    nothing else an example is a string, else a tuple of the cells `columns.inputs`, of which `tabular` says what is
    known. `labels` is the form in which labels came, where that was in Python.
    """

    tokenizer: TextEncoder
    engine: Engine
    ngram_branch: NgramBranch
    decision: Decision
    target: Target
    max_tokens: int
    truncation: Truncation = "head"
    text: TokenizeConfig = field(default_factory=TokenizeConfig)
    columns: Columns = field(default_factory=Columns)
    tabular: TabularColumns = NO_TABULAR
    labels: LabelFormat = "plain"

    def __repr__(self) -> str:
        return f"Predictor({describe_predictor(self)})"

    def encode(self, texts: Sequence[str], *, max_characters: int | None = None) -> Ragged:
        """Token ids of `texts` (N), uncut, a row a text; those longer than `max_characters`, if any, are cut there.

        Raises DataError for what is not a string.
        """
        if isinstance(texts, str):
            raise DataError("texts: expected a list of strings, found one string; write [text]")
        bounded, _ = truncate_texts(texts, max_characters or max(MAX_CHARACTERS, self.columns.max_characters))
        return self._encode(bounded)

    def _encode(self, bounded: Sequence[str]) -> Ragged:
        return self.tokenizer.encode(list(prepare_texts(bounded, self.text)))

    def read(self, examples: Sequence[Example]) -> EncodedExamples:
        """`examples` (N) as the model reads them. Raises DataError."""
        if self.columns.text_only:
            if isinstance(examples, str):
                raise DataError("texts: expected a list of strings, found one string; write [text]")
            texts, cut = truncate_texts(cast(Sequence[str], examples), self.columns.max_characters)
            return EncodedExamples(self._encode(texts), _marked(cut, len(texts)))
        texts, cells, cut = split_columns(examples, self.columns)
        tabular = encode_tabular(self.tabular, cells, len(texts)) if self.tabular.features else None
        return EncodedExamples(self.encode(texts), _marked(cut, len(texts)), tabular)

    def predict_probabilities(
        self, examples: Sequence[Example], *, on_batch: Callable[[int], None] | None = None
    ) -> NDArray[np.float64]:
        """Probabilities (N, C) float64 of `examples` (N), in float32 arithmetic: each row sums to 1, unless a text may
        have several classes. Of a number the values (N, 1).
        """
        inputs = self.read(examples)
        return self.predict_encoded(inputs.rows, inputs.tabular, on_batch=on_batch)

    def predict_encoded(
        self, rows: Ragged, tabular: TabularFeatures | None = None, *, on_batch: Callable[[int], None] | None = None
    ) -> NDArray[np.float64]:
        """Probabilities (N, C) of token ids (N rows) with the `tabular` cells (N) of the same rows."""
        return compute_scores(self.decision, self.encoded_logits(rows, tabular, on_batch=on_batch))

    def predict_examples(
        self,
        examples: Sequence[Example],
        *,
        on_batch: Callable[[int], None] | None = None,
        threads: int | None = None,
    ) -> Predictions:
        """Probabilities of `examples` (N), which of the answers stand, and what was read of the texts."""
        inputs = self.read(examples)
        logits = self.encoded_logits(inputs.rows, inputs.tabular, on_batch=on_batch, threads=threads)
        scores = compute_scores(self.decision, logits)
        lengths = inputs.rows.lengths
        return Predictions(
            scores,
            self.choose_labels(scores),
            accepts(self.decision, logits, scores),
            np.minimum(lengths, self.max_tokens),
            inputs.cut | (lengths > self.max_tokens),
            share_of_token(inputs.rows, UNK),
        )

    def choose_labels(self, scores: NDArray[np.float64]) -> NDArray[Any]:
        """The answers (N) from what is `scores` of N texts."""
        return choose(self.decision, scores)

    def encoded_logits(
        self,
        rows: Ragged,
        tabular: TabularFeatures | None = None,
        *,
        on_batch: Callable[[int], None] | None = None,
        threads: int | None = None,
    ) -> BranchLogits:
        """The logits of token ids (N rows) with the `tabular` cells (N) of the same rows, branch by branch, computed by
        so many `threads` (None: one a core).

        Raises ModelError where they are no finite numbers.
        """
        how: dict[str, Any] = {"max_tokens": self.max_tokens, "truncation": self.truncation, "threads": threads}
        logits = branch_logits(self.engine, self.ngram_branch, rows, **how, on_batch=on_batch, tabular=tabular)
        finite = np.isfinite(logits.recurrent).all(axis=1) & np.isfinite(logits.ngram_branch).all(axis=1)
        if not finite.all():
            raise ModelError(
                f"text {int(np.argmin(finite)) + 1}: expected finite logits, found others; "
                "the weights are damaged; train the model again"
            )
        return logits

    def predict(self, examples: Sequence[Example]) -> list[Label]:
        """The label of each example (N), as labels came in training: of several labels a tuple, of numbers a float."""
        return decode_labels(self.target, self.choose_labels(self.predict_probabilities(examples)))


def _marked(places: Sequence[int], count: int) -> NDArray[np.bool_]:
    """(count,) bool, True at the `places`."""
    found = np.zeros(count, dtype=bool)
    found[list(places)] = True
    return found


def describe_predictor(predictor: Predictor) -> str:
    """What a model is, on one short line: what it says, and what it is made of."""
    target = predictor.target
    classes = ", ".join(map(repr, target.classes[:3])) + (", ..." if len(target.classes) > 3 else "")
    what = f"{len(target.classes)} classes: {classes}" if target.classes else "a number"
    network = predictor.engine.network
    parts = [what, f"{network.config.encoder}, {network.size:,} weights"]
    if features := predictor.ngram_branch.ngrams.features:
        parts.append(f"{features:,} n-grams")
    return "; ".join([*parts, f"{predictor.tokenizer.vocabulary_size:,} tokens"])
