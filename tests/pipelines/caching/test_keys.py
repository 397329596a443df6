from __future__ import annotations

import dataclasses
import json
import os
import platform
import re
import shutil
import sys
import typing
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from made import make_rows, write_csv
from running import OFF, SMALL, TREE, Call

from pipelines.caching import keys
from pipelines.caching.changes import explain_change
from pipelines.caching.code import read_code
from pipelines.caching.file_memo import FileMemo
from pipelines.caching.keys import (
    cache_key_params,
    key_of,
    library_versions,
    preimage_of,
    section_parts,
    source_content,
)
from pipelines.config import SECTIONS
from pipelines.stages import STAGES, find_stage, needed_for
from pipelines.stages.stage import Stage, settings_of
from textrnn.config.embeddings import EmbeddingsConfig
from textrnn.config.field_types import NotInKey, NotInKeyUnless
from textrnn.config.train import TrainConfig
from textrnn.data.readers.source import resolve

# another value for every setting: one that is not here fails the test, so that nobody forgets to think of its key
OTHERS: dict[str, dict[str, Any]] = {
    "data": {
        "format": "csv", "text_column": "review", "label_column": "stars", "delimiter": ";",
        "validation_fraction": 0.2, "test_fraction": 0.2, "split_seed": 1, "max_rows": 5, "max_characters": 5,
        "numeric": ("price",), "categorical": ("kind",), "max_categories": 5,
        "max_bytes": 5000, "max_labels": 5, "errors": "replace",
        "target": "ordinal", "classes": ("bad", "good"), "label_separator": ";",
        "id_column": "id",
        "slice_by": ("shop",), "on_bad_row": "skip", "encoding": "cp1252", "quoting": "none", "header": False,
        "folds": 3, "confidence_column": "sure", "probability_columns": ("bad", "good"),
    },
    "tokenize": {"unit": "characters", "lowercase": False, "normalize": "nfc", "simplify": True},
    "vocabulary": {"kind": "bpe", "max_size": 100, "min_count": 3},
    "embeddings": {"encoder_size": 3, "size": 3, "window": 3, "scale": 1.0},
    "encoder_pretraining": {
        "epochs": 2, "window": 3, "stride": 3, "subsampling_threshold": 0.1, "batch_size": 3, "learning_rate": 1.0,
    },
    "unlabelled": {
        "text_column": "review", "errors": "replace", "max_rows": 5, "max_characters": 5, "delimiter": ";",
        "encoding": "cp1252", "quoting": "none", "header": False,
    },
    "self_training": {"teachers": 2, "epochs": 2, "temperature": 2.0, "teacher": "models/elsewhere"},
    "decision": {
        "precision": 0.9, "recall": 0.9, "for_class": "good", "confidence": 0.8, "coverage": 0.9, "abstain_below": 0.6,
        "costs": {"bad": {"good": 2.0}},
    },
    "audit": {"similarity": 0.5},
    "model": {
        "encoder": "gru", "embedding_size": 3, "hidden_size": 3, "num_layers": 2, "bidirectional": False,
        "pooling": "mean", "word_dropout": 0.0, "embedding_dropout": 0.0, "layer_dropout": 0.0, "dropout": 0.0,
        "tabular_size": 3,
    },
    "train": {
        "seed": 1, "epochs": 2, "batch_size": 3, "max_tokens": 3, "truncation": "tail", "learning_rate": 1.0,
        "warmup": 0.0, "schedule": "constant", "label_smoothing": 0.1, "adversarial": 0.1,
        "class_weight": "balanced", "sampling": "balanced",
        "weight_decay": 0.0, "clip_norm": 2.0, "ema_decay": 0.0, "best_by": "accuracy", "patience": 0,
        "precision": "bfloat16", "device": "cuda", "processes": 2, "compare_cold_start": False,
        "soft_weight": 0.3, "soft_temperature": 2.0,
    },
    "ngram_branch": {
        "enabled": False, "candidates": ("svm",), "ngrams": 1, "min_documents": 1, "max_features": 5,
        "inverse_penalties": (2.0,),
    },
    "baseline": {
        "candidates": ("nb",), "ngrams": 1, "nb_ngrams": 1, "min_documents": 1, "max_features": 5,
        "inverse_penalties": (2.0,), "nb_inverse_penalties": (2.0,), "svm_inverse_penalties": (2.0,),
    },
    "evaluate": {"bootstrap": 5, "seed": 1, "errors": 5},
}  # fmt: skip
# the fields that a stage reads of a section, where that is not the whole of it
START_FIELDS = {"encoder", "embedding_size", "hidden_size", "num_layers", "bidirectional", "pooling"}
KEEPS = ["bundle"]  # it keeps every setting with the model, whether a stage is on or off
READ_IN_PART: dict[tuple[str, str], set[str]] = {
    ("vocabulary", "train"): {"init_from"},
    ("pretrain_encoder", "model"): START_FIELDS,
    ("pretrain_encoder", "train"): {"seed", "max_tokens", "truncation", "precision", "device"},
    ("ngram_branch", "train"): {"class_weight"},
    ("self_train", "train"): {*OTHERS["train"]} - {"epochs", "compare_cold_start"},
    ("vocabulary", "embeddings"): {"encoder"},
    ("self_train", "unlabelled"): set(),  # a teacher that is self reads the texts as the stage `unlabelled` made them
    ("train", "train"): {*OTHERS["train"]},
}
UNITS = ("auto", "words", "characters")
NOT_IN_KEY = {
    "data": {"source": "a.csv", "train": "b.csv", "validation": "c.csv", "test": "d.csv", "fixes": "e.csv"},
    "unlabelled": {"source": "more.csv"},
    "embeddings": {"vectors": "elsewhere.txt", "encoder": "encoders/elsewhere"},
    "train": {"checkpoint_seconds": 1.0, "init_from": "models/elsewhere"},
}


