from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from made import make_rows, write_csv
from running import TREE, environment
from stages import config_of, run_stage

from pipelines.config import SECTIONS
from pipelines.stages import STAGES, find_stage, needed_for, stage_names
from pipelines.stages.stage import Stage, StageContext, resolve_name

NAMES = [
    "load",
    "tokenize",
    "vocabulary",
    "numericalize",
    "unlabelled",
    "embeddings",
    "pretrain_encoder",
    "ngram_branch",
    "self_train",
    "train",
    "decide",
    "baseline",
    "audit",
    "evaluate",
    "bundle",
]
RUN = [name for name in NAMES if name != "audit"]  # which no other stage waits for


def nouns() -> dict[str, type]:
    return {stage.makes: resolve_name(stage.noun) for stage in STAGES}


def test_the_stages_stand_in_the_order_of_the_architecture() -> None:
    assert stage_names() == NAMES
    assert [stage.makes for stage in STAGES] == [
        "corpus", "words", "vocabulary", "ids", "unlabelled", "word_vectors", "pretrained_weights", "ngram_branch",
        "pseudo_labels", "classifier", "decision", "baseline", "audit", "report", "model",
    ]  # fmt: skip


def test_the_architecture_page_shows_the_same_graph() -> None:
    page = TREE / "docs" / "architecture.md"
    if not page.is_file():
        pytest.skip("docs/ is not beside the packages here")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.read_text("utf-8").splitlines()]
    shown = {row[0]: row for row in rows if len(row) == 5 and row[0] in NAMES}
    for stage in STAGES:
        reads, sections = shown[stage.name][1], shown[stage.name][4]
        assert reads == (", ".join(stage.reads) or "the source"), stage.name
        assert tuple(part.strip("` ") for part in sections.split(",") if part.strip("` ")) == stage.params, stage.name


def test_every_noun_is_made_once_and_before_it_is_read() -> None:
    made: list[str] = []
    for stage in STAGES:
        assert set(stage.reads) <= set(made), stage.name
        assert stage.makes not in made, stage.name
        made.append(stage.makes)


def test_every_section_is_handed_to_a_stage() -> None:
    assert {name for stage in STAGES for name in stage.params} == set(SECTIONS)


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_what_turns_a_stage_off_are_settings_and_each_way_is_told(stage: Stage, tmp_path: Path) -> None:
    for values in stage.off:
        tree: dict[str, dict[str, Any]] = {"unlabelled": {"source": "more.jsonl"}}
        for name, value in values.items():
            section, key = name.split(".")
            tree.setdefault(section, {})[key] = value
        tree = {name: {key: v for key, v in keys.items() if v is not None} for name, keys in tree.items()}
        reason = stage.off_reason(config_of(tree, tmp_path).setting)
        assert set(values) == {part.split()[0] for part in reason.split(", ")}
    for section, key in {tuple(name.split(".")) for values in stage.off for name in values}:
        assert key in (field.name for field in fields(SECTIONS[section]))
    assert stage.summary.endswith(".")


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_a_function_takes_what_its_row_says(stage: Stage) -> None:
    function: Callable[..., Any] = resolve_name(stage.function)
    hints = typing.get_type_hints(function)
    types = nouns()
    expected = {noun: types[noun] for noun in stage.reads}
    if stage.arguments:
        make = resolve_name(stage.arguments)
        handed = typing.get_type_hints(make)
        expected["arguments"] = handed.pop("return")
        assert handed == {name: SECTIONS[name] for name in stage.params}
    elif stage.name != "bundle":
        expected |= {f"{name}_config": SECTIONS[name] for name in stage.params}
    expected |= {"context": StageContext, "return": types[stage.makes]}
    if stage.name == "bundle":  # it keeps whole sections, whichever there are
        expected["configs"] = Any
        assert {*stage.params} == {*SECTIONS} - {
            "unlabelled",
            "baseline",
            "audit",
            "evaluate",
        }  # files, and the report's
    assert hints == expected
    assert list(inspect.signature(function).parameters) == [name for name in expected if name != "return"]
    assert function.__module__ == stage.module == f"pipelines.stages.{stage.name}"


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_a_noun_can_be_saved_and_loaded(stage: Stage) -> None:
    noun = resolve_name(stage.noun)
    assert len(inspect.signature(noun.save).parameters) == 2
    assert list(inspect.signature(noun.load).parameters) == ["folder"]
    assert noun.__dataclass_params__.frozen


@pytest.mark.parametrize(
    ("name", "needed"),
    [
        ("load", ["load"]),
        ("vocabulary", ["load", "tokenize", "vocabulary"]),
        (
            "train",
            NAMES[: NAMES.index("train") + 1],
        ),
        ("baseline", ["load", "tokenize", "baseline"]),
        ("audit", ["load", "tokenize", "audit"]),
        ("evaluate", RUN[:-1]),
        ("bundle", RUN),
    ],
)
def test_what_a_stage_needs_comes_first(name: str, needed: list[str]) -> None:
    assert [stage.name for stage in needed_for(name)] == needed


def test_a_stage_that_is_not_there() -> None:
    with pytest.raises(KeyError):
        find_stage("bake")


def test_the_graph_costs_no_import() -> None:
    code = "import sys, pipelines.stages; print(*(n for n in sys.modules if n.split('.')[0] in ('textrnn', 'numpy')))"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == []


def lines_of(folder: Path, until: str, **sections: Mapping[str, Any]) -> dict[str, list[str]]:
    """What each stage up to `until` says about itself, with these settings, over few texts."""
    tree = {"data": {"source": write_csv(folder / "data.csv", make_rows(60))}, "embeddings": {"size": 4}}
    config, nouns, said = config_of({**tree, **sections}, folder), dict[str, Any](), dict[str, list[str]]()
    for stage in needed_for(until):
        said[stage.name] = []
        nouns[stage.makes] = run_stage(stage, nouns, config, folder, said[stage.name].append)
    return said


def test_stages_say_what_they_did_and_what_they_left_out(tmp_path: Path) -> None:
    said = lines_of(tmp_path, "self_train", encoder_pretraining={"epochs": "auto"}, ngram_branch={"enabled": False})
    assert re.fullmatch(r"\d+ words, \d+ different", said["tokenize"][-1])
    assert float(re.search(r"; ([\d.]+)% of the training tokens are UNK", said["vocabulary"][-1])[1]) < 60
    assert said["pretrain_encoder"] == [
        "skipped: the training texts are too few; set encoder_pretraining.epochs to pretrain all the same"
    ]
    assert said["ngram_branch"] == ["not enabled"]
    said = lines_of(tmp_path, "self_train", encoder_pretraining={"epochs": 0}, tokenize={"unit": "characters"})
    assert re.fullmatch(r"[\d,]+ characters, \d+ different", said["tokenize"][-1])
    assert said["pretrain_encoder"] == [], "nobody has asked for it"
    assert "not enabled" not in said["ngram_branch"]


def test_teachers_go_on_from_the_checkpoints_in_the_folder_of_their_stage(tmp_path: Path) -> None:
    more = tmp_path / "more.jsonl"
    more.write_text("".join(json.dumps({"text": f"{text} once more"}) + "\n" for text, _ in make_rows(5)))
    lines_of(tmp_path, "self_train", self_training={"teachers": 2, "epochs": 1}, unlabelled={"source": str(more)})
    kept = [path.name for path in sorted((tmp_path / "work" / "self_train").iterdir())]
    assert kept == ["teacher-1", "teacher-2"]
