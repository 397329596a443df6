"""Keras 3 on TensorFlow: `Bidirectional(LSTM)` over padded batches without a mask, as its own example has it."""

from __future__ import annotations

import functools
import os
import time
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np

from benchmarks.data import VOCABULARY, Rows, batches_by_chance, padded
from benchmarks.serve import measured, serve
from benchmarks.sizes import WIDTH

BUCKET = 50  # batches are padded to a multiple of it: every new shape is traced anew, which takes seconds


@functools.cache
def network() -> Any:
    """A training that goes on from repeat to repeat."""
    layers = [
        keras.Input((None,), dtype="int32"),
        keras.layers.Embedding(VOCABULARY, WIDTH),
        keras.layers.Bidirectional(keras.layers.LSTM(WIDTH)),
        keras.layers.Dense(2),
    ]
    model = keras.Sequential(layers)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss=loss)
    return model


def _train(made: Rows, batches: list[np.ndarray], longest: int) -> dict[str, Any]:
    model = network()
    begun = time.perf_counter()
    for indices in batches:
        here = longest or -(-max(len(made[row]) for row in indices) // BUCKET) * BUCKET
        model.train_on_batch(padded(made, indices, steps=here).astype(np.int32), made.labels[indices])
    return measured(time.perf_counter() - begun, sum(made.tokens(indices) for indices in batches))


def steps(folder: Path, *, rows: str, batch: int, count: int, longest: int) -> dict[str, Any]:
    """Steps over texts in an order by chance, all padded to `longest`."""
    made = Rows.load(folder, rows)
    return _train(made, batches_by_chance(made, batch, count), longest)


def sorted_steps(folder: Path, *, rows: str, batch: int) -> dict[str, Any]:
    """Steps over the batches that textrnn trains on: texts of like lengths, little padding."""
    return _train(Rows.load(folder, rows), list(np.load(folder / f"{rows}.plan-{batch}.npy")), 0)


def fit_series(folder: Path, *, units: int, batch: int, epochs: int, seed: int) -> dict[str, Any]:
    """`SimpleRNN` and `Dense(1)` on the windows that textrnn wrote; its last tenth chooses the epoch, as ours does."""
    with np.load(folder / "series.npz") as made:
        rows = {name: array.astype(np.float32) for name, array in made.items()}
    keras.utils.set_random_seed(seed)
    end = len(rows["x"]) - max(round(len(rows["x"]) * 0.1), 1)
    begun = time.perf_counter()
    model = keras.Sequential([keras.Input(rows["x"].shape[1:]), keras.layers.SimpleRNN(units), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="mean_squared_error")
    best = keras.callbacks.EarlyStopping(monitor="val_loss", patience=epochs, restore_best_weights=True)
    model.fit(
        rows["x"][:end],
        rows["y"][:end],
        validation_data=(rows["x"][end:], rows["y"][end:]),
        epochs=epochs,
        batch_size=batch,
        callbacks=[best],
        verbose=0,
    )
    seconds = time.perf_counter() - begun
    said = model.predict(rows["test_x"], verbose=0)[:, 0]
    return {
        **measured(seconds, epochs * len(rows["x"])),
        "rmse": float(np.sqrt(np.square(said - rows["test_y"]).mean())),
    }


if __name__ == "__main__":
    actions = (steps, sorted_steps, fit_series)
    serve({action.__name__: action for action in actions}, ["keras", "tensorflow-cpu"])
