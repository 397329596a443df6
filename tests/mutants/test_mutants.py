"""The harness itself: what it plants is a change, the same every time, and what came of it is kept."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

from mutants import chosen
from mutants.__main__ import each
from mutants.chosen import LEFT_OUT, SPEED, chosen_files, draw
from mutants.operators import Mutant, is_python, mutants_of
from mutants.planted import PLANTED, planted_mutants
from mutants.reach import FileReach, Reach, reading_lines
from mutants.results import (
    Equivalent,
    Result,
    keep_result,
    key_of,
    read_equivalents,
    read_killers,
    read_results,
    reason_of,
    stands,
)
from mutants.tree import ROOT, mutated

SOURCE = '''"""About < and 1."""

from __future__ import annotations

LEVEL: Annotated[int, "at least 1"] = 1


def choose(x: int, least: int = 3, *, deep: bool = True) -> int:
    """Says "train"."""
    if x < 0:
        raise ValueError(f"expected 0 or more, found {x - 1}")
    if x >= least and deep:
        items.append(x)
    return max(x - 1, half(x, least, key=2))
'''


def test_each_kind_of_change_is_made_once_and_words_are_left_alone() -> None:
    found = list(mutants_of("textrnn/a.py", SOURCE))
    said = [(mutant.kind, mutant.before, mutant.after) for mutant in found]
    for expected in [
        ("constant", "1", "2"), ("constant", "1", "0"), ("constant", "3", "4"), ("constant", "True", "False"),
        ("check dropped", "x < 0", "False"), ("comparison", "x < 0", "(x <= 0)"),
        ("comparison", "x >= least", "(x > least)"), ("and, or", "x >= least and deep", "((x >= least) or (deep))"),
        ("condition negated", "x >= least and deep", "not (x >= least and deep)"),
        ("statement dropped", "items.append(x)", "pass"), ("arithmetic", "x - 1", "(x + 1)"),
        ("function", "max", "min"), ("returned earlier", "max(x - 1, half(x, least, key=2))", "x - 1"),
        ("argument dropped", "half(x, least, key=2)", "half(x, least)"),
        ("arguments swapped", "half(x, least, key=2)", "half(least, x, key=2)"),
    ]:  # fmt: skip
        assert expected in said, expected
    for mutant in found:
        assert is_python(mutant.source)
        assert ast.dump(ast.parse(mutant.source)) != ast.dump(ast.parse(SOURCE)), mutant.said
        assert "at least 1" in mutant.source
        assert "found {x - 1}" in mutant.source
    assert {mutant.place for mutant in found} == {"(module)", "choose"}


def test_the_draw_goes_by_the_seed_and_reads_every_file_that_can_be_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {file: list(mutants_of(file, (ROOT / file).read_text())) for file in chosen_files()}  # once for all draws
    monkeypatch.setattr(chosen, "mutants_of", lambda file, source: found[file])
    some, others = draw(600, 0), draw(600, 1)
    assert [mutant.said for mutant in draw(600, 0)] == [mutant.said for mutant in some]
    assert {mutant.said for mutant in some} != {mutant.said for mutant in others}
    assert len({key_of(mutant) for mutant in some}) == 600
    can = {file for file, mutants in found.items() if mutants}
    assert {mutant.file for mutant in some} == can
    assert max(Counter(mutant.file for mutant in some).values()) < 10


def test_code_above_changes_no_draw() -> None:
    moved = SOURCE.replace("LEVEL", "OTHER = None\nLEVEL")
    before, after = ([m.said for m in mutants_of("a.py", source)] for source in (SOURCE, moved))
    assert before == after


def test_every_planted_meaning_applies_once_and_is_another() -> None:
    found = planted_mutants()
    assert len(found) == len(PLANTED) >= 75
    for mutant in found:
        assert is_python(mutant.source), mutant.kind
        assert ast.dump(ast.parse(mutant.source)) != ast.dump(ast.parse((ROOT / mutant.file).read_text()))
        file, _, test = mutant.test.partition("::")
        assert (not test and (not file or (ROOT / file).is_file())) or f"def {test.partition('[')[0]}(" in (
            ROOT / file
        ).read_text(), mutant.test
    assert len({key_of(mutant) for mutant in found}) == len(found)


def test_what_is_left_out_is_there_and_so_is_what_is_known_to_change_nothing() -> None:
    for pattern, reason in LEFT_OUT.items():
        assert list(ROOT.glob(pattern)), pattern
        assert reason
    for known in read_equivalents():
        assert known.reason
        path = ROOT / known.file
        assert path.is_file(), known
        assert known.before in path.read_text(), known


def test_the_page_has_every_file_that_is_left_out_and_every_mutant_that_changes_nothing() -> None:
    page = (ROOT / "docs" / "mutants.md").read_text(encoding="utf-8")
    for pattern, reason in LEFT_OUT.items():
        assert f"| `{pattern}` | {reason} |" in page
    for file, names in SPEED.items():
        assert f"| `{file}` | {', '.join(f'`{name}`' for name in names)} |" in page
        for name in names:
            assert name in (ROOT / file).read_text(encoding="utf-8"), f"{file} has no {name}"
    for known in read_equivalents():
        assert f"`{known.file}` `{known.place}`" in page, known


def mutant(after: str = "2", *, lines: tuple[int, int] = (1, 1)) -> Mutant:
    return Mutant("textrnn/a.py", "f", "constant", "1", after, b"def f(): x = 1\n", 13, lines)


def test_a_run_that_is_cut_off_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    keep_result(mutant(), Result("killed", "t.py::a", 1.0, 3, "tree"), path)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[: len(whole) // 2])  # killed while it wrote
    assert list(read_results(path)) == [key_of(mutant())]
    keep_result(mutant("3"), Result("survived", "", 1.0, 3, "tree"), path)
    found = read_results(path)
    assert [found[key_of(mutant(after))].outcome for after in "23"] == ["killed", "survived"]
    assert stands(found[key_of(mutant())], "other")
    assert stands(found[key_of(mutant("3"))], "tree")
    assert not stands(found[key_of(mutant("3"))], "other"), "other tests may see it"
    assert not stands(None, "tree")


def test_a_known_one_is_found_by_its_words(tmp_path: Path) -> None:
    known = Equivalent("textrnn/a.py", "f", "1", "2", "speed")
    assert reason_of(mutant(), [known]) == reason_of(mutant(lines=(9, 9)), [known]) == "speed"
    assert reason_of(mutant(), [Equivalent("textrnn/a.py", "g", "1", "2", "speed")]) == ""
    assert reason_of(mutant(), [Equivalent("textrnn/a.py", "f", "", "", "all of it")]) == "all of it"


def reach_of(file: str, tests: list[str], seconds: float, lines: dict[int, list[int]]) -> FileReach:
    return FileReach(file, "", dict.fromkeys(tests, seconds), {"textrnn/a.py": lines}, frozenset({"textrnn/a.py"}))


def test_the_tests_that_come_to_a_line_run_first_and_of_what_runs_at_import_all() -> None:
    reach = Reach(
        {
            "slow.py": reach_of("slow.py", ["slow.py::a", "slow.py::b"], 5.0, {1: [1], 2: [0, 1]}),
            "quick.py": reach_of("quick.py", ["quick.py::a"], 0.1, {1: [0]}),
            "test_a.py": reach_of("test_a.py", ["test_a.py::a", "test_a.py::b"], 2.0, {1: [0]}),
            "other.py": reach_of("other.py", ["other.py::a"], 0.1, {2: [0]}),
        }
    )
    assert [(file, tests) for file, tests, _ in reach.plan(mutant(), 100)] == [
        ("test_a.py", ["test_a.py::a"]), ("quick.py", ["quick.py::a"]), ("slow.py", ["slow.py::b"]),
        ("test_a.py", ["test_a.py::b"]), ("slow.py", ["slow.py::a"]),
    ]  # fmt: skip
    assert [file for file, _, _ in reach.plan(mutant(), 3)] == ["test_a.py", "quick.py"]
    assert {file for file, _, _ in reach.plan(mutant(lines=(9, 9)), 100)} == set(reach.files)


def test_a_test_that_has_seen_one_of_the_file_runs_first() -> None:
    reach = Reach(
        {
            "slow.py": reach_of("slow.py", ["slow.py::a", "slow.py::b"], 5.0, {1: [0, 1]}),
            "quick.py": reach_of("quick.py", ["quick.py::a"], 0.1, {1: [0]}),
        }
    )
    assert [tests for _, tests, _ in reach.plan(mutant(), 100, {"slow.py::b", "gone.py::a"})] == [
        ["slow.py::b"], ["quick.py::a"], ["slow.py::a"],
    ]  # fmt: skip


CONSTANT = b"""LEAST = 3  # 1


