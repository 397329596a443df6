"""What stands beside the text in the network: the equation, its place, and that it learns from it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import TRAIN, model_config, random_rows

from textrnn.data.tabular import CategoricalColumn, NumericColumn, TabularColumns, TabularFeatures
from textrnn.data.target import Target
from textrnn.inference.classifier import Classifier
from textrnn.inference.shapes import network_shapes
from textrnn.nn.batch import assemble
from textrnn.nn.classifier import build_model
from textrnn.nn.predict import compute_logits
from textrnn.nn.tabular import TabularEncoder, tabular_batch
from textrnn.text.ids import Ids
from textrnn.text.ragged import ragged
from textrnn.training.train import train

COLUMNS = TabularColumns(
    (NumericColumn("n", 0.0, 1.0, True),),
    (CategoricalColumn("k", ("a", "b")), CategoricalColumn("l", ("x", "y", "z"))),
)


def random_side(rows: int, seed: int = 0) -> TabularFeatures:
    chance = np.random.default_rng(seed)
    codes = np.stack([chance.integers(0, size, rows) for size in COLUMNS.sizes], axis=1).astype(np.int32)
    return TabularFeatures(chance.normal(size=(rows, COLUMNS.width)).astype(np.float32), codes, COLUMNS.sizes)


def test_it_is_rectified_units_over_numbers_and_embeddings() -> None:
    torch.manual_seed(0)
    encoder, tabular = TabularEncoder(COLUMNS, 7), random_side(5)
    weights = {name: value.numpy() for name, value in encoder.state_dict().items()}
    for row, said in enumerate(encoder(tabular_batch(tabular)).detach().numpy()):
        read = [tabular.numbers[row], *(weights[f"embeddings.{i}.weight"][tabular.codes[row, i]] for i in range(2))]
        wanted = np.maximum(weights["units.weight"] @ np.concatenate(read) + weights["units.bias"], 0)
        np.testing.assert_allclose(said, wanted, rtol=1e-5, atol=1e-6)


ALONE = TabularColumns(COLUMNS.numeric), TabularColumns((), COLUMNS.categorical)


@pytest.mark.parametrize("columns", [COLUMNS, TabularColumns(), *ALONE])
def test_the_shapes_are_known_before_anything_is_built(columns: TabularColumns) -> None:
    config = model_config(tabular_size=3)
    built = build_model(config, 30, 2, seed=0, tabular=columns).state_dict()
    assert network_shapes(config, 30, 2, columns) == {name: tuple(weight.shape) for name, weight in built.items()}


def test_rows_keep_their_cells_whatever_the_batch() -> None:
    rows, tabular = random_rows(70), random_side(70)
    network = build_model(model_config(), 30, 3, seed=0, tabular=COLUMNS).eval()
    together = compute_logits(network, rows, max_tokens=9, tabular=tabular)
    for row in (0, 13, 69):
        batch = assemble(rows, np.array([row]), max_tokens=9, tabular=tabular)
        np.testing.assert_allclose(network(batch).detach().numpy()[0], together[row], rtol=1e-4, atol=1e-5)
    other = compute_logits(network, rows, max_tokens=9, tabular=random_side(70, seed=1))
    assert (np.abs(other - together).max(axis=1) > 1e-6).mean() > 0.9


def train_on_side(tabular: TabularFeatures, labels: np.ndarray) -> Classifier:
    rows = random_rows(len(labels), seed=3)
    half = np.arange(len(labels)) < len(labels) * 3 // 4
    places = {"train": np.flatnonzero(half), "validation": np.flatnonzero(~half)}
    ids = Ids(
        {name: ragged([rows[i] for i in at]) for name, at in places.items()},  # type: ignore[misc]
        {name: labels[at] for name, at in places.items()},  # type: ignore[misc]
        Target("single", ("no", "yes")),
        30,
        COLUMNS,
        {name: tabular.take(at) for name, at in places.items()},  # type: ignore[misc]
    )
    config = replace(TRAIN, epochs=12, learning_rate=0.02, ema_decay=0.9, patience=0)
    return train(ids, model_config(dropout=0.0, embedding_dropout=0.0), config)


def test_it_learns_what_two_columns_mean_together_and_no_text_says() -> None:
    tabular = random_side(600)
    labels = ((tabular.numbers[:, 0] > 0) != (tabular.codes[:, 0] == 1)).astype(np.int64)  # no column alone tells
    found = train_on_side(tabular, labels)
    assert found.tabular == COLUMNS
    assert found.history[found.best_epoch - 1]["validation_accuracy"] > 0.9
