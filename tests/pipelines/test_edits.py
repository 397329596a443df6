"""The code edited, in a copy of the tree: what runs again, and what is said of it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from running import TREE, Call, environment

from pipelines.stages import STAGES, needed_for


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the code, to be edited."""
    copy = tmp_path / "tree"
    for name in ("textrnn", "pipelines", "configs"):
        shutil.copytree(TREE / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def edit(tree: Path, file: str, old: str, new: str) -> None:
    text = (tree / file).read_text(encoding="utf-8")
    assert text.count(old) == 1, file
    (tree / file).write_text(text.replace(old, new), encoding="utf-8")


def test_comments_and_docstrings_in_every_file_run_nothing(place: Path, tree: Path, process: Call) -> None:
    for path in [*(tree / "textrnn").rglob("*.py"), *(tree / "pipelines").rglob("*.py")]:
        text = path.read_text(encoding="utf-8")
        assert text.startswith('"""')
        path.write_text(f'"""Edited. {text[3:]}\n# edited\n', encoding="utf-8")
    ended = process("run", "--json", cwd=place, tree=tree)
    assert ended.code == 0, ended.err
    assert ended.ran() == []
    assert process("plan", "--check", cwd=place, tree=tree).code == 0


def test_a_function_edited_runs_its_stage_alone_where_the_bytes_are_the_same(
    place: Path, tree: Path, process: Call
) -> None:
    edit(
        tree,
        "textrnn/text/build_vocabulary.py",
        "key=lambda word: (-counted[word], word)",
        "key=lambda w: (-counted[w], w)",
    )
    reason = "  textrnn/text/build_vocabulary.py changed: _choose"
    before = process("why", "vocabulary", cwd=place, tree=tree).out.splitlines()
    assert before == ["vocabulary would run:", reason]
    check = process("plan", "--check", cwd=place, tree=tree)
    assert check.code == 5
    assert "vocabulary would run" in check.error
    ended = process("run", "--json", cwd=place, tree=tree)
    assert ended.ran() == ["vocabulary"], ended.err
    after = process("why", "vocabulary", cwd=place, tree=tree).out.splitlines()
    assert after[0].startswith("vocabulary is up to date")
    assert after[1:3] == ["it ran then because:", reason]
    assert process("plan", "--check", cwd=place, tree=tree).code == 0
    # and the old code, which still has its results
    assert process("plan", "--check", cwd=place).code == 0


def test_a_function_edited_runs_what_follows_where_the_bytes_differ(place: Path, tree: Path, process: Call) -> None:
    edit(tree, "textrnn/text/build_vocabulary.py", "(-counted[word], word)", "(counted[word], word)")
    why = process("why", "train", "--json", cwd=place, tree=tree).json
    assert (why["status"], why["reasons"]) == ("depends", ["if the output of vocabulary changes"])
    ended = process("run", "--until", "numericalize", "--json", cwd=place, tree=tree)
    assert ended.ran() == ["vocabulary", "numericalize"], ended.err
    assert ended.json["stages"][3]["reasons"] == ["the output of vocabulary changed"]
    rows = {row["stage"]: row for row in process("plan", "--json", cwd=place, tree=tree).json}
    assert (rows["unlabelled"]["status"], rows["unlabelled"]["reasons"]) == ("off", ["unlabelled.source is not set"])
    changed = "the output of numericalize changed"
    assert (rows["ngram_branch"]["status"], rows["ngram_branch"]["reasons"]) == (
        "runs",
        [changed, "the output of vocabulary changed"],
    )
    train = ("runs", [changed, "if the output of embeddings changes"])
    assert (rows["train"]["status"], rows["train"]["reasons"]) == train
    assert (rows["evaluate"]["status"], rows["bundle"]["status"]) == ("runs", "runs")
    assert rows["baseline"]["status"] == "cached"


COLD = """
import sys
sys.argv = ["textrnn"]
from pipelines.app import run_app
for command in sys.stdin.read().splitlines():
    code = run_app(command.split())
    assert code == 0, (command, code)
heavy = "torch datasets sklearn scipy numpy pyarrow pandas tokenizers safetensors matplotlib"
print(*sorted(set(heavy.split()) & set(sys.modules)), file=sys.stderr)
"""


def test_looking_and_a_run_with_nothing_to_do_import_nothing_heavy(place: Path) -> None:
    commands = [
        "--version",
        "--help",
        "run --help",
        "predict --help",
        "plan --check",
        "why train",
        "run --quiet",
        "train --quiet",
        "run --dry-run --quiet",
        "cache list",
        "cache verify",
        "cache gc",
        "config show",
        "config validate",
        "config validate -c smoke",
    ]
    done = subprocess.run(
        [sys.executable, "-c", COLD],
        cwd=place,
        env=environment(),
        input="\n".join(commands),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "\n")
    assert all(stage.name in done.stdout for stage in needed_for(STAGES[-1].name))
