"""Predictors as the page in one file holds them, and the answers of its engine in a browser."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from safetensors.numpy import save

from textrnn.export.html_model import HtmlModel, build_html_model
from textrnn.linear.ngram_branch import to_bytes
from textrnn.model.files import NGRAMS, WEIGHTS
from textrnn.model.folder import ModelFolder
from textrnn.model.predictor import Predictor


def html_model(predictor: Predictor, folder: ModelFolder | None = None) -> HtmlModel:
    """The model of `predictor`, from its `folder` if it has one."""
    files = {WEIGHTS: save(dict(predictor.engine.network.weights)), NGRAMS: to_bytes(predictor.ngram_branch)}
    return build_html_model(
        predictor, folder or ModelFolder(files), {"kind": predictor.target.kind, "classes": predictor.target.names}
    )


def load_into(page: Any, model: HtmlModel, *, plain: bool = False) -> None:
    """Load `model` into the engine of `page`; the kernels without SIMD if `plain`."""
    files = dict(model.files)
    if plain:
        files["simd"] = files["plain"]
    encoded = {name: base64.b64encode(data).decode() for name, data in files.items()}
    page.evaluate("([about, files]) => load(about, files)", [model.about, encoded])


def ids_in(page: Any, texts: Sequence[str]) -> list[list[int]]:
    """The token ids of `texts`, by the engine of `page`."""
    found: list[list[int]] = page.evaluate(
        "(texts) => texts.map((text) => Array.from(predictor.tokenizer.encode(predictor.bound(text).text)))",
        list(texts),
    )
    return found


def answers_in(page: Any, texts: Sequence[str], *, explain: bool = False) -> list[dict[str, Any]]:
    """The answers to `texts`, by the engine of `page`."""
    found: list[dict[str, Any]] = page.evaluate(
        "([texts, explain]) => predictor.predict(texts, { explain })", [list(texts), explain]
    )
    return found
