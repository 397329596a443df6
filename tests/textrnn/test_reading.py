"""Config sections from plain values: every field of every section takes its own type and no other."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import pytest

from pipelines.config import SECTIONS
from textrnn.config.embeddings import EmbeddingsConfig
from textrnn.config.model import ModelConfig
from textrnn.config.parse import describe, read_section
from textrnn.config.train import TrainConfig
from textrnn.errors import ConfigError, ConfigTypeError

FIELDS = [(kind, field) for kind in SECTIONS.values() for field in dataclasses.fields(kind)]
OTHER_CATEGORY: dict[type, tuple[Any, ...]] = {
    bool: (1, 0, "true", "yes", 1.0),
    int: (True, False, "16", "", 2.5, None),
    float: (True, "0.5", "", None),
    str: (True, b"x", None, ("x", 1)),
    tuple: (True, 7),
}


@pytest.mark.parametrize(("kind", "field"), FIELDS, ids=lambda value: getattr(value, "name", ""))
def test_a_field_takes_its_own_type_alone(kind: type, field: dataclasses.Field[Any]) -> None:
    default = getattr(kind(), field.name)
    assert getattr(read_section(kind, {field.name: default}), field.name) == default
    for value in OTHER_CATEGORY.get(type(default), ()):
        if isinstance(value, bool) and f"{field.type}".startswith("Annotated[bool | "):
            continue
        with pytest.raises(ConfigError, match=f"^{field.name}: expected .*, found ") as caught:
            read_section(kind, {field.name: value})
        assert "\n" not in str(caught.value)
        assert isinstance(caught.value, ValueError)
        if not isinstance(value, str):
            assert isinstance(caught.value, TypeError)


def test_every_field_is_described_in_words() -> None:
    for kind, field in FIELDS:
        said = describe(get_type_hints(kind, include_extras=True)[field.name])
        assert not set(said) & set("[]<>"), f"{field.name}: {said}"


def test_what_is_of_the_type_in_another_library_is_taken() -> None:
    found = read_section(
        TrainConfig, {"epochs": np.int64(3), "learning_rate": np.float32(0.5), "truncation": np.str_("head")}
    )
    assert (found.epochs, found.learning_rate, found.truncation) == (3, 0.5, "head")
    assert {type(found.epochs), type(found.learning_rate), type(found.truncation)} == {int, float, str}
    assert type(read_section(TrainConfig, {"learning_rate": 1}).learning_rate) is float
    assert read_section(ModelConfig, {"bidirectional": np.bool_(False)}).bidirectional is False
    assert read_section(EmbeddingsConfig, {"vectors": Path("a") / "b.txt"}).vectors == str(Path("a") / "b.txt")


def test_a_wrong_value_is_no_wrong_type() -> None:
    for values in ({"epochs": "many"}, {"epochs": 0}, {"learning_rate": float("nan")}, {"truncation": "middle"}):
        with pytest.raises(ConfigError) as caught:
            read_section(TrainConfig, values)
        assert not isinstance(caught.value, ConfigTypeError)
