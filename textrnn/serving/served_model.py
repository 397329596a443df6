"""A model as it is served: its predictor, with all that answers name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from textrnn.data.columns import Columns, Example
from textrnn.data.target import PATH_SEPARATOR
from textrnn.errors import ModelError
from textrnn.model.files import CARD, DECISION, METRICS, PROVENANCE, read_weak_slices
from textrnn.model.folder import ModelFolder, predictor_of
from textrnn.model.predictor import Predictor
from textrnn.model.text_predictor import TextPredictor
from textrnn.storage.bounded_reading import read_consistently
from textrnn.storage.files import content_digest, read_manifest

MAX_CHECKED_CLASSES = 3


@dataclass(frozen=True)
class ServedModel:
    """A predictor with what is told of it: the `name` that the Open Inference Protocol uses, the `digest` of its files
    (SHA-256, the card apart), the digests of `files`, and the other members of `about` (`GET /model`).
    """

    predictor: Predictor
    name: str
    digest: str
    about: Mapping[str, Any]

    @property
    def columns(self) -> Columns:
        """The columns that it reads."""
        return self.predictor.columns

    @cached_property
    def text_predictor(self) -> TextPredictor:
        """The predictor as Python has it."""
        return TextPredictor(self.predictor)

    @cached_property
    def labels(self) -> list[str]:
        """Each class as JSON, C of them; none of numbers."""
        return [json.dumps(label) for label in self.predictor.target.classes]

    def about_json(self, *, texts_logged: bool) -> bytes:
        """What `GET /model` answers."""
        known = {"name": self.name, "digest": self.digest, "texts_logged": texts_logged}
        return json.dumps({**known, **self.about}).encode()

    @property
    def example(self) -> Any:
        """A body for `POST /predict` that this model answers."""
        if self.columns.text_only:
            return {"text": "The soup was good, and the room was bright."}
        return {"rows": [self.example_row]}

    @property
    def example_row(self) -> dict[str, Any]:
        """A row that this model reads."""
        tabular = self.predictor.tabular
        texts = dict.fromkeys(self.columns.text, "The soup was good, and the room was bright.")
        numbers: dict[str, Any] = {column.name: 1.5 for column in tabular.numeric}
        return {**texts, **numbers, **{column.name: "other" for column in tabular.categorical}}


def load_served_model(folder: Path) -> ServedModel:
    """The model in `folder`, compared with its manifest and tried on a text. Raises ModelError."""

    def read() -> ServedModel:
        files = ModelFolder.load(folder)
        predictor = predictor_of(files, str(folder))
        entries = read_manifest(folder)["files"]
        about = _describe(predictor, files.files, {name: entry["sha256"] for name, entry in entries.items()})
        name = Path(folder).absolute().name or "model"
        return ServedModel(predictor, name, content_digest(entries), about)

    model = read_consistently(folder, read)
    _try(model)
    return model


def _try(model: ServedModel) -> None:
    """Predict something, so that a model that cannot is refused before anybody asks it. Raises ModelError."""
    row = model.example_row
    cells = tuple(row[name] for name in model.columns.inputs)
    examples: list[Example] = [cells[0] if model.columns.text_only else cells] * MAX_CHECKED_CLASSES
    if not np.isfinite(model.predictor.predict_examples(examples).probabilities).all():
        raise ModelError("the model folder: expected finite probabilities, found others; train it again")


def _describe(predictor: Predictor, files: Mapping[str, bytes], digests: dict[str, str]) -> dict[str, Any]:
    target, columns = predictor.target, predictor.columns
    return {
        "target": target.kind,
        "classes": list(target.classes),
        "path_separator": PATH_SEPARATOR if target.kind == "path" else None,
        "columns": {
            "text": list(columns.text),
            "numeric": list(columns.numeric),
            "categorical": list(columns.categorical),
        },
        "max_tokens": predictor.max_tokens,
        "decision": json.loads(files[DECISION]),
        "metrics": json.loads(files[METRICS]),
        "slices": read_weak_slices(files[PROVENANCE]),
        "files": digests,
        "card": files.get(CARD, b"").decode(errors="replace"),
    }
