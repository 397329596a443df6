"""The model folder: all that is needed to use a classifier, as plain data behind one manifest."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge, Le
from pydantic import TypeAdapter, ValidationError
from safetensors.torch import save

from textrnn.boundary import is_unicode
from textrnn.card import write_card
from textrnn.config.fields import Positive
from textrnn.config.model import ModelConfig
from textrnn.config.tokenize import TokenizeConfig
from textrnn.config.train import Keep
from textrnn.data.columns import Columns
from textrnn.data.side import NO_SIDE, SideColumns
from textrnn.data.target import Target
from textrnn.decision import decision as decisions
from textrnn.decision.decision import Decision
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
from textrnn.nn.artifact import Classifier, network_of, read_weights
from textrnn.predictor import Predictor
from textrnn.text import schema
from textrnn.text.saved import settle_reading
from textrnn.text.vocabulary import Vocabulary, tokenizer_of
from textrnn.wide import branch
from textrnn.wide.branch import WideBranch

FORMAT, KIND, CARD = 4, "textrnn model", "README.md"
TOKENIZER, WEIGHTS, CONFIG, DECISION = "tokenizer.json", "model.safetensors", "config.json", "decision.json"
METRICS, PROVENANCE, WIDE = "metrics.json", "provenance.json", "wide.safetensors"
READABLE = (1, 2, 3, 4)  # formats; 1 has no wide branch, 2 does not say how texts are read, 3 knows no columns
MAX_TEXT_BYTES = 1 << 24
MAX_BYTES = {TOKENIZER: schema.MAX_BYTES, WEIGHTS: 1 << 40, WIDE: 1 << 40}  # of any other file: MAX_TEXT_BYTES
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
        files = read_files(folder, _check(folder))
        return ModelFolder(files | ({CARD: read_bounded(folder / CARD)} if _is_plain(folder / CARD) else {}))


@dataclass(frozen=True)
class FolderConfig:
    """What `config.json` holds: the network's shape, and how texts reach it."""

    model: ModelConfig
    target: dict[str, Any]
    vocabulary_size: Annotated[int, Ge(2), Le(schema.MAX_TOKENS)]
    max_tokens: Positive
    keep: Keep
    text: TokenizeConfig | None = None  # before format 3: as tokenizer.json says
    libraries: dict[str, str] = field(default_factory=dict)  # what Chinese was read with in training
    columns: dict[str, Any] | None = None  # before format 4: one text
    side: dict[str, Any] | None = None  # before format 4: nothing beside it


def bundle(
    vocabulary: Vocabulary,
    classifier: Classifier,
    wide: WideBranch,
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
        wide,
        decision,
        metrics=report.data["metrics"],
        provenance={"report_sha256": digest_bytes(canonical_json(report.data))},
        card=write_card(classifier, wide, vocabulary, report.data),
        columns=columns,
    )


def folder_of(
    vocabulary: Vocabulary,
    classifier: Classifier,
    wide: WideBranch,
    decision: Decision,
    *,
    metrics: Mapping[str, Any],
    provenance: Mapping[str, Any],
    card: str,
    columns: Columns | None = None,
) -> ModelFolder:
    """The model folder of `classifier` and `wide`, whose texts, read from `columns`, `vocabulary` encodes."""
    shape, settings = classifier.model_config, classifier.train_config
    target, size = classifier.target.to_json(), classifier.vocabulary_size
    read = vocabulary.tokenizer, dict(vocabulary.libraries)
    beside = (columns or Columns()).to_json(), classifier.side.to_json()
    config = FolderConfig(shape, target, size, settings.max_tokens, settings.keep, *read, *beside)
    made_with = {
        **provenance,
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in LIBRARIES},
        "train": asdict(settings),
        "history": classifier.history,
        "best_epoch": classifier.best_epoch,
    }
    return ModelFolder(
        {
            CONFIG: _pretty(asdict(config)),
            TOKENIZER: tokenizer_of(vocabulary).to_str(pretty=True).encode("utf-8"),
            WEIGHTS: save(dict(sorted(classifier.weights.items()))),
            WIDE: branch.to_bytes(wide),
            DECISION: decisions.to_bytes(decision),
            METRICS: _pretty(metrics),
            PROVENANCE: _pretty(made_with),
            CARD: card.encode("utf-8"),
        }
    )


def load_predictor(folder: Path) -> Predictor:
    """The predictor in a model folder, compared with its manifest, nothing in it run. Raises ModelError."""
    return predictor_of(ModelFolder.load(folder), str(folder))


def predictor_of(model: ModelFolder, where: str = "the model folder") -> Predictor:
    """The predictor that the files of `model` describe; `where` names them in errors. Raises ModelError."""
    try:
        return _build(model.files)
    except (DataError, ModelError) as error:
        raise ModelError(f"{where}: {_plain(str(error))}") from None


