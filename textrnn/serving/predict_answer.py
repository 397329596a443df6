"""Predictions as the JSON of an answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from textrnn.data.target import Target
from textrnn.model.predictor import Predictions
from textrnn.serving.served_model import ServedModel

DIGITS = 6  # of a probability, as on the command line


def render_answer(
    model: ServedModel, found: Predictions, *, top: int, explanations: Sequence[Any] | None = None
) -> bytes:
    """The answer for N texts: the model's digest, and of each text its prediction with the `top` likeliest classes."""
    said = label_members(model, found)
    classes = _classes(model, found, top)
    accepted, tokens = found.accepted.tolist(), found.tokens.tolist()
    cut, unknown = found.cut.tolist(), found.unknown.round(4).tolist()
    parts = []
    for i, each in enumerate(said):
        stands, whole = "true" if accepted[i] else "false", "true" if cut[i] else "false"
        part = f'{each}, "accepted": {stands}, "tokens": {tokens[i]}, "cut": {whole}, "unknown": {unknown[i]!r}'
        if classes is not None:
            part += f', "classes": [{classes[i]}]'
        if explanations is not None:
            part += f', "explanation": {json.dumps(explanations[i].to_json(), allow_nan=False)}'
        parts.append("{" + part + "}")
    return f'{{"model": "{model.digest}", "predictions": [{", ".join(parts)}]}}'.encode()


def rows_of(found: Predictions, start: int, stop: int) -> Predictions:
    """The predictions of the texts `start` to `stop`."""
    return Predictions(
        found.probabilities[start:stop],
        found.predictions[start:stop],
        found.accepted[start:stop],
        found.tokens[start:stop],
        found.cut[start:stop],
        found.unknown[start:stop],
    )


def label_members(model: ServedModel, found: Predictions) -> list[str]:
    """The first members of the JSON object of each of N texts: its label and probability, its labels, or its value."""
    target, accepted = model.predictor.target, found.accepted.tolist()
    if target.kind == "number":
        return [f'"value": {value!r}' for value in found.predictions.tolist()]
    names = model.labels
    if not target.exclusive:
        rows = [[names[c] for c in np.flatnonzero(row)] for row in found.predictions]
        return [f'"labels": [{", ".join(row)}]' if ok else '"labels": null' for row, ok in zip(rows, accepted)]  # noqa: B905
    chosen = found.predictions.tolist()
    own = found.probabilities[np.arange(len(chosen)), found.predictions].round(DIGITS).tolist()
    return [
        f'"label": {names[c] if ok else "null"}, "probability": {p!r}'
        for c, ok, p in zip(chosen, accepted, own, strict=True)
    ]


def _classes(model: ServedModel, found: Predictions, top: int) -> list[str] | None:
    """Of each text the likeliest classes as members of a list, None where there are no classes."""
    target: Target = model.predictor.target
    if target.kind == "number":
        return None
    if not top:
        return [""] * len(found.accepted)
    numbers = (-found.probabilities).argsort(axis=1, kind="stable")[:, :top]
    shown = np.take_along_axis(found.probabilities, numbers, axis=1).round(DIGITS).tolist()
    names = [f'{{"label": {name}, "probability": ' for name in model.labels]
    return [
        ", ".join([f"{names[c]}{p!r}}}" for c, p in zip(row, probabilities, strict=True)])
        for row, probabilities in zip(numbers.tolist(), shown, strict=True)
    ]
