"""A request of the Open Inference Protocol: named tensors, in JSON or after it in binary form, as examples."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from textrnn.data.columns import Columns
from textrnn.serving.json_body import parse_json
from textrnn.serving.limits import Limits
from textrnn.serving.predict_request import PredictRequest, read_request
from textrnn.serving.problems import Problem, kind_of

NUMBER_DTYPES = {
    "FP64": "<f8", "FP32": "<f4", "FP16": "<f2", "INT64": "<i8", "INT32": "<i4", "INT16": "<i2", "INT8": "i1",
    "UINT64": "<u8", "UINT32": "<u4", "UINT16": "<u2", "UINT8": "u1",
}  # fmt: skip
LENGTH_BYTES = 4  # before each string of a tensor in binary form


@dataclass(frozen=True)
class InferenceRequest:
    """What is to be predicted. `outputs` are the tensors wanted, True where in binary form; None: all.

    `binary` says whether tensors that are not named are wanted so. `id` is the sender's own, if any.
    """

    predict: PredictRequest
    outputs: dict[str, bool] | None
    binary: bool
    id: str | None


def read_inference(body: bytes, header_length: int | None, columns: Columns, limits: Limits) -> InferenceRequest:
    """What `body` asks for: JSON of `header_length` bytes (or all), then tensors. Raises Problem (400, 413, 422)."""
    size = len(body) if header_length is None else header_length
    if not 0 <= size <= len(body):
        raise _invalid("Inference-Header-Content-Length", f"at most {len(body)}, the size of the body", "more")
    content, rest = parse_json(body[:size] if size < len(body) else body), memoryview(body)[size:]
    if not isinstance(content, dict) or not isinstance(content.get("inputs"), list):
        raise _invalid("body", "an object with a list of inputs", "another")
    identity = content.get("id")
    if not isinstance(identity, str | None):
        raise _invalid("/id", "a string", kind_of(identity))
    rows = _rows(content["inputs"], rest, columns, limits)
    outputs, parameters = content.get("outputs"), _parameters(content)
    binary = parameters.get("binary_data_output") is True
    return InferenceRequest(read_request({"rows": rows}, columns, limits), _wanted(outputs, binary), binary, identity)


def _rows(inputs: list[Any], rest: memoryview, columns: Columns, limits: Limits) -> list[dict[str, Any]]:
    found: dict[str, list[Any]] = {}
    for place, tensor in enumerate(inputs):
        pointer = f"/inputs/{place}"
        if not isinstance(tensor, dict) or not isinstance(name := tensor.get("name"), str):
            raise _invalid(pointer, "an object with a name", "another")
        if name not in columns.inputs or name in found:
            raise _invalid(f"{pointer}/name", f"one of {', '.join(columns.inputs)}, once", "another")
        wanted = tuple(NUMBER_DTYPES) if name in columns.numeric else ("BYTES",)
        if tensor.get("datatype") not in wanted:
            raise _invalid(f"{pointer}/datatype", " or ".join(wanted), "another")
        count = _count(tensor.get("shape"), pointer, limits)
        size = _parameters(tensor).get("binary_data_size")
        if size is None:
            found[name] = list(_flat(tensor.get("data"), f"{pointer}/data"))
        else:
            if type(size) is not int or not 0 <= size <= len(rest):
                raise _invalid(f"{pointer}/parameters/binary_data_size", "the size of what follows the JSON", "another")
            found[name], rest = _unpack(rest[:size], tensor["datatype"], f"{pointer}"), rest[size:]
        if len(found[name]) != count:
            raise _invalid(f"{pointer}/shape", f"the shape of {len(found[name])} elements", f"one of {count}")
    if len({len(values) for values in found.values()}) != 1:
        raise _invalid("/inputs", "inputs of one length", "none, or inputs of several lengths")
    return [dict(zip(found, cells, strict=True)) for cells in zip(*found.values(), strict=True)]


def _count(shape: Any, pointer: str, limits: Limits) -> int:
    sizes: list[Any] = shape if isinstance(shape, list) else [None]
    if not all(type(size) is int and 0 <= size <= limits.texts for size in sizes) or sizes[1:] not in ([], [1]):
        raise _invalid(f"{pointer}/shape", f"[N] or [N, 1], N at most {limits.texts}", "another")
    return int(math.prod(sizes)) if sizes else 0


def _flat(data: Any, pointer: str) -> Iterator[Any]:
    if not isinstance(data, list):
        raise _invalid(pointer, "a list", kind_of(data))
    for each in data:
        if isinstance(each, list):
            yield from each  # [N, 1]: what is deeper is refused as no cell
        else:
            yield each


def _unpack(data: memoryview, datatype: str, pointer: str) -> list[Any]:
    """The elements of a tensor in binary form."""
    if datatype != "BYTES":
        kind = np.dtype(NUMBER_DTYPES[datatype])
        if len(data) % kind.itemsize:
            raise _invalid(pointer, f"whole numbers of {kind.itemsize} bytes", "a part of one")
        values: list[Any] = np.frombuffer(data, kind).tolist()
        return values
    found: list[str] = []
    start = 0
    while start < len(data):
        stop = start + LENGTH_BYTES
        end = stop + int.from_bytes(data[start:stop], "little")
        if stop > len(data) or end > len(data):
            raise _invalid(pointer, "strings, each after its length", "one that ends too early")
        try:
            found.append(str(data[stop:end], "utf-8"))
        except UnicodeDecodeError:
            raise _invalid(f"{pointer}/data/{len(found)}", "UTF-8", "other bytes") from None
        start = end
    return found


def _wanted(outputs: Any, binary: bool) -> dict[str, bool] | None:
    if outputs is None or outputs == []:
        return None
    if not isinstance(outputs, list) or not all(
        isinstance(o, dict) and isinstance(o.get("name"), str) for o in outputs
    ):
        raise _invalid("/outputs", "a list of objects with a name", "another")
    return {output["name"]: _parameters(output).get("binary_data", binary) is True for output in outputs}


def _parameters(owner: dict[str, Any]) -> dict[str, Any]:
    found = owner.get("parameters", {})
    if not isinstance(found, dict):
        raise _invalid("parameters", "an object", kind_of(found))
    return found


def _invalid(place: str, expected: str, found: str) -> Problem:
    pointer = place if place.startswith("/") else None
    detail = f"{place}: expected {expected}, found {found}; see /openapi.json"
    return Problem(400, detail, pointer=pointer, reason="invalid")
