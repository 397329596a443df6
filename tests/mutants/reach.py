"""Which tests come to which lines: measured once for a tree, a file of tests at a time, and kept."""

from __future__ import annotations

import ast
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mutants.client import Worker
from mutants.operators import Mutant
from mutants.tree import CODE, ROOT, WORK, digest_of, digest_tree, tracked_files

# tests of the harness and of benchmarks say nothing of a model; those of the wheel and the documentation read no mutant
# or run everything; the others kill, stop and start real processes, whose lines no map holds, and take minutes
NOT_ASKED = (
    "tests/mutants/", "tests/benchmarks/", "tests/test_wheel.py", "tests/test_readme.py", "tests/test_docs.py",
    "tests/test_doc_blocks.py", "tests/faults/test_f01_",
    "tests/faults/test_f02_", "tests/faults/test_f03_", "tests/faults/test_f04_", "tests/faults/test_f06_",
    "tests/faults/test_f07_", "tests/faults/test_f08_", "tests/faults/test_f11_", "tests/faults/test_f12_",
    "tests/pipelines/running/test_signals.py", "tests/textrnn/kernels/test_build.py",
    "tests/textrnn/storage/test_locks.py",
    "tests/textrnn/training/test_processes.py",
)  # fmt: skip
# tests of these folders start a process that runs the code of the other: each counts as coming to every line of it
SECOND_PROCESS = {"textrnn/serving/": "tests/textrnn/serving/"}
LONGEST = 900.0  # seconds that a file of tests may take without a mutant


@dataclass(frozen=True)
class FileReach:
    """What one file of tests does: the seconds of each test, and which of them come to a line of ours.

    `lines[file][line]` are numbers of tests; `imported` are files whose lines it comes to at import alone.
    """

    file: str
    tree: str
    seconds: dict[str, float]
    lines: dict[str, dict[int, list[int]]]
    imported: frozenset[str]
    failed: frozenset[str] = frozenset()

    @property
    def tests(self) -> list[str]:
        """The tests that pass without a mutant, in their order."""
        return [test for test in self.seconds if test not in self.failed]


@dataclass(frozen=True)
class Reach:
    """What all files of tests do, by their names."""

    files: dict[str, FileReach] = field(default_factory=dict)

    def plan(self, mutant: Mutant, most: float, known: Collection[str] = ()) -> list[tuple[str, list[str], float]]:
        """Which tests to run against `mutant`: (file, tests, their seconds), the most telling first.

        First those of the tests that come to its lines that are `known` to have seen it, or another of its file; then
        the others that do, file by file: the module's own file of tests, then the quickest. Then all others of those
        files, since what a cached helper has done for one test serves the next. Of what runs at import, the tests that
        come to lines of the file that use its names count as those that come to it; then all tests of the files that
        come to its module. No more than `most` seconds of tests in all.
        """
        first, exact, others = [], [], []
        own = f"test_{Path(mutant.file).stem}.py"
        lines_of_it, at_import = reading_lines(mutant)
        every = list(self.files.values())
        room = next((tests for code, tests in SECOND_PROCESS.items() if mutant.file.startswith(code)), None)
        reached = any(found.lines.get(mutant.file, {}).get(line) for found in every for line in lines_of_it)
        touched = any(found.lines.get(mutant.file) for found in every)
        for found in every:
            lines = found.lines.get(mutant.file, {})
            numbers = {number for line in lines_of_it for number in lines.get(line, ())}
            whole = (at_import or not reached) and bool(lines or (not touched and mutant.file in found.imported))
            hit = [test for number, test in enumerate(found.seconds) if number in numbers and test not in found.failed]
            if (not reached and whole) or (room and found.file.startswith(room)):
                hit = found.tests
            named = [test for test in found.tests if mutant.test in (test, found.file)]
            early = named or [test for test in hit if test in known]
            first.append(_row(found, early))
            exact.append(_row(found, [test for test in hit if test not in early]))
            if hit or whole:
                others.append(_row(found, [test for test in found.tests if test not in set(hit)]))
        kept, total = [], 0.0
        for part in (first, exact, others):
            for row in sorted((row for row in part if row[1]), key=lambda row: (Path(row[0]).name != own, row[2])):
                total += row[2]
                if kept and total > most:
                    return kept
                kept.append(row)
        return kept


