"""Small changes of a source, each of which changes its meaning: what may be planted in a file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

COMPARED: dict[type[ast.cmpop], str] = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.In: "not in", ast.NotIn: "in", ast.Is: "is not", ast.IsNot: "is",
}  # fmt: skip
COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.Pow: ast.Mult, ast.LShift: ast.RShift,
}  # fmt: skip
# a function or method -> what stands in its place
RENAMED = {
    "min": "max", "max": "min", "argmin": "argmax", "argmax": "argmin", "any": "all", "all": "any", "mean": "sum",
    "sum": "mean", "ceil": "floor", "floor": "ceil", "zeros": "ones", "ones": "zeros", "maximum": "minimum",
    "minimum": "maximum", "lower": "upper", "strip": "lstrip", "rstrip": "lstrip", "removeprefix": "removesuffix",
    "startswith": "endswith", "partition": "rpartition", "log1p": "log", "exp": "expm1", "sorted": "list",
    "isclose": "equal", "zeros_like": "ones_like", "cumsum": "cumprod", "hstack": "vstack", "union": "intersection",
}  # fmt: skip
SYMMETRIC = (
    "max",
    "min",
    "maximum",
    "minimum",
    "gcd",
    "lcm",
    "array_equal",
    "union1d",
    "right_of",
)  # of two: either order
REVERSED = {"argsort", "cumsum", "unique", "flatnonzero"}  # a call -> the same, last first
SPLITS = {"train": "validation", "validation": "train", "test": "validation"}
# what is said to people and to readers of code: another word there changes no meaning
WORDING = {
    "say", "show", "warn", "print", "echo", "debug", "info", "warning", "error", "heading", "quoted", "add_note",
    "Annotated", "Literal", "cast", "TypeVar", "get_type_hints",
}  # fmt: skip


# arguments without which a call means the same: who is told, checks that hold of what we give, which thread computes
UNTOLD = ("on_", "strict", "stacklevel", "thread_name_prefix", "category", "show_progress", "use_threads")
SMALLEST = 1e-6  # a number below guards a division or a comparison: half as much again guards as well


@dataclass(frozen=True)
class Mutant:
    """One change of a `file`: in `place`, of what kind, which text by which; `whole` is the file as it is, where the
    change stands from the byte `at`, in a statement of these `lines`.
    """

    file: str
    place: str
    kind: str
    before: str
    after: str
    whole: bytes
    at: int
    lines: tuple[int, int]
    test: str = ""  # one that is known to see it

    @property
    def source(self) -> str:
        """The file with the change."""
        return (
            self.whole[: self.at] + self.after.encode() + self.whole[self.at + len(self.before.encode()) :]
        ).decode()

    @property
    def said(self) -> str:
        """The change in a line, without any number of a line."""
        return f"{self.file} {self.place}: {self.kind}: {self.before!r} -> {self.after!r}"


@dataclass(frozen=True)
class _Text:
    """A source, whose nodes are replaced by their places in it."""

    starts: tuple[int, ...]  # of each line, in bytes
    data: bytes

    def span(self, node: ast.AST) -> tuple[int, int]:
        """First and last byte of `node`."""
        return (
            self.starts[node.lineno - 1] + node.col_offset,  # type: ignore[attr-defined]
            self.starts[node.end_lineno - 1] + node.end_col_offset,  # type: ignore[attr-defined]
        )

    def of(self, node: ast.AST) -> str:
        """The source of `node`."""
        first, last = self.span(node)
        return self.data[first:last].decode()


def mutants_of(file: str, source: str) -> Iterator[Mutant]:
    """Every change that the operators know of in `source`, in the order of the file; `is_python` is to be asked yet."""
    data = source.encode()
    starts = [0]
    for line in data.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    text = _Text(tuple(starts), data)
    for statement, place in _statements(ast.parse(source).body, ""):
        lines = _head(statement)
        for node, kind, after in _changes(statement, text):
            yield Mutant(file, place, kind, text.of(node), after, data, text.span(node)[0], lines)


def is_python(source: str) -> bool:
    """Whether `source` is a module at all: a change in the place of a node may not be."""
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


def _statements(body: list[ast.stmt], place: str) -> Iterator[tuple[ast.stmt, str]]:
    """Every statement that computes, with the name of the function or class that it stands in."""
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = f"{place}.{statement.name}" if place else statement.name
            yield statement, inner
            yield from _statements(statement.body, inner)
            continue
        if _is_wording(statement):
            continue
        yield statement, place or "(module)"
        for name in ("body", "orelse", "finalbody"):
            yield from _statements(getattr(statement, name, []), place)
        for handler in getattr(statement, "handlers", []):
            yield from _statements(handler.body, place)
        for case in getattr(statement, "cases", []):
            yield from _statements(case.body, place)


def _is_wording(statement: ast.stmt) -> bool:
    """Whether it is a docstring, an import, a raised error, a type, or something for type checkers alone."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return True
    if isinstance(statement, ast.Import | ast.ImportFrom | ast.Raise | ast.Assert | ast.Pass | ast.Global):
        return True
    if isinstance(statement, ast.If) and isinstance(statement.test, ast.Name) and statement.test.id == "TYPE_CHECKING":
        return True
    value = getattr(statement, "value", None)
    if isinstance(statement, ast.Assign) and isinstance(value, ast.BinOp) and isinstance(value.op, ast.BitOr):
        return all(
            (isinstance(node, ast.Name) and node.id.istitle()) or _is_type(node) for node in (value.left, value.right)
        )
    if isinstance(statement, ast.Assign) and isinstance(value, ast.Subscript | ast.BinOp):
        return any(isinstance(node, ast.Name) and node.id in WORDING for node in ast.walk(value))
    if isinstance(statement, ast.Assign) and any(getattr(t, "id", "") == "__all__" for t in statement.targets):
        return True
    called = value.func if isinstance(statement, ast.Expr) and isinstance(value, ast.Call) else None
    return _name_of(called) in WORDING or (called is not None and ast.unparse(called) == "job.log")


