"""Classifiers whose settings stand in one mapping: parameters, and keys of `settings` by their names with a dot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textrnn import TextClassifier


def parameters_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    """`{"epochs": 1, "train.ema_decay": 0.9}` as the parameters `epochs` and `settings`."""
    others = {name: value for name, value in settings.items() if "." in name}
    return {name: value for name, value in settings.items() if "." not in name} | (
        {"settings": others} if others else {}
    )


def text_classifier(settings: Mapping[str, Any], **changed: Any) -> TextClassifier:
    """The classifier with these settings, and the `changed` parameters."""
    return TextClassifier(**parameters_of({**settings, **changed}))
