"""F13: configs from anywhere. Each is read whole and within its bounds, or refused in one line that names its place."""

from __future__ import annotations

import dataclasses
import json
import math
import string
from pathlib import Path
from typing import Any

import pytest
from faulting import SCALE, record, scaled
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from pipelines.config import SECTIONS, RunConfig, build_config, read_config
from pipelines.running.stdout import toml_value
from textrnn.errors import ConfigError

KEYS = [(section, field.name) for section, kind in SECTIONS.items() for field in dataclasses.fields(kind)]
LETTERS = string.ascii_lowercase + "_"

WORDS = st.text(st.characters(codec="utf-8"), max_size=12)
VALUES = st.one_of(
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.integers(0, 9),
    st.floats(),
    st.floats(0, 1),
    WORDS,
    st.sampled_from(["auto", "csv", "word", "lstm", "cpu", "~nobody-here/x", "hub:~nobody-here/x", "a\0b", "x" * 5000]),
    st.lists(st.one_of(st.integers(), st.floats(), WORDS), max_size=4),
    st.dictionaries(WORDS, st.integers(), max_size=2),
)
NAMES = st.one_of(st.sampled_from([key for _, key in KEYS]), WORDS)
SECTION = st.one_of(st.sampled_from(list(SECTIONS)), WORDS)
TREES = st.one_of(
    st.dictionaries(SECTION, st.one_of(st.dictionaries(NAMES, VALUES, max_size=4), VALUES), max_size=4),
    st.sampled_from(KEYS).flatmap(lambda place: VALUES.map(lambda value: {place[0]: {place[1]: value}})),
)
CHANGES = st.lists(st.one_of(st.builds("{}.{}={}".format, SECTION, NAMES, VALUES), WORDS), max_size=2)


def build(tree: dict[str, Any], changes: list[str] | None = None) -> RunConfig:
    return build_config(tree, changes or [], name="run", root=Path("root"), base=Path("/base"))


def require_sound(config: RunConfig) -> None:
    """A config that was read is whole: made again from its own values it is the same, and no number is NaN."""
    tree = config.to_json()
    numbers = [value for section in SECTIONS for value in tree[section].values() if isinstance(value, float)]
    assert not any(math.isnan(number) for number in numbers)
    json.dumps(tree, allow_nan=False)
    kept = {section: {key: value for key, value in tree[section].items() if value is not None} for section in SECTIONS}
    assert build({"name": tree["name"], **kept}) == dataclasses.replace(config, root=Path("root"))


def require_one_line(error: ConfigError) -> None:
    message = str(error)
    assert message.isprintable(), message
    assert ": " in message
    assert len(message) < 1000, message


def test_any_tree_is_read_or_refused(request: pytest.FixtureRequest) -> None:
    rounds = scaled(2000, least=40)
    ended = {"read": 0, "refused": 0}

    @seed(13)
    @settings(max_examples=rounds, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(TREES, CHANGES)
    def check(tree: dict[str, Any], changes: list[str]) -> None:
        try:
            config = build(tree, changes)
        except ConfigError as error:
            require_one_line(error)
            ended["refused"] += 1
        else:
            require_sound(config)
            ended["read"] += 1

    check()
    assert ended["read"]
    assert ended["refused"]
    done = sum(ended.values())
    note = f"trees and changes: {ended['read']} read, {ended['refused']} refused in one line"
    record(request, "F13", rounds=done, held=done, note=note)


def test_any_file_is_read_or_refused(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """A whole config file with a few bytes changed, or cut."""
    path = tmp_path / "textrnn.toml"
    lines = [
        line
        for section, kind in SECTIONS.items()
        for line in (
            f"[{section}]",
            *(f"{f.name} = {toml_value(f.default)}" for f in dataclasses.fields(kind) if f.default is not None),
        )
    ]
    whole = "\n".join(lines).encode()
    rounds = scaled(2000, least=40)
    ended = {"read": 0, "refused": 0}

    @seed(13)
    @settings(max_examples=rounds, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(
        st.lists(st.tuples(st.integers(0, len(whole) - 1), st.binary(max_size=3)), max_size=3),
        st.one_of(st.none(), st.integers(0, len(whole))),
    )
    def check(edits: list[tuple[int, bytes]], cut: int | None) -> None:
        data = bytearray(whole)
        for at, new in edits:
            data[at : at + 1] = new
        path.write_bytes(data if cut is None else data[:cut])
        try:
            config = read_config(str(path))
        except ConfigError as error:
            require_one_line(error)
            ended["refused"] += 1
        else:
            require_sound(config)
            ended["read"] += 1

    check()
    done = sum(ended.values())
    note = f"damaged files: {ended['read']} read, {ended['refused']} refused in one line"
    record(request, "F13", rounds=done, held=done, note=note)


@pytest.mark.parametrize(
    "content", [b"x = " + b"[" * 100_000, b"[data]\nmax_rows = 1" + b"0" * 5000, b"a." * 900 + b"b = 1"]
)
def test_a_file_made_to_break_the_reader(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "textrnn.toml").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        read_config(str(tmp_path / "textrnn.toml"))
    require_one_line(caught.value)


@pytest.mark.parametrize("value", ["[" * 100_000, "1" + "0" * 5000, "x" * 100_000])
def test_a_change_made_to_break_the_reader(value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        build({}, [f"train.epochs={value}"])
    require_one_line(caught.value)


def one_edit_away(word: str) -> set[str]:
    gone = {word[:i] + word[i + 1 :] for i in range(len(word))}
    turned = {word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1)}
    other = {word[:i] + letter + word[i + 1 :] for i in range(len(word)) for letter in LETTERS}
    more = {word[:i] + letter + word[i:] for i in range(len(word) + 1) for letter in LETTERS}
    return (gone | turned | other | more) - {word, ""}


def test_every_key_one_edit_away_is_refused_and_the_right_one_named(request: pytest.FixtureRequest) -> None:
    """Every letter left out, turned, changed or put in; in `make test` every 25th of them."""
    named = tried = 0
    for section, key in KEYS:
        own = {name for home, name in KEYS if home == section}
        for wrong in sorted(one_edit_away(key) - own)[:: 1 if SCALE >= 1 else 25]:
            with pytest.raises(ConfigError) as caught:
                build({section: {wrong: 1}})
            assert str(caught.value).startswith(f"{section}.{wrong}: no such key"), wrong
            tried += 1
            named += f"did you mean {section}.{key}?" in str(caught.value)
    assert tried > 1000
    assert named / tried >= 0.95, f"{named / tried:.4f}"
    record(request, "F13", rounds=tried, held=tried, note=f"keys misspelt: the right one named in {named / tried:.2%}")