def section(name: str, **values: Any) -> Any:
    if name == "train":  # what `auto` means depends on the machine
        values = {"precision": "float32", "device": "cpu", "init_from": "models/given", **values}
    if name == "embeddings":  # `auto` may leave vectors aside: that is keyed, and a path is not
        values = {"vectors": "given.txt", "encoder": "encoders/given", **values}
    if name == "encoder_pretraining":  # without an epoch it reads nothing
        values = {"epochs": 1, **values}
    if (
        name == "self_training"
    ):  # without teachers it reads no more of the other sections than whether they use its texts
        values = {"teachers": 1, **values}
    return SECTIONS[name](**values)


def preimages(memo: FileMemo, **sections: Any) -> dict[str, dict[str, Any]]:
    """The pre-image of every stage, with made-up inputs."""
    chosen = {name: section(name) for name in SECTIONS} | sections
    found = {}
    for stage in STAGES:
        inputs = {noun: f"digest of {noun}" for noun in stage.reads}
        found[stage.name] = preimage_of(stage, chosen, inputs, {"source": {"files": ["f00"]}}, memo)
    return found


def all_keys(memo: FileMemo, **sections: Any) -> dict[str, str]:
    return {name: key_of(preimage) for name, preimage in preimages(memo, **sections).items()}


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return [name for name in before if before[name] != after[name]]


def readers_of(name: str) -> list[str]:
    return [stage.name for stage in STAGES if name in stage.params]


@pytest.fixture(scope="module")
def memo(tmp_path_factory: pytest.TempPathFactory) -> FileMemo:
    return FileMemo(tmp_path_factory.mktemp("memo") / "memo.json")


@pytest.mark.parametrize("name", SECTIONS)
def test_every_setting_changes_the_keys_of_the_stages_that_are_handed_it(
    name: str, memo: FileMemo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "resolve_precision", lambda wanted, device: wanted)
    monkeypatch.setattr(keys, "library_versions", lambda names: {})  # slow, and tested below
    before = all_keys(memo)
    fields = {field.name for field in dataclasses.fields(SECTIONS[name])}
    assert fields == {*OTHERS[name], *NOT_IN_KEY.get(name, {})}
    for field, value in OTHERS[name].items():
        expected = [stage for stage in readers_of(name) if field in READ_IN_PART.get((stage, name), fields)]
        assert differing(before, all_keys(memo, **{name: section(name, **{field: value})})) == expected, field
    for field, value in NOT_IN_KEY.get(name, {}).items():
        assert differing(before, all_keys(memo, **{name: section(name, **{field: value})})) == [], field


