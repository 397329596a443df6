"""`SequenceRegressor`: a recurrent network from sequences of numbers to numbers, as a scikit-learn estimator."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import NotFittedError
from sklearn.metrics import r2_score

from textrnn.config.model import Pooling, Recurrence
from textrnn.config.parse import read_section
from textrnn.config.renamed import renamed_setting
from textrnn.config.sequence_model import SequenceConfig, SequenceFit
from textrnn.config.train import DeviceKind, LRSchedule, TrainConfig
from textrnn.data.sample_weight import parse_sample_weight
from textrnn.errors import ConfigError, DataError, TrainingWarning
from textrnn.estimators.progress import Show, Verbose, show_progress
from textrnn.estimators.random_state import RandomState, with_seed
from textrnn.nn.torch_defaults import default_torch_settings
from textrnn.sequences.arrays import as_outputs, as_sequences
from textrnn.sequences.folder import Scaling, SequenceModel, load_sequence_model, save_sequence_model
from textrnn.sequences.network import predict_values
from textrnn.sequences.train import train_sequences
from textrnn.settings.unknown_parameters import StrictParametersMixin
from textrnn.storage.path_arguments import as_path
from textrnn.training.events import Progress, TrainingStarted

PARAMETER_NAMES = {"seed": "random_state"}  # config fields that are called otherwise here


class SequenceRegressor(StrictParametersMixin, RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """A recurrent network that reads sequences of numbers and says numbers.

    The defaults are the textbook's: a plain recurrent layer of 50 units and a dense output, mean squared error, Adam,
    100 epochs, batches of 32. `encoder` is any recurrence that `TextClassifier` has. With `scale` features and targets
    are brought to mean 0 and deviation 1, by the rows that are trained on alone. The weights kept are those of the
    epoch with the lowest error on the *last* `validation_fraction` of the rows, which are not trained on: rows that
    come in time order stay so. With 0 the training rows themselves choose. `random_state` is an int, or a numpy
    `RandomState`, `Generator` or None, from which, or from numpy's global state, each `fit` draws one.
    `verbose` "auto" shows a bar in a notebook and nothing elsewhere, 1 lines elsewhere too, 0 nothing. After `fit`:

    * `history_`: one dict an epoch (empty after `load`);
    * `n_features_in_`: the features a step.
    """

    def __init__(
        self,
        *,
        encoder: Recurrence = "rnn",
        hidden_size: int = 50,
        num_layers: int = 1,
        bidirectional: bool = False,
        pooling: Pooling = "last",
        layer_dropout: float = 0.0,
        dropout: float = 0.0,
        epochs: int = 100,
        batch_size: int = 32,
        learning_rate: float = 1e-3,
        warmup: float = 0.0,
        schedule: LRSchedule = "constant",
        weight_decay: float = 0.0,
        clip_norm: float = 1.0,
        ema_decay: float = 0.0,
        patience: int = 0,
        device: DeviceKind = "auto",
        scale: bool = True,
        validation_fraction: float = 0.1,
        random_state: RandomState = 0,
        verbose: Verbose = "auto",
    ) -> None:
        self.encoder = encoder
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bidirectional = bidirectional
        self.pooling = pooling
        self.layer_dropout = layer_dropout
        self.dropout = dropout
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.warmup = warmup
        self.schedule = schedule
        self.weight_decay = weight_decay
        self.clip_norm = clip_norm
        self.ema_decay = ema_decay
        self.patience = patience
        self.device = device
        self.scale = scale
        self.validation_fraction = validation_fraction
        self.random_state = random_state
        self.verbose = verbose

    def fit(
        self,
        x: ArrayLike,
        y: ArrayLike,
        *,
        checkpoints: str | os.PathLike[str] | None = None,
        on_progress: Callable[[Progress], None] = lambda _: None,
        stop_requested: Callable[[], bool] = lambda: False,
    ) -> SequenceRegressor:
        """Train on `x` (N, T, features) and `y` (N,) or (N, outputs).

        With a folder `checkpoints` training goes on from the one found there, to the same bytes as without a stop, and
        leaves one when it is stopped: where `stop_requested` says yes, asked after every step, TrainingStopped is
        raised. A TrainingWarning says which checkpoint cannot be used, and why. Raises ConfigError for a wrong
        parameter, DataError for numbers it cannot use, TrainingError; where a type is wrong, a TypeError too.
        """
        names = SequenceRegressor._get_param_names()  # a subclass may name fewer
        parameters = with_seed({name: getattr(self, name) for name in names})
        shape, config = _section(SequenceConfig, parameters), _section(TrainConfig, parameters)
        fitting = _section(SequenceFit, parameters)
        sequences = as_sequences(x)
        wanted = as_outputs(y, len(sequences))
        column = wanted.ndim == 1
        wanted = wanted[:, None] if column else wanted
        held = max(round(len(sequences) * fitting.validation_fraction), 1) if fitting.validation_fraction else 0
        if len(sequences) - held < 1:
            raise DataError(f"x: expected at least {held + 1} sequences, found {len(sequences)}")
        end = len(sequences) - held
        scaling = _measure(sequences[:end], wanted[:end], scale=fitting.scale)
        read = _scaled(sequences, scaling.x_mean, scaling.x_deviation)
        told = _scaled(wanted, scaling.y_mean, scaling.y_deviation)
        chosen_by = slice(end, None) if held else slice(None)
        with default_torch_settings(), show_progress(parameters.get("verbose", 0)) as show:
            fitted = train_sequences(
                read[:end],
                told[:end],
                read[chosen_by],
                told[chosen_by],
                shape,
                config,
                checkpoints=None if checkpoints is None else as_path(checkpoints, "checkpoints"),
                on_progress=_telling(show, on_progress),
                stop_requested=stop_requested,
            )
        provenance = {
            "train": dataclasses.asdict(config),
            "fit": dataclasses.asdict(fitting),
            "history": fitted.history,
            "best_epoch": fitted.best_epoch,
        }
        features, outputs = sequences.shape[2], wanted.shape[1]
        self._model = SequenceModel(fitted.weights, shape, features, outputs, column, scaling, provenance)
        self.n_features_in_, self.history_ = features, fitted.history
        return self

    @default_torch_settings()
    def predict(self, x: ArrayLike) -> NDArray[np.float64]:
        """What follows each sequence of `x` (N, T, features): (N,) or (N, outputs), as `y` was."""
        model = self._fitted()
        sequences, scaling = as_sequences(x, model.features), model.scaling
        predicted = predict_values(model.network(), _scaled(sequences, scaling.x_mean, scaling.x_deviation))
        predicted = predicted * scaling.y_deviation + scaling.y_mean
        return predicted[:, 0] if model.column else predicted

    def score(self, x: ArrayLike, y: ArrayLike, sample_weight: Any = None) -> float:
        """R2 of what follows each sequence of `x` (N, T, features); `y` (N,) or (N, outputs), `sample_weight` (N,).

        Raises DataError for another number of them than of sequences.
        """
        model = self._fitted()
        sequences = as_sequences(x, model.features)
        true = as_outputs(y, len(sequences))
        return float(
            r2_score(true, self.predict(sequences), sample_weight=parse_sample_weight(sample_weight, len(true)))
        )

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Write the model folder: data alone, no pickle; one that is there is replaced whole.

        Returns its path; ~ is the home. Raises OSError, NotFittedError, ConfigError where `folder` holds anything else.
        """
        model, final = self._fitted(), as_path(folder, "folder")
        save_sequence_model(model, final)
        return final

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> SequenceRegressor:
        """The regressor in a model folder, ready to predict; its parameters are those that made it.

        Raises ModelError where the folder is none, or damaged, ConfigError if it is not a path.
        """
        model = load_sequence_model(as_path(folder, "folder"))
        found = cls(**{**_kept(model.provenance), **dataclasses.asdict(model.shape)})
        found._model, found.n_features_in_, found.history_ = model, model.features, []
        return found

    def _fitted(self) -> SequenceModel:
        if not hasattr(self, "_model"):
            raise NotFittedError(
                "this SequenceRegressor is not trained yet: call fit, or SequenceRegressor.load(folder)"
            )
        return self._model

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        """The parameters that were given, and, of a fitted one, what was fitted."""
        written: str = super().__repr__(N_CHAR_MAX)
        if not hasattr(self, "_model"):
            return written
        model = self._model
        weights = sum(weight.numel() for weight in model.weights.values())
        what = f"{model.features} features a step, {model.outputs} outputs; {model.shape.encoder}, {weights:,} weights"
        return f"{written}  # {what}"

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_model")

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn should know: the input is sequences, not a table."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array, tags.input_tags.two_d_array = True, False
        tags.target_tags.multi_output = tags.target_tags.two_d_labels = True
        return tags


