"""The parameters of `TextClassifier` as config sections: the same fields, some of them called otherwise."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar, get_type_hints

from textrnn.config.called import RENAMED as RENAMED
from textrnn.config.data import DataConfig
from textrnn.config.language import LanguageConfig
from textrnn.config.reading import as_plain, read_section
from textrnn.errors import ConfigError, DataError, ModelError
from textrnn.making import Settings
from textrnn.paths import as_path

Section = TypeVar("Section")

_OF_LABELS = re.compile(r"the examples, (row [^,:]*), column 'label'")
# what is said of settings that Python does not have
_PHRASES = {
    "; remove the row, or raise data.max_characters": "; remove the row",
    "the longest that is read (data.max_characters)": "1,000,000 characters",
    "expected 'none' or 'balanced' or a table, each value": "expected None, 'balanced' or a mapping, each value",
    "found null": "found None",
    "; if so, --allow-many-labels, or raise data.max_labels": "",
}


def settings_of(parameters: Mapping[str, Any]) -> Settings:
    """The config sections from words to the decision, filled from `parameters`. Raises ConfigError."""
    kinds = get_type_hints(Settings)
    return Settings(**{name: section_of(kind, parameters) for name, kind in kinds.items()})


def as_settings(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """`parameters` with paths as strings, ~ as somebody's home, and classes by their names. Raises ConfigError."""
    found = dict(parameters)
    if "class_weight" in found:
        found["class_weight"] = _by_name(found["class_weight"])
    for name in ("vectors", "language_start"):
        value = found.get(name)
        named = isinstance(value, str) and (value in ("auto", "none") or value.startswith("package:"))
        if not named and isinstance(value, (str, os.PathLike)):
            found[name] = str(as_path(value, name))
    return found


def _by_name(class_weight: Any) -> Any:
    """A weight a class by the name that a class has in the model; "none" for None."""
    if class_weight is None:
        return "none"
    if not isinstance(class_weight, Mapping):
        return class_weight
    plain = {as_plain(name): weight for name, weight in class_weight.items()}
    return {
        str(int(name) if isinstance(name, (bool, float)) and name == int(name) else name): weight
        for name, weight in plain.items()
    }


@contextlib.contextmanager
def python_names(parameters: Iterable[str]) -> Iterator[None]:
    """Inside, errors name settings as Python does: "train.device" is `device`."""
    try:
        yield
    except (ConfigError, DataError, ModelError) as error:
        if (said := in_python(str(error), parameters)) == str(error):
            raise
        raise type(error)(said) from None


def in_python(message: str, parameters: Iterable[str]) -> str:
    """A `message` about settings with the names that they have among the `parameters`.

    >>> in_python("train.device: torch finds no cuda here; use --set train.device=cpu", ["device"])
    'device: torch finds no cuda here; use device="cpu"'
    """
    names = list(parameters)
    message = _OF_LABELS.sub(r"labels, \1", message).replace("the examples: labels: ", "labels: ")
    message = message.replace("the examples", "texts")
    for phrase, ours in _PHRASES.items():
        message = message.replace(phrase, ours)
    for section, kind in {"data": DataConfig, **get_type_hints(Settings)}.items():
        for field, parameter in _called(kind, names).items():
            place = rf"(?<![\w.]){section}\.{field}\b"
            for told in set(re.findall(rf"--set {place}=([\w.]+)", message)):
                message = message.replace(f"--set {section}.{field}={told}", _assigned(parameter, told))
            message = re.sub(place, parameter, message)
    return message


def _assigned(parameter: str, value: str) -> str:
    plain = value in ("true", "false") or value.replace(".", "", 1).isdigit()
    return f"{parameter}={value.capitalize() if plain else repr(value)}".replace("'", '"')


def section_of(kind: type[Section], parameters: Mapping[str, Any]) -> Section:
    """The config section `kind`, filled from `parameters`. Raises ConfigError, which names the parameter."""
    called = _called(kind, parameters)
    return read_section(kind, {name: parameters[parameter] for name, parameter in called.items()}, called)


def _called(kind: type, parameters: Iterable[str]) -> dict[str, str]:
    """The fields of the section `kind` that are parameters, and what those are called."""
    names = {RENAMED.get(name, name): name for name in parameters}
    fields = {field.name: field.name for field in dataclasses.fields(kind)}
    if kind is LanguageConfig:
        fields = {name: f"language.{name}" for name in fields}
    return {name: names[field] for name, field in fields.items() if field in names}