def f(most=5):  # 4
    return most  # 5


class A:
    size: int = 1  # 9

    def g(self):
        return self.size, LEAST  # 12
"""


@pytest.mark.parametrize(
    ("line", "wanted", "at_import"), [(1, [12], True), (4, [5], True), (5, [5], False), (9, [12], True)]
)
def test_what_runs_at_import_is_told_by_the_lines_that_read_it(line: int, wanted: list[int], at_import: bool) -> None:
    planted = Mutant("textrnn/a.py", "f", "constant", "1", "2", CONSTANT, 0, (line, line))
    found = reading_lines(planted)
    assert (sorted(found[0]), found[1]) == (wanted, at_import)


def test_who_has_seen_a_mutant_of_a_file_is_known(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    keep_result(mutant(), Result("killed", "t.py::a[x\\n]", 1.0, 3, "tree"), path)
    keep_result(mutant("3"), Result("survived", "", 1.0, 3, "tree"), path)
    keep_result(mutant("4"), Result("killed", "t.py::b", 1.0, 3, "tree"), path)
    assert read_killers("textrnn/a.py", path) == ["t.py::a[x\\n]", "t.py::b"]
    assert read_killers("textrnn/b.py", path) == []
    assert read_killers("textrnn/a.py", tmp_path / "none") == []


def test_a_mutant_stands_in_the_copy_alone_and_is_taken_back(tmp_path: Path) -> None:
    (tmp_path / "textrnn" / "__pycache__").mkdir(parents=True)
    path, compiled = tmp_path / "textrnn" / "a.py", tmp_path / "textrnn" / "__pycache__" / "a.cpython-311.pyc"
    path.write_text("x = 1\n")
    compiled.write_text("x")
    stat = path.stat()
    with pytest.raises(KeyError), mutated(tmp_path, "textrnn/a.py", "x = 2\n"):
        assert path.read_text() == "x = 2\n"
        assert not compiled.exists(), "of the same size and second Python would take it"
        raise KeyError
    assert path.read_text() == "x = 1\n"
    assert path.stat().st_mtime_ns == stat.st_mtime_ns


def test_each_item_runs_once_and_the_first_error_ends_it() -> None:
    ran: list[int] = []
    each([1, 2], list(range(20)), lambda worker, item: ran.append(item))  # type: ignore[list-item,arg-type]
    assert sorted(ran) == list(range(20))
    with pytest.raises(ZeroDivisionError):
        each([1], [1], lambda worker, item: 1 // 0)  # type: ignore[list-item,arg-type]
