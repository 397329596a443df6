"""Predictions as the tensors of the Open Inference Protocol, in JSON or after it in binary form."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from textrnn.model.predictor import Predictions
from textrnn.serving.inference_request import InferenceRequest
from textrnn.serving.problems import Problem
from textrnn.serving.served_model import ServedModel

OPTIONAL_TENSOR = "classes"  # a tensor that is sent only where it is named


class Tensor(NamedTuple):
    """A tensor's name, its datatype in the protocol, its values: strings as a list, all else as an array."""

    name: str
    datatype: str
    values: Any

    @property
    def shape(self) -> list[int]:
        """Its shape."""
        return [len(self.values)] if isinstance(self.values, list) else list(self.values.shape)


def output_tensors(model: ServedModel, found: Predictions | None) -> list[Tensor]:
    """The tensors of N predictions; without them empty ones, for their names, datatypes and shapes."""
    target = model.predictor.target
    empty: NDArray[Any] = np.zeros((0, target.outputs))
    predictions = np.zeros(0, np.int64) if found is None else found.predictions
    scores = empty if found is None else found.probabilities
    none = empty[:, 0]
    tensors: list[Tensor] = []
    if target.kind == "number":
        tensors.append(Tensor("value", "FP64", scores[:, 0]))
    else:
        if target.exclusive:
            tensors.append(Tensor("label", "BYTES", [target.names[c] for c in predictions.tolist()]))
        else:
            tensors.append(Tensor("labels", "BOOL", empty.astype(bool) if found is None else predictions))
        tensors.append(Tensor("probabilities", "FP64", scores))
    tensors += [
        Tensor("accepted", "BOOL", none.astype(bool) if found is None else found.accepted),
        Tensor("tokens", "INT64", none.astype(np.int64) if found is None else found.tokens),
        Tensor("cut", "BOOL", none.astype(bool) if found is None else found.cut),
        Tensor("unknown", "FP64", none if found is None else found.unknown),
    ]
    return [*tensors, Tensor(OPTIONAL_TENSOR, "BYTES", target.names)] if target.classes else tensors


def render_inference(model: ServedModel, found: Predictions, asked: InferenceRequest) -> tuple[bytes, int | None]:
    """The answer, and the length of its JSON where tensors follow it. Raises Problem (400) for an unknown tensor."""
    tensors = {tensor.name: tensor for tensor in output_tensors(model, found)}
    wanted = asked.outputs
    if wanted is None:
        wanted = {name: asked.binary for name in tensors if name != OPTIONAL_TENSOR}
    if any(name not in tensors for name in wanted):
        raise Problem(400, f"/outputs: expected {', '.join(tensors)}, found another; see /v2/models/{model.name}")
    outputs, rest = [], []
    for name, binary in wanted.items():
        tensor = tensors[name]
        about: dict[str, Any] = {"name": name, "datatype": tensor.datatype, "shape": tensor.shape}
        if binary:
            rest.append(_pack(tensor))
            about["parameters"] = {"binary_data_size": len(rest[-1])}
        else:
            values = tensor.values
            about["data"] = values if isinstance(values, list) else values.ravel().tolist()
        outputs.append(about)
    content: dict[str, Any] = {"model_name": model.name, "model_version": model.digest, "outputs": outputs}
    if asked.id is not None:
        content["id"] = asked.id
    header = json.dumps(content).encode()
    return b"".join([header, *rest]), len(header) if rest else None


def _pack(tensor: Tensor) -> bytes:
    if tensor.datatype != "BYTES":
        kind = {"BOOL": "?", "INT64": "<i8", "FP64": "<f8"}[tensor.datatype]
        return bytes(np.ascontiguousarray(tensor.values, dtype=kind).tobytes())
    strings = [value.encode() for value in tensor.values]
    return b"".join(len(string).to_bytes(4, "little") + string for string in strings)