def reading_lines(mutant: Mutant) -> tuple[Collection[int], bool]:
    """The lines whose tests tell of `mutant`, and whether it runs at import.

    Of a statement in a function its own lines. Of a default of a function the lines of the function; of any other that
    runs at import the lines of functions of the file that use a name which it gives.
    """
    first, last = mutant.lines
    nodes = list(ast.walk(ast.parse(mutant.whole)))
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    inside = {line for node in functions for line in range(node.body[0].lineno, (node.end_lineno or 0) + 1)}
    if first in inside:
        return range(first, last + 1), False
    if heads := [node for node in functions if node.lineno <= first < node.body[0].lineno]:
        return range(heads[-1].body[0].lineno, (heads[-1].end_lineno or 0) + 1), True
    names = [node for node in nodes if isinstance(node, ast.Name | ast.Attribute)]
    given = {_name_of(node) for node in names if first <= node.lineno <= last and isinstance(node.ctx, ast.Store)}
    return {node.lineno for node in names if node.lineno in inside and _name_of(node) in given}, True


def _name_of(node: ast.Name | ast.Attribute) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr


def _row(found: FileReach, tests: list[str]) -> tuple[str, list[str], float]:
    return found.file, tests, sum(found.seconds[test] for test in tests)


def test_files() -> list[str]:
    """The files of tests that are asked."""
    names = [name for name in tracked_files() if name.startswith("tests/") and Path(name).name.startswith("test_")]
    return [name for name in names if name.endswith(".py") and not name.startswith(NOT_ASKED)]


def measured() -> dict[str, FileReach]:
    """What was found of each file of tests, whatever the code was then."""
    found = {}
    for path in (WORK / "reach").glob("*.json"):
        row = _read(json.loads(path.read_text(encoding="utf-8")))
        found[row.file] = row
    return found


def digests_of(files: Sequence[str]) -> dict[str, str]:
    """What the reach of each of these files depends on: all code, what tests share, and itself."""
    shared = digest_tree(
        lambda name: name.startswith(CODE) or (name.startswith("tests/") and not Path(name).name.startswith("test_"))
    )
    return {file: digest_of(shared, (ROOT / file).read_bytes()) for file in files}


def measure(worker: Worker, tree: str, file: str) -> FileReach:
    """Run one file of tests without a mutant, and keep what it comes to."""
    said = worker.ask({file: None}, LONGEST, reach=True)
    rows = said["rows"]
    seconds = {row["test"]: row["seconds"] for row in rows if "test" in row}
    fixtures = next((row["fixtures"] for row in rows if "fixtures" in row), {})
    numbers = {test: number for number, test in enumerate(seconds)}
    asking: dict[str, list[int]] = {}
    for test, names in fixtures.items():
        for name in names:
            asking.setdefault(f"fixture {name}", []).append(numbers[test])
    lines: dict[str, dict[int, list[int]]] = {}
    for row in rows:
        if "file" not in row:
            continue
        of_file: dict[int, list[int]] = {}
        for line, contexts in row["lines"].items():
            reached = {
                number
                for context in contexts
                if context
                for number in ([numbers[context]] if context in numbers else asking.get(context, range(len(numbers))))
            }
            of_file[int(line)] = sorted(reached)
        lines[row["file"]] = of_file
    made = {"file": file, "tree": tree, "seconds": seconds, "failed": said["failed"], "lines": lines}
    if said["outcome"] == "late":
        made["failed"] = list(seconds)
    place = WORK / "reach" / (file.replace("/", "-") + ".json")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.with_suffix(".part").write_text(json.dumps(made, separators=(",", ":")), encoding="utf-8")
    place.with_suffix(".part").rename(place)
    return _read(json.loads(place.read_text(encoding="utf-8")))


def _read(row: dict[str, Any]) -> FileReach:
    lines = {name: {int(line): tests for line, tests in found.items() if tests} for name, found in row["lines"].items()}
    # a module's statements run where it is imported; a `def` line is one of them
    return FileReach(
        row["file"],
        row["tree"],
        row["seconds"],
        {name: found for name, found in lines.items() if found},
        frozenset(row["lines"]),
        frozenset(row["failed"]),
    )


def tree_digest() -> str:
    """What it depends on whether a mutant survives: all code and all tests."""
    return digest_tree(lambda name: name.startswith((*CODE, "tests/")))
