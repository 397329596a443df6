"""Prediction from token ids in float32: ours, packed `nn.LSTM` and ONNX Runtime with the same weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.interleave import Way, interleave
from benchmarks.session import REVIEWS, TEXTRNN, Program, Session, tell

TORCH, RUNTIME = Program("torch", "torch_"), Program("onnxruntime", "onnxruntime_")
TOLERANCE = 1e-4  # between the logits of two ways


def prediction(session: Session) -> dict[str, Any]:
    """Texts a second, once the logits of all ways are the same to `TOLERANCE`."""
    session.reviews()
    session.ask(TEXTRNN, {"do": "export"})
    given = {"do": "predict", "rows": REVIEWS, "texts": session.size.predicted}
    ways = [
        Way("textrnn", TEXTRNN, {**given, "pooling": "last"}),
        Way(
            "nn.LSTM packed",
            TORCH,
            {**given, "batch": session.size.batch},
            note=f"batches of {session.size.batch} in the order given",
        ),
        Way(
            "ONNX Runtime",
            RUNTIME,
            {**given, "batch": session.size.batch},
            note=f"batches of {session.size.batch}, sorted by length",
        ),
        Way(
            "textrnn, max and mean pooling",
            TEXTRNN,
            {**given, "pooling": "max_mean"},
            note="what it does by default: another network, for comparison",
        ),
    ]
    rows = interleave(session, ways, session.repeats or 5)
    _compare(session, rows)
    about = (
        f"The same weights for all, the last state of each direction, {session.size.predicted} texts; "
        f"logits are compared before anything is reported: they differ by {TOLERANCE:g} at most, or the row says so."
    )
    return {"kind": "ratios", "unit": "texts a second", "about": about, "rows": rows}


def _compare(session: Session, rows: list[dict[str, Any]]) -> None:
    """Take the values from a row whose logits are not ours."""
    ours = np.load(session.folder / "logits-textrnn-last.npy")
    for way, name in (("nn.LSTM packed", "torch"), ("ONNX Runtime", "onnxruntime")):
        row = next((row for row in rows if row["way"] == way and row["values"]), None)
        if row is None:
            continue
        row["difference"] = float(np.abs(np.load(session.folder / f"logits-{name}.npy") - ours).max())
        if not row["difference"] <= TOLERANCE:
            row["values"], row["failed"] = [], f"its logits differ from ours by {row['difference']:.2g}"
            tell(f"  {way}: {row['failed']}")
