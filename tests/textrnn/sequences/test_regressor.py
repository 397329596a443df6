"""`SequenceRegressor`: what it learns, what it equals, stopped and gone on with, saved and read back."""

from __future__ import annotations

import json
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import r2_score
from sklearn.model_selection import cross_val_score
from tiny import train_config
from torch import nn

from textrnn import SequenceRegressor
from textrnn.config.sequence_model import SequenceConfig
from textrnn.errors import ConfigError, DataError, ModelError, TrainingWarning
from textrnn.nn.batching import plan_batches
from textrnn.sequences.folder import FORMAT, KIND
from textrnn.sequences.network import build_sequence_network
from textrnn.sequences.train import FittedSequence, train_sequences
from textrnn.storage.files import read_manifest, write_manifest
from textrnn.training.events import Progress, TrainingStarted
from textrnn.training.resume import TrainingStopped

Floats = NDArray[np.float64]
SMALL: dict[str, Any] = {"hidden_size": 6, "epochs": 3, "batch_size": 8, "device": "cpu"}


def waves(rows: int = 60, steps: int = 8, features: int = 1, seed: int = 0) -> tuple[Floats, Floats]:
    """Windows of sines, and what follows each."""
    time = np.arange(rows + steps, dtype=np.float64)
    chance = np.random.default_rng(seed)
    series = np.stack([np.sin(time / (3 + k)) + chance.normal(0, 0.05, len(time)) for k in range(features)], axis=1)
    x = np.stack([series[start : start + steps] for start in range(rows)])
    return x, series[steps:, 0]


def fitted(**settings: Any) -> SequenceRegressor:
    return SequenceRegressor(**{**SMALL, **settings}).fit(*waves())


def weights_of(model: SequenceRegressor) -> dict[str, bytes]:
    return {name: weight.numpy().tobytes() for name, weight in model._model.weights.items()}


# --- what it computes ------------------------------------------------------------------------


def test_it_trains_as_a_plain_loop_of_torch_does() -> None:
    """nn.RNN, a linear layer, Adam, mean squared error, the same batches: the textbook's loop, written out."""
    x, y = waves(rows=40)
    settings = {**SMALL, "epochs": 4, "learning_rate": 0.01, "scale": False, "validation_fraction": 0.0}
    model = SequenceRegressor(**settings, clip_norm=1e6).fit(x, y)
    ours = build_sequence_network(model._model.shape, 1, 1, seed=0)
    recurrent, dense = nn.RNN(1, 6), nn.Linear(6, 1)
    prefix = "encoder."
    start = ours.state_dict()
    recurrent.load_state_dict({k.removeprefix(prefix): v for k, v in start.items() if k.startswith(prefix)})
    dense.load_state_dict({"weight": start["head.weight"], "bias": start["head.bias"]})
    optimizer = torch.optim.Adam([*recurrent.parameters(), *dense.parameters()], lr=0.01, fused=True)
    sequences, wanted = torch.from_numpy(x).float().transpose(0, 1), torch.from_numpy(y).float()
    losses: list[list[float]] = [[] for _ in range(4)]
    for epoch in range(4):
        for rows in plan_batches(np.full(40, 8), 8, seed=0, epoch=epoch):
            loss = (dense(recurrent(sequences[:, rows])[0][-1])[:, 0] - wanted[rows]).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses[epoch].append(float(loss.detach()))
    assert [row["train_loss"] for row in model.history_] == pytest.approx([np.mean(found) for found in losses])
    assert model._model.provenance["best_epoch"] == 4  # so that the last weights are the kept ones
    with torch.no_grad():
        expected = dense(recurrent(sequences)[0][-1])[:, 0]
    assert np.abs(model.predict(x) - expected.numpy()).max() < 1e-5


@pytest.mark.parametrize("encoder", ["rnn", "elman", "lstm", "gru", "mingru"])
def test_every_encoder_learns_what_follows(encoder: Any) -> None:
    x, y = waves(rows=300, steps=12)
    layers = 2 if encoder == "mingru" else 1  # one layer of it is linear in what it keeps
    settings = {"hidden_size": 16, "epochs": 12, "learning_rate": 0.01, "device": "cpu"}
    model = SequenceRegressor(encoder=encoder, num_layers=layers, **settings)
    model.fit(x[:240], y[:240])
    error = np.square(model.predict(x[240:]) - y[240:]).mean()
    naive = np.square(x[240:, -1, 0] - y[240:]).mean()
    assert error < naive / 2
    assert model.score(x[240:], y[240:]) == pytest.approx(r2_score(y[240:], model.predict(x[240:])))


