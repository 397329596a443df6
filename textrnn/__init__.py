"""Labelled texts -> a recurrent text classifier; sequences of numbers -> a recurrent regressor.

Public names load on first use: `import textrnn` costs neither torch nor scikit-learn.
"""

from __future__ import annotations

from importlib import import_module

__version__ = "0.1.0"
__all__ = ["SequenceRegressor", "TextClassifier", "TextPredictor", "TextrnnError", "__version__", "load"]

_HOMES = {
    "SequenceRegressor": "textrnn.sequences.regressor",
    "TextClassifier": "textrnn.estimators.classifier",
    "TextPredictor": "textrnn.model.text_predictor",
    "TextrnnError": "textrnn.errors",
    "load": "textrnn.model.text_predictor",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'textrnn' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