def _build(files: Mapping[str, bytes]) -> Predictor:
    """The small files first: what they say is compared with the large ones before anything is allocated for it."""
    config = _read_config(files[CONFIG])
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
    text, tokenizer = settle_reading(config.text, parts.tokenizer, config.libraries), schema.rebuild(parts)
    if (size := tokenizer.get_vocab_size()) != config.vocabulary_size:
        raise ModelError(f"{TOKENIZER} has {size} tokens, {CONFIG} says {config.vocabulary_size}")
    columns, side = _read_columns(config)
    network = network_of(read_weights(files[WEIGHTS]), config.model, config.vocabulary_size, target.outputs, side)
    wide = branch.from_bytes(files[WIDE]) if WIDE in files else branch.empty_branch(target.outputs)
    if len(wide.bias) != target.outputs:
        raise ModelError(f"{WIDE} has {len(wide.bias)} classes, {CONFIG} says {target.outputs}")
    if wide.side.size and len(wide.side) != side.features:
        raise ModelError(f"{WIDE} has {len(wide.side)} columns beside the text, {CONFIG} says {side.features}")
    return Predictor(tokenizer, network, wide, decision, target, config.max_tokens, config.keep, text, columns, side)


def _read_columns(config: FolderConfig) -> tuple[Columns, SideColumns]:
    """The columns of `config.json`, which must agree with one another. Raises ModelError, DataError."""
    if config.columns is None or config.side is None:
        return Columns(), NO_SIDE
    try:
        columns, side = Columns.from_json(config.columns), SideColumns.from_json(config.side)
        names = columns.names
        sound = all(isinstance(name, str) and name and is_unicode(name) for name in names)
        sound = sound and len(columns.text) > 0 and len(set(names)) == len(names)
        sound = sound and columns.numeric == tuple(column.name for column in side.numeric)
        sound = sound and columns.categorical == tuple(column.name for column in side.categorical)
    except (KeyError, TypeError, AttributeError, OverflowError):
        sound = False
    if not sound:
        raise ModelError(
            f"{CONFIG}: expected the names of different columns, and what is known of those beside the text"
        )
    return columns, side


def require_replaceable(folder: Path) -> None:
    """Refuse, by ConfigError, to put a model in the place of anything but a model, an empty folder or nothing."""
    known = frozenset({CARD}) if (folder / MANIFEST).is_file() else frozenset()  # a lone README.md is somebody's
    if foreign := foreign_files(folder, known=known):
        raise ConfigError(
            f"{folder}: expected a model folder or nothing there, found other files ({foreign[0]}); name another"
        )


def _check(folder: Path) -> dict[str, Any]:
    """What the manifest of `folder` says of each file, names as they must be. Raises ModelError."""
    restore_aside(folder)
    if not folder.is_dir():
        raise ModelError(f"{folder}: expected a model folder, found none; `textrnn run` makes one")
    if (path := folder / MANIFEST).is_symlink() or path.exists():
        read_bounded(path)  # no link out, no pipe, nothing endless
    try:
        manifest = read_manifest(folder)
    except DamagedError as error:
        raise ModelError(f"{_plain(str(error))}; is it a model folder, copied whole?") from None
    number, kind, files = manifest.get("format"), manifest.get("kind"), manifest["files"]
    if type(number) is not int or number not in READABLE or kind != KIND:
        raise ModelError(
            f"{folder / MANIFEST}: expected a textrnn model of format 1 to {FORMAT}, found {repr(kind)[:80]} "
            f"of format {repr(number)[:80]}; load it with the release that made it, or train it again"
        )
    names = {CONFIG, TOKENIZER, WEIGHTS, DECISION, METRICS, PROVENANCE, *([WIDE] if number > 1 else [])}
    if missing := sorted(names - files.keys()):
        raise ModelError(f"{folder / MANIFEST}: expected an entry for {missing[0]}, found none")
    if strange := sorted(files.keys() - names):
        raise ModelError(f"{folder / MANIFEST}: expected the files of format {number} alone, found {strange[0][:80]!r}")
    return dict(files)


def read_files(folder: Path, described: Mapping[str, Mapping[str, Any]]) -> dict[str, bytes]:
    """The bytes of the `described` files: those that are returned are those that were compared. Raises ModelError."""
    files: dict[str, bytes] = {}
    damage = find_damage(folder, described, digests=False)
    for name in () if damage else sorted(described):
        files[name] = read_bounded(folder / name, MAX_BYTES.get(name, MAX_TEXT_BYTES))
        if digest_bytes(files[name]) != described[name]["sha256"]:
            damage = f"{folder / name}: its bytes differ from the SHA-256 in {MANIFEST}"
    if damage:
        raise ModelError(f"{damage}; the model folder is damaged, copy it or train it again")
    return files


def _is_plain(path: Path) -> bool:
    """Whether a file itself stands there: no link out of the folder, no pipe or device that would never end."""
    return path.is_file() and not path.is_symlink()


def read_bounded(path: Path, limit: int = MAX_TEXT_BYTES) -> bytes:
    """The bytes of a plain file of at most `limit` bytes. Raises ModelError."""
    if not _is_plain(path):
        raise ModelError(f"{path}: expected a plain file, found something else; copy the model folder anew")
    try:
        if (size := path.stat().st_size) > limit:
            raise ModelError(f"{path}: expected at most {limit} bytes, found {size}; is it the file of a model?")
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); may you read it?") from None


def _read_config(data: bytes) -> FolderConfig:
    try:
        return TypeAdapter(FolderConfig).validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise ModelError(f"{CONFIG}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def _plain(message: str) -> str:
    """A message with words of the folder in it as one line that a terminal shows as it is."""
    return "".join(c if c.isprintable() else " " for c in message)[:500]


def _pretty(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8")


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