SETTINGS_OFF: dict[str, dict[str, Any]] = {
    "encoder_pretraining": {"epochs": 0},
    "train": {"init_from": "none"},
    "self_training": {"teachers": 0},
}


@pytest.mark.parametrize(
    "off",
    [(), ("self_training",), ("encoder_pretraining",), ("encoder_pretraining", "train", "self_training")],
    ids=str,
)
@pytest.mark.parametrize("name", SECTIONS)
def test_a_key_changes_exactly_where_what_the_stage_is_handed_does(
    name: str, off: tuple[str, ...], memo: FileMemo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "resolve_precision", lambda wanted, device: wanted)
    monkeypatch.setattr(keys, "library_versions", lambda names: {})
    others = {each: section(each, **SETTINGS_OFF[each]) for each in off}
    plain = {each: section(each) for each in SECTIONS} | others
    before = all_keys(memo, **plain)
    for field, value in OTHERS[name].items():
        changed = {**plain, name: dataclasses.replace(plain[name], **{field: value})}
        expected = [stage.name for stage in STAGES if settings_of(stage, plain) != settings_of(stage, changed)]
        assert differing(before, all_keys(memo, **changed)) == expected, field


def chosen_sections() -> list[dict[str, Any]]:
    """Configurations between which every arguments object of every stage is made."""
    every = {name: section(name) for name in SECTIONS}
    asked = {**every, "self_training": section("self_training", teacher="models/given")}
    return [every, asked, *({**every, name: section(name, **values)} for name, values in SETTINGS_OFF.items())]


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage.arguments], ids=lambda stage: stage.name)
def test_a_stage_that_reads_a_part_of_a_section_sees_no_other(stage: Stage) -> None:
    """What its key does not hold is not there to be read: so no field can be read that a key forgets."""
    for sections in chosen_sections():
        held: dict[str, set[str]] = {name: set() for name in stage.params}
        parts = list(section_parts(settings_of(stage, sections)["arguments"]))
        for name, part in parts:
            kind = SECTIONS[name]
            fields = {field.name for field in dataclasses.fields(part)}
            assert part.__dataclass_params__.frozen
            assert fields <= {field.name for field in dataclasses.fields(kind)}, "called as in the section"
            ours, theirs = (marks_of(type(part)), marks_of(kind))
            assert {field: ours[field] for field in fields} == {field: theirs[field] for field in fields}
            held[name] |= fields
        keyed = preimage_of(stage, sections, dict.fromkeys(stage.reads, ""), {}, FileMemo(Path("nowhere")))["params"]
        for name in stage.params:
            assert set(keyed.get(name, ())) == held[name] - set(NOT_IN_KEY.get(name, {})) | (held[name] & WORDS)
            hidden = {field.name for field in dataclasses.fields(SECTIONS[name])} - held[name]
            assert not any(hasattr(part, field) for section, part in parts if section == name for field in hidden)


WORDS = {"init_from", "vectors", "encoder"}  # paths, of which a key holds whether they are there


def marks_of(kind: type) -> dict[str, list[Any]]:
    """What is marked of the fields of a section, or of a part of one, by field."""
    hints = typing.get_type_hints(kind, include_extras=True)
    return {
        name: [mark for mark in getattr(hint, "__metadata__", ()) if isinstance(mark, (NotInKey, NotInKeyUnless))]
        for name, hint in hints.items()
    }


