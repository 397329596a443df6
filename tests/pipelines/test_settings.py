"""Every setting of every section reaches what it is for: another value gives another result, and another key.

The cases stand in tests/settings.py; a setting that has none fails the first test here.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from classifiers import text_classifier
from settings import BASE, CASES, NO_CASE, Case, tree_of, write_files
from stages import bytes_of, config_of, run_stage, through_files

from pipelines.config import SECTIONS, RunConfig
from pipelines.stages import STAGES, needed_for
from pipelines.stages.stage import Stage
from textrnn.config.parameter_names import parameter_name
from textrnn.errors import TextrnnError
from textrnn.settings.command_line_only import COMMAND_LINE_ONLY

Noun = Any


# whose section it is that a stage is handed; of the others it reads a field or two, which its key names
# the sections whose every field a stage reads, where its name is not that of its one section
OWN = {
    "load": ("data",),
    "train": ("model", "train"),
    "decide": ("decision",),
    "self_train": ("self_training",),
    "pretrain_encoder": ("encoder_pretraining",),
}


def is_read(stage: Stage, case: Case) -> bool:
    """Whether `stage` reads this field of a section that is another stage's."""
    return (stage.name, case.said) in {("ngram_branch", "train.class_weight"), ("baseline", "train.class_weight")}


def readers_of(section: str) -> list[Stage]:
    """The stages that are handed `section`."""
    return [stage for stage in STAGES if section in stage.params]


class Made:
    """Nouns of a configuration, each made when it is first asked for."""

    def __init__(self, folder: Path, *changes: Any) -> None:
        self.folder = folder / f"made-{abs(hash(json.dumps(changes, sort_keys=True)))}"
        self.config: RunConfig = config_of(tree_of(*changes), folder)
        self._nouns: dict[str, Noun] = {}

    def noun(self, name: str) -> Noun:
        if name not in self._nouns:
            stage = next(stage for stage in STAGES if stage.makes == name)
            self._nouns[name] = through_files(stage, self.make(stage, self.config), self.folder)
        return self._nouns[name]

    def make(self, stage: Stage, config: RunConfig) -> Noun:
        """What `stage` makes of this one's nouns with the sections of `config`."""
        work = self.folder / f"work-{abs(hash(repr(config)))}"
        return run_stage(stage, {name: self.noun(name) for name in stage.reads}, config, work)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Made]:
    folder = tmp_path_factory.mktemp("settings")
    write_files(folder)
    found: dict[str, Made] = {}

    def make(*changes: Any) -> Made:
        name = json.dumps(changes, sort_keys=True)
        if name not in found:
            found[name] = Made(folder, *changes)
        return found[name]

    return make


def result_of(noun: Noun, folder: Path) -> Any:
    """What a noun says, without the settings that it keeps for the record: those would differ by themselves."""
    name = type(noun).__name__
    if name == "Words":
        return noun.table, {split: (rows.flat.tolist(), rows.offsets.tolist()) for split, rows in noun.splits.items()}
    if name == "Vocabulary":
        return noun.tokens, noun.counts, noun.merges, noun.log_probabilities
    if name in ("Classifier", "Pretrained"):
        return noun.history, {name: np.asarray(weight).tobytes() for name, weight in noun.weights.items()}
    if name == "Report":
        return json.dumps({key: value for key, value in noun.data.items() if key != "settings"}, sort_keys=True)
    noun.save(folder)
    return bytes_of(folder)


