"""Labelled texts -> a recurrent text classifier; sequences of numbers -> a recurrent regressor.

Public names load on first use: `import textrnn` costs neither torch nor scikit-learn, which textrnn-core lacks.
"""

from __future__ import annotations

import os
from importlib import import_module

__version__ = "0.1.0"
__all__ = ["SequenceRegressor", "TextClassifier", "TextPredictor", "TextrnnError", "__version__", "audit", "load"]

_HOMES = {
    "SequenceRegressor": "textrnn.sequences.regressor",
    "TextClassifier": "textrnn.estimators.classifier",
    "TextPredictor": "textrnn.model.text_predictor",
    "TextrnnError": "textrnn.errors",
    "audit": "textrnn.auditing.audit_texts",
    "load": "textrnn.model.text_predictor",
}
_TRAINING = ("SequenceRegressor", "TextClassifier", "audit")


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'textrnn' has no attribute {name!r}")
    if name in _TRAINING:
        import_module("textrnn.machine.optional_packages").require_training(f"textrnn.{name}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)


def _warn_of_two_versions() -> None:
    """Warn where textrnn and textrnn-core are both installed here, of different versions."""
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    names = os.listdir(folder) if os.path.isdir(folder) else []
    if sum(name.startswith("textrnn") and name.endswith(".dist-info") for name in names) > 1:
        import_module("textrnn.machine.installed_textrnn").warn_of_two_versions(folder)


_warn_of_two_versions()