def test_a_verb_that_starts_to_read_another_field_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    from tiny import random_ids

    from textrnn.text.ragged import ragged
    from textrnn.text.word_vectors import WordVectors
    from textrnn.training import pretrain_encoder

    arguments = settings_of(find_stage("pretrain_encoder"), {name: section(name) for name in SECTIONS})["arguments"]
    monkeypatch.setattr(pretrain_encoder, "pretraining_train_config", lambda train, config: train.learning_rate)
    with pytest.raises(AttributeError, match="learning_rate"):
        nothing = WordVectors(np.zeros((30, 0), np.float32))
        pretrain_encoder.pretrain_encoder(random_ids(9, 5), nothing, ragged([]), arguments.pretraining)


def test_auto_is_keyed_as_what_it_means(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "resolve_device", lambda wanted: "cpu" if wanted == "auto" else wanted)
    monkeypatch.setattr(keys, "resolve_precision", lambda wanted, device: "bfloat16" if wanted == "auto" else wanted)
    assert cache_key_params(TrainConfig()) == cache_key_params(TrainConfig(device="cpu", precision="bfloat16"))
    assert cache_key_params(TrainConfig()) != cache_key_params(TrainConfig(precision="float32"))


def test_without_a_pass_the_pretrained_weights_do_not_depend_on_how_they_would_be_learned(memo: FileMemo) -> None:
    none = {
        "encoder_pretraining": section("encoder_pretraining", epochs=0),
        "train": section("train", init_from="none"),
    }
    before = all_keys(memo, **none)
    for name, values in [("model", {"hidden_size": 9}), ("train", {"seed": 1}), ("train", {"max_tokens": 9})]:
        changed = {**none, name: dataclasses.replace(none.get(name, section(name)), **values)}
        assert "pretrain_encoder" not in differing(before, all_keys(memo, **changed))
    assert (
        differing(
            before,
            all_keys(memo, **{**none, "encoder_pretraining": section("encoder_pretraining", epochs=0, window=9)}),
        )
        == KEEPS
    )
    for epochs in (1, "auto"):
        some = {**none, "encoder_pretraining": section("encoder_pretraining", epochs=epochs)}
        assert differing(before, all_keys(memo, **some)) == ["pretrain_encoder", *KEEPS], epochs


def test_a_start_from_another_model_depends_on_the_shape_alone(memo: FileMemo) -> None:
    given = section("encoder_pretraining", epochs=0)
    none = all_keys(memo, encoder_pretraining=given, train=section("train", init_from="none"))
    assert differing(none, all_keys(memo, encoder_pretraining=given)) == ["vocabulary", "pretrain_encoder", *KEEPS]
    for name, values, expected in [
        ("model", {"hidden_size": 9}, True), ("model", {"num_layers": 2}, True), ("model", {"pooling": "mean"}, True),
        ("model", {"dropout": 0.1}, False), ("train", {"seed": 1}, False), ("train", {"max_tokens": 9}, False),
    ]:  # fmt: skip
        other = all_keys(memo, encoder_pretraining=given, **{name: section(name, **values)})
        assert ("pretrain_encoder" in differing(all_keys(memo, encoder_pretraining=given), other)) == expected, values


def test_without_teachers_the_lessons_do_not_depend_on_how_they_would_be_trained(memo: FileMemo) -> None:
    none = section("self_training", teachers=0)
    before = all_keys(memo, self_training=none)
    for change, wanted in [
        ({"train": section("train", epochs=9)}, ["train"]),
        ({"model": section("model", dropout=0.1)}, ["train"]),
    ]:
        assert differing(before, all_keys(memo, self_training=none, **change)) == [*wanted, *KEEPS]


def test_a_teacher_that_is_there_depends_on_the_texts_that_it_reads_and_on_no_training(memo: FileMemo) -> None:
    given = section("self_training", teacher="models/given")
    before = all_keys(memo, self_training=given)
    other = section("self_training", teacher="models/elsewhere")  # its content is keyed, as a source
    assert differing(before, all_keys(memo, self_training=other)) == []
    softer = section("self_training", teacher="models/given", temperature=2.0)
    assert differing(before, all_keys(memo, self_training=softer)) == ["self_train", *KEEPS]
    for field, value in OTHERS["unlabelled"].items():
        changed = all_keys(memo, self_training=given, unlabelled=section("unlabelled", **{field: value}))
        assert differing(before, changed) == ["unlabelled", "self_train"], field
    for change in ({"train": section("train", epochs=9)}, {"model": section("model", dropout=0.1)}):
        assert differing(before, all_keys(memo, self_training=given, **change)) == ["train", *KEEPS]


