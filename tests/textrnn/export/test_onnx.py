"""A model as an ONNX graph: onnxruntime's scores are ours, whatever the network, the target, the batch."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hostile_models import made_model
from made import make_rows
from numpy.typing import NDArray

from textrnn import TextClassifier
from textrnn.config.data import TargetKind
from textrnn.config.model import Encoder, Pooling
from textrnn.config.train import Truncation
from textrnn.data.tabular import CategoricalColumn, NumericColumn, TabularColumns, TabularFeatures
from textrnn.decision.calibration import Calibration
from textrnn.decision.decision import Decision
from textrnn.errors import ConfigError, ModelError
from textrnn.export import encoder_nodes
from textrnn.export.export_onnx import export_onnx
from textrnn.export.graph_builder import Graph, to_bytes
from textrnn.export.onnx_check import compare_with, feed_of, open_session
from textrnn.export.onnx_graph import build_graph
from textrnn.inference.engine import build_engine
from textrnn.linear.ngram_branch import empty_branch
from textrnn.model.folder import predictor_of
from textrnn.model.predictor import Predictor
from textrnn.nn.classifier import build_model
from textrnn.nn.from_network import to_arrays
from textrnn.text.ragged import ragged

pytest.importorskip("onnx", reason="the extra onnx is not installed")
pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
GRID: dict[str, Any] = {"batches": (1, 5), "lengths": (0, 1, 3, 30)}
TABULAR = TabularColumns(
    (NumericColumn("price", 3.0, 2.0, True), NumericColumn("weight", 0.0, 1.0, False)),
    (CategoricalColumn("shop", ("a", "b")), CategoricalColumn("town", tuple("cdefg"))),
)


@functools.cache
def base(target: TargetKind = "single") -> Predictor:
    return predictor_of(made_model(target_kind=target))


def predictor_with(tabular: TabularColumns | None = None, **changed: Any) -> Predictor:
    """A predictor with a network of `changed` settings, its weights large enough for texts to differ."""
    predictor = base()
    config = replace(predictor.engine.network.config, **changed)
    columns = tabular or predictor.tabular
    network = build_model(config, predictor.tokenizer.vocabulary_size, 2, seed=3, tabular=columns)
    chance = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if "weight_hh" not in name:  # larger, those would magnify the last bit from step to step
                weight.add_(0.5 * torch.randn(weight.shape, generator=chance))
    return replace(predictor, engine=build_engine(to_arrays(network)), tabular=columns)


def check(predictor: Predictor, **grid: Any) -> NDArray[np.float64]:
    return compare_with(predictor, to_bytes(build_graph(predictor)), **(GRID | grid)).differences


ENCODERS: list[Encoder] = ["lstm", "gru", "rnn", "elman", "mingru", "bag", "convolution"]
POOLINGS: list[Pooling] = ["last", "mean", "max", "max_mean", "attention"]
TRUNCATIONS: list[Truncation] = ["head", "tail", "both"]


@pytest.mark.parametrize("encoder", ENCODERS)
def test_every_encoder_and_every_pooling(encoder: Encoder) -> None:
    for number, pooling in enumerate(POOLINGS):
        deep = {"num_layers": 1 + number % 2, "bidirectional": number % 3 != 1}
        predictor = predictor_with(encoder=encoder, pooling=pooling, **deep)
        short = replace(predictor, max_tokens=(8, 13)[number % 2], truncation=TRUNCATIONS[number % 3])
        assert check(short).max() <= 1e-5, pooling


def test_scores_differ_from_text_to_text() -> None:
    """Else the comparison would see nothing."""
    scores = predictor_with().predict_encoded(ragged([[5, 6, 7], [9, 8], [], [6, 5, 7]]))
    assert np.ptp(scores[:, 0]) > 0.05
    assert abs(scores[0, 0] - scores[3, 0]) > 1e-3


@pytest.mark.parametrize("target", ["multi", "number", "ordinal", "path"])
def test_every_kind_of_target(target: TargetKind) -> None:
    predictor = base(target)
    graph = build_graph(predictor)
    assert [each.name for each in graph.outputs] == ["value" if target == "number" else "probabilities"]
    assert check(predictor).max() <= 1e-5
    if target == "number":
        offset = replace(predictor, decision=replace(predictor.decision, offset=3.5))
        assert check(offset).max() <= 1e-5


def test_tabular_features_in_both_branches() -> None:
    predictor = predictor_with(TABULAR)
    chance = np.random.default_rng(0)
    weights = chance.normal(size=(TABULAR.features, 2)).astype(np.float32)
    both = replace(predictor, ngram_branch=replace(predictor.ngram_branch, tabular=weights))
    assert check(both).max() <= 1e-5
    only = replace(TABULAR, numeric=()), replace(TABULAR, categorical=())
    for columns in only:
        assert check(predictor_with(columns)).max() <= 1e-5


def test_one_branch_alone_and_a_branch_without_ngrams() -> None:
    predictor = predictor_with()
    for decision in (Decision(2.0, 0.0), Decision(0.0, 2.0)):
        assert check(replace(predictor, decision=decision)).max() <= 1e-5
    nothing = replace(empty_branch(2), bias=np.array([0.25, -1], np.float32))
    for decision in (Decision(0.0, 1.0), Decision(1.0, 1.0)):
        assert check(replace(predictor, ngram_branch=nothing, decision=decision)).max() <= 1e-5
    assert "GRU" not in {node.operator for node in build_graph(replace(predictor, decision=Decision(0.0, 1.0))).nodes}


def test_what_is_rejected_is_reported() -> None:
    predictor = predictor_with()
    decision = Decision(1.0, 0.5, min_confidence=0.9)
    assert check(replace(predictor, decision=decision)).max() <= 1e-5
    session = open_session(to_bytes(build_graph(replace(predictor, decision=decision))))
    rows = ragged([[i, i + 1, i] for i in range(2, 30)])
    _, accepted = session.run(None, feed_of(rows))
    assert 0 < accepted.sum() < len(accepted)


@pytest.mark.parametrize("accept", [(0.55,), (0.52, 0.6)])
@pytest.mark.parametrize("rule", ["argmax", "median"])
def test_a_threshold_of_probabilities_and_vector_scaling_are_in_the_graph(accept: tuple[float, ...], rule: Any) -> None:
    predictor = predictor_with()
    scaled = Calibration("vector", (1.5, 0.5), (0.2, -0.1))
    decision = Decision(1.0, 0.5, rule=rule, accept=accept, calibration=scaled)
    assert check(replace(predictor, decision=decision)).max() <= 1e-5
    session = open_session(to_bytes(build_graph(replace(predictor, decision=decision))))
    rows = ragged([[i, i + 1, i] for i in range(2, 30)])
    scores, accepted = session.run(None, feed_of(rows))
    chosen = scores.argmax(axis=1)
    assert accepted.tolist() == (scores.max(axis=1) >= np.array(accept * 2)[:2][chosen]).tolist()
    assert 0 < accepted.sum() < len(accepted)


@pytest.mark.parametrize("more", [{"lowered": (0.4, 2.0)}, {"costs": ((0.0, 1.0), (2.0, 0.0))}])
def test_a_decision_that_a_graph_does_not_hold_is_refused(more: Any) -> None:
    predictor = predictor_with()
    with pytest.raises(ConfigError, match="expected a decision by probability"):
        build_graph(replace(predictor, decision=Decision(1.0, 0.5, **more)))


def test_what_stands_behind_a_text_and_next_to_it_is_not_read() -> None:
    """Padding of any kind, a batch of empty texts without a column, lengths past the end."""
    predictor = predictor_with()
    session = open_session(to_bytes(build_graph(predictor)))
    rows = ragged([[5, 6, 7, 8], [9], []])
    (want,) = session.run(None, feed_of(rows))
    for padding in (-1, 999_999):
        feed = feed_of(rows, padding=functools.partial(np.full, fill_value=padding))
        assert np.array_equal(session.run(None, feed)[0], want)
    feed = feed_of(rows)
    wide = {"ids": np.pad(feed["ids"], ((0, 0), (0, 60))), "lengths": feed["lengths"]}
    np.testing.assert_allclose(session.run(None, wide)[0], want, atol=1e-6)
    for i in range(3):
        (alone,) = session.run(None, feed_of(ragged([rows[i]])))
        np.testing.assert_allclose(alone[0], want[i], atol=1e-6)
    (empty,) = session.run(None, {"ids": np.zeros((2, 0), np.int64), "lengths": np.zeros(2, np.int64)})
    np.testing.assert_allclose(empty, want[[2, 2]], atol=1e-6)
    past = {"ids": feed["ids"][:1], "lengths": np.array([4000])}
    np.testing.assert_allclose(session.run(None, past)[0], want[:1], atol=1e-6)


def broken(graph: Graph, operator: str, **attributes: Any) -> Graph:
    nodes = [replace(node, attributes=attributes) if node.operator == operator else node for node in graph.nodes]
    return replace(graph, nodes=nodes)


def test_a_graph_that_computes_something_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    predictor = predictor_with(encoder="gru")
    wrong = broken(build_graph(predictor), "GRU", hidden_size=5, direction="bidirectional", linear_before_reset=0)
    with pytest.raises(ModelError, match=r"expected onnxruntime .* to agree with textrnn to 1e-05, found a difference"):
        compare_with(predictor, to_bytes(wrong), **GRID)
    made_model().save(tmp_path / "model")
    monkeypatch.setitem(encoder_nodes.OPERATORS, "lstm", ("LSTM", (0, 1, 2, 3)))
    monkeypatch.setattr("textrnn.export.onnx_check.LENGTHS", (0, 30))
    with pytest.raises(ModelError, match="nothing was written"):
        export_onnx(tmp_path / "model", tmp_path / "a.onnx")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model"]


def test_a_file_with_its_card(tmp_path: Path) -> None:
    import onnx

    made_model().save(tmp_path / "model")
    done = export_onnx(tmp_path / "model", tmp_path / "films.onnx")
    assert done.size == (tmp_path / "films.onnx").stat().st_size
    model = onnx.load(tmp_path / "films.onnx")
    told = {each.key: each.value for each in model.metadata_props}
    assert (told["classes"], told["rule"]) == ('["bad", "good"]', "argmax")
    assert [dim.dim_param for dim in model.graph.input[0].type.tensor_type.shape.dim] == ["batch", "time"]
    card = (tmp_path / "films.md").read_text("utf-8")
    assert "Classes, in order: `bad`, `good`" in card
    assert "| tokens | 1 text | 2 texts | 7 texts | 32 texts |" in card
    assert told["manifest_sha256"] in card
    texts, labels = zip(*make_rows(240, seed=5), strict=True)
    decided = TextClassifier.load(tmp_path / "model").decide(list(texts), list(labels), coverage=0.6)
    export_onnx(decided.save(tmp_path / "decided"), tmp_path / "decided.onnx")
    promises = [line for line in (tmp_path / "decided.md").read_text("utf-8").splitlines() if line.startswith("- ")]
    assert f"- {decided.decision_lines[0].strip()}" in promises
    again = export_onnx(tmp_path / "model", tmp_path / "again.onnx")
    assert again.file.read_bytes() == done.file.read_bytes()


def test_without_the_extra_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(ConfigError, match=r"expected the package onnx .*pip install 'textrnn\[onnx\]'"):
        to_bytes(build_graph(base()))
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    with pytest.raises(ConfigError, match="expected the package onnxruntime"):
        open_session(b"")


def test_features_as_a_graph_takes_them() -> None:
    tabular = TabularFeatures(np.ones((2, 0), np.float32), np.ones((2, 1), np.int32), (2,))
    feed = feed_of(ragged([[3, 4], []]), tabular)
    assert {name: value.dtype for name, value in feed.items()} == dict.fromkeys(("ids", "lengths", "codes"), np.int64)
    assert feed["ids"].tolist() == [[3, 4], [0, 0]]
