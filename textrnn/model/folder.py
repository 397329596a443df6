"""The model folder: all that is needed to use a classifier, as plain data behind one manifest."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from safetensors.torch import save

from textrnn.data.columns import Columns
from textrnn.data.label_forms import LabelForm, is_valid_form
from textrnn.data.target import Target
from textrnn.data.text_boundary import is_unicode
from textrnn.decision import decision as decisions
from textrnn.decision.decision import Decision
from textrnn.errors import DataError, ModelError
from textrnn.evaluation.report import Report
from textrnn.linear import ngram_branch as branch
from textrnn.linear.ngram_branch import NgramBranch
from textrnn.model.card import write_card
from textrnn.model.files import (
    CARD,
    CONFIG,
    DECISION,
    FORMAT,
    KIND,
    METRICS,
    NGRAMS,
    PROVENANCE,
    TOKENIZER,
    WEIGHTS,
    FolderConfig,
    read_columns,
    read_config,
    read_folder,
)
from textrnn.model.predictor import Predictor
from textrnn.nn.artifact import Classifier, network_of, read_weights
from textrnn.nn.torch_defaults import own_settings
from textrnn.settings.saved_settings import read_kept
from textrnn.storage.bounded import as_one_line, is_plain, read_bounded, read_consistently
from textrnn.storage.files import (
    canonical_json,
    digest_bytes,
    seal,
    write_bytes,
)
from textrnn.text import tokenizer_schema as schema
from textrnn.text.saved_tokenize import resolve_saved_tokenize
from textrnn.text.vocabulary import Vocabulary, tokenizer_of

LIBRARIES = ("textrnn", "torch", "tokenizers", "safetensors", "numpy", "scikit-learn", "pyarrow")


@dataclass(frozen=True)
class ModelFolder:
    """The files of a model folder by name, but for its manifest."""

    files: Mapping[str, bytes]

    def save(self, folder: Path) -> None:
        """Write the files, and the manifest last; the model card may be edited later, so it is not digested."""
        for name, data in self.files.items():
            write_bytes(folder / name, data)
        seal(folder, {"format": FORMAT, "kind": KIND}, leave_out=frozenset({CARD}))

    @staticmethod
    def load(folder: Path) -> ModelFolder:
        """The files of a model folder, compared with its manifest. Raises ModelError."""

        def read() -> ModelFolder:
            files = read_folder(folder)
            return ModelFolder(files | ({CARD: read_bounded(folder / CARD)} if is_plain(folder / CARD) else {}))

        return read_consistently(folder, read)


def bundle(
    vocabulary: Vocabulary,
    classifier: Classifier,
    ngram_branch: NgramBranch,
    decision: Decision,
    report: Report,
    columns: Columns | None = None,
) -> ModelFolder:
    """Bring tokenizer, both branches, decision, settings, metrics, provenance and the model card together.

    `columns` are those that the examples were read from.
    """
    return folder_of(
        vocabulary,
        classifier,
        ngram_branch,
        decision,
        metrics=report.data["metrics"],
        provenance={"report_sha256": digest_bytes(canonical_json(report.data))},
        card=write_card(classifier, ngram_branch, vocabulary, report.data, columns),
        columns=columns,
    )


def folder_of(
    vocabulary: Vocabulary,
    classifier: Classifier,
    ngram_branch: NgramBranch,
    decision: Decision,
    *,
    metrics: Mapping[str, Any],
    provenance: Mapping[str, Any],
    card: str,
    columns: Columns | None = None,
    labels: LabelForm = "plain",
) -> ModelFolder:
    """The model folder of `classifier` and `ngram_branch`, whose texts, read from `columns`, `vocabulary` encodes; its
    labels came in the form `labels`.
    """
    shape, settings = classifier.model_config, classifier.train_config
    target, size = classifier.target.to_json(), classifier.vocabulary_size
    read = vocabulary.tokenizer, dict(vocabulary.libraries)
    tabular = (columns or Columns()).to_json(), classifier.tabular.to_json()
    config = asdict(
        FolderConfig(shape, target, size, settings.max_tokens, settings.truncation, *read, *tabular, labels)
    )
    if labels == "plain":
        del config["labels"]
    made_with = {
        **provenance,
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in LIBRARIES},
        "train": asdict(settings),
        "history": classifier.history,
        "best_epoch": classifier.best_epoch,
        **({} if classifier.origin is None else {"started_from": classifier.origin}),
    }
    return ModelFolder(
        {
            CONFIG: _pretty(config),
            TOKENIZER: tokenizer_of(vocabulary).to_str(pretty=True).encode("utf-8"),
            WEIGHTS: save(dict(classifier.weights)),
            NGRAMS: branch.to_bytes(ngram_branch),
            DECISION: decisions.to_bytes(decision),
            METRICS: _pretty(metrics),
            PROVENANCE: _pretty(made_with),
            CARD: card.encode("utf-8"),
        }
    )


def load_predictor(folder: Path) -> Predictor:
    """The predictor in a model folder, compared with its manifest, nothing in it run. Raises ModelError."""
    return predictor_of(ModelFolder.load(folder), str(folder))


@own_settings()
def predictor_of(model: ModelFolder, where: str = "the model folder") -> Predictor:
    """The predictor that the files of `model` describe; `where` names them in errors. Raises ModelError."""
    try:
        return _build(model.files)
    except (DataError, ModelError) as error:
        raise ModelError(f"{where}: {as_one_line(str(error))}") from None


def _build(files: Mapping[str, bytes]) -> Predictor:
    """The small files first: what they say is compared with the large ones before anything is allocated for it."""
    config = read_config(files[CONFIG])
    target = Target.from_json(config.target)
    few = target.exclusive and target.outputs < 2
    if few or not target.outputs or not is_unicode("".join(target.names)):
        raise ModelError(f"{CONFIG}: target: expected at least two classes, of whole characters")
    decision = decisions.from_bytes(files[DECISION])
    if decision.rule != decisions.RULES[target.kind]:
        raise ModelError(f"{DECISION}: expected the rule of a {target.kind} target, found {decision.rule}")
    if decision.rule == "thresholds" and len(decision.thresholds) != target.outputs:
        raise ModelError(
            f"{DECISION} has {len(decision.thresholds)} thresholds, {CONFIG} says {target.outputs} classes"
        )
    parts = schema.read_parts(files[TOKENIZER])
    text, tokenizer = resolve_saved_tokenize(config.text, parts.tokenizer, config.libraries), schema.rebuild(parts)
    if (size := tokenizer.get_vocab_size()) != config.vocabulary_size:
        raise ModelError(f"{TOKENIZER} has {size} tokens, {CONFIG} says {config.vocabulary_size}")
    columns, tabular = read_columns(config)
    network = network_of(read_weights(files[WEIGHTS]), config.model, config.vocabulary_size, target.outputs, tabular)
    ngram_branch = branch.from_bytes(files[NGRAMS]) if NGRAMS in files else branch.empty_branch(target.outputs)
    if len(ngram_branch.bias) != target.outputs:
        raise ModelError(f"{NGRAMS} has {len(ngram_branch.bias)} classes, {CONFIG} says {target.outputs}")
    if ngram_branch.tabular.size and len(ngram_branch.tabular) != tabular.features:
        raise ModelError(
            f"{NGRAMS} has {len(ngram_branch.tabular)} columns beside the text, {CONFIG} says {tabular.features}"
        )
    if not is_valid_form(target, config.labels):
        raise ModelError(f"{CONFIG}: labels: expected a form that a {target.kind} target has, found {config.labels}")
    cut = config.max_tokens, config.truncation
    return Predictor(tokenizer, network, ngram_branch, decision, target, *cut, text, columns, tabular, config.labels)


def known_settings(model: ModelFolder, predictor: Predictor) -> dict[str, Any]:
    """The settings, by "section.key", that made `model`, as far as its files say: all, where `fit` made it."""
    kept, is_whole = read_kept(model.files[PROVENANCE])
    if is_whole:
        return kept
    columns, target = predictor.columns, predictor.target
    of_network = {f"model.{key}": value for key, value in asdict(predictor.network.config).items()}
    of_texts = {f"tokenize.{key}": value for key, value in asdict(predictor.text).items()}
    of_data: dict[str, Any] = {"target": target.kind, "numeric": columns.numeric, "categorical": columns.categorical}
    of_data["text_column"] = columns.text[0] if len(columns.text) == 1 else columns.text
    if target.kind == "ordinal" and all(isinstance(name, str) for name in target.classes):
        of_data["classes"] = target.classes
    return {**of_network, **of_texts, **{f"data.{key}": value for key, value in of_data.items()}, **kept}


def _pretty(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8")


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
