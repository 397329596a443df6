"""The settings that made a model, as far as its folder says."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from textrnn.model.files import PROVENANCE
from textrnn.model.folder import ModelFolder
from textrnn.model.predictor import Predictor
from textrnn.settings.saved_settings import read_kept


def known_settings(model: ModelFolder, predictor: Predictor) -> dict[str, Any]:
    """The settings, by "section.key", that made `model`, as far as its files say: all, where `fit` made it."""
    kept, is_whole = read_kept(model.files[PROVENANCE])
    if is_whole:
        return kept
    columns, target = predictor.columns, predictor.target
    of_network = {f"model.{key}": value for key, value in asdict(predictor.engine.network.config).items()}
    of_texts = {f"tokenize.{key}": value for key, value in asdict(predictor.text).items()}
    of_data: dict[str, Any] = {"target": target.kind, "numeric": columns.numeric, "categorical": columns.categorical}
    of_data["text_column"] = columns.text[0] if len(columns.text) == 1 else columns.text
    if target.kind == "ordinal" and all(isinstance(name, str) for name in target.classes):
        of_data["classes"] = target.classes
    return {**of_network, **of_texts, **{f"data.{key}": value for key, value in of_data.items()}, **kept}
