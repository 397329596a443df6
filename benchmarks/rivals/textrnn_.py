"""textrnn itself. The only file of the benchmarks that knows its inside."""

from __future__ import annotations

from textrnn.machine.heap import keep_freed_memory

if __name__ == "__main__":  # as the command line does where it trains: before the libraries start threads
    keep_freed_memory(one_arena=True)

import contextlib
import functools
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch

from benchmarks.data import VOCABULARY, Rows, read_texts
from benchmarks.serve import measured, serve
from benchmarks.sizes import WIDTH
from textrnn import SequenceRegressor, TextClassifier
from textrnn.config.model import Encoder, ModelConfig
from textrnn.config.train import TrainConfig
from textrnn.data.target import Target
from textrnn.nn.batching import plan_batches
from textrnn.nn.classifier import RecurrentClassifier, build_model
from textrnn.nn.kernels import triton_lstm
from textrnn.nn.kernels.library import SWITCH_VARIABLE
from textrnn.nn.predict import compute_logits
from textrnn.nn.workers import start_workers
from textrnn.sequences.demo.forecast import TEST_SHARE, autoregression, windows_of
from textrnn.sequences.demo.series import sines
from textrnn.text.ids import Ids
from textrnn.text.ragged import Ragged
from textrnn.training.cuda_graphs import Graphs
from textrnn.training.events import Progress, StepDone
from textrnn.training.precision import run_flushed
from textrnn.training.resume import TrainingStopped
from textrnn.training.schedule import Schedule, make_schedule
from textrnn.training.step import Engine, train_step
from textrnn.training.train import train
from textrnn.training.train_rank import graphs_of, new_state
from textrnn.training.training_rows import TrainingRows
from textrnn.training.training_state import TrainingState
from textrnn.training.world import SINGLE_PROCESS

LONGEST = 1 << 20  # the rows come cut
WARM: set[tuple[Any, ...]] = set()  # what `steps` was asked for before
NO_DROPOUT: dict[str, float] = {"word_dropout": 0.0, "embedding_dropout": 0.0, "layer_dropout": 0.0, "dropout": 0.0}


def model_config(encoder: Encoder = "lstm", pooling: str = "max_mean") -> ModelConfig:
    """The network that is measured: equal widths, no dropout."""
    return ModelConfig(encoder=encoder, embedding_size=WIDTH, hidden_size=WIDTH, pooling=pooling, **NO_DROPOUT)  # type: ignore[arg-type]


@functools.cache
def load_rows(folder: Path, name: str) -> tuple[Ragged, Rows]:
    """The rows `name`, as textrnn holds them and as they are."""
    rows = Rows.load(folder, name)
    return Ragged(rows.flat, rows.offsets), rows


def settings_of(batch: int, precision: str, device: str = "cpu") -> TrainConfig:
    """One epoch, each text read once."""
    return TrainConfig(
        batch_size=batch,
        max_tokens=LONGEST,
        precision=precision,  # type: ignore[arg-type]
        device=device,  # type: ignore[arg-type]
        epochs=1,
        adversarial=0.0,
    )


@functools.cache
def begin(
    encoder: Encoder, batch: int, precision: str, texts: int, device: str, *, graphs: bool, fused: bool
) -> tuple[TrainingState, Schedule, Graphs | None]:
    """A training that goes on from repeat to repeat."""
    config = settings_of(batch, precision, device)
    schedule = make_schedule(config, texts)
    made = graphs_of(schedule, SINGLE_PROCESS) if graphs else None
    return new_state(model_config(encoder), schedule, VOCABULARY, 2), schedule, made


def plan(folder: Path, *, rows: str, batch: int, count: int) -> dict[str, Any]:
    """Write the first `count` whole batches of our first epoch, (count, batch) row numbers, for others to take too."""
    lengths = load_rows(folder, rows)[0].lengths
    whole = [indices for indices in plan_batches(lengths, batch, seed=0, epoch=0) if len(indices) == batch]
    np.save(folder / f"{rows}.plan-{batch}.npy", np.stack(whole[:count]), allow_pickle=False)
    return {}


