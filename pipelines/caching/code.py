"""Digests of the code that a stage reaches.

A digest is of the syntax tree without comments, docstrings and annotations, one for each top-level
definition: so that a comment changes no key, and a changed function can be named.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import textrnn
from pipelines.caching.file_memo import FileMemo

LIBRARY_FOLDER = Path(textrnn.__file__).resolve().parent
# no result depends on them
EXCLUDED_MODULES = frozenset(
    {"textrnn.errors", "textrnn.storage.disk", "textrnn.storage.files", "textrnn.storage.locks"}
)
NATIVE_PACKAGE = "textrnn.kernels"  # what its modules load is made from the C files next to them
WHOLE_FILE = "(file)"  # in place of a definition, where a file is digested whole
OUTLINE_VERSION = f"outline1-python3.{sys.version_info.minor}"  # syntax trees differ between minor versions


def read_code(module: str, memo: FileMemo) -> tuple[dict[str, dict[str, str]], list[str]]:
    """What `digest_code` and `imported_libraries` give, in one walk through the files."""
    found = _reach(module, memo)
    definitions = {name: outline["definitions"] for name, outline in sorted(found.items())}
    return definitions, sorted({name for outline in found.values() for name in outline["libraries"]})


def digest_code(module: str, memo: FileMemo) -> dict[str, dict[str, str]]:
    """`{file: {definition: digest}}` of `module` and all of `textrnn` that it imports, directly or not.

    Files are named by module. Package `__init__`s are looked through, not digested; C files are digested whole.
    """
    return read_code(module, memo)[0]


def imported_libraries(module: str, memo: FileMemo) -> list[str]:
    """The top-level names of other packages that `module` and its closure import, sorted."""
    return read_code(module, memo)[1]


def file_of_code(name: str) -> str:
    """The file that `read_code` calls `name`, as it is called on disk, relative to the checkout.

    >>> file_of_code("textrnn.text.build_vocabulary"), file_of_code("textrnn.kernels/recurrence.c")
    ('textrnn/text/build_vocabulary.py', 'textrnn/kernels/recurrence.c')
    """
    package, slash, file = name.partition("/")  # a C file is named by the package that it stands in
    return package.replace(".", "/") + (slash + file or ".py")


def _reach(module: str, memo: FileMemo) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    seen: set[str] = set()  # packages too, which may import a module that imports them
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in seen or name in EXCLUDED_MODULES:
            continue
        seen.add(name)
        parent = name.rpartition(".")[0]
        if parent in found or parent in EXCLUDED_MODULES:
            continue  # no module, but a name that one defines: spared a look at the disk
        path = _file_of(name)
        if path is None:
            continue
        outline = memo.recall(OUTLINE_VERSION, path, outline_file)
        if path.name != "__init__.py":
            found[name] = outline
        if parent == NATIVE_PACKAGE:
            for c_file in sorted(path.parent.glob("*.[ch]")):
                digests = {WHOLE_FILE: memo.digest(c_file)[:16]}
                found[f"{parent}/{c_file.name}"] = {"definitions": digests, "libraries": []}
        waiting.extend(reversed(outline["imports"]))  # so that a module comes before the names it defines
    return found


def _file_of(module: str) -> Path | None:
    if module == "textrnn" or module.startswith("textrnn."):
        stem = LIBRARY_FOLDER.joinpath(*module.split(".")[1:])
        return next((p for p in (stem.with_suffix(".py"), stem / "__init__.py") if p.is_file()), None)
    spec = importlib.util.find_spec(module)
    return Path(spec.origin) if spec and spec.origin else None


def outline_file(path: Path) -> dict[str, Any]:
    """What one Python file defines and imports: `definitions`, `imports` (ours), `libraries` (others')."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    ours: set[str] = set()
    others: set[str] = set()
    for node in ast.walk(tree):
        for name in _imported(node):
            (ours if name.split(".")[0] == "textrnn" else others).add(name)
    return {
        "definitions": _digest_definitions(tree),
        "imports": sorted(ours),
        "libraries": sorted({name.split(".")[0] for name in others}),
    }


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
        # `from textrnn.data import split` names a module, `from textrnn.data.split import f` a definition
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names if _is_ours(node.module))]
    return []


def _is_ours(module: str) -> bool:
    return module.split(".")[0] == "textrnn"


def _digest_definitions(tree: ast.Module) -> dict[str, str]:
    bare = _Bare().visit(tree)
    parts: dict[str, list[str]] = {}
    for node in bare.body:
        named = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        name = node.name if named else "(top level)"
        parts.setdefault(name, []).append(ast.dump(node))
    return {name: hashlib.sha256("\n".join(dumps).encode()).hexdigest()[:16] for name, dumps in parts.items()}


class _Bare(ast.NodeTransformer):
    """A syntax tree without docstrings and annotations."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self._without_docstring(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        node.returns = None
        return self._without_docstring(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._without_docstring(node)

    def visit_Module(self, node: ast.Module) -> ast.AST:
        return self._without_docstring(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        # the name stays: in a dataclass it is a field
        self.generic_visit(node)
        node.annotation = ast.Constant(value=None)
        return node

    def _without_docstring(self, node: Any) -> ast.AST:
        self.generic_visit(node)
        first = node.body[0] if node.body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            node.body = node.body[1:] or [ast.Pass()]
        changed: ast.AST = node
        return changed
