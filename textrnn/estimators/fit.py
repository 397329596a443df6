"""`TextClassifier.fit`: from parameters, texts, labels to a model."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from textrnn.config.data import DataConfig
from textrnn.config.target_checks import require_compatible
from textrnn.data.columns import Columns, columns_of, require_distinct
from textrnn.data.corpus import Corpus
from textrnn.data.example_tables import examples_of, require_column
from textrnn.data.label_input import LabelInput, as_labels
from textrnn.data.load import corpus_of
from textrnn.data.python_columns import require_same_length
from textrnn.data.row_weights import require_classes
from textrnn.data.sample_weight import parse_sample_weight
from textrnn.data.soft_labels import parse_soft_labels
from textrnn.errors import ConfigTypeError, DataError, DataWarning
from textrnn.estimators.progress import show_progress
from textrnn.estimators.random_state import with_seed
from textrnn.estimators.train_in_memory import train_in_memory
from textrnn.machine.heap import keep_freed_memory
from textrnn.model.files import PROVENANCE
from textrnn.model.folder import ModelFolder
from textrnn.nn.torch_defaults import default_torch_settings
from textrnn.settings.messages import in_python, python_names
from textrnn.settings.python_settings import resolve
from textrnn.settings.saved_settings import SETTINGS_KEY, settings_to_keep
from textrnn.settings.sections import Sections
from textrnn.text.encoder_source import resolve_encoder
from textrnn.text.teacher_source import resolve_teacher
from textrnn.text.warm_start_source import resolve_warm_start
from textrnn.training.events import Progress

STACK_LEVEL = 3  # frames from a warning to the caller of `TextClassifier.fit`


@dataclass(frozen=True)
class FitResult:
    """A model, its history, a dict an epoch, the epoch whose weights it has, and the texts that it learned from."""

    model: ModelFolder
    history: list[dict[str, Any]]
    best_epoch: int
    corpus: Corpus


def fit_model(
    parameters: Mapping[str, Any],
    texts: Any,
    labels: Any,
    *,
    sample_weight: Any = None,
    soft_labels: Any = None,
    unlabelled: Any = (),
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> FitResult:
    """The model that `TextClassifier` with these `parameters` learns.

    Warns, by DataWarning, of what the data check finds. Raises ConfigError, DataError, ModelError, TrainingError.
    """
    if not callable(on_progress):
        raise ConfigTypeError(f"on_progress: expected a function, found {on_progress!r:.80}")
    keep_freed_memory(one_arena=True)
    sections = resolve(with_seed(parameters))
    settings, data_config = Sections(**sections), sections["data"]
    with python_names():
        _require_sources(settings)
        require_compatible(data_config.target, settings.train, settings.self_training, settings.decision)
        require_distinct(data_config)
        columns = columns_of(data_config)
        require_column(labels, texts)
        examples = examples_of(texts, columns)
        given = as_labels(labels, data_config.target)
        require_same_length(examples, given.labels)
        weights, rows = parse_sample_weight(sample_weight, len(examples)), len(examples)
        soft = parse_soft_labels(soft_labels, rows)
        if weights is not None and not weights.all():  # what counts nothing is not there
            kept = np.flatnonzero(weights).tolist()
            examples, given, weights = [examples[row] for row in kept], given.take(kept), weights[kept]
            soft = None if soft is None else soft[kept]
        more = examples_of(unlabelled, Columns(), "unlabelled")
        corpus = _corpus_of(examples, given, settings, data_config, columns, left_out=rows - len(examples))
        require_classes(corpus.target, settings.train.class_weight)
    for warning in dict.fromkeys(corpus.checks["warnings"]):
        warnings.warn(in_python(warning), DataWarning, stacklevel=STACK_LEVEL)
    with python_names(), default_torch_settings(), show_progress(parameters.get("verbose", 0)) as show:

        def tell(progress: Progress) -> None:
            show(progress)
            on_progress(progress)

        model, history = train_in_memory(
            corpus,
            [str(text) for text in more],
            settings,
            columns,
            provenance={"made_by": "TextClassifier.fit", SETTINGS_KEY: settings_to_keep(sections)},
            labels=given.form,
            weights=None if weights is None or np.ptp(weights) == 0 else weights,
            soft=soft,
            on_progress=tell,
        )
    return FitResult(model, history, json.loads(model.files[PROVENANCE])["best_epoch"], corpus)


def _require_sources(settings: Sections) -> None:
    """Raise DataError or ModelError, before anything is done, where what is to be read is not there."""
    if settings.train.init_from != "none":
        resolve_warm_start(settings.train.init_from, settings.model.shape)
    resolve_encoder(settings.embeddings.encoder)
    resolve_teacher(settings.self_training.teacher)


def _corpus_of(
    examples: list[Any],
    given: LabelInput,
    settings: Sections,
    config: DataConfig,
    columns: Columns,
    *,
    left_out: int,
) -> Corpus:
    try:
        return corpus_of(
            examples,
            given.labels,
            validation_fraction=config.validation_fraction,
            seed=settings.train.seed,
            target=config.target,
            classes=config.classes,
            columns=columns,
            max_categories=config.max_categories,
            max_characters=config.max_characters,
            max_labels=max(config.max_labels, len(examples)),
            known=given.names,
        )
    except DataError as error:
        if not left_out:
            raise
        raise type(error)(f"{error} (of the {len(examples)} texts whose sample_weight is above 0)") from None
