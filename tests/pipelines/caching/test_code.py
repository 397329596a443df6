from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from running import TREE, environment

from pipelines.caching import code as sources
from pipelines.caching.code import EXCLUDED_MODULES, digest_code, imported_libraries, outline_file
from pipelines.caching.file_memo import FileMemo
from pipelines.stages import STAGES, find_stage

FILES = sorted(path.relative_to(TREE) for path in (TREE / "textrnn").rglob("*.py"))
SAMPLE = '''
"""A module."""
import math
from textrnn.data import split
from textrnn.data.target import Target
LIMIT: int = 3


class Box:
    """A box."""

    size: int = 1

    def open(self, hard: bool = False) -> "Box":
        """Open it."""
        return self


def double(value: int) -> int:
    """Twice."""
    return value * 2
'''


@pytest.fixture
def memo(tmp_path: Path) -> FileMemo:
    return FileMemo(tmp_path / "memo.json")


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the library that is digested in place of the real one; its files are old."""
    copy = tmp_path / "textrnn"
    shutil.copytree(TREE / "textrnn", copy, ignore=shutil.ignore_patterns("__pycache__"))
    for path in copy.rglob("*.py"):
        os.utime(path, (10**9, 10**9))
    monkeypatch.setattr(sources, "LIBRARY_FOLDER", copy)
    return copy


def outline(tmp_path: Path, text: str) -> dict[str, object]:
    path = tmp_path / "sample.py"
    path.write_text(text, encoding="utf-8")
    return outline_file(path)


def definitions(tmp_path: Path, text: str) -> dict[str, str]:
    found = outline(tmp_path, text)["definitions"]
    assert isinstance(found, dict)
    return found


def changed(tmp_path: Path, old: str, new: str) -> set[str]:
    assert old in SAMPLE
    before, after = definitions(tmp_path, SAMPLE), definitions(tmp_path, SAMPLE.replace(old, new))
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("import math", "# why\nimport math  # what for"),
        ('"""A module."""', '"""Another caption."""'),
        ('    """Twice."""\n', ""),
        ('"""Open it."""', '"""Opened."""\n        # gently'),
        ("value: int) -> int", "value: float) -> float"),
        ("LIMIT: int", "LIMIT: float"),
        ("size: int", "size: 'whole'"),
        ("value * 2", "(value\n        * 2)"),
    ],
)
def test_comments_docstrings_annotations_and_layout_change_nothing(tmp_path: Path, old: str, new: str) -> None:
    assert changed(tmp_path, old, new) == set()


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("value * 2", "value * 3", {"double"}),
        ("value: int) -> int", "value: int = 1) -> int", {"double"}),
        ("def double", "def twice", {"double", "twice"}),
        ("hard: bool = False", "hard: bool = True", {"Box"}),
        ("hard: bool = False", "soft: bool = False", {"Box"}),
        ("size: int = 1", "length: int = 1", {"Box"}),
        ("size: int = 1", "size: int", {"Box"}),
        ("class Box", "@final\nclass Box", {"Box"}),
        ("LIMIT: int = 3", "LIMIT: int = 4", {"(top level)"}),
        ("import math", "import cmath", {"(top level)"}),
        ("return self", 'return "Open it."', {"Box"}),
    ],
)
def test_what_is_computed_is_digested_and_the_definition_named(
    tmp_path: Path, old: str, new: str, named: set[str]
) -> None:
    assert changed(tmp_path, old, new) == named


def test_imports_are_told_apart(tmp_path: Path) -> None:
    found = outline(tmp_path, SAMPLE + "\n\ndef late():\n    import torch.nn\n    from sklearn import svm\n")
    assert found["imports"] == [
        "textrnn.data",
        "textrnn.data.split",
        "textrnn.data.target",
        "textrnn.data.target.Target",
    ]
    assert found["libraries"] == ["math", "sklearn", "torch"]


@pytest.mark.parametrize("file", FILES, ids=str)
def test_every_file_is_the_same_without_its_comments(tmp_path: Path, file: Path) -> None:
    tree = ast.parse((TREE / file).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Module)) and ast.get_docstring(node):
            first = node.body[0]
            assert isinstance(first, ast.Expr)
            first.value = ast.Constant(value="Edited.")
    (tmp_path / "edited.py").write_text(ast.unparse(tree), encoding="utf-8")
    assert outline_file(tmp_path / "edited.py") == outline_file(TREE / file)


def test_no_import_is_out_of_sight() -> None:
    # relative imports and modules named at run time would be missed by the closure
    for file in FILES:
        for node in ast.walk(ast.parse((TREE / file).read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.ImportFrom) and node.level), file
            if isinstance(node, ast.Name) and node.id in ("import_module", "__import__"):
                assert file == Path("textrnn/__init__.py"), file


def test_the_closure_of_vocabulary(memo: FileMemo) -> None:
    found = digest_code("pipelines.stages.vocabulary", memo)
    assert {"pipelines.stages.vocabulary", "textrnn.text.build_vocabulary", "textrnn.text.vocabulary"} <= set(found)
    assert "textrnn.text.tokenize" not in found, "how words are made is not how they are counted"
    assert not any(name in EXCLUDED_MODULES or name.endswith("__init__") or name == "textrnn.text" for name in found)
    assert "build_vocabulary" in found["textrnn.text.build_vocabulary"]


def test_no_stage_but_those_that_read_files_reaches_the_readers(memo: FileMemo) -> None:
    for stage in STAGES:
        reached_results = {name for name in digest_code(stage.module, memo) if name.startswith("textrnn.data.readers.")}
        words = ("wording",)  # for what errors quote: an example, a class of class_weight, the data check in a report
        files = ("source", "file_type", "wording", "read_digest", "labelled_lines", "compressed")
        lines = (*files, "lines", "decoder", "guess_encoding", "notes", "encoding_advice")
        some = {
            "embeddings": lines,
            "pretrain_encoder": files,
            "vocabulary": files,
            **dict.fromkeys(("tokenize", "ngram_branch", "train", "decide", "bundle", "audit", "evaluate"), words),
        }.get(stage.name)
        if some:
            assert reached_results == {f"textrnn.data.readers.{name}" for name in some}
        else:
            assert bool(reached_results) == (stage.name in ("load", "unlabelled", "self_train")), (
                stage.name,
                reached_results,
            )


def test_making_is_reached_by_its_own_stage_alone(memo: FileMemo) -> None:
    makers = {
        "textrnn.data.load": ["load"],
        "textrnn.data.split": ["load"],
        "textrnn.text.tokenize": ["tokenize"],
        "textrnn.text.build_vocabulary": ["vocabulary"],
        "textrnn.text.numericalize": ["numericalize"],
        "textrnn.training.train": ["self_train", "train"],
        "textrnn.training.loop": ["pretrain_encoder", "self_train", "train"],
        "textrnn.training.pretrain_encoder": ["pretrain_encoder"],
        "textrnn.linear.fit_baseline": ["baseline"],
        "textrnn.evaluation.page": ["evaluate"],
        "textrnn.model.folder": ["self_train", "bundle"],  # a teacher that is a model folder
    }
    closures = {stage.name: digest_code(stage.module, memo) for stage in STAGES}
    assert {module: [name for name, found in closures.items() if module in found] for module in makers} == makers


def test_libraries_of_a_stage(memo: FileMemo) -> None:
    assert {"torch", "numpy"} <= set(imported_libraries(find_stage("train").module, memo))
    assert "torch" not in imported_libraries(find_stage("baseline").module, memo)
    assert {"sklearn", "scipy"} <= set(imported_libraries(find_stage("baseline").module, memo))
    assert {"pyarrow", "datasets"} <= set(imported_libraries(find_stage("load").module, memo))


def test_what_is_imported_and_has_no_file_is_in_no_closure(
    memo: FileMemo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a_bare_folder").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    for module in ("a_bare_folder", "a_module_that_is_not_there"):
        assert digest_code(module, memo) == {}


def test_an_edit_is_seen_through_the_memo(library: Path, memo: FileMemo) -> None:
    before = digest_code("pipelines.stages.vocabulary", memo)
    file = library / "text" / "build_vocabulary.py"
    file.write_text(
        file.read_text(encoding="utf-8").replace("if count >= least or", "if count >= least + 0 or"), encoding="utf-8"
    )
    after = digest_code("pipelines.stages.vocabulary", memo)
    assert {name for name in after if after[name] != before[name]} == {"textrnn.text.build_vocabulary"}
    assert {
        name
        for name, digest in after["textrnn.text.build_vocabulary"].items()
        if digest != before["textrnn.text.build_vocabulary"][name]
    } == {"_choose"}


def test_a_change_of_the_steps_in_c_is_seen_where_they_train_and_only_there(library: Path, memo: FileMemo) -> None:
    stages = ("train", "pretrain_encoder", "baseline", "tokenize")
    before = {stage: digest_code(find_stage(stage).module, memo) for stage in stages}
    file = library / "kernels" / "simd.h"
    file.write_text(file.read_text(encoding="utf-8").replace("2.0f", "1.99f"), encoding="utf-8")
    for stage in stages:
        after = digest_code(find_stage(stage).module, memo)
        changed = {name for name in after if after[name] != before[stage][name]}
        assert changed == ({"textrnn.kernels/simd.h"} if stage in ("train", "pretrain_encoder") else set())


def test_a_digest_is_the_same_remembered_or_not(library: Path, tmp_path: Path) -> None:
    first = FileMemo(tmp_path / "memo.json")
    found = digest_code("pipelines.stages.evaluate", first)
    first.save()
    assert digest_code("pipelines.stages.evaluate", FileMemo(tmp_path / "memo.json")) == found
    assert digest_code("pipelines.stages.evaluate", FileMemo(tmp_path / "other.json")) == found


LOADS = """
import importlib, json, sys
from pipelines.stages import STAGES

