"""`TextClassifier`: the classifier as a scikit-learn estimator."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError

from textrnn.bundle import ModelFolder, predictor_of
from textrnn.config.data import TargetKind
from textrnn.config.model import Encoder, Pooling
from textrnn.config.tokenize import Normalize, Unit
from textrnn.config.train import (
    BestBy,
    DeviceKind,
    Keep,
    Precision,
    Rising,
    Sampling,
)
from textrnn.config.vocabulary import VocabularyKind
from textrnn.data.given import classes_of, give_back
from textrnn.data.table import examples_of
from textrnn.fitting import fit_model
from textrnn.paths import as_path
from textrnn.predictor import Predictor
from textrnn.random_state import RandomState
from textrnn.replacing import replace_model
from textrnn.scoring import labels_to_score, score_answers
from textrnn.tags import tags_of
from textrnn.training.train import Progress


class TextClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A recurrent text classifier, trained on lists of texts and labels.

    The parameters are those of the config sections [tokenize], [vocabulary], [pretrain], [model], [train],
    [language], [wide], [teach] and [calibrate],
    with the same defaults; `fit` runs the pipeline's own code. `random_state` is an int (`train.seed`), or a numpy
    `RandomState`, `Generator` or None, from which, or from numpy's global state, each `fit` draws one. After `fit` or
    `load`:

    * `classes_` (C,): the classes as the labels came, str, int, float or bool, sorted; those of an ordinal target in
      their order, those of an indicator as its columns;
    * `history_`: one dict an epoch (empty after `load`).
    """

    def __init__(
        self,
        *,
        unit: Unit = "auto",
        lowercase: bool = True,
        normalize: Normalize = "nfkc",
        simplify: bool = False,
        vocabulary_kind: VocabularyKind = "word",
        vocabulary_size: int = 30_000,
        min_count: int = 2,
        vectors: str = "auto",
        vector_size: int = 128,
        vector_window: int = 5,
        vector_scale: float = 0.3,
        encoder: Encoder = "lstm",
        embedding_size: int = 128,
        hidden_size: int = 128,
        num_layers: int = 1,
        bidirectional: bool = True,
        pooling: Pooling = "max_mean",
        word_dropout: float | str = "auto",
        embedding_dropout: float = 0.3,
        layer_dropout: float = 0.3,
        dropout: float = 0.5,
        epochs: int | str = "auto",
        batch_size: int = 64,
        max_tokens: int = 400,
        keep: Keep = "both",
        learning_rate: float = 3e-3,
        warmup: float = 0.1,
        schedule: Rising = "linear",
        layer_decay: float = 1.0,
        unfreeze: float = 0.0,
        label_smoothing: float = 0.0,
        adversarial: float | str = "auto",
        virtual_adversarial: float = 0.0,
        entropy: float = 0.0,
        weight_decay: float = 0.01,
        clip_norm: float = 0.25,
        average: float = 0.99,
        best_by: BestBy = "loss",
        patience: int | str = "auto",
        precision: Precision = "auto",
        device: DeviceKind = "auto",
        processes: int | str = "auto",
        wide: bool = True,
        wide_ngrams: int = 3,
        wide_min_documents: int = 2,
        wide_features: int = 300_000,
        wide_inverse_penalties: tuple[float, ...] = (16.0, 4.0, 64.0),
        language_passes: int | str = 0,
        language_window: int = 20,
        language_stride: int = 8,
        language_common: float = 1e-4,
        language_texts: int = 32,
        language_rate: float = 3e-3,
        language_start: str = "none",
        teachers: int = 0,
        teacher_passes: int | str = "auto",
        accept: float = 1.0,
        validation_fraction: float = 0.1,
        target: TargetKind = "single",
        classes: tuple[str, ...] = (),
        text_column: str | Sequence[str] = "text",
        numeric: Sequence[str] = (),
        categorical: Sequence[str] = (),
        max_categories: int = 1000,
        side_size: int = 32,
        class_weight: Literal["balanced"] | Mapping[Any, float] | None = None,
        sampling: Sampling = "plain",
        random_state: RandomState = 0,
    ) -> None:
        self.unit = unit
        self.lowercase = lowercase
        self.normalize = normalize
        self.simplify = simplify
        self.vocabulary_kind = vocabulary_kind
        self.vocabulary_size = vocabulary_size
        self.min_count = min_count
        self.vectors = vectors
        self.vector_size = vector_size
        self.vector_window = vector_window
        self.vector_scale = vector_scale
        self.encoder = encoder
        self.embedding_size = embedding_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bidirectional = bidirectional
        self.pooling = pooling
        self.word_dropout = word_dropout
        self.embedding_dropout = embedding_dropout
        self.layer_dropout = layer_dropout
        self.dropout = dropout
        self.epochs = epochs
        self.batch_size = batch_size
        self.max_tokens = max_tokens
        self.keep = keep
        self.learning_rate = learning_rate
        self.warmup = warmup
        self.schedule = schedule
        self.layer_decay = layer_decay
        self.unfreeze = unfreeze
        self.label_smoothing = label_smoothing
        self.adversarial = adversarial
        self.virtual_adversarial = virtual_adversarial
        self.entropy = entropy
        self.weight_decay = weight_decay
        self.clip_norm = clip_norm
        self.average = average
        self.best_by = best_by
        self.patience = patience
        self.precision = precision
        self.device = device
        self.processes = processes
        self.wide = wide
        self.wide_ngrams = wide_ngrams
        self.wide_min_documents = wide_min_documents
        self.wide_features = wide_features
        self.wide_inverse_penalties = wide_inverse_penalties
        self.language_passes = language_passes
        self.language_window = language_window
        self.language_stride = language_stride
        self.language_common = language_common
        self.language_texts = language_texts
        self.language_rate = language_rate
        self.language_start = language_start
        self.teachers = teachers
        self.teacher_passes = teacher_passes
        self.accept = accept
        self.validation_fraction = validation_fraction
        self.target = target
        self.classes = classes
        self.text_column = text_column
        self.numeric = numeric
        self.categorical = categorical
        self.max_categories = max_categories
        self.side_size = side_size
        self.class_weight = class_weight
        self.sampling = sampling
        self.random_state = random_state

    def fit(
        self,
        texts: Any,
        labels: Any,
        sample_weight: Any = None,
        *,
        unlabelled: Iterable[str] = (),
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> TextClassifier:
        """Train on N texts and N labels; a stratified tenth is kept for validation.

        `texts` are a list, an array (N,) or (N, 1), a column, or a table of one column; a missing one (None, NaN, NA)
        is empty. With several columns of text, or columns of numbers and categories beside it (`text_column`,
        `numeric`, `categorical`), they are a table: a mapping of columns, a data frame, or a list of rows, each a
        mapping. `predict`, `predict_proba`, `score` and `accepts` take the same.

        `labels` are a list, an array (N,) or (N, 1), or a column: all str, all int (also as floats), or all bool. With
        `target` "multi" they are a list or set of str for each text, or an indicator, 0 or 1 for each text and class,
        (N, C): an array, a sparse matrix, or a data frame whose columns name the classes. With "number" they are
        numbers, with "path" a str ("banking > pin_change") or a list of parts; with "ordinal" `classes` has their
        order.

        `sample_weight` (N,) is what each text counts against the others: in what network and n-grams learn, in the
        choice of the epoch, and in the calibration. A text that counts 0 is left out, as if it was not there.
        `class_weight` is None, "balanced" (every class counts alike), or a mapping from classes to what a text of each
        counts, 1 where it is not named.

        The `unlabelled` texts teach word vectors too, and the encoder's start (`language_passes`); `teachers`
        classifiers say what they are. With `language_start` the network starts from another's, of the same shape.
        glibc is told to keep freed memory for the next step (`textrnn.heap`), for the whole process.
        What the data check finds is warned of, each thing once (DataWarning). Raises ConfigError for a wrong parameter,
        DataError for texts or labels it cannot use; where a type is wrong, either is a TypeError, else a ValueError.
        """
        model, self.history_ = fit_model(
            {name: getattr(self, name) for name in TextClassifier._get_param_names()},  # a subclass may name fewer
            texts,
            labels,
            sample_weight=sample_weight,
            unlabelled=unlabelled,
            on_progress=on_progress,
        )
        self._set_model(model)
        return self

    def predict(self, texts: Any) -> Any:
        """The labels of N texts in the form in which they came in training.

        (N,): str, int, bool, or floats that are integers, as `classes_` has them; of numbers a float; of several labels
        a tuple of str (an array of objects). Where those came as an indicator, one of int64, 0 or 1, (N, C), sparse
        where it was.
        """
        predictor = self._fitted()
        chosen = predictor.choose(predictor.predict_probabilities(examples_of(texts, predictor.columns)))
        return give_back(predictor.target, predictor.labels, chosen)

    def score(self, texts: Any, labels: Any, sample_weight: Any = None) -> float:
        """Accuracy on N texts; the share with exactly their labels where there are several; R2 of numbers.

        `sample_weight` (N,) is what each text counts. Raises DataError for labels it cannot use, or another number of
        them than of texts.
        """
        predictor = self._fitted()
        examples = examples_of(texts, predictor.columns)
        true = labels_to_score(labels, examples, predictor.target)
        return score_answers(predictor, examples, true, sample_weight)

    def predict_proba(self, texts: Any) -> NDArray[np.float64]:
        """Probabilities (N, C) float64, columns in the order of `classes_`: each row sums to 1, unless a text may have
        several labels. Of numbers the values (N, 1).
        """
        predictor = self._fitted()
        return predictor.predict_probabilities(examples_of(texts, predictor.columns))

    def accepts(self, texts: Any) -> NDArray[np.bool_]:
        """Whether the answer to each text stands, (N,): all do, unless `accept` was below 1 in training."""
        predictor = self._fitted()
        return predictor.answers_of(examples_of(texts, predictor.columns)).accepted

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Write the model folder `folder` and return its path; one that is there is replaced whole. ~ is the home.

        A folder that holds anything else is left alone: ConfigError. Raises OSError, NotFittedError.
        """
        self._fitted()
        final = as_path(folder, "folder")
        replace_model(self._model.save, final)
        return final

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> TextClassifier:
        """The classifier in a model folder, ready to predict. Raises ModelError, ConfigError for what is no path.

        Parameters that the folder holds (the network's, how texts are read, `max_tokens`, `keep`) are set from it.
        """
        path = as_path(folder, "folder")
        model = ModelFolder.load(path)
        predictor = predictor_of(model, str(path))
        settings = dataclasses.asdict(predictor.network.config) | dataclasses.asdict(predictor.text)
        columns = predictor.columns
        settings |= {"numeric": columns.numeric, "categorical": columns.categorical}
        settings["text_column"] = columns.text[0] if len(columns.text) == 1 else columns.text
        found = cls(max_tokens=predictor.max_tokens, keep=predictor.keep, target=predictor.target.kind, **settings)
        found._set_model(model, predictor)
        found.history_ = []
        return found

    def _set_model(self, model: ModelFolder, predictor: Predictor | None = None) -> None:
        self._model = model
        self._predictor: Predictor | None = predictor or predictor_of(model)
        self.classes_ = classes_of(self._predictor.target, self._predictor.labels)

    def _fitted(self) -> Predictor:
        if not hasattr(self, "_model"):
            raise NotFittedError("this TextClassifier is not trained yet: call fit, or TextClassifier.load(folder)")
        if self._predictor is None:
            self._predictor = predictor_of(self._model)
        return self._predictor

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_model")

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn should know: texts go in, and what comes out depends on `target`."""
        return tags_of(super().__sklearn_tags__(), self.target)

    def __getstate__(self) -> dict[str, Any]:
        """What is copied to another process: the model as data, without the running network."""
        state = super().__getstate__()
        return {**state, "_predictor": None} if "_predictor" in state else dict(state)
