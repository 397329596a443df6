"""A predictor as what the page in one file reads: a description with bytes by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from textrnn.decision.branch_logits import BranchLogits
from textrnn.decision.decision import Decision, combine_logits
from textrnn.errors import ConfigError
from textrnn.export.html_tables import tables_for
from textrnn.kernels.build import WASM_DIGEST_PREFIX, WASM_FILES, digest_of_wasm, wasm_build_obstacle
from textrnn.linear.ngram_branch import to_bytes
from textrnn.model.files import NGRAMS, WEIGHTS
from textrnn.model.folder import ModelFolder
from textrnn.model.predictor import Predictor
from textrnn.text.tokenizer_schema import SPLITTERS

_RULES = ("rule", "thresholds", "min_confidence", "accept", "lowered", "costs")  # what follows from calibrated logits


@dataclass(frozen=True)
class HtmlModel:
    """What `textrnn/page/engine/predictor.js` loads: `about` is plain JSON, `files` are bytes.

    Those of the `engine` are the same for every model.
    """

    about: Mapping[str, Any]
    files: Mapping[str, bytes]
    engine: tuple[str, ...] = tuple(WASM_FILES)


def build_html_model(predictor: Predictor, folder: ModelFolder, model: Mapping[str, Any]) -> HtmlModel:
    """Returns the model in `folder`, which `predictor` was built from; `model` is its description for people.

    Raises ConfigError for a model that the page cannot hold, or where WebAssembly is not built.
    """
    require_held(predictor)
    parts, text = predictor.tokenizer.parts, predictor.text
    about = {
        "model": dict(model),
        "network": asdict(predictor.engine.network.config),
        "outputs": predictor.target.outputs,
        "tokens": list(parts.tokens),
        "by_character": parts.tokenizer.unit == "characters",
        "max_tokens": predictor.max_tokens,
        "max_characters": predictor.columns.max_characters,
        "truncation": predictor.truncation,
        "decision": describe_decision(predictor.decision, predictor.target.outputs),
    }
    files = {
        "weights": folder.files[WEIGHTS],
        "ngrams": folder.files.get(NGRAMS) or to_bytes(predictor.ngram_branch),  # format 1 has none
        "tables": tables_for(parts.tokens, text),
    }
    return HtmlModel(about, files | read_wasm())


def require_held(predictor: Predictor) -> None:
    """Refuse, by ConfigError, a model that the page cannot hold, with the reason."""
    text = predictor.text
    reason = ""
    if predictor.tokenizer.parts.kind != "word":
        reason = f"its tokens are subwords ({predictor.tokenizer.parts.kind}), expected whole words or characters"
    elif text.unit not in SPLITTERS or text.simplify:
        what = "simplified" if text.simplify else "split into words"
        reason = f"Chinese is {what} by a dictionary of many megabytes, expected characters as they come"
    elif not predictor.columns.text_only:
        reason = f"it reads {len(predictor.columns.inputs)} columns, expected one text"
    if reason:
        raise ConfigError(f"--html: {reason}; serve the model, or train one that fits")


def describe_decision(decision: Decision, outputs: int) -> dict[str, Any]:
    """Returns `decision` as plain JSON: the calibrated logit of a class is a weighed sum of the branches' own."""
    zeros, ones = np.zeros((1, outputs)), np.ones((1, outputs))
    offset = combine_logits(decision, BranchLogits(zeros, zeros))[0]
    rules = {name: value for name, value in asdict(decision).items() if name in _RULES}
    return rules | {
        "recurrent": (combine_logits(decision, BranchLogits(ones, zeros))[0] - offset).tolist(),
        "ngram_branch": (combine_logits(decision, BranchLogits(zeros, ones))[0] - offset).tolist(),
        "offset": offset.tolist(),
    }


def read_wasm() -> dict[str, bytes]:
    """Returns the engine as WebAssembly, by name. Raises ConfigError unless it is built from these sources."""
    found = {name: path.read_bytes() if path.is_file() else b"" for name, path in WASM_FILES.items()}
    mark = f"{WASM_DIGEST_PREFIX}{digest_of_wasm()}".encode()
    if all(mark in data for data in found.values()):
        return found
    why = wasm_build_obstacle() or "it is not built from these sources; run python -m textrnn.kernels.build"
    raise ConfigError(f"--html: expected the engine as WebAssembly, but {why}")