def steps(
    folder: Path,
    *,
    rows: str,
    batch: int,
    precision: str,
    encoder: Encoder = "lstm",
    count: int = 0,
    device: str = "cpu",
    graphs: bool = True,
    fused: bool = True,
    native: bool = True,
) -> Any:
    """Training steps over the batches of the plan (the first `count`), as `textrnn train` makes them."""
    ragged, made = load_rows(folder, rows)
    planned = list(np.load(folder / f"{rows}.plan-{batch}.npy"))[: count or None]
    key = (encoder, batch, precision, len(made), device, graphs, fused and native)
    warm = key in WARM
    WARM.add(key)
    state, schedule, captured = begin(*key[:5], graphs=graphs, fused=fused and native)
    feed = TrainingRows(ragged, made.labels, schedule.config)

    def work(_: object) -> float:
        threads = torch.get_num_threads() if device == "cpu" else 1
        with start_workers(threads) as workers, _kernels(fused=fused, native=native):
            engine = Engine(state.network, workers, graphs=captured)
            for indices in [] if warm or device == "cpu" else planned:  # the second meeting of a shape is captured
                train_step(state, feed.batch(indices), feed.part(indices), schedule, 1e-3, engine)
            begun = time.perf_counter()
            for indices in planned:
                rate = schedule.config.learning_rate
                train_step(state, feed.batch(indices), feed.part(indices), schedule, rate, engine)
            return time.perf_counter() - begun

    return measured(run_flushed(work), sum(made.tokens(indices) for indices in planned))


def shared_steps(
    folder: Path, *, rows: str, batch: int, precision: str, processes: int, count: int, encoder: Encoder = "lstm"
) -> dict[str, Any]:
    """`count` steps of the stage `train` by so many processes, from the third on: by then all have begun."""
    ids = some_ids(folder, rows)
    config = replace(settings_of(batch, precision), epochs=9, processes=processes)
    times: list[tuple[float, int]] = []

    def listen(progress: Progress) -> None:
        if isinstance(progress, StepDone):
            times.append((time.perf_counter(), progress.tokens))

    with contextlib.suppress(TrainingStopped):
        train(ids, model_config(encoder), config, on_progress=listen, stop_requested=lambda: len(times) >= count + 3)
    return measured(times[-1][0] - times[2][0], sum(tokens for _, tokens in times[3:]))