def test_an_input_changes_the_key_of_its_readers(memo: FileMemo) -> None:
    chosen = {name: section(name) for name in SECTIONS}
    for stage in STAGES:
        inputs = dict.fromkeys(stage.reads, "one")
        before = key_of(preimage_of(stage, chosen, inputs, {}, memo))
        for noun in stage.reads:
            assert key_of(preimage_of(stage, chosen, {**inputs, noun: "two"}, {}, memo)) != before


@pytest.mark.parametrize(
    ("field", "reader"),
    [
        ("source", "load"),
        ("train", "load"),
        ("vectors", "embeddings"),
        ("encoder", "vocabulary embeddings"),
        ("unlabelled", "unlabelled self_train"),
        ("teacher", "self_train"),
        ("init_from", "vocabulary pretrain_encoder"),
    ],
)
def test_a_source_changes_the_keys_of_the_stages_that_read_it_alone(field: str, reader: str, memo: FileMemo) -> None:
    chosen = {name: section(name) for name in SECTIONS}
    for stage in STAGES:
        one, two = (key_of(preimage_of(stage, chosen, dict.fromkeys(stage.reads, ""), {field: s}, memo)) for s in "ab")
        assert (one != two) == (stage.name in reader.split())


def test_vectors_that_may_be_left_aside_have_another_key() -> None:
    found = [cache_key_params(EmbeddingsConfig(vectors=wanted)) for wanted in ("auto", "none", "a.txt", "package:b")]
    assert found[2] == found[3]
    assert [found[i] == found[j] for i, j in ((0, 1), (0, 2), (1, 2))] == [False] * 3


