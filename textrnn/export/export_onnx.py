"""A model folder as an ONNX file with its card, written where it agrees with textrnn."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from textrnn.export.graph_builder import to_bytes
from textrnn.export.onnx_card import write_onnx_card
from textrnn.export.onnx_check import Parity, compare_with
from textrnn.export.onnx_graph import build_graph
from textrnn.model.folder import load_predictor
from textrnn.storage.files import MANIFEST, digest_bytes, write_bytes, write_text


@dataclass(frozen=True)
class Exported:
    """The `file` that was written, its size in bytes, its `card`, and how near its scores are."""

    file: Path
    size: int
    card: Path
    parity: Parity


def card_of(file: Path) -> Path:
    """Return where the card of an ONNX file stands.

    >>> card_of(Path("films.onnx")).name
    'films.md'
    """
    return file.with_suffix(".md")


def export_onnx(folder: Path, file: Path) -> Exported:
    """Write the model in `folder` as the ONNX `file`, and its card.

    Raises ModelError, and writes nothing, where onnxruntime's scores differ from ours by more than 1e-5; ConfigError
    where the extra `onnx` is not installed.
    """
    predictor = load_predictor(folder)
    digest = digest_bytes((folder / MANIFEST).read_bytes())
    graph = build_graph(predictor)
    graph.metadata |= {"model": folder.name, "manifest_sha256": digest}
    data = to_bytes(graph)
    parity = compare_with(predictor, data)
    card = write_onnx_card(predictor, graph, parity, file=file.name, model=folder.name, digest=digest)
    write_bytes(file, data)
    write_text(card_of(file), card)
    return Exported(file, len(data), card_of(file), parity)