def test_several_features_outputs_layers_and_directions() -> None:
    x, y = waves(features=3)
    both = np.stack([y, 100 * y + 5], axis=1)
    model = SequenceRegressor(**SMALL, num_layers=2, bidirectional=True, pooling="max_mean", dropout=0.1)
    said = model.fit(x, both).predict(x)
    assert said.shape == (60, 2)
    assert abs(said[:, 1].mean() - 5) < 60  # in the units that it was given
    assert model.fit(x, y).predict(x[:7]).shape == (7,)


def test_the_order_of_the_steps_is_read() -> None:
    x, _ = waves()
    model = fitted()
    assert np.abs(model.predict(x) - model.predict(x[:, ::-1])).max() > 1e-3


def test_scaling_and_weights_know_nothing_of_the_rows_that_choose() -> None:
    x, y = waves()
    other_x, other_y = x.copy(), y.copy()
    other_x[54:], other_y[54:] = other_x[54:] * 50, other_y[54:] - 1000
    first, second = (SequenceRegressor(**{**SMALL, "epochs": 1}).fit(*rows) for rows in ((x, y), (other_x, other_y)))
    assert weights_of(first) == weights_of(second)
    for name, array in vars(first._model.scaling).items():
        assert np.array_equal(array, getattr(second._model.scaling, name)), name
    assert first._model.scaling.x_mean[0] == pytest.approx(x[:54].mean())
    assert first.history_[0]["validation_loss"] != second.history_[0]["validation_loss"]


def test_unscaled_it_learns_the_numbers_as_they_are() -> None:
    x, y = waves(features=3)
    several = np.stack([y, y**2], axis=1)
    found = SequenceRegressor(**SMALL, scale=False).fit(x, several)
    scaling = {name: array.tolist() for name, array in vars(found._model.scaling).items()}
    assert scaling == {"x_mean": [0] * 3, "x_deviation": [1] * 3, "y_mean": [0] * 2, "y_deviation": [1] * 2}
    assert found.predict(x).shape == several.shape
    alike = SequenceRegressor(**SMALL).fit(np.concatenate([x, np.full_like(x[..., :1], 7)], axis=2), several)
    assert alike._model.scaling.x_deviation[3] == 1, "what never changes keeps its size"


def test_its_units_are_those_of_the_data() -> None:
    x, y = waves()
    plain, moved = fitted(), SequenceRegressor(**SMALL).fit(x * 1000 + 7, y * 0.01 - 3)
    assert np.allclose(moved.predict(x * 1000 + 7), plain.predict(x) * 0.01 - 3, atol=1e-5)


# --- the same bytes, interrupted or not ------------------------------------------------------


@pytest.mark.parametrize("stop_after", [1, 7, 8, 13, 20])
def test_stopped_and_gone_on_with_it_gives_the_same_bytes(stop_after: int, tmp_path: Path) -> None:
    settings = {**SMALL, "dropout": 0.2, "ema_decay": 0.9}
    x, y = waves()
    whole = SequenceRegressor(**settings).fit(x, y)
    asked = iter(range(1, 1000))
    with pytest.raises(TrainingStopped):
        SequenceRegressor(**settings).fit(x, y, checkpoints=tmp_path, stop_requested=lambda: next(asked) == stop_after)
    told: list[Progress] = []
    again = SequenceRegressor(**settings).fit(x, y, checkpoints=tmp_path, on_progress=told.append)
    assert isinstance(told[0], TrainingStarted)
    assert told[0].steps_done > 0
    assert weights_of(again) == weights_of(whole)
    assert again.history_ == whole.history_


def test_one_process_trains_whatever_is_requested(tmp_path: Path) -> None:
    """How many processes were asked for changes nothing, not even whose checkpoint it is."""
    x, y = (array.astype(np.float32) for array in waves())
    rows = x[:50], y[:50, None], x[50:], y[50:, None]

    def run(processes: int) -> FittedSequence:
        config = train_config(batch_size=8, processes=processes)
        return train_sequences(
            *rows, SequenceConfig(hidden_size=6), config, checkpoints=tmp_path, on_progress=told.append
        )

    told: list[Progress] = []
    first, again = run(2), run(1)
    assert {name: weight.tolist() for name, weight in first.weights.items()} == {
        name: weight.tolist() for name, weight in again.weights.items()
    }
    begun = [each for each in told if isinstance(each, TrainingStarted)]
    assert [each.lost for each in begun] == ["", ""]
    assert begun[1].steps_done == begun[1].epochs * begun[1].steps


