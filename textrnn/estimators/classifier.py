"""`TextClassifier`: the classifier as a scikit-learn estimator."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError

from textrnn.config.data import TargetKind
from textrnn.config.model import Encoder, Pooling
from textrnn.config.tokenize import Unit
from textrnn.config.train import DeviceKind
from textrnn.data.example_tables import examples_of, require_column
from textrnn.data.label_output import classes_of, restore_labels
from textrnn.estimators.decision_copy_mixin import DecisionCopyMixin
from textrnn.estimators.estimator_score import prepare_labels, score_predictions
from textrnn.estimators.evaluate import evaluate_texts
from textrnn.estimators.fit import fit_model
from textrnn.estimators.progress import Verbose
from textrnn.estimators.random_state import RandomState
from textrnn.estimators.sklearn_tags import tags_of
from textrnn.evaluation.report import Report
from textrnn.explanation.explanation import Explanation, MethodName
from textrnn.model.explain import explain_examples
from textrnn.model.folder import ModelFolder, predictor_of
from textrnn.model.known_settings import known_settings
from textrnn.model.predictor import Predictor, describe_predictor
from textrnn.model.replace import replace_model
from textrnn.settings.python_settings import resolve, settings_tree, split_settings, target_of
from textrnn.settings.saved_settings import as_parameters
from textrnn.settings.unknown_parameters import StrictParametersMixin, refuse_unknown
from textrnn.storage.path_arguments import as_path
from textrnn.training.events import Progress


class TextClassifier(StrictParametersMixin, DecisionCopyMixin, ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A recurrent text classifier, trained on lists of texts and labels.

    The parameters are the settings that people change most; all others go by their names on the command line:

    * `config`: where to start from: a packaged configuration ("best"), a TOML file, or a mapping of sections. Of a file
      only the settings are read: not where data come from, nor where results go;
    * `settings`: a mapping as in `{"train.adversarial": 0.3, "ngram_branch.enabled": False}`.

    A parameter that is given counts before `settings`, those before `config`, that before the defaults. Parameters that
    are None say nothing (of `random_state` "auto"), so that the signature, `get_params` and `clone` hold what was given
    and nothing else. `textrnn config show` lists every setting with its default and its name in Python. In a grid
    a setting is `settings__train.adversarial`.

    `random_state` is an int (0 by default), or a numpy `RandomState`, `Generator` or None, from which, or from numpy's
    global state, each `fit` draws one. `verbose` "auto" shows a bar in a notebook and nothing elsewhere, 1 lines
    elsewhere too, 0 nothing. After `fit` or `load`:

    * `classes_` (C,): the classes as the labels came, str, int, float or bool, sorted; those of an ordinal target in
      their order, those of an indicator as its columns;
    * `history_`: one dict an epoch (empty after `load`).
    """

    def __init__(
        self,
        config: str | os.PathLike[str] | Mapping[str, Any] | None = None,
        *,
        settings: Mapping[str, Any] | None = None,
        unit: Unit | None = None,
        vocabulary_size: int | None = None,
        vectors: str | os.PathLike[str] | None = None,
        encoder: Encoder | None = None,
        embedding_size: int | None = None,
        hidden_size: int | None = None,
        num_layers: int | None = None,
        pooling: Pooling | None = None,
        dropout: float | None = None,
        epochs: int | Literal["auto"] | None = None,
        batch_size: int | None = None,
        max_tokens: int | None = None,
        learning_rate: float | None = None,
        class_weight: Literal["none", "balanced"] | Mapping[Any, float] | None = None,
        target: TargetKind | None = None,
        classes: Sequence[str] | None = None,
        text_column: str | Sequence[str] | None = None,
        numeric: Sequence[str] | None = None,
        categorical: Sequence[str] | None = None,
        validation_fraction: float | None = None,
        device: DeviceKind | None = None,
        random_state: RandomState | Literal["auto"] = "auto",
        verbose: Verbose = "auto",
    ) -> None:
        self.config = config
        self.settings = settings
        self.unit = unit
        self.vocabulary_size = vocabulary_size
        self.vectors = vectors
        self.encoder = encoder
        self.embedding_size = embedding_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.pooling = pooling
        self.dropout = dropout
        self.epochs = epochs
        self.batch_size = batch_size
        self.max_tokens = max_tokens
        self.learning_rate = learning_rate
        self.class_weight = class_weight
        self.target = target
        self.classes = classes
        self.text_column = text_column
        self.numeric = numeric
        self.categorical = categorical
        self.validation_fraction = validation_fraction
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    def set_params(self, **params: Any) -> TextClassifier:
        """Set parameters; `settings__train.adversarial=0.3` sets one key of `settings`. Raises ConfigError.

        A parameter that there is not is refused with the name of what was likely meant.
        """
        plain, settings = split_settings(params)
        refuse_unknown(plain, self._get_param_names())
        super().set_params(**plain)
        if settings:
            settings_tree(settings)
            before = self.settings if isinstance(self.settings, Mapping) else {}
            self.settings = {**before, **settings}
        return self

    def fit(
        self,
        texts: Any,
        labels: Any,
        sample_weight: Any = None,
        *,
        soft_labels: Any = None,
        unlabelled: Iterable[str] = (),
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> TextClassifier:
        """Train on N texts and N labels; a stratified tenth is kept for validation.

        `texts` are a list, an array (N,) or (N, 1), a column, or a table of one column; a missing one (None, NaN, NA)
        is empty. With several columns of text, or tabular columns of numbers and categories (`text_column`,
        `numeric`, `categorical`), they are a table: a mapping of columns, a data frame, or a list of rows, each a
        mapping. `predict`, `predict_proba`, `score` and `accepts` take the same.
        `labels` are a list, an array (N,) or (N, 1), or a column: all str, all int (also as floats), or all bool. With
        `target` "multi" they are a list or set of str for each text, or an indicator, 0 or 1 for each text and class,
        (N, C): an array, a sparse matrix, or a data frame whose columns name the classes. With "number" they are
        numbers, with "path" a str ("banking > pin_change") or a list of parts; with "ordinal" `classes` orders them.
        `soft_labels` (N, C) are probabilities, columns as `classes_`: the network learns them in place of `labels`.

        `sample_weight` (N,) is what each text counts against the others: in what network and n-grams learn, in the
        choice of the epoch, and in the calibration. A text that counts 0 is left out, as if it was not there.
        `class_weight` is None or "none", "balanced" (every class counts alike), or a weight for each class, else 1.

        The `unlabelled` texts teach word vectors too, and what `settings` switch on for them
        ("encoder_pretraining.epochs", "self_training.teachers"). glibc is told to keep freed memory for the next step
        (`textrnn.machine.heap`), for the whole process.
        What the data check finds is warned of, each thing once (DataWarning). Raises ConfigError for a wrong parameter,
        DataError for texts or labels it cannot use; where a type is wrong, either is a TypeError, else a ValueError.
        """
        trained = fit_model(
            self._asked(),
            texts,
            labels,
            sample_weight=sample_weight,
            soft_labels=soft_labels,
            unlabelled=unlabelled,
            on_progress=on_progress,
        )
        self._set_model(trained.model)
        self.history_, self._trained = trained.history, trained
        return self

    def predict(self, texts: Any) -> Any:
        """The labels of N texts in the form in which they came in training.

        (N,): str, int, bool, or floats that are integers, as `classes_` has them; of numbers a float; of several labels
        a tuple of str (an array of objects). Where those came as an indicator, one of int64, 0 or 1, (N, C), sparse
        where it was.
        """
        predictor = self._fitted()
        predictions = predictor.choose_labels(predictor.predict_probabilities(examples_of(texts, predictor.columns)))
        return restore_labels(predictor.target, predictor.labels, predictions)

    def score(self, texts: Any, labels: Any, sample_weight: Any = None) -> float:
        """Accuracy on N texts; the share with exactly their labels where there are several; R2 of numbers.

        `sample_weight` (N,) is what each text counts. Raises DataError for labels it cannot use, or another number of
        them than of texts.
        """
        predictor = self._fitted()
        require_column(labels, texts)
        examples = examples_of(texts, predictor.columns)
        true = prepare_labels(labels, examples, predictor.target)
        return score_predictions(predictor, examples, true, sample_weight)

    def predict_proba(self, texts: Any) -> NDArray[np.float64]:
        """Probabilities (N, C) float64, columns in the order of `classes_`: each row sums to 1, unless a text may have
        several labels. Of numbers the values (N, 1).
        """
        predictor = self._fitted()
        return predictor.predict_probabilities(examples_of(texts, predictor.columns))

    def accepts(self, texts: Any) -> NDArray[np.bool_]:
        """Whether the prediction for each text is accepted, (N,): all are unless `coverage` was below 1 in training."""
        predictor = self._fitted()
        return predictor.predict_examples(examples_of(texts, predictor.columns)).accepted

    def explain(
        self, texts: Any, *, label: Any = None, against: Any = None, method: MethodName = "shapley"
    ) -> list[Explanation]:
        """Why each of N texts gets its prediction: what each word adds (see `TextPredictor.explain`)."""
        predictor = self._fitted()
        examples = examples_of(texts, predictor.columns)
        return list(explain_examples(predictor, examples, label=label, against=against, method=method))

    def evaluate(self, texts: Any, labels: Any, *, baseline: bool = True) -> Report:
        """The report on N texts and their labels, the one that a run of the command line writes.

        `print` shows the scores, a notebook the page, `report.save("report.html")` writes it, `report.data` is all
        that was measured. With `baseline` a linear model is fitted on the texts of `fit`, and compared; a classifier
        that was loaded or copied has those no more, and its report is without one. A label that the model does not know
        is a miss. `settings` of [evaluate] and [baseline] say how. Raises DataError.
        """
        predictor, sections = self._fitted(), resolve(self._asked())
        trained = getattr(self, "_trained", None)
        return evaluate_texts(
            predictor,
            texts,
            labels,
            sections["evaluate"],
            sections["baseline"] if baseline else None,
            None if trained is None else trained.corpus,
            self.history_,
            None if trained is None else trained.best_epoch,
        )

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
        """The classifier in a model folder, ready to predict. Raises ModelError, ConfigError if it is not a path.

        Its parameters are those that made it, so that `fit` on the same texts makes the same model; what was changed
        and is no parameter stands in `settings`. Paths (`vectors`, a warm start) are not kept: give them again.
        Of a model that a run of the command line made these are the settings of its configuration.
        """
        path = as_path(folder, "folder")
        model = ModelFolder.load(path)
        predictor = predictor_of(model, str(path))
        found = cls(**as_parameters(known_settings(model, predictor)))
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

    def _asked(self) -> dict[str, Any]:
        """The parameters; a subclass may have fewer."""
        return {name: getattr(self, name) for name in TextClassifier._get_param_names() if hasattr(self, name)}

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_model")

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn should know: texts go in, and what comes out depends on `target`."""
        return tags_of(super().__sklearn_tags__(), target_of(self._asked()))

    def __getstate__(self) -> dict[str, Any]:
        """What is copied to another process: the model as data, without the running network."""
        state = {name: value for name, value in super().__getstate__().items() if name != "_trained"}
        return {**state, "_predictor": None} if "_predictor" in state else state

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        """The parameters that were given, and, of a fitted one, what was fitted."""
        written: str = super().__repr__(N_CHAR_MAX)
        return f"{written}  # {describe_predictor(self._fitted())}" if hasattr(self, "_model") else written