def _is_type(node: ast.AST) -> bool:
    """Whether `node` looks like a part of a union of types."""
    return isinstance(node, ast.BinOp | ast.Subscript) or _name_of(node) in ("str", "int", "float", "bool", "bytes")


def _head(statement: ast.stmt) -> tuple[int, int]:
    """First and last line of a statement, without the statements inside it."""
    body = getattr(statement, "body", None)
    last = body[0].lineno - 1 if body else statement.end_lineno or statement.lineno
    return statement.lineno, max(statement.lineno, last)


def _name_of(node: ast.AST | None) -> str:
    return getattr(node, "id", "") or getattr(node, "attr", "")


def _changes(statement: ast.stmt, text: _Text) -> Iterator[tuple[ast.AST, str, str]]:
    """Each change of a statement itself: the node that changes, the kind of change, what stands in its place."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        for default in [*statement.args.defaults, *filter(None, statement.args.kw_defaults)]:
            yield from _of_expression(default, text)
        return
    if isinstance(statement, ast.ClassDef | ast.Try):
        return
    dropped = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
    if dropped or isinstance(statement, ast.AugAssign | ast.Continue | ast.Break):
        yield statement, "statement dropped", "pass"
    if isinstance(statement, ast.AugAssign) and type(statement.op) in COMPUTED:
        other = ast.AugAssign(statement.target, COMPUTED[type(statement.op)](), statement.value)
        yield statement, "arithmetic", ast.unparse(other)
    if isinstance(statement, ast.If) and _only_raises(statement):
        yield statement.test, "check dropped", "False"
    elif isinstance(statement, ast.If | ast.While):
        yield statement.test, "condition negated", f"not ({text.of(statement.test)})"
    if isinstance(statement, ast.Return) and isinstance(statement.value, ast.Call) and statement.value.args:
        yield statement.value, "returned earlier", text.of(statement.value.args[0])
    for child in _expressions(statement):
        yield from _of_expression(child, text)


def _only_raises(statement: ast.If) -> bool:
    return len(statement.body) == 1 and isinstance(statement.body[0], ast.Raise) and not statement.orelse


def _expressions(statement: ast.stmt) -> Iterator[ast.expr]:
    """The expressions of a statement, without its annotations and the statements inside it."""
    for name, value in ast.iter_fields(statement):
        if name in ("annotation", "returns", "decorator_list", "type_params", "type_comment"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.expr):
                yield child
            elif isinstance(child, ast.withitem):
                yield child.context_expr


def _of_expression(node: ast.expr, text: _Text) -> Iterator[tuple[ast.AST, str, str]]:
    """Each change of an expression, and of those inside it."""
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Call) and _name_of(node.func) in WORDING):
        return
    yield from _of_node(node, text)
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr) and child is not getattr(node, "annotation", None):
            yield from _of_expression(child, text)
        elif isinstance(child, ast.keyword) and not (child.arg or "").startswith(UNTOLD):
            yield from _of_expression(child.value, text)
        elif isinstance(child, ast.comprehension):
            for inner in (child.iter, *child.ifs):
                yield from _of_expression(inner, text)


def _of_node(node: ast.expr, text: _Text) -> Iterator[tuple[ast.AST, str, str]]:
    match node:
        case ast.Compare(ops=[op], left=left, comparators=[right]):
            before = f"({text.of(left)})" if isinstance(left, ast.NamedExpr) else text.of(left)  # it has no parentheses
            yield node, "comparison", f"({before} {COMPARED[type(op)]} {text.of(right)})"
        case ast.BoolOp(op=op, values=values):
            word = " or " if isinstance(op, ast.And) else " and "
            yield node, "and, or", "(" + word.join(f"({text.of(value)})" for value in values) + ")"
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield node, "sign dropped", f"({text.of(operand)})"
        case ast.BinOp(left=left, op=op, right=right) if type(op) in COMPUTED and not _is_text(left, right):
            yield node, "arithmetic", f"({ast.unparse(ast.BinOp(left, COMPUTED[type(op)](), right))})"
        case ast.IfExp(test=test, body=body, orelse=orelse):
            yield node, "branches swapped", f"({text.of(orelse)} if {text.of(test)} else {text.of(body)})"
        case ast.Constant(value=bool() as value):
            yield node, "constant", str(not value)
        case ast.Constant(value=int() as value):
            yield node, "constant", str(value + 1)
            if value > 0:
                yield node, "constant", str(value - 1)
        case ast.Constant(value=float() as value) if value == 0 or abs(value) >= SMALLEST:
            yield node, "constant", repr(value * 1.5 if value else 0.5)
        case ast.Constant(value=str() as value) if value in SPLITS:
            yield node, "split", repr(SPLITS[value])
        case ast.Subscript(value=value, slice=ast.Slice(lower=None, upper=None, step=ast.UnaryOp())):
            yield node, "order", text.of(value)
        case ast.Call():
            yield from _of_call(node, text)


def _of_call(node: ast.Call, text: _Text) -> Iterator[tuple[ast.AST, str, str]]:
    name = _name_of(node.func)
    if name in RENAMED:
        first, last = text.span(node.func)
        called = text.data[first:last].decode()
        yield node.func, "function", called[: len(called) - len(name)] + RENAMED[name]
    if name in REVERSED:
        yield node, "order", f"{text.of(node)}[::-1]"
    for keyword in node.keywords:
        if keyword.arg is not None and not keyword.arg.startswith(UNTOLD):
            kept = [*node.args, *(other for other in node.keywords if other is not keyword)]
            yield node, "argument dropped", f"{text.of(node.func)}({', '.join(text.of(part) for part in kept)})"
    plain = node.args and not any(isinstance(part, ast.Starred) for part in node.args)
    if plain and len(node.args) >= 2:
        first, second, *rest = (text.of(part) for part in node.args)
        more = [*rest, *(text.of(part) for part in node.keywords)]
        symmetric = (name in SYMMETRIC and not more) or text.of(node.func) == "np.clip"  # min(max(x, low), high)
        if first != second and not symmetric and name not in ("isinstance", "getattr", "hasattr", "setattr"):
            yield node, "arguments swapped", f"{text.of(node.func)}({', '.join([second, first, *more])})"


def _is_text(*nodes: ast.expr) -> bool:
    """Whether one of them is a string or a list: their sum has no difference."""
    kinds = (ast.JoinedStr, ast.List, ast.ListComp, ast.Tuple, ast.Dict)
    return any(
        isinstance(node, kinds) or (isinstance(node, ast.Constant) and isinstance(node.value, str)) for node in nodes
    )