def some_ids(folder: Path, rows: str) -> Ids:
    """The rows, and a tenth of them again for validation."""
    ragged, made = load_rows(folder, rows)
    held = max(len(made) // 10, 1)
    few = Ragged(ragged.flat[: ragged.offsets[held]], ragged.offsets[: held + 1])
    splits = {"train": ragged, "validation": few}
    labels = {"train": made.labels, "validation": made.labels[:held]}
    return Ids(splits, labels, Target("single", ("bad", "good")), VOCABULARY)  # type: ignore[arg-type]


def epoch(folder: Path, *, rows: str, batch: int, precision: str) -> dict[str, Any]:
    """The stage `train` over all rows for one epoch, scored on a tenth of them."""
    ids = some_ids(folder, rows)
    config = settings_of(batch, precision)
    begun = time.perf_counter()
    train(ids, model_config(), config)
    return measured(time.perf_counter() - begun, len(ids.splits["train"]))


def gpu(folder: Path) -> dict[str, Any]:
    """The name of the GPU that steps are made on; "" where torch finds none."""
    return {"gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else ""}


def encoders(folder: Path) -> dict[str, Any]:
    """The encoders there are."""
    return {"encoders": list(get_args(Encoder))}


@functools.cache
def network_of(pooling: str) -> RecurrentClassifier:
    """A network with fresh weights, the same ones every time."""
    return build_model(model_config(pooling=pooling), VOCABULARY, 2, seed=0)


def make_series(folder: Path, *, length: int, window: int = 30) -> dict[str, Any]:
    """Write the windows of the demo's noisy sines in time order: to fit, the last tenth for validation, and to test."""
    made = sines(length)
    begin = length - round(length * TEST_SHARE)
    x, y = windows_of(made.values, window)
    cut = begin - window
    np.savez(folder / "series.npz", x=x[:cut, :, None], y=y[:cut], test_x=x[cut:, :, None], test_y=y[cut:])
    linear = float(np.sqrt(np.square(autoregression(x, y, cut) - y[cut:]).mean()))
    return {
        "about": f"{length:,} steps of {made.about}, windows of {window}, the last fifth is the test",
        "linear": linear,
    }


def fit_series(folder: Path, *, units: int, batch: int, epochs: int, seed: int) -> dict[str, Any]:
    """The public estimator with Keras's recipe: no clipping, no scaling, a constant rate."""
    with np.load(folder / "series.npz") as made:
        rows = dict(made)
    model = SequenceRegressor(
        hidden_size=units, batch_size=batch, epochs=epochs, random_state=seed, clip_norm=1e6, scale=False, device="cpu"
    )
    begun = time.perf_counter()
    model.fit(rows["x"], rows["y"])
    seconds = time.perf_counter() - begun
    error = float(np.sqrt(np.square(model.predict(rows["test_x"]) - rows["test_y"]).mean()))
    return {**measured(seconds, epochs * len(rows["x"])), "rmse": error}


def export(folder: Path) -> dict[str, Any]:
    """Write the weights of the network that reads last states, under `nn.LSTM`'s names, as `weights.npz`."""
    weights = {name: value.detach().numpy() for name, value in network_of("last").state_dict().items()}
    np.savez(folder / "weights.npz", **weights)
    return {}


def predict(folder: Path, *, rows: str, texts: int, pooling: str) -> dict[str, Any]:
    """Logits of the first `texts` rows, in float32; kept for comparison."""
    ragged, _ = load_rows(folder, rows)
    chosen = Ragged(ragged.flat, ragged.offsets[: texts + 1])
    begun = time.perf_counter()
    logits = compute_logits(network_of(pooling).eval(), chosen, max_tokens=LONGEST)
    seconds = time.perf_counter() - begun
    np.save(folder / f"logits-textrnn-{pooling}.npy", logits, allow_pickle=False)
    return measured(seconds, texts)


@contextlib.contextmanager
def _kernels(*, fused: bool, native: bool) -> Iterator[None]:
    """On a GPU, our kernels or none of them; on a processor, our C or none of it."""
    sizes, switch = triton_lstm.HIDDEN_SIZES, os.environ.get(SWITCH_VARIABLE)
    triton_lstm.HIDDEN_SIZES = sizes if fused else ()
    if not native:
        os.environ[SWITCH_VARIABLE] = "0"
    try:
        yield
    finally:
        triton_lstm.HIDDEN_SIZES = sizes
        os.environ.pop(SWITCH_VARIABLE, None) if switch is None else os.environ.update({SWITCH_VARIABLE: switch})


def product(folder: Path, *, size: int, count: int, precision: str, device: str) -> dict[str, Any]:
    """The ceiling: `count` products of two `size` x `size` matrices; the work is counted in FLOPs."""
    kind = getattr(torch, precision)
    a, b = (torch.randn(size, size, device=device).to(kind) for _ in range(2))
    if device == "cuda":
        count *= 50  # a product takes a fifth of a millisecond
        torch.mm(a, b)
        torch.cuda.synchronize()
    begun = time.perf_counter()
    for _ in range(count):
        torch.mm(a, b)
    if device == "cuda":
        torch.cuda.synchronize()
    return measured(time.perf_counter() - begun, 2.0 * size**3 * count)


FITTED: dict[str, TextClassifier] = {}


def fit(folder: Path, *, texts: int, passes: int, ngram_branch: bool, precision: str) -> dict[str, Any]:
    """From raw texts to a classifier: tokenize, vocabulary, ids, network, n-gram branch, calibration."""
    lines, labels = read_texts(folder, "texts", texts)
    classifier = TextClassifier(
        epochs=passes,
        device="cpu",
        settings={
            "train.adversarial": 0.0,
            "ngram_branch.enabled": ngram_branch,
            "train.precision": precision,
            "vocabulary.min_count": 1,
        },
    )
    begun = time.perf_counter()
    FITTED["ngram_branch" if ngram_branch else "network"] = classifier.fit(lines, labels)
    return measured(time.perf_counter() - begun, texts)


def classify(folder: Path, *, texts: int, ngram_branch: bool) -> dict[str, Any]:
    """Labels of raw texts by what `fit` made last."""
    lines, _ = read_texts(folder, "texts", texts)
    begun = time.perf_counter()
    FITTED["ngram_branch" if ngram_branch else "network"].predict(lines)
    return measured(time.perf_counter() - begun, texts)


if __name__ == "__main__":
    actions = (
        plan, gpu, steps, shared_steps, epoch, encoders, make_series, fit_series, export, predict, product, fit,
        classify,
    )  # fmt: skip
    serve({action.__name__: action for action in actions}, ["torch", "tokenizers"])
