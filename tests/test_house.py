"""The rules of the house, read from the sources: short files, short functions, captions, few imports in functions."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MOST_LINES, MOST_OF_A_FUNCTION, MOST_LOOSE = 300, 60, 6
LOADERS = {  # a name from data -> a module: the names that `textrnn` gives lazily, the function of a stage
    "textrnn": "import textrnn",
    "pipelines.stages.stage": "stages",
}
# takes seconds, and files of rows do without; a twentieth, and texts that C encodes do without
SLOW = {"datasets", "tokenizers", "importlib.metadata", "concurrent.futures", "subprocess"}
OURS = {"textrnn", "pipelines"}
ASSEMBLY = "pipelines.commands.assembly"  # imports the command that is called alone, for `--help` all of them
START = ("textrnn", "pipelines.app", "pipelines.early_interrupt")

Function = ast.FunctionDef | ast.AsyncFunctionDef
Import = ast.Import | ast.ImportFrom


@cache
def parsed(text: str) -> ast.Module:
    """The syntax tree of a source, parsed once. Do not change it."""
    return ast.parse(text)


def sources() -> dict[str, str]:
    """The text of each Python file of the product, by its path from the root."""
    found = sorted(path for folder in ("textrnn", "pipelines") for path in (ROOT / folder).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in found}


def name_of(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def too_long(path: str, text: str) -> list[str]:
    """What of a file is longer than the house allows."""
    lines = text.count("\n")
    found = [f"{path}: {lines} lines, expected {MOST_LINES} at most; split it by job"] if lines > MOST_LINES else []
    for node in ast.walk(parsed(text)):
        if isinstance(node, Function) and node.end_lineno is not None:
            length = node.end_lineno - node.lineno + 1
            if length > MOST_OF_A_FUNCTION:
                found.append(f"{path}: {node.name} has {length} lines, expected {MOST_OF_A_FUNCTION} at most")
    return found


def without_caption(path: str, text: str) -> list[str]:
    """A file whose first line is no caption: one sentence that fits the line, of one thing."""
    lines = (ast.get_docstring(parsed(text), clean=True) or "").split("\n")
    if not lines[0].strip():
        return [f"{path}: expected a docstring whose first line says what the file holds"]
    if lines[0][-1] not in ".?!" or (len(lines) > 1 and lines[1]):
        return [f"{path}: expected a caption of one line, found {lines[0]!r}"]
    if " and " in lines[0]:
        return [f"{path}: expected a caption of one job, found {lines[0]!r}; split the file, or say it without 'and'"]
    return []


def loose(paths: list[str]) -> list[str]:
    """The modules of `textrnn` that stand in no room."""
    return [path for path in paths if path.startswith("textrnn/") and path.count("/") == 1 and "__init__" not in path]


@cache
def imports_outside(tree: ast.Module) -> list[Import]:
    """`outside_functions` of a whole file, found once."""
    return list(outside_functions(tree))


def outside_functions(node: ast.AST) -> Iterator[Import]:
    """The imports that run when a module is imported."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Import):
            yield child
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        elif not isinstance(child, Function | ast.Lambda):
            yield from outside_functions(child)


@cache
def inside_functions(tree: ast.AST) -> list[Import]:
    functions = [node for node in ast.walk(tree) if isinstance(node, Function)]
    found = (node for function in functions for node in ast.walk(function) if isinstance(node, Import))
    return list({node.lineno: node for node in found}.values())


@cache
def guarded(tree: ast.AST) -> set[int]:
    """The lines of imports that may fail: what they import need not be there."""
    tries = [node for node in ast.walk(tree) if isinstance(node, ast.Try)]
    may_fail = [node for node in tries if any("ImportError" in ast.unparse(each) for each in node.handlers)]
    return {
        each.lineno for node in may_fail for line in node.body for each in ast.walk(line) if isinstance(each, Import)
    }