def test_a_checkpoint_of_other_rows_or_settings_is_left_aside(tmp_path: Path) -> None:
    x, y = waves()
    SequenceRegressor(**SMALL).fit(x, y, checkpoints=tmp_path)
    for rows, settings in (
        ((x, y**2), SMALL),
        ((x, y), {**SMALL, "encoder": "gru"}),
        ((x, y), {**SMALL, "random_state": 1}),
    ):
        told: list[Progress] = []
        with pytest.warns(TrainingWarning, match="training starts over at step 0; the checkpoint is kept as"):
            found = SequenceRegressor(**settings).fit(*rows, checkpoints=tmp_path, on_progress=told.append)
        assert isinstance(told[0], TrainingStarted)
        assert told[0].steps_done == 0
        assert weights_of(found) == weights_of(SequenceRegressor(**settings).fit(*rows))


def test_a_seed_is_a_model() -> None:
    assert weights_of(fitted()) == weights_of(fitted())
    assert weights_of(fitted()) != weights_of(fitted(random_state=1))


# --- scikit-learn's interface ----------------------------------------------------------------


def test_scikit_learn_can_clone_and_cross_validate_it() -> None:
    x, y = waves()
    model = SequenceRegressor(**SMALL)
    assert clone(model).get_params() == model.get_params()
    assert cross_val_score(model, x, y, cv=3).shape == (3,)
    copied = pickle.loads(pickle.dumps(model.fit(x, y)))  # as joblib sends it to another process
    assert np.array_equal(copied.predict(x), model.predict(x))


def test_scikit_learn_hears_that_it_takes_sequences_and_gives_several_numbers() -> None:
    tags = SequenceRegressor().__sklearn_tags__()
    assert (tags.input_tags.three_d_array, tags.input_tags.two_d_array) == (True, False)
    assert tags.target_tags.multi_output
    assert tags.target_tags.two_d_labels
    assert (tags.estimator_type, tags.target_tags.required) == ("regressor", True)


def test_untrained_it_says_so() -> None:
    with pytest.raises(NotFittedError, match="call fit"):
        SequenceRegressor().predict(waves()[0])


@pytest.mark.parametrize(
    ("x", "y", "told"),
    [
        (
            np.zeros((5, 3)),
            np.zeros(5),
            r"\(N, T, features\), found \(5, 3\); for one number a step pass x\[:, :, None\]",
        ),
        (np.zeros((5, 0, 1)), np.zeros(5), r"found \(5, 0, 1\)"),
        (np.full((5, 3, 1), np.nan), np.zeros(5), "finite numbers, found NaN"),
        (np.zeros((5, 3, 1)), np.zeros(4), r"y: expected 5 finite numbers.*\(4,\)"),
        (np.zeros((5, 3, 1)), np.full(5, np.inf), "y: expected 5 finite numbers"),
        (np.zeros((1, 3, 1)), np.zeros(1), "at least 2 sequences, found 1"),
    ],
)
def test_what_it_cannot_use_is_told(x: Floats, y: Floats, told: str) -> None:
    with pytest.raises(DataError, match=told):
        SequenceRegressor(**SMALL).fit(x, y)


def test_wrong_parameters_are_told() -> None:
    for name, value in (("encoder", "transformer"), ("hidden_size", 0), ("validation_fraction", 1.0), ("epochs", 0)):
        with pytest.raises(ConfigError, match=name):
            fitted(**{name: value})
    with pytest.raises(DataError, match="expected 1 features a step, found 2"):
        fitted().predict(np.zeros((2, 3, 2)))


# --- the folder ------------------------------------------------------------------------------


def test_saved_and_read_back_it_says_the_same(tmp_path: Path) -> None:
    x, _ = waves()
    for pooling in ("attention", "max_mean", "last"):
        model = fitted(encoder="elman", num_layers=2, pooling=pooling)
        model.save(tmp_path / "m")
        read = SequenceRegressor.load(tmp_path / "m")
        assert np.array_equal(read.predict(x), model.predict(x)), pooling
    assert (read.encoder, read.num_layers, read.hidden_size) == ("elman", 2, 6)
    first = (tmp_path / "m" / "model.safetensors").read_bytes()
    (tmp_path / "link").symlink_to("m")
    for name in ("m", "link", "link"):  # replaced whole, and through a link
        read.save(tmp_path / name)
    assert (tmp_path / "link").is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "m"]
    assert (tmp_path / "m" / "model.safetensors").read_bytes() == first
    assert sorted(path.name for path in (tmp_path / "m").iterdir()) == [
        "config.json", "manifest.json", "model.safetensors", "provenance.json"
    ]  # fmt: skip


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.txt").write_text("dear")
    with pytest.raises(ConfigError, match="found other files"):
        fitted().save(tmp_path / "letters")
    with pytest.raises(ModelError, match="expected a model folder, found none"):
        SequenceRegressor.load(tmp_path / "nothing")
    with pytest.raises(ModelError, match=r"expected manifest\.json"):
        SequenceRegressor.load(tmp_path / "letters")


