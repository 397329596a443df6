"""The model folder: all that is needed to use a classifier, as plain data behind one manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from textrnn.data.label_format import is_valid_format
from textrnn.data.target import Target
from textrnn.data.text_boundary import is_unicode
from textrnn.decision import decision as decisions
from textrnn.decision.card_section import insert_decision
from textrnn.decision.describe import describe_promises
from textrnn.decision.weights_digest import weights_digest
from textrnn.errors import DataError, ModelError
from textrnn.inference.engine import build_engine
from textrnn.inference.network import Network, check_network
from textrnn.linear import ngram_branch as branch
from textrnn.model.files import (
    CARD,
    CONFIG,
    DECISION,
    FORMAT,
    KIND,
    NGRAMS,
    TOKENIZER,
    WEIGHTS,
    read_columns,
    read_config,
    read_folder,
)
from textrnn.model.predictor import Predictor
from textrnn.storage.bounded_reading import as_one_line, is_plain, read_bounded, read_consistently
from textrnn.storage.files import (
    digest_bytes,
    write_bytes,
    write_manifest,
)
from textrnn.storage.rounded_rows import restore_rows
from textrnn.storage.tensors import read_arrays
from textrnn.text import tokenizer_schema as schema
from textrnn.text.saved_tokenize import resolve_saved_tokenize
from textrnn.text.text_encoder import TextEncoder


@dataclass(frozen=True)
class ModelFolder:
    """The files of a model folder by name, but for its manifest."""

    files: Mapping[str, bytes]

    def save(self, folder: Path) -> None:
        """Write the files, and the manifest last; the model card may be edited later, so it is not digested."""
        for name, data in self.files.items():
            write_bytes(folder / name, data)
        write_manifest(folder, {"format": FORMAT, "kind": KIND}, leave_out=frozenset({CARD}))

    @staticmethod
    def load(folder: Path) -> ModelFolder:
        """The files of a model folder, compared with its manifest. Raises ModelError."""

        def read() -> ModelFolder:
            files = read_folder(folder)
            return ModelFolder(files | ({CARD: read_bounded(folder / CARD)} if is_plain(folder / CARD) else {}))

        return read_consistently(folder, read)


def load_predictor(folder: Path) -> Predictor:
    """The predictor in a model folder, compared with its manifest, nothing in it run. Raises ModelError."""
    return predictor_of(ModelFolder.load(folder), str(folder))


def predictor_of(model: ModelFolder, where: str = "the model folder") -> Predictor:
    """The predictor that the files of `model` describe; `where` names them in errors. Raises ModelError."""
    try:
        return _build(model.files)
    except (DataError, ModelError) as error:
        raise ModelError(f"{where}: {as_one_line(str(error))}") from None


def with_decision(model: ModelFolder, predictor: Predictor) -> tuple[ModelFolder, Predictor]:
    """`model` with the decision of `predictor`, which has its weights, and `predictor` with that bound to them."""
    if NGRAMS not in model.files:  # format 1
        model = ModelFolder({**model.files, NGRAMS: branch.to_bytes(predictor.ngram_branch)})
    digest = weights_digest(digest_bytes(model.files[WEIGHTS]), digest_bytes(model.files[NGRAMS]))
    bound = replace(predictor, decision=replace(predictor.decision, weights=digest))
    files = {**model.files, DECISION: decisions.to_bytes(bound.decision)}
    if CARD in files:
        lines = describe_promises(bound.decision, bound.target.names)
        card = insert_decision(files[CARD].decode("utf-8", "replace"), lines)
        files[CARD] = card.encode()
    return ModelFolder(files), bound


def _build(files: Mapping[str, bytes]) -> Predictor:
    """The small files first: what they say is compared with the large ones before anything is allocated for it."""
    config = read_config(files[CONFIG])
    target = Target.from_json(config.target)
    few = target.exclusive and target.outputs < 2
    if few or not target.outputs or not is_unicode("".join(target.names)):
        raise ModelError(f"{CONFIG}: target: expected at least two classes, of valid Unicode")
    decision = decisions.from_bytes(files[DECISION])
    if decision.rule != decisions.RULES[target.kind]:
        raise ModelError(f"{DECISION}: expected the rule of a {target.kind} target, found {decision.rule}")
    decisions.require_classes(decision, target.outputs)
    parts = schema.read_parts(files[TOKENIZER])
    text, tokenizer = resolve_saved_tokenize(config.text, parts.tokenizer, config.libraries), TextEncoder(parts)
    if (size := tokenizer.vocabulary_size) != config.vocabulary_size:
        raise ModelError(f"{TOKENIZER} has {size} tokens, {CONFIG} says {config.vocabulary_size}")
    tokenizer.require_valid()
    columns, tabular = read_columns(config)
    weights = restore_rows(read_arrays(files[WEIGHTS], WEIGHTS), WEIGHTS)
    network = check_network(Network(weights, config.model, config.vocabulary_size, target.outputs, tabular))
    ngram_branch = branch.from_bytes(files[NGRAMS]) if NGRAMS in files else branch.empty_branch(target.outputs)
    if len(ngram_branch.bias) != target.outputs:
        raise ModelError(f"{NGRAMS} has {len(ngram_branch.bias)} classes, {CONFIG} says {target.outputs}")
    if ngram_branch.tabular.size and len(ngram_branch.tabular) != tabular.features:
        raise ModelError(f"{NGRAMS} has {len(ngram_branch.tabular)} tabular columns, {CONFIG} says {tabular.features}")
    if not is_valid_format(target, config.labels):
        raise ModelError(f"{CONFIG}: labels: expected a form that a {target.kind} target has, found {config.labels}")
    cut = config.max_tokens, config.truncation
    return Predictor(
        tokenizer, build_engine(network), ngram_branch, decision, target, *cut, text, columns, tabular, config.labels
    )
