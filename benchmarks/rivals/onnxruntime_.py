"""ONNX Runtime: its LSTM operator with textrnn's weights, on texts sorted by length."""

from __future__ import annotations

import functools
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from benchmarks.data import Rows, padded
from benchmarks.serve import measured, serve
from benchmarks.sizes import WIDTH

THREADS = int(os.environ["OMP_NUM_THREADS"])


def reordered(weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Gates i, f, g, o of torch as ONNX has them: i, o, f, c."""
    i, f, g, o = np.split(weight, 4)
    return np.concatenate([i, o, f, g])


def build(weights: dict[str, NDArray[np.float32]]) -> bytes:
    """Embedding, bidirectional LSTM with lengths, the last state of each direction, a linear layer."""

    def both(name: str) -> list[NDArray[np.float32]]:
        return [reordered(weights[f"encoder.{name}_l0{end}"]) for end in ("", "_reverse")]

    biases = [np.concatenate(pair) for pair in zip(both("bias_ih"), both("bias_hh"), strict=True)]
    constants = {
        "table": weights["embedding.weight"],
        "W": np.stack(both("weight_ih")),
        "R": np.stack(both("weight_hh")),
        "B": np.stack(biases),
        "head": weights["head.weight"],
        "bias": weights["head.bias"],
        "flat": np.array([-1, 2 * WIDTH], dtype=np.int64),
    }
    nodes = [
        helper.make_node("Gather", ["table", "ids"], ["x"]),
        helper.make_node(
            "LSTM", ["x", "W", "R", "B", "lengths"], ["", "last"], hidden_size=WIDTH, direction="bidirectional"
        ),
        helper.make_node("Transpose", ["last"], ["by_text"], perm=[1, 0, 2]),
        helper.make_node("Reshape", ["by_text", "flat"], ["pooled"]),
        helper.make_node("Gemm", ["pooled", "head", "bias"], ["logits"], transB=1),
    ]
    inputs = [
        helper.make_tensor_value_info("ids", TensorProto.INT64, ["T", "B"]),
        helper.make_tensor_value_info("lengths", TensorProto.INT32, ["B"]),
    ]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["B", 2])]
    initial = [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "classifier", inputs, outputs, initial)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


@functools.cache
def session(folder: Path) -> onnxruntime.InferenceSession:
    """The model with textrnn's weights, on as many threads as everyone."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    # its threads sleep between requests: other ways are measured meanwhile
    options.add_session_config_entry("session.force_spinning_stop", "1")
    model = build(dict(np.load(folder / "weights.npz")))
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def predict(folder: Path, *, rows: str, texts: int, batch: int) -> dict[str, Any]:
    """Logits of the first `texts` rows, read in batches of like lengths; kept for comparison."""
    made, running = Rows.load(folder, rows), session(folder)
    logits = np.zeros((texts, 2), dtype=np.float32)
    begun = time.perf_counter()
    lengths = np.diff(made.offsets[: texts + 1])
    order = np.argsort(-lengths, kind="stable")
    for start in range(0, texts, batch):
        chosen = order[start : start + batch]
        ids = np.ascontiguousarray(padded(made, chosen).T)
        logits[chosen] = running.run(None, {"ids": ids, "lengths": lengths[chosen].astype(np.int32)})[0]
    seconds = time.perf_counter() - begun
    np.save(folder / "logits-onnxruntime.npy", logits, allow_pickle=False)
    return measured(seconds, texts)


if __name__ == "__main__":
    serve({"predict": predict}, ["onnxruntime"])