def test_every_module_changes_the_keys_of_the_stages_that_reach_it(
    memo: FileMemo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edit of a module that a stage reaches is in what its key is a digest of, and in that of no other stage."""
    code = {stage.module: read_code(stage.module, memo) for stage in STAGES}
    edited = ""

    def read_edited(module: str, _: FileMemo) -> tuple[dict[str, dict[str, str]], list[str]]:
        definitions, libraries = code[module]
        more = {edited: {**definitions[edited], "f": "0"}} if edited in definitions else {}
        return {**definitions, **more}, libraries

    params = {stage.name: keys._params_read(stage, {name: section(name) for name in SECTIONS}) for stage in STAGES}
    monkeypatch.setattr(keys, "library_versions", lambda names: {})
    monkeypatch.setattr(keys, "read_code", read_edited)
    monkeypatch.setattr(keys, "_params_read", lambda stage, sections: params[stage.name])
    before, keys_before = preimages(memo), all_keys(memo)
    for path in sorted((TREE / "textrnn").rglob("*.py")):
        edited = ".".join(path.relative_to(TREE).with_suffix("").parts)
        expected = [stage.name for stage in STAGES if edited in code[stage.module][0]]
        assert differing(before, preimages(memo)) == expected, edited
    edited = "textrnn.text.vocabulary"
    assert differing(keys_before, all_keys(memo)) == differing(before, preimages(memo))
    left_out = {"errors", "storage.disk", "storage.files", "storage.locks", "estimators.classifier", "model.predictor"}
    for stage in STAGES:
        reached = {f"textrnn.{name}" for name in left_out} & code[stage.module][0].keys()
        asks = {"textrnn.model.predictor"} if stage.name == "self_train" else set()  # a model folder is a teacher
        assert stage.name == "bundle" or reached == asks, stage.name


@pytest.mark.parametrize(
    ("distribution", "stages"),
    [
        ("torch", {"embeddings", "pretrain_encoder", "self_train", "train"}),
        ("scikit-learn", {"embeddings", "baseline", "ngram_branch", "audit", "self_train"}),
        (
            "tokenizers",
            {
                "tokenize",
                "vocabulary",
                "numericalize",
                "unlabelled",
                "embeddings",
                "pretrain_encoder",
                "self_train",
                "ngram_branch",
                "evaluate",
                "bundle",
            },
        ),
        ("datasets", {"load"}),
        ("typer", set()),
        ("pytest", set()),
    ],
)
def test_a_library_changes_the_keys_of_the_stages_that_use_it(
    distribution: str, stages: set[str], memo: FileMemo, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = all_keys(memo)
    true = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "0.0.1" if name == distribution else true(name))
    assert set(differing(before, all_keys(memo))) == stages


@pytest.mark.parametrize(
    ("distribution", "settings"),
    [
        ("rjieba", {"unit": "rjieba"}),
        ("rjieba", {"unit": "auto"}),
        ("OpenCC", {"simplify": True}),
        ("rjieba", {"unit": "rjieba", "simplify": True}),
    ],
)
def test_what_reads_chinese_changes_the_key_of_what_uses_it_alone(
    distribution: str, settings: dict[str, Any], memo: FileMemo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stages after `tokenize` have the version in the words and the vocabulary that they read."""
    using = {"tokenize": section("tokenize", **settings)}
    others = [unit for unit in UNITS if unit != "auto" or distribution != "rjieba"]  # which auto may take
    before, plain = all_keys(memo, **using), [all_keys(memo, tokenize=section("tokenize", unit=u)) for u in others]
    true = metadata.version
    for version in ("0.0.1", "absent"):

        def other(name: str, version: str = version) -> str:
            if name != distribution:
                return true(name)
            if version == "absent":
                raise metadata.PackageNotFoundError(name)
            return version

        monkeypatch.setattr(metadata, "version", other)
        assert differing(before, all_keys(memo, **using)) == ["tokenize"]
        assert [all_keys(memo, tokenize=section("tokenize", unit=unit)) for unit in others] == plain


def test_a_library_that_is_absent_is_keyed_as_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", version)
    assert library_versions(["sklearn", "math", "torch"]) == {"sklearn": "absent", "torch": "absent"}


def test_python_and_the_format_change_every_key(memo: FileMemo, monkeypatch: pytest.MonkeyPatch) -> None:
    before = all_keys(memo)
    stage = find_stage("vocabulary")
    chosen = {name: section(name) for name in ("vocabulary", "train", "embeddings")}

    def key(row: Stage) -> str:
        return key_of(preimage_of(row, chosen, {"words": ""}, {}, memo))

    assert key(dataclasses.replace(stage, format=stage.format + 1)) != key(stage)
    patched = SimpleNamespace(version_info=SimpleNamespace(major=3, minor=99, micro=0))
    monkeypatch.setattr(keys, "sys", patched)
    assert differing(before, all_keys(memo)) == [stage.name for stage in STAGES]
    patched.version_info.micro = 1
    later = all_keys(memo)
    assert differing(later, all_keys(memo)) == []


def test_a_key_holds_no_path_time_or_host(memo: FileMemo, tmp_path: Path) -> None:
    write_csv(tmp_path / "data.csv", make_rows(20))
    content = source_content({"source": resolve(str(tmp_path / "data.csv"))}, memo)
    chosen = {name: section(name) for name in SECTIONS} | {"data": section("data", source=str(tmp_path / "data.csv"))}
    text = json.dumps([preimage_of(stage, chosen, dict.fromkeys(stage.reads, ""), content, memo) for stage in STAGES])
    for secret in (str(tmp_path), str(TREE), "data.csv", str(Path.home()), sys.prefix, "mtime"):
        assert secret not in text, secret
    assert not re.search(rf"\b{re.escape(platform.node())}\b", text)  # as a word: a host may be called vm, as in svm
    assert str(int((tmp_path / "data.csv").stat().st_mtime)) not in text


@pytest.mark.parametrize("value", [object(), Path("a"), b"a", {1: "a"}, {"a"}, TrainConfig()])
def test_what_is_not_plain_json_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        key_of({"params": value})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_cannot_hold_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        key_of({"params": [value]})


def test_a_key_does_not_depend_on_the_order_of_its_parts() -> None:
    assert key_of({"a": 1, "b": {"c": 2, "d": 3}}) == key_of({"b": {"d": 3, "c": 2}, "a": 1})
    assert key_of({"a": 1}) != key_of({"a": True}) != key_of({"a": 1.0})


@pytest.mark.parametrize("number", range(20))
def test_one_byte_of_the_data_changes_its_content(number: int, tmp_path: Path) -> None:
    data = bytearray(write_csv(tmp_path / "a.csv", make_rows(20)).read_bytes())
    before = source_content({"source": resolve(str(tmp_path / "a.csv"))}, FileMemo(tmp_path / "memo.json"))
    data[len(data) * number // 20] ^= 1
    (tmp_path / "a.csv").write_bytes(data)
    assert source_content({"source": resolve(str(tmp_path / "a.csv"))}, FileMemo(tmp_path / "memo.json")) != before


def test_equal_data_in_other_files_has_equal_content(tmp_path: Path, memo: FileMemo) -> None:
    write_csv(tmp_path / "a.csv", make_rows(20))
    (tmp_path / "deep").mkdir()
    shutil.copy(tmp_path / "a.csv", tmp_path / "deep" / "other.csv")
    one, two = (source_content({"source": resolve(str(tmp_path / name))}, memo) for name in ("a.csv", "deep/other.csv"))
    assert one == two
    as_train = source_content({"train": resolve(str(tmp_path / "a.csv"))}, memo)
    assert as_train != one, "a file that is split is not a training split"


def test_two_runs_from_two_folders_have_the_same_keys(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, textrnn: Call
) -> None:
    mine = textrnn("plan", "--json").json
    assert [row["status"] for row in mine] == [
        "off" if stage.name in OFF else "cached" for stage in needed_for("bundle")
    ]
    other = tmp_path / "else where"
    (other / "configs").mkdir(parents=True)
    (other / "data").mkdir()
    shutil.move(place / "data.csv", other / "data" / "moved and renamed.csv")
    os.utime(other / "data" / "moved and renamed.csv")
    shutil.move(place / ".textrnn", other / "cache")
    config = SMALL.replace("data.csv", "../data/moved and renamed.csv")
    (other / "configs" / "other.toml").write_text(config, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    theirs = textrnn("plan", "-c", "else where/configs/other.toml", "--cache-dir", "else where/cache", "--json").json
    assert [(row["key"], row["status"]) for row in theirs] == [(row["key"], row["status"]) for row in mine]


def change(old: dict[str, Any], **new: Any) -> list[str]:
    return explain_change(old, {**old, **new})


def test_what_changed_is_reported(memo: FileMemo) -> None:
    old = preimages(memo)["vocabulary"]
    params = {"vocabulary": {**old["params"]["vocabulary"], "max_size": 100}}
    code = {name: dict(found) for name, found in old["code"].items()}
    code["textrnn.text.build_vocabulary"]["_choose"] = "0"
    gone = code.pop("textrnn.text.subword")
    code["textrnn.text.other"] = gone
    assert change(old) == []
    assert change(old, params=params) == ["vocabulary.max_size was 30000, is 100"]
    assert change(old, inputs={"words": "0"}) == ["the output of tokenize changed"]
    assert change(preimages(memo)["load"], source={"source": 1}) == ["the source data changed"]
    assert change(old, source={"init_from": 1}) == ["the model to start from is newly given"]
    assert change(old, code=code) == [
        "textrnn/text/build_vocabulary.py changed: _choose",
        "textrnn/text/other.py is newly used",
        "textrnn/text/subword.py is no longer used",
    ]
    trained = preimages(memo)["train"]
    steps = {**trained["code"], "textrnn.kernels/simd.h": {"(file)": "0"}}
    assert change(trained, code=steps) == ["textrnn/kernels/simd.h changed"]
    assert change(old, libraries={"numpy": "1"})[0].startswith("numpy was ")
    assert change(old, python="3.9") == [f"Python was {old['python']}, is 3.9"]
    assert change(old, format=2) == ["the format was 1, is 2"]
