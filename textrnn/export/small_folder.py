"""A small model: chosen, then written as a model folder with a card that says what it costs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from textrnn.decision.apply_request import apply_request
from textrnn.decision.decision import to_bytes
from textrnn.decision.request import previous_request
from textrnn.decision.weights_digest import weights_digest
from textrnn.errors import ConfigError
from textrnn.export.small_candidates import Candidate, Candidates, LabelledRows
from textrnn.export.small_card import Cost, cost_of, insert_section, write_section
from textrnn.export.small_choice import choose_small
from textrnn.export.small_parts import branch_bytes, tokenizer_bytes, weights_bytes
from textrnn.metrics.validation_score import SCORE_NAMES
from textrnn.model.files import CARD, CONFIG, DECISION, METRICS, NGRAMS, PROVENANCE, TOKENIZER, WEIGHTS
from textrnn.model.folder import ModelFolder, predictor_of
from textrnn.model.replace import replace_model
from textrnn.storage.files import digest_bytes
from textrnn.text.tokenizer_schema import read_parts

ROUNDED_FILES = (WEIGHTS, TOKENIZER, NGRAMS)
MARGIN_BYTES = 4096  # bytes left for what the card, the metrics and the manifest say of the small model


@dataclass(frozen=True)
class Small:
    """The model `folder` that was written, its bytes and those of the model before, and what it costs."""

    folder: Path
    size: int
    cost: Cost


def folder_size(folder: Path) -> int:
    """Returns the bytes of the files of a model folder."""
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())


def export_small(
    source: Path,
    place: Path,
    read_rows: Callable[[Any], LabelledRows],
    *,
    max_size: int | None,
    max_loss: float | None,
    tell: Callable[[str], None] = lambda _: None,
) -> Small:
    """Write the model in the folder `source` as a small one into the folder `place`, whose model is replaced.

    `read_rows` gives labelled rows for its predictor. Raises ModelError, DataError; ConfigError where no model is of at
    most `max_size` bytes, TooMuchLostError where it loses more than `max_loss` points.
    """
    model = ModelFolder.load(source)
    predictor = predictor_of(model, str(source))
    data = read_rows(predictor)
    if not len(data.rows):
        raise ConfigError(f"{data.source}: expected labelled rows to measure a small model on, found none")
    candidates = Candidates(predictor, read_parts(model.files[TOKENIZER]), data)
    fixed = MARGIN_BYTES + sum(len(bytes_) for name, bytes_ in model.files.items() if name not in ROUNDED_FILES)
    chosen = choose_small(candidates, max_size=max_size, max_loss=max_loss, fixed=fixed, tell=tell)
    cost = cost_of(candidates, chosen, folder_size(source))
    made = _decided(_folder_of(model, candidates, chosen, cost), data)
    predictor_of(made)  # what cannot be read is not written
    replace_model(made.save, place)
    return Small(place, folder_size(place), cost)


def _folder_of(model: ModelFolder, candidates: Candidates, chosen: Candidate, cost: Cost) -> ModelFolder:
    kept = candidates.kept_tokens(chosen.tokens)
    columns = candidates.kept_ngrams(kept, chosen.ngrams)
    whole = candidates.predictor
    files = {
        **model.files,
        WEIGHTS: weights_bytes(whole.engine.network, kept, chosen.bits or 8),
        TOKENIZER: tokenizer_bytes(candidates.parts, kept),
        NGRAMS: branch_bytes(whole.ngram_branch, columns, kept, chosen.factor),
    }
    score, loss = (name.replace(" ", "_") for name in SCORE_NAMES[whole.target.kind])
    about = {
        "from": digest_bytes(model.files[WEIGHTS]),
        "tokens": chosen.tokens,
        "bits": chosen.bits,
        "ngrams": int(columns.sum()),
        "before": {score: candidates.whole.score, loss: candidates.whole.loss},
    }
    files[CONFIG] = _changed(files[CONFIG], {"vocabulary_size": int(kept.sum())})
    files[METRICS] = _pretty({"validation": {score: chosen.score, loss: chosen.loss}})
    files[PROVENANCE] = _changed(files[PROVENANCE], {"small": about})
    section, card = write_section(cost, sum(map(len, files.values()))), files.get(CARD, b"").decode("utf-8", "replace")
    files[CARD] = insert_section(card, section).encode()
    return ModelFolder(files)


def _decided(model: ModelFolder, data: LabelledRows) -> ModelFolder:
    """`model` with the decision that the labelled rows show of its own weights: what was asked before, asked again."""
    small = predictor_of(model)
    decision = small.decision
    if (request := previous_request(decision, small.target.names)) is not None:
        logits = small.encoded_logits(data.rows, data.tabular)
        decision = apply_request(decision, logits, data.labels, small.target, request)
    unmeasured = replace(decision.calibration, rows=0, before=None, after=None)
    digest = weights_digest(digest_bytes(model.files[WEIGHTS]), digest_bytes(model.files[NGRAMS]))
    bound = replace(decision, calibration=unmeasured, weights=digest)
    return ModelFolder({**model.files, DECISION: to_bytes(bound)})


def _changed(data: bytes, values: dict[str, Any]) -> bytes:
    return _pretty(json.loads(data) | values)


def _pretty(value: Any) -> bytes:
    return (json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