loaded = {}
for stage in STAGES:
    for name in [name for name in sys.modules if name.split(".")[0] == "textrnn" or name == stage.module]:
        del sys.modules[name]
    importlib.import_module(stage.module)
    ours = {name: module for name, module in sys.modules.items() if name.split(".")[0] == "textrnn"}
    loaded[stage.name] = [name for name, module in ours.items() if not hasattr(module, "__path__")]
print(json.dumps(loaded))
"""


def test_all_that_a_stage_imports_is_in_its_closure(memo: FileMemo) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADS], env=environment(), capture_output=True, text=True, check=True, timeout=120
    )
    loaded = json.loads(done.stdout)
    for stage in STAGES:
        assert set(loaded[stage.name]) - EXCLUDED_MODULES <= set(digest_code(stage.module, memo)), stage.name


def test_a_package_that_imports_its_own_modules_is_walked_once(
    tmp_path: Path, memo: FileMemo, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "textrnn" / "circle"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("from textrnn.circle import one\n")
    (folder / "one.py").write_text("from textrnn.circle.two import name\n")
    (folder / "two.py").write_text("name = 1\n")
    monkeypatch.setattr(sources, "LIBRARY_FOLDER", tmp_path / "textrnn")
    assert list(digest_code("textrnn.circle.one", memo)) == ["textrnn.circle.one", "textrnn.circle.two"]