def test_every_setting_has_a_case() -> None:
    every = {f"{name}.{field.name}" for name, kind in SECTIONS.items() for field in dataclasses.fields(kind)}
    tried = {case.said for case in CASES}
    assert every - tried - set(NO_CASE) == set(), "add a case to tests/settings.py: a value that changes the result"
    assert (tried | set(NO_CASE)) - every == set(), "no such setting"
    for case in CASES:
        assert tree_of(case.given)[case.section].get(case.name) != case.value, case.said


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.said)
def test_another_value_is_another_result(case: Case, made: Callable[..., Made], tmp_path: Path) -> None:
    if case.name == "simplify":
        pytest.importorskip("opencc")
    before, folder = made(case.given), tmp_path
    after = made(case.given, {case.section: {case.name: case.value}}).config
    stages = [stage for stage in readers_of(case.section) if case.section in OWN.get(stage.name, (stage.name,))]
    assert stages, "no stage reads it"
    for stage in readers_of(case.section):
        if stage not in stages and not is_read(stage, case):
            continue
        results: list[Any] = []
        for place, config in (("before", before.config), ("after", after)):
            try:
                noun = before.noun(stage.makes) if config is before.config else before.make(stage, config)
            except TextrnnError as error:
                results.append(str(error))
                continue
            (folder / stage.name / place).mkdir(parents=True)
            results.append(result_of(noun, folder / stage.name / place))
        assert results[0] != results[1], f"{case.said} changes nothing that {stage.name} makes"
        assert any(not isinstance(result, str) or "{" in result[:1] for result in results), results


def test_how_often_a_checkpoint_is_kept_changes_no_byte(made: Callable[..., Made], tmp_path: Path) -> None:
    other = made({"train": {"checkpoint_seconds": 1e-6}}).config
    stage = next(stage for stage in STAGES if stage.name == "train")
    for name, noun in (("before", made().noun("classifier")), ("after", made().make(stage, other))):
        (tmp_path / name).mkdir()
        noun.save(tmp_path / name)
    assert bytes_of(tmp_path / "before") == bytes_of(tmp_path / "after")


def python_of(tree: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The settings as `TextClassifier` has them: its parameters, and the others by their names with a dot."""
    settings = {f"{section}.{field}": value for section, values in tree.items() for field, value in values.items()}
    unread = {"data.label_column", "data.label_separator", "data.max_labels", *COMMAND_LINE_ONLY}  # by a fit
    unread |= {name for name in settings if name.startswith(("baseline.", "audit.", "evaluate."))}
    return {parameter_name(name) or name: value for name, value in settings.items() if name not in unread}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.said)
def test_another_value_is_another_model_in_python(case: Case, made: Callable[..., Made], tmp_path: Path) -> None:
    before, changes = tree_of(case.given), {case.section: {case.name: case.value}}
    given, other = python_of(before), python_of(tree_of(case.given, changes))
    if given == other:
        pytest.skip("no parameter of TextClassifier")
    if case.name == "simplify":
        pytest.importorskip("opencc")
    corpus = made(case.given).noun("corpus")
    made_rows = [
        {
            **{name: texts[i] for name, texts in examples.columns.items()},
            **{n: c[i] for n, c in examples.tabular.items()},
        }
        for examples in corpus.splits.values()
        for i in range(len(examples))
    ]
    labels = [label for examples in corpus.splits.values() for label in examples.labels]
    source = made(case.given).config.unlabelled.source
    more = [json.loads(line)["text"] for line in Path(source).read_text().splitlines()] if source else []
    files = []
    for parameters in (given, other):
        if parameters["vectors"] != "none":
            parameters["vectors"] = str(made(case.given).config.root / parameters["vectors"])
        rows = made_rows
        for name, cell in (("numeric", 1.5), ("categorical", "a")):  # columns that the corpus was not read with
            rows = [{**dict.fromkeys(parameters.get(name, ()), cell), **row} for row in rows]
        rows = [{"title": f"cake {n % 3}", **row} for n, row in enumerate(rows)]
        try:
            fitted = text_classifier(parameters).fit(rows, labels, unlabelled=more)
            files.append({**fitted._model.files, "history": json.dumps(fitted.history_).encode()})
        except TextrnnError as error:
            files.append({"error": str(error).encode()})
    names = ("tokenizer.json", "model.safetensors", "wide.safetensors", "decision.json", "history", "error")
    assert [files[0].get(name) for name in names] != [files[1].get(name) for name in names]
    assert "error" not in files[0]


def test_stages_that_are_requested_stand_in_order() -> None:
    assert [stage.name for stage in needed_for("vocabulary")] == ["load", "tokenize", "vocabulary"]
    assert set(BASE) == set(SECTIONS)
