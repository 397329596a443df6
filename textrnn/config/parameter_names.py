"""The settings that are parameters of `TextClassifier`, by the names that they have there."""

from __future__ import annotations

# parameter: section.key
PARAMETERS = {
    "unit": "tokenize.unit",
    "vocabulary_size": "vocabulary.max_size",
    "vectors": "embeddings.vectors",
    "encoder": "model.encoder",
    "hidden_size": "model.hidden_size",
    "num_layers": "model.num_layers",
    "embedding_size": "model.embedding_size",
    "pooling": "model.pooling",
    "dropout": "model.dropout",
    "epochs": "train.epochs",
    "batch_size": "train.batch_size",
    "max_tokens": "train.max_tokens",
    "learning_rate": "train.learning_rate",
    "class_weight": "train.class_weight",
    "device": "train.device",
    "random_state": "train.seed",
    "target": "data.target",
    "classes": "data.classes",
    "text_column": "data.text_column",
    "numeric": "data.numeric",
    "categorical": "data.categorical",
    "validation_fraction": "data.validation_fraction",
}
_BY_SETTING = {setting: name for name, setting in PARAMETERS.items()}


def parameter_name(setting: str) -> str | None:
    """The parameter that the `setting` "section.key" is; None where it is none.

    >>> parameter_name("train.seed"), parameter_name("train.adversarial")
    ('random_state', None)
    """
    return _BY_SETTING.get(setting)


def python_name(setting: str) -> str:
    """What the `setting` "section.key" is called in Python.

    >>> python_name("train.seed"), python_name("train.adversarial")
    ('random_state', 'settings["train.adversarial"]')
    """
    return parameter_name(setting) or f'settings["{setting}"]'
