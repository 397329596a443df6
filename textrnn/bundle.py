"""The model folder: all that is needed to use a classifier, as plain data behind one manifest."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load, save

from textrnn.card import write_card
from textrnn.config.model import ModelConfig
from textrnn.config.train import Keep
from textrnn.data.target import Target
from textrnn.decision.decision import Decision
from textrnn.decision.decision import from_bytes as decision_from_bytes
from textrnn.decision.decision import to_bytes as decision_to_bytes
from textrnn.errors import ConfigError, DamagedError, DataError, ModelError
from textrnn.evaluation.report import Report
from textrnn.files import (
    MANIFEST,
    canonical_json,
    digest_bytes,
    find_damage,
    foreign_files,
    read_manifest,
    restore_aside,
    seal,
    write_bytes,
)
from textrnn.nn.artifact import Classifier, network_of
from textrnn.predictor import Predictor
from textrnn.text.schema import read_tokenizer
from textrnn.text.vocabulary import Vocabulary, tokenizer_of
from textrnn.wide.branch import WideBranch, empty_branch
from textrnn.wide.branch import from_bytes as wide_from_bytes
from textrnn.wide.branch import to_bytes as wide_to_bytes

FORMAT, KIND = 2, "textrnn model"
CARD = "README.md"
TOKENIZER, WEIGHTS, CONFIG, DECISION = "tokenizer.json", "model.safetensors", "config.json", "decision.json"
METRICS, PROVENANCE, WIDE = "metrics.json", "provenance.json", "wide.safetensors"
READABLE = (1, 2)  # formats; 1 has no wide branch
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
        names = _check(folder)
        card = [CARD] if (folder / CARD).is_file() and not (folder / CARD).is_symlink() else []
        return ModelFolder({name: (folder / name).read_bytes() for name in [*names, *card]})


@dataclass(frozen=True)
class FolderConfig:
    """What `config.json` holds: the network's shape, and how texts reach it."""

    model: ModelConfig
    target: dict[str, Any]
    vocabulary_size: int
    max_tokens: int
    keep: Keep


def bundle(
    vocabulary: Vocabulary, classifier: Classifier, wide: WideBranch, decision: Decision, report: Report
) -> ModelFolder:
    """Bring tokenizer, both branches, decision, settings, metrics, provenance and the model card together."""
    return folder_of(
        tokenizer_of(vocabulary).to_str(pretty=True),
        classifier,
        wide,
        decision,
        metrics=report.data["metrics"],
        provenance={"report_sha256": digest_bytes(canonical_json(report.data))},
        card=write_card(classifier, wide, vocabulary, report.data),
    )


def folder_of(
    tokenizer_json: str,
    classifier: Classifier,
    wide: WideBranch,
    decision: Decision,
    *,
    metrics: Mapping[str, Any],
    provenance: Mapping[str, Any],
    card: str,
) -> ModelFolder:
    """The model folder of `classifier` and `wide`, whose texts `tokenizer_json` encodes."""
    config = {
        "model": asdict(classifier.model_config),
        "target": classifier.target.to_json(),
        "vocabulary_size": classifier.vocabulary_size,
        "max_tokens": classifier.train_config.max_tokens,
        "keep": classifier.train_config.keep,
    }
    made_with = {
        **provenance,
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in LIBRARIES},
        "train": asdict(classifier.train_config),
        "history": classifier.history,
        "best_epoch": classifier.best_epoch,
    }
    files = {
        CONFIG: _pretty(config),
        TOKENIZER: tokenizer_json.encode("utf-8"),
        WEIGHTS: save(dict(sorted(classifier.weights.items()))),
        WIDE: wide_to_bytes(wide),
        DECISION: decision_to_bytes(decision),
        METRICS: _pretty(metrics),
        PROVENANCE: _pretty(made_with),
        CARD: card.encode("utf-8"),
    }
    return ModelFolder(files)


def load_predictor(folder: Path) -> Predictor:
    """The predictor in a model folder: every file compared with the manifest, nothing in it run.

    Raises ModelError where the folder is missing, damaged, or of another format.
    """
    return predictor_of(ModelFolder.load(folder), str(folder))


def predictor_of(model: ModelFolder, where: str = "the model folder") -> Predictor:
    """The predictor that the files of `model` describe; `where` names them in errors. Raises ModelError."""
    config = _read_config(model.files[CONFIG], where)
    try:
        target = Target.from_json(config.target)
        weights = load(model.files[WEIGHTS])
    except (DataError, SafetensorError, ValueError) as error:
        raise ModelError(f"{where}: {' '.join(str(error).split())[:300]}") from None
    tokenizer = read_tokenizer(model.files[TOKENIZER])
    if (size := tokenizer.get_vocab_size()) != config.vocabulary_size:
        raise ModelError(f"{where}: {TOKENIZER} has {size} tokens, {CONFIG} says {config.vocabulary_size}")
    network = network_of(weights, config.model, config.vocabulary_size, target.outputs)
    try:
        wide = wide_from_bytes(model.files[WIDE]) if WIDE in model.files else empty_branch(target.outputs)
        decision = decision_from_bytes(model.files[DECISION])
    except ModelError as error:
        raise ModelError(f"{where}: {error}") from None
    if len(wide.bias) != target.outputs:
        raise ModelError(f"{where}: {WIDE} has {len(wide.bias)} classes, {CONFIG} says {target.outputs}")
    return Predictor(tokenizer, network, wide, decision, target, config.max_tokens, config.keep)


def require_replaceable(folder: Path) -> None:
    """Refuse, by ConfigError, to put a model in the place of anything but a model, an empty folder or nothing."""
    known = frozenset({CARD}) if (folder / MANIFEST).is_file() else frozenset()  # a lone README.md is somebody's
    if foreign := foreign_files(folder, known=known):
        raise ConfigError(
            f"{folder}: expected a model folder or nothing there, found other files ({foreign[0]}); name another"
        )


def _check(folder: Path) -> list[str]:
    """The names in the manifest of `folder`, once all of it is known to be whole. Raises ModelError."""
    restore_aside(folder)
    if not folder.is_dir():
        raise ModelError(f"{folder}: expected a model folder, found none; `textrnn run` makes one")
    try:
        manifest = read_manifest(folder)
    except DamagedError as error:
        raise ModelError(f"{error}; is it a model folder, copied whole?") from None
    if manifest.get("format") not in READABLE or manifest.get("kind") != KIND:
        raise ModelError(
            f"{folder / MANIFEST}: expected a textrnn model of format 1 or {FORMAT}, found {manifest.get('kind')!r} "
            f"of format {manifest.get('format')!r}; load it with the release that made it, or train it again"
        )
    names = [CONFIG, TOKENIZER, WEIGHTS, DECISION, METRICS, PROVENANCE, *([WIDE] if manifest["format"] > 1 else [])]
    if missing := [name for name in names if name not in manifest["files"]]:
        raise ModelError(f"{folder / MANIFEST}: expected an entry for {missing[0]}, found none")
    if damage := find_damage(folder, {name: manifest["files"][name] for name in names}):
        raise ModelError(f"{damage}; the model folder is damaged, copy it or train it again")
    return names


def _read_config(data: bytes, where: str) -> FolderConfig:
    try:
        return TypeAdapter(FolderConfig).validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ModelError(f"{where}: {CONFIG}: {place}: {first['msg']}") from None


def _pretty(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8")


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
