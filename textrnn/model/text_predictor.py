"""`TextPredictor`: a saved model in Python, ready to predict."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from textrnn.data.columns import Example
from textrnn.data.example_tables import examples_of
from textrnn.data.label_output import classes_of, restore_labels
from textrnn.data.python_columns import column_names_of
from textrnn.errors import ConfigError
from textrnn.model.decide_mixin import DecisionMixin
from textrnn.model.folder import load_predictor
from textrnn.model.predictor import Predictions, Predictor, describe_predictor
from textrnn.storage.path_arguments import as_path

if TYPE_CHECKING:
    from textrnn.explanation.explanation import MethodName

CHUNK_TEXTS = 256  # texts of a generator that are converted at once


@dataclass(frozen=True, repr=False)
class TextPredictor(DecisionMixin):
    """A model folder's tokenizer, both branches and decision; it needs neither torch nor scikit-learn.

    Every method takes N texts: a list or an array of strings; where the model reads several columns a data frame, a
    mapping of columns, or rows as mappings. Of a generator (any iterator) it takes a window at a time and returns a
    generator of the results of one text after another, in bounded memory. Each raises DataError for texts that it
    cannot use.
    """

    predictor: Predictor

    @cached_property
    def classes_(self) -> NDArray[Any]:
        """The classes (C,), in the order of the columns of `predict_proba`; none where numbers are predicted."""
        return classes_of(self.predictor.target, self.predictor.labels)

    def predict(self, texts: Any) -> Any:
        """The labels (N,) in the form in which they came in training: see `TextClassifier.predict`."""
        if is_stream(texts):
            return (label for found in self._stream(texts) for label in self._restore(found.predictions))
        return self._restore(self.predictor.choose_labels(self._scores(texts)))

    def predict_proba(self, texts: Any) -> Any:
        """Probabilities (N, C) float64, columns in the order of `classes_`: each row sums to 1, unless a text may have
        several labels. Of numbers the values (N, 1).
        """
        if is_stream(texts):
            return chain.from_iterable(found.probabilities for found in self._stream(texts))
        return self._scores(texts)

    def predict_top(self, texts: Any, k: int = 3) -> Any:
        """The `k` most probable classes of each text, N lists of (class, probability), the most probable first.

        Raises ConfigError for a `k` below 1, or a model that predicts numbers.
        """
        if k < 1 or not self.predictor.target.outputs or self.predictor.target.kind == "number":
            raise ConfigError(f"k: expected 1 or more, of a model that predicts classes, found {k}")
        classes = self.classes_.tolist()
        rows: Iterable[NDArray[np.float64]] = self.predict_proba(texts)
        found = ([(classes[i], float(row[i])) for i in np.argsort(-row, kind="stable")[:k].tolist()] for row in rows)
        return found if is_stream(texts) else list(found)

    def accepts(self, texts: Any) -> Any:
        """Whether the prediction for each text is accepted, (N,) bool: all are unless the decision rejects some."""
        if is_stream(texts):
            return chain.from_iterable(found.accepted for found in self._stream(texts))
        return self.predictor.predict_examples(self._examples(texts)).accepted

    def explain(self, texts: Any, *, label: Any = None, against: Any = None, method: MethodName = "shapley") -> Any:
        """Why each text gets its prediction: N `Explanation`s, whose parts of words add up to a difference of logits.

        `label` is the class that is explained (None: the predicted one; of several labels the most probable one), and
        `against` the class that it is compared with (None: the most probable other one, where classes exclude each
        other). `method` explains the recurrent branch: "shapley", whose parts add up exactly, "leave_one_out", or
        "integrated_gradients", which needs torch and captum. Raises ConfigError, MissingPackageError.
        """
        from textrnn.model.explain import explain_examples  # takes time

        asked: dict[str, Any] = {"label": label, "against": against, "method": method}
        if is_stream(texts):
            return chain.from_iterable(explain_examples(self.predictor, part, **asked) for part in self._chunks(texts))
        return list(explain_examples(self.predictor, self._examples(texts), **asked))

    def _fitted(self) -> Predictor:
        return self.predictor

    def _decided(self, predictor: Predictor) -> TextPredictor:
        return replace(self, predictor=predictor)

    def __repr__(self) -> str:
        return f"TextPredictor({describe_predictor(self.predictor)})"

    def _examples(self, texts: Any) -> list[Example]:
        return examples_of(texts, self.predictor.columns)

    def _scores(self, texts: Any) -> NDArray[np.float64]:
        return self.predictor.predict_probabilities(self._examples(texts))

    def _stream(self, texts: Iterator[Any]) -> Iterator[Predictions]:
        from textrnn.model.stream import predict_stream  # takes time

        return predict_stream(self.predictor, chain.from_iterable(self._chunks(texts)))

    def _chunks(self, texts: Iterator[Any]) -> Iterator[list[Example]]:
        done = 0
        while chunk := list(islice(texts, CHUNK_TEXTS)):
            yield examples_of(chunk, self.predictor.columns, f"texts from {done + 1:,}" if done else "texts")
            done += len(chunk)

    def _restore(self, predictions: NDArray[Any]) -> Any:
        return restore_labels(self.predictor.target, self.predictor.labels, predictions)


def is_stream(texts: Any) -> bool:
    """Whether `texts` come one after another, and are to be predicted so: a generator, a file, any iterator."""
    return isinstance(texts, Iterator) and not isinstance(texts, Mapping) and column_names_of(texts) is None


def load(folder: str | os.PathLike[str]) -> TextPredictor:
    """The predictor in a model folder, compared with its manifest; ~ is the home. Nothing in the folder is run.

    Raises ModelError if it is no valid model folder, ConfigError if `folder` is not a path.
    """
    path: Path = as_path(folder, "folder")
    return TextPredictor(load_predictor(path))
