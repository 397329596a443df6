"""A graph of ONNX operators as plain records, from which `onnx` makes a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from textrnn.errors import ConfigError

OPSET = 17  # of 2022: every engine of today reads it
IR_VERSION = 9
PRODUCER = "textrnn"
FLOAT, INT32, DOUBLE = 1, 6, 11  # the numbers of these dtypes in an attribute (TensorProto.DataType)


@dataclass(frozen=True)
class Value:
    """An input or output of a graph: its dtype and its shape, in which names are free."""

    name: str
    dtype: type[np.generic]
    shape: tuple[int | str, ...]


@dataclass(frozen=True)
class Node:
    """One operator: names of what it takes, "" for what it does without, and of what it gives."""

    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]


@dataclass
class Graph:
    """Nodes in the order in which they are computed, and the constants that they take.

    Values are known by name; whoever adds a node gets the name of what it gives.
    """

    inputs: list[Value] = field(default_factory=list)
    outputs: list[Value] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    constants: dict[str, NDArray[Any]] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)

    def input(self, name: str, dtype: type[np.generic], *shape: int | str) -> str:
        """Add an input."""
        self.inputs.append(Value(name, dtype, shape))
        return name

    def output(self, name: str, value: str, dtype: type[np.generic], *shape: int | str) -> None:
        """Call `value` by a name of its own, as an output."""
        self.nodes.append(Node("Identity", (value,), (name,), {}))
        self.outputs.append(Value(name, dtype, shape))

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add an operator that gives one value."""
        (name,) = self.add_several(operator, *inputs, outputs=1, **attributes)
        return name

    def add_several(self, operator: str, *inputs: str, outputs: int, **attributes: Any) -> tuple[str, ...]:
        """Add an operator that gives so many values."""
        names = tuple(f"{operator.lower()}_{len(self.nodes)}_{i}" for i in range(outputs))
        self.nodes.append(Node(operator, inputs, names, attributes))
        return names

    def constant(self, value: ArrayLike, dtype: type[np.generic] = np.int64, *, name: str = "") -> str:
        """Add a constant; equal small ones are one."""
        array = np.ascontiguousarray(value, dtype=dtype).reshape(np.shape(value))
        if not name:
            name = f"{array.dtype}_{'x'.join(map(str, array.shape))}_{'_'.join(map(str, array.ravel()[:8]))}"
            while name in self.constants and not np.array_equal(self.constants[name], array):
                name += "_"
        self.constants[name] = array
        return name


def to_bytes(graph: Graph) -> bytes:
    """Return the graph as the bytes of an ONNX file, checked by `onnx`. Raises ConfigError where that is not there."""
    try:
        from onnx import checker, helper, numpy_helper
    except ImportError:
        raise missing_package("onnx") from None

    def described(values: Sequence[Value]) -> list[Any]:
        kind = helper.np_dtype_to_tensor_dtype
        return [helper.make_tensor_value_info(each.name, kind(np.dtype(each.dtype)), each.shape) for each in values]

    nodes = [helper.make_node(n.operator, n.inputs, n.outputs, **n.attributes) for n in graph.nodes]
    constants = [numpy_helper.from_array(value, name) for name, value in graph.constants.items()]
    whole = helper.make_graph(nodes, PRODUCER, described(graph.inputs), described(graph.outputs), constants)
    opset = [helper.make_opsetid("", OPSET)]
    model = helper.make_model(whole, opset_imports=opset, ir_version=IR_VERSION, producer_name=PRODUCER)
    helper.set_model_props(model, graph.metadata)
    checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


def missing_package(name: str) -> ConfigError:
    """Return the error for a package of the extra `onnx` that is not installed."""
    return ConfigError(f"expected the package {name} to be installed; run: pip install 'textrnn[onnx]'")
