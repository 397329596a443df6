"""Edits to our own source, on a copy of it: what runs again, and what `why` says."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from made import make_rows, write_csv
from running import SMALL, TREE, Call, Ended


@pytest.fixture
def copy(tmp_path: Path, process: Call) -> tuple[Path, Callable[..., Ended]]:
    """A copy of the source tree, and a way to run it in a folder where one run is finished."""
    tree, place = tmp_path / "tree", tmp_path / "place"
    for name in ("textrnn", "pipelines", "configs"):
        shutil.copytree(TREE / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    place.mkdir()
    write_csv(place / "data.csv", make_rows(120))
    (place / "textrnn.toml").write_text(SMALL, encoding="utf-8")

    def call(*arguments: str) -> Ended:
        return process(*arguments, cwd=place, tree=tree)

    assert call("run", "--quiet").code == 0
    return tree, call


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is no longer in {path.name}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_code_edits_run_what_they_reach_and_nothing_else(copy: tuple[Path, Callable[..., Ended]]) -> None:
    tree, call = copy
    for path in [*tree.glob("textrnn/**/*.py"), *tree.glob("pipelines/**/*.py")]:
        path.write_text(path.read_text(encoding="utf-8") + "\n# a comment\n", encoding="utf-8")
    assert call("run", "--json").ran() == []

    # the same bytes by other code: vocabulary runs, and the rerun stops there
    count = tree / "textrnn" / "text" / "count.py"
    edit(count, "def build_vocabulary(", "def _edited() -> int:\n    return 1\n\n\ndef build_vocabulary(")
    before = call("why", "vocabulary")
    assert "textrnn/text/count.py changed: _edited" in before.out
    assert call("plan").out.count("would run") == 1
    assert call("run", "--json").ran() == ["vocabulary"]
    after = call("why", "vocabulary")
    assert "up to date" in after.out
    assert "textrnn/text/count.py changed: _edited" in after.out

    # other bytes: what follows runs too, but not the baseline, which reads the words
    body = count.read_text(encoding="utf-8")
    count.write_text(re.sub(r"config\.min_count", "(config.min_count + 3)", body), encoding="utf-8")
    ran = call("run", "--json").ran()
    assert ran == ["vocabulary", "numericalize", "train", "evaluate", "bundle"]