def _section(kind: type, parameters: Mapping[str, Any]) -> Any:
    """The config section `kind`, filled from `parameters`. Raises ConfigError."""
    named = [(field.name, PARAMETER_NAMES.get(field.name, field.name)) for field in dataclasses.fields(kind)]
    called = {field: parameter for field, parameter in named if parameter in parameters}
    return read_section(kind, {field: parameters[parameter] for field, parameter in called.items()}, called)


def _kept(provenance: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of training that a folder's provenance says; what is not valid is left out."""
    found: dict[str, Any] = {}
    names = SequenceRegressor._get_param_names()
    for kind, part in ((TrainConfig, "train"), (SequenceFit, "fit")):
        saved = provenance.get(part)
        values = {_key_now(part, key): value for key, value in saved.items()} if isinstance(saved, dict) else {}
        for field in dataclasses.fields(kind):
            name = PARAMETER_NAMES.get(field.name, field.name)
            if name in names and field.name in values:
                with contextlib.suppress(ConfigError):
                    found[name] = getattr(read_section(kind, {field.name: values[field.name]}), field.name)
    return found


def _key_now(section: str, key: str) -> str:
    """What the key of a saved section is called now."""
    return renamed_setting(f"{section}.{key}").rpartition(".")[2]


def _telling(show: Show, on_progress: Callable[[Progress], None]) -> Callable[[Progress], None]:
    """`show` and `on_progress`, after a warning where a checkpoint cannot be used."""

    def tell(progress: Progress) -> None:
        show(progress)
        if isinstance(progress, TrainingStarted) and progress.lost:
            warnings.warn(progress.lost, TrainingWarning, stacklevel=2)
        on_progress(progress)

    return tell


def _measure(x: NDArray[np.float64], y: NDArray[np.float64], *, scale: bool) -> Scaling:
    """Mean and deviation of the rows that are trained on; what never changes keeps its size."""
    flat = x.reshape(-1, x.shape[2])
    if not scale:
        ones = np.ones(flat.shape[1]), np.ones(y.shape[1])
        return Scaling(np.zeros(flat.shape[1]), ones[0], np.zeros(y.shape[1]), ones[1])
    deviations = [np.where((found := array.std(axis=0)) > 0, found, 1.0) for array in (flat, y)]
    return Scaling(flat.mean(axis=0), deviations[0], y.mean(axis=0), deviations[1])


def _scaled(
    array: NDArray[np.float64], mean: NDArray[np.float64], deviation: NDArray[np.float64]
) -> NDArray[np.float32]:
    return ((array - mean) / deviation).astype(np.float32)
