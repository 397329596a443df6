"""The parameters of `TextClassifier` as config sections: the same fields, some of them called otherwise."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar, get_type_hints

from textrnn.config.language import LanguageConfig
from textrnn.config.reading import read_section
from textrnn.making import Settings

Section = TypeVar("Section")

# where a parameter is called otherwise than its config field; with the section, where others have such a field
RENAMED = {
    "vocabulary_kind": "kind",
    "vocabulary_size": "max_size",
    "vector_size": "size",
    "vector_window": "window",
    "vector_scale": "scale",
    "language_passes": "language.passes",
    "language_window": "language.window",
    "language_stride": "language.stride",
    "language_common": "language.common",
    "language_texts": "language.texts",
    "language_rate": "language.rate",
    "language_start": "language.start",
    "teacher_passes": "passes",
    "wide": "enabled",
    "wide_ngrams": "ngrams",
    "wide_min_documents": "min_documents",
    "wide_features": "max_features",
    "wide_inverse_penalties": "inverse_penalties",
    "random_state": "seed",
}


def settings_of(parameters: Mapping[str, Any]) -> Settings:
    """The config sections from words to the decision, filled from `parameters`. Raises ConfigError."""
    kinds = get_type_hints(Settings)
    return Settings(**{name: section_of(kind, parameters) for name, kind in kinds.items()})


def section_of(kind: type[Section], parameters: Mapping[str, Any]) -> Section:
    """The config section `kind`, filled from `parameters`. Raises ConfigError, which names the parameter."""
    names = {RENAMED.get(name, name): name for name in parameters}
    fields = {field.name: field.name for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    if kind is LanguageConfig:
        fields = {name: f"language.{name}" for name in fields}
    called = {name: names[field] for name, field in fields.items() if field in names}
    return read_section(kind, {name: parameters[parameter] for name, parameter in called.items()}, called)