def imported(node: Import, ours: frozenset[str]) -> list[str]:
    """The modules that an import names, not the names out of them."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    module = node.module or ""
    whole = [f"{module}.{alias.name}" for alias in node.names]
    return [name if name in ours or _is_standard(module, name) else module for name in whole]


@cache
def _is_standard(module: str, name: str) -> bool:
    return module in sys.stdlib_module_names and module == "importlib" and find_spec(name) is not None


class Graph:
    """Which modules importing a module imports."""

    def __init__(self, files: dict[str, str]) -> None:
        self.trees = {name_of(path): parsed(text) for path, text in files.items()}
        self.ours = frozenset(self.trees)
        self.direct = {
            name: {each for node in imports_outside(tree) for each in imported(node, self.ours)}
            for name, tree in self.trees.items()
        }

    def reached(self, *names: str) -> set[str]:
        """All modules that are imported with these, packages above them among them."""
        found: set[str] = set()
        todo = list(names)
        while todo:
            parts = todo.pop().split(".")
            for end in range(1, len(parts) + 1):
                name = ".".join(parts[:end])
                if name not in found:
                    found.add(name)
                    todo += self.direct.get(name, ())
        return found


def core_packages() -> set[str]:
    """The top-level names of what is always installed with the product: that of textrnn-core, which has less."""
    path = ROOT / "packaging" / "core" / "pyproject.toml"
    project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
    wanted = {line.split(">")[0].split("=")[0].split("[")[0].strip().lower() for line in project["dependencies"]}
    return {name.replace("-", "_") for name in wanted}


def needless(files: dict[str, str]) -> list[str]:
    """Imports in functions that are neither of an extra nor spare time at the start."""
    graph, core = Graph(files), core_packages()
    first = graph.reached(*START)
    commands = {each for node in inside_functions(graph.trees[ASSEMBLY]) for each in imported(node, graph.ours)}
    help_imports = first | graph.reached(*commands)

    def is_extra(module: str, known: set[str]) -> bool:
        tops = {name.split(".")[0] for name in graph.reached(module)}
        return bool(tops - core - set(sys.stdlib_module_names) - {name.split(".")[0] for name in known} - OURS)

    found = []
    for name, tree in graph.trees.items():
        known = graph.reached(name)
        start = first if name in first else help_imports  # what every command imports, and what `--help` does
        for node in [each for each in inside_functions(tree) if each.lineno not in guarded(tree)]:
            for module in imported(node, graph.ours):
                spares = name in start and module not in start and module not in known
                is_slow = bool((graph.reached(module) - known) & SLOW)
                if not (spares or is_extra(module, known) or is_slow):
                    found.append(f"{name}:{node.lineno}: {ast.unparse(node)}: expected at the top of the file")
    return found


def test_no_file_over_300_lines_and_no_function_over_60() -> None:
    assert [line for path, text in sources().items() for line in too_long(path, text)] == []


def test_every_file_has_a_caption_of_one_line() -> None:
    assert [line for path, text in sources().items() for line in without_caption(path, text)] == []


def test_few_modules_are_loose() -> None:
    assert len(loose(list(sources()))) <= MOST_LOOSE


def test_imports_in_functions_are_of_extras_or_spare_time_at_the_start() -> None:
    assert needless(sources()) == []


def test_modules_are_loaded_by_name_in_two_places_alone() -> None:
    found = {name_of(path) for path, text in sources().items() if "import_module" in text or "__import__(" in text}
    assert found == set(LOADERS)


BROKEN = {
    "a long file": '"""A caption."""\n' + "\n" * 300,
    "a long function": '"""A caption."""\n\n\ndef f():\n' + "    x = 1\n" * 60,
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_too_long_is_found(kind: str) -> None:
    assert len(too_long("textrnn/made.py", BROKEN[kind])) == 1


@pytest.mark.parametrize(
    "text", ["x = 1\n", '"""A caption of\ntwo lines."""\n', '"""A caption"""\n', '"""Rows and columns."""\n']
)
def test_what_is_no_caption_is_found(text: str) -> None:
    assert without_caption("textrnn/made.py", text)


@pytest.mark.parametrize(
    ("line", "is_needless"),
    [
        ("import torch", False),  # late at the start
        ("import traceback", True),  # there already
        ("from textrnn.errors import DataError", True),
        ("import matplotlib", False),  # an extra
        ("try: import numpy.none\n    except ImportError: pass", False),
        ("from textrnn.model.folder import load_predictor", False),
    ],
)
def test_an_import_in_a_function_that_spares_nothing_is_found(line: str, is_needless: bool) -> None:
    files = {**sources()}
    files["pipelines/app.py"] += f"\n\ndef made():\n    {line}\n"
    assert bool(needless(files)) == is_needless


def test_an_import_in_a_function_of_a_module_that_is_late_itself_is_found() -> None:
    files = {**sources()}
    files["textrnn/nn/classifier.py"] += "\n\ndef made():\n    import numpy.ma\n"
    assert needless(files)


def test_the_sources_read_are_those_that_git_has() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "textrnn/*.py", "pipelines/*.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert set(listed.stdout.split()) <= set(sources())
