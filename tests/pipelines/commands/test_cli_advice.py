"""What `predict` and `score` advise helps: what is wrong is named as what it is; the options that are named exist."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer.main
from running import Call

import pipelines.commands
import pipelines.predicting
import textrnn as package
from pipelines.commands.assembly import assemble
from textrnn import SequenceRegressor
from textrnn.errors import ModelError

COMMANDS = typer.main.get_command(assemble()).commands  # type: ignore[attr-defined]
# the modules that these two commands alone use; messages of the readers are put in each command's words elsewhere
OWN = (
    *sorted(Path(pipelines.predicting.__file__).parent.glob("[!_]*.py")),
    *(Path(pipelines.commands.__file__).with_name(f"{name}.py") for name in ("predict", "score", "print_model_used")),
)


def options_of(command: Any) -> set[str]:
    return {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}


def texts_in(path: Path) -> list[str]:
    """The strings of a module, what stands between the braces of an f-string left out."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_every_option_that_a_message_names_is_one_of_the_command(path: Path) -> None:
    named = {option for text in texts_in(path) for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", text)}
    command = {"score": "score", "chosen_rows": "explain"}.get(path.stem, "predict")
    known = options_of(COMMANDS[command])
    assert named <= known
    assert not [text for text in texts_in(path) if re.search(r"\bdata\.[a-z_]+=", text)], "a setting is no option here"


@pytest.fixture(scope="module")
def numbers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a model that reads numbers."""
    folder = tmp_path_factory.mktemp("numbers") / "model"
    x = np.random.default_rng(0).normal(size=(30, 4, 1)).astype(np.float32)
    SequenceRegressor(epochs=1, hidden_size=2).fit(x, x.mean(axis=(1, 2))).save(folder)
    return folder


def test_a_model_of_another_kind_says_what_loads_it(numbers: Path, place: Path, textrnn: Call) -> None:
    for command in (("predict", "a"), ("score", "data.csv")):
        ended = textrnn(*command, "-m", str(numbers))
        assert ended.code == 3
        assert "found 'textrnn sequence model' of format 1; load it in Python, by SequenceRegressor.load" in ended.error
    with pytest.raises(
        ModelError, match=r"found 'textrnn model' of format 7; load it in Python, by TextClassifier\.load"
    ):
        SequenceRegressor.load(place / "models" / "textrnn")
    with pytest.raises(ModelError, match=r"SequenceRegressor\.load"):
        package.TextClassifier.load(numbers)


@pytest.mark.parametrize(
    ("number", "said"), [(99, "a later release of textrnn wrote it: update this one"), (0, "train")]
)
def test_a_format_of_the_future_says_so(number: int, said: str, place: Path, textrnn: Call) -> None:
    manifest = place / "models" / "textrnn" / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"format": number}))
    ended = textrnn("predict", "a")
    assert (ended.code, ended.out) == (3, "")
    assert said in ended.error
    assert ("later release" in ended.error) == (number > 4)


def test_a_model_and_an_input_are_named_as_what_they_are(place: Path, textrnn: Call) -> None:
    os.mkfifo(place / "pipe")
    shutil.copytree("models/textrnn", "models/another")
    for arguments, said in {
        ("predict", "a", "-m", "data.csv"): "data.csv: expected a model folder, found a file",
        ("predict", "a", "-m", "pipe"): "pipe: expected a model folder, found a pipe or a device",
        ("predict", "a", "-m", "none"): "none: expected a model folder, found none",
        ("predict", "a", "-m", "models"): "expected a model folder, found one with models in it; name models/another",
        ("predict", "-i", "pipe"): "found a pipe or a device; predict reads one as --input - < pipe",
        ("predict", "-i", "models"): "--input models: expected files that end in .csv",
        ("predict", "-i", "dta.csv"): "did you mean 'data.csv'?",
    }.items():
        ended = textrnn(*arguments)
        assert ended.code == 3
        assert said in ended.error