@pytest.mark.parametrize("name", ["config.json", "manifest.json", "model.safetensors", "provenance.json"])
def test_a_damaged_folder_is_refused(name: str, tmp_path: Path) -> None:
    fitted().save(tmp_path / "m")
    path = tmp_path / "m" / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(ModelError):
        SequenceRegressor.load(tmp_path / "m")


def seal_again(folder: Path) -> None:
    manifest = read_manifest(folder)
    write_manifest(folder, {"format": manifest["format"], "kind": manifest["kind"]})


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("hidden_size", 60_000, "expected encoder"),
        ("num_layers", 16, "found none called"),
        ("encoder", "lstm", "expected encoder"),
        ("encoder", "os.system", "encoder"),
    ],
)
def test_settings_that_the_weights_contradict_are_refused(name: str, value: Any, told: str, tmp_path: Path) -> None:
    fitted().save(tmp_path / "m")
    config = json.loads((tmp_path / "m" / "config.json").read_text())
    config["model"][name] = value
    (tmp_path / "m" / "config.json").write_text(json.dumps(config))
    seal_again(tmp_path / "m")
    with pytest.raises(ModelError, match=told):
        SequenceRegressor.load(tmp_path / "m")


@pytest.mark.parametrize("name", ["scaling.x_deviation", "network.head.bias"])
def test_numbers_that_are_not_finite_are_refused(name: str, tmp_path: Path) -> None:
    fitted().save(tmp_path / "m")
    path = tmp_path / "m" / "model.safetensors"
    tensors = load_file(path)
    tensors[name] = torch.full_like(tensors[name], float("nan"))
    save_file(tensors, path)
    seal_again(tmp_path / "m")
    with pytest.raises(ModelError, match="finite"):
        SequenceRegressor.load(tmp_path / "m")


def test_a_text_classifiers_folder_is_named_as_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="expected a textrnn sequence model of format 1, found 'textrnn model'"):
        SequenceRegressor.load(Path(__file__).parents[2] / "formats" / "model-2")


def test_a_loaded_regressor_is_trained_again_to_the_same_bytes(tmp_path: Path) -> None:
    x, y = np.random.default_rng(0).random((24, 4, 2)), np.arange(24.0)
    model = SequenceRegressor(
        hidden_size=3, epochs=2, batch_size=5, scale=False, validation_fraction=0.25, random_state=4
    )
    again = SequenceRegressor.load(model.fit(x, y).save(tmp_path / "model"))
    assert again.get_params() == model.get_params()
    again.save(tmp_path / "as loaded")
    again.fit(x, y).save(tmp_path / "again")
    for path in (tmp_path / "model").iterdir():
        for other in ("as loaded", "again"):
            assert path.read_bytes() == (tmp_path / other / path.name).read_bytes(), path.name
    assert re.fullmatch(
        r"SequenceRegressor\(.*\)  # 2 features a step, 1 outputs; rnn, [\d,]+ weights", repr(again), re.DOTALL
    )
    with pytest.raises(TypeError, match=r"^epoch: no such parameter; did you mean epochs\?$"):
        SequenceRegressor(epoch=3)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"^average: no such parameter; it is called ema_decay$"):
        SequenceRegressor(average=0.5)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"^adversarial: no such parameter; there are batch_size, "):
        SequenceRegressor(adversarial=3)  # type: ignore[call-arg]


@pytest.mark.parametrize("data", [b"[]", b"\xff", b'{"train": {"epochs": -1}, "fit": 3}', b'{"a": NaN}'])
def test_what_a_folder_says_of_its_making_is_not_believed(data: bytes, tmp_path: Path) -> None:
    x, y = np.random.default_rng(0).random((24, 4, 2)), np.arange(24.0)
    model = SequenceRegressor(hidden_size=3, epochs=2).fit(x, y)
    folder = model.save(tmp_path / "model")
    (folder / "provenance.json").write_bytes(data)
    (folder / "manifest.json").unlink()
    write_manifest(folder, {"format": FORMAT, "kind": KIND})
    again = SequenceRegressor.load(folder)
    assert again.get_params() == SequenceRegressor(hidden_size=3).get_params()
    assert np.array_equal(again.predict(x), model.predict(x))
    again.save(folder)
