from __future__ import annotations

import _thread
import json
import os
import platform
import re
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tiny import made_ids, model_config, predict_encoded, random_ids, train_config

from textrnn.config.data import TargetKind
from textrnn.config.model import Encoder, ModelConfig, Pooling
from textrnn.config.train import TrainConfig
from textrnn.data.tabular import CategoricalColumn, NumericColumn, TabularColumns, TabularFeatures
from textrnn.data.target import UNSEEN_LOGIT, Label, Target, encode_labels
from textrnn.errors import ConfigError
from textrnn.inference.classifier import Classifier
from textrnn.machine.hardware import resolve_device, resolve_precision
from textrnn.machine.heap import FreedMemory
from textrnn.nn import predict
from textrnn.nn.batching import padding_waste, plan_batches
from textrnn.nn.classifier import build_model
from textrnn.nn.kernels.library import SWITCH_VARIABLE, find_library, library_version
from textrnn.storage import files
from textrnn.text.ids import Ids
from textrnn.text.ragged import Ragged
from textrnn.text.word_vectors import WordVectors
from textrnn.training.checkpoint import list_checkpoints
from textrnn.training.device import require_device
from textrnn.training.events import EpochDone, Progress, StepDone, TrainingStarted
from textrnn.training.fingerprint import fingerprint
from textrnn.training.resume import TrainingStopped
from textrnn.training.schedule import make_schedule
from textrnn.training.train import train
from textrnn.training.train_rank import new_state

IDS = random_ids(70, 20)  # 5 steps an epoch
SMALL = model_config(num_layers=2)


def saved(classifier: Classifier, folder: Path) -> tuple[bytes, bytes]:
    """The bytes of its weights, and of its settings with its history."""
    classifier.save(folder)
    return (folder / "model.safetensors").read_bytes(), (folder / "classifier.json").read_bytes()


def steps_of(progress: list[Progress]) -> int:
    return sum(isinstance(done, StepDone) for done in progress)


def stop_at(call: int) -> Callable[[], bool]:
    """A `stop_requested` that says yes the `call`th time (from 1) and ever after."""
    calls = iter(range(1, 1_000_000))
    return lambda: next(calls) >= call


# --- classes that only the test has ---------------------------------------------------------------


@pytest.mark.parametrize("kind", ["single", "ordinal", "path", "multi"])
def test_a_class_that_only_the_test_has_is_never_predicted(kind: TargetKind) -> None:
    target = Target(kind, ("1", "2", "3"))
    labels: list[Label] = [("1",) if kind == "multi" else "1", ("3",) if kind == "multi" else "3"]
    encoded = {name: encode_labels(target, labels * (len(rows) // 2)) for name, rows in IDS.splits.items()}
    ids = replace(IDS, target=target, labels=encoded)
    classifier = train(ids, SMALL, train_config(epochs=1))
    assert not classifier.weights["head.weight"][1].any()
    assert classifier.weights["head.bias"].tolist()[1] == UNSEEN_LOGIT
    said = predict_encoded(classifier, IDS.splits["validation"])
    assert (said[:, 1] == 0).all()
    assert (said[:, [0, 2]] > 0).all()


def test_a_class_that_validation_has_may_be_predicted() -> None:
    target = Target("single", ("a", "b", "c"))
    labels = {**IDS.labels, "validation": np.array([2] * 20)}
    classifier = train(replace(IDS, target=target, labels=labels), SMALL, train_config(epochs=1))
    assert abs(classifier.weights["head.bias"][2]) < 10


# --- the same bytes ---------------------------------------------------------------------------


def test_the_same_settings_give_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    first = saved(train(IDS, SMALL, train_config()), tmp_path / "a")
    torch.manual_seed(99)
    np.random.seed(99)
    assert saved(train(IDS, SMALL, train_config()), tmp_path / "b") == first
    assert saved(train(IDS, SMALL, train_config(seed=1)), tmp_path / "c")[0] != first[0]


def test_training_leaves_the_global_generators_alone() -> None:
    before = torch.random.get_rng_state()
    train(IDS, SMALL, train_config(epochs=1))
    assert torch.equal(before, torch.random.get_rng_state())


def test_ids_read_from_disk_give_the_same_bytes(tmp_path: Path) -> None:
    IDS.save(tmp_path / "ids")
    mapped = Ids.load(tmp_path / "ids")
    first = saved(train(IDS, SMALL, train_config()), tmp_path / "a")
    assert saved(train(mapped, SMALL, train_config()), tmp_path / "b") == first


def test_how_often_checkpoints_are_kept_changes_no_byte(tmp_path: Path) -> None:
    first = saved(train(IDS, SMALL, train_config()), tmp_path / "a")
    often = train(IDS, SMALL, train_config(checkpoint_seconds=0.0), checkpoints=tmp_path / "work")
    assert saved(often, tmp_path / "b") == first


# --- interrupted and resumed ------------------------------------------------------------------


@pytest.fixture
def many_validation_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predict, "MAX_TEXTS", 8)  # 20 rows: 3 batches


def test_interrupted_anywhere_and_resumed_gives_the_same_bytes(tmp_path: Path, many_validation_batches: None) -> None:
    config = train_config()
    calls = 0

    def count_calls() -> bool:
        nonlocal calls
        calls += 1
        return False

    whole = saved(train(IDS, SMALL, config, stop_requested=count_calls), tmp_path / "whole")
    assert calls == 2 * (5 + 3 + 1)  # after every step, every validation batch, every epoch
    for call in range(1, calls + 1):
        work = tmp_path / f"work-{call}"
        with pytest.raises(TrainingStopped, match=r"training stopped after \d+ steps"):
            train(IDS, SMALL, config, checkpoints=work, stop_requested=stop_at(call))
        assert len(list_checkpoints(work)) == 1
        progress: list[Progress] = []
        resumed = train(IDS, SMALL, config, checkpoints=work, on_progress=progress.append)
        assert saved(resumed, tmp_path / f"resumed-{call}") == whole, f"stopped at call {call}"
        started = progress[0]
        assert isinstance(started, TrainingStarted)
        assert started.steps_done + steps_of(progress) == 10
        assert started.note == f"resumed after {started.steps_done} steps"


def test_interrupted_after_every_single_step_gives_the_same_bytes(tmp_path: Path) -> None:
    whole = saved(train(IDS, SMALL, train_config()), tmp_path / "whole")
    work, result, runs = tmp_path / "work", None, 0
    while result is None:
        runs += 1
        try:
            result = train(IDS, SMALL, train_config(), checkpoints=work, stop_requested=stop_at(2))
        except TrainingStopped:
            assert runs < 20
    assert runs > 5
    assert saved(result, tmp_path / "resumed") == whole


def test_killed_while_a_checkpoint_is_written_the_last_one_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kill the run at the k-th rename into place, for every k: what is resumed gives the same bytes."""
    whole = saved(train(IDS, SMALL, train_config()), tmp_path / "whole")
    real = files.os.rename
    for kill in range(1, 40):
        renames = iter(range(1, 1000))

        def rename(old: Any, new: Any, *, kill: int = kill, renames: Any = renames) -> None:
            if next(renames) >= kill:
                raise KeyboardInterrupt("killed: nothing is renamed any more")
            real(old, new)

        work = tmp_path / f"work-{kill}"
        monkeypatch.setattr(files.os, "rename", rename)
        try:
            train(IDS, SMALL, train_config(checkpoint_seconds=0.0), checkpoints=work)
        except KeyboardInterrupt:
            monkeypatch.setattr(files.os, "rename", real)
        else:
            break
        progress: list[Progress] = []
        resumed = train(IDS, SMALL, train_config(), checkpoints=work, on_progress=progress.append)
        assert saved(resumed, tmp_path / f"resumed-{kill}") == whole
        started = progress[0]
        assert isinstance(started, TrainingStarted)
        assert kill == 1 or started.steps_done > 0  # never back to the start
    assert kill > 12


def test_a_finished_run_trains_no_step_again(tmp_path: Path) -> None:
    first = train(IDS, SMALL, train_config(), checkpoints=tmp_path / "work")
    progress: list[Progress] = []
    again = train(IDS, SMALL, train_config(), checkpoints=tmp_path / "work", on_progress=progress.append)
    assert steps_of(progress) == 0
    assert saved(again, tmp_path / "b") == saved(first, tmp_path / "a")


def test_under_another_fingerprint_training_starts_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = saved(train(IDS, SMALL, train_config()), tmp_path / "whole")
    with pytest.raises(TrainingStopped):
        train(IDS, SMALL, train_config(), checkpoints=tmp_path / "work", stop_requested=stop_at(4))
    monkeypatch.setattr(platform, "machine", lambda: "another machine")
    progress: list[Progress] = []
    result = train(IDS, SMALL, train_config(), checkpoints=tmp_path / "work", on_progress=progress.append)
    started = progress[0]
    assert isinstance(started, TrainingStarted)
    assert started.steps_done == 0
    assert re.search(r"machine was \w+, is another machine; training starts over at step 0", started.lost)
    assert saved(result, tmp_path / "b") == whole


@pytest.mark.parametrize("threads", [1, 2])
def test_steps_in_c_go_on_to_the_same_bytes(tmp_path: Path, threads: int) -> None:
    torch.set_num_threads(threads)
    network, settings = replace(SMALL, hidden_size=32, embedding_dropout=0.3), train_config(precision="auto")
    whole = saved(train(IDS, network, settings), tmp_path / "whole")
    for steps in (3, 7):
        with pytest.raises(TrainingStopped):
            train(IDS, network, settings, checkpoints=tmp_path / "work", stop_requested=stop_at(steps))
    assert saved(train(IDS, network, settings, checkpoints=tmp_path / "work"), tmp_path / "b") == whole


@pytest.mark.skipif(find_library(torch.float32) is None, reason="needs the steps in C")
def test_without_the_steps_in_c_it_starts_over_and_learns_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = replace(SMALL, hidden_size=32)
    whole = train(IDS, network, train_config())
    with pytest.raises(TrainingStopped):
        train(IDS, network, train_config(), checkpoints=tmp_path, stop_requested=stop_at(4))
    monkeypatch.setenv(SWITCH_VARIABLE, "0")
    progress: list[Progress] = []
    found = train(IDS, network, train_config(), checkpoints=tmp_path, on_progress=progress.append)
    started = progress[0]
    assert isinstance(started, TrainingStarted)
    assert "cannot be used: the library of native kernels was" in started.lost
    for name, weight in found.weights.items():
        torch.testing.assert_close(weight, whole.weights[name], rtol=0, atol=1e-4)


def test_only_what_reads_a_network_is_in_its_fingerprint() -> None:
    def steps(network: ModelConfig, **settings: Any) -> str:
        return str(fingerprint(IDS, network, train_config(**settings))["steps"])

    wide = replace(SMALL, hidden_size=32)
    moving = library_version()
    assert steps(replace(wide, encoder="rnn")) == moving
    assert steps(replace(SMALL, hidden_size=5)) == moving  # no multiple of the lanes: torch reads it
    if (library := find_library(torch.float32)) is not None:
        assert steps(wide).startswith(f"{moving}, {library.name} ")
        for encoder in ("gru", "mingru"):
            assert steps(replace(wide, encoder=encoder), precision="bfloat16").startswith(f"{moving}, {library.name} ")


def test_other_threads_start_over(tmp_path: Path) -> None:
    with pytest.raises(TrainingStopped):
        train(IDS, SMALL, train_config(), checkpoints=tmp_path, stop_requested=stop_at(4))
    torch.set_num_threads(2)
    progress: list[Progress] = []
    with pytest.raises(TrainingStopped):
        train(
            IDS, SMALL, train_config(), checkpoints=tmp_path, on_progress=progress.append, stop_requested=lambda: True
        )
    started = progress[0]
    assert isinstance(started, TrainingStarted)
    assert (started.steps_done, started.threads) == (0, 2)
    assert "threads was 1, is 2" in started.lost


@pytest.mark.parametrize(
    ("model", "settings", "ids"),
    [
        (SMALL, train_config(learning_rate=1e-3), IDS),
        (replace(SMALL, hidden_size=9), train_config(), IDS),
        (SMALL, train_config(), random_ids(70, 21)),
    ],
)
def test_a_checkpoint_of_other_settings_or_rows_is_left_aside(
    model: ModelConfig, settings: TrainConfig, ids: Ids, tmp_path: Path
) -> None:
    train(IDS, SMALL, train_config(), checkpoints=tmp_path / "work")
    progress: list[Progress] = []
    found = train(ids, model, settings, checkpoints=tmp_path / "work", on_progress=progress.append)
    assert steps_of(progress) == 10
    assert saved(found, tmp_path / "a") == saved(train(ids, model, settings), tmp_path / "b")


def test_a_fingerprint_hangs_on_every_row_that_is_read() -> None:
    tabular = TabularColumns((NumericColumn("price", 0.0, 1.0, False),), (CategoricalColumn("shop", ("a", "b")),))
    cells = {
        name: TabularFeatures(np.zeros((len(rows), 1), np.float32), np.zeros((len(rows), 1), np.int32))
        for name, rows in IDS.splits.items()
    }
    ids = replace(IDS, tabular=cells, tabular_columns=tabular)

    def of(ids: Ids) -> object:
        return fingerprint(ids, SMALL, train_config())["rows"]

    seen = {of(ids)}
    for name in ("train", "validation"):
        rows = ids.splits[name]
        flat, labels = rows.flat.copy(), ids.labels[name].copy()
        flat[-1], labels[-1] = 2 + (flat[-1] == 2), 1 - labels[-1]
        offsets = rows.offsets.copy()
        offsets[1:-1] = 0
        numbers, codes = cells[name].numbers.copy(), cells[name].codes.copy()
        numbers[-1], codes[-1] = 1, 1
        for changed in (Ragged(flat, rows.offsets), Ragged(rows.flat, offsets)):
            seen.add(of(replace(ids, splits={**ids.splits, name: changed})))
        seen.add(of(replace(ids, labels={**ids.labels, name: labels})))
        for changed_side in (TabularFeatures(numbers, cells[name].codes), TabularFeatures(cells[name].numbers, codes)):
            seen.add(of(replace(ids, tabular={**cells, name: changed_side})))
    seen.add(of(replace(ids, vocabulary_size=ids.vocabulary_size + 1)))
    assert len(seen) == 1 + 2 * 5 + 1


def test_a_fingerprint_is_plain_json_without_host_or_path() -> None:
    text = json.dumps(fingerprint(IDS, SMALL, train_config()))
    assert socket.gethostname() not in text
    assert os.sep not in text


def test_ctrl_c_in_the_main_thread_stops_training_and_keeps_the_steps(tmp_path: Path) -> None:
    whole = saved(train(IDS, SMALL, train_config()), tmp_path / "whole")
    steps: list[Progress] = []

    def interrupt(progress: Progress) -> None:
        steps.append(progress)
        if len(steps) == 4:
            _thread.interrupt_main()  # as SIGINT does
            time.sleep(0.2)

    with pytest.raises(KeyboardInterrupt):
        train(IDS, SMALL, train_config(), checkpoints=tmp_path / "work", on_progress=interrupt)
    assert 4 <= len(steps) <= 5
    assert saved(train(IDS, SMALL, train_config(), checkpoints=tmp_path / "work"), tmp_path / "b") == whole


# --- learning ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoder", "pooling"),
    [("lstm", "max_mean"), ("lstm", "mean"), ("gru", "last"), ("rnn", "attention")],
)
def test_the_order_of_words_is_learnt(encoder: Encoder, pooling: Pooling) -> None:
    ids = made_ids(500)[1]
    noise = {"word_dropout": 0.0, "embedding_dropout": 0.1, "dropout": 0.1}
    model = model_config(encoder=encoder, pooling=pooling, embedding_size=16, hidden_size=16, **noise)
    settings = train_config(epochs=16, learning_rate=0.03, ema_decay=0.9, patience=0, batch_size=32)
    progress: list[Progress] = []
    classifier = train(ids, model, settings, on_progress=progress.append)
    best = classifier.history[classifier.best_epoch - 1]
    assert best["validation_accuracy"] >= 0.95
    found = predict_encoded(classifier, ids.splits["validation"])
    labels = ids.labels["validation"]
    # what was reported is what the kept weights give
    assert (found.argmax(axis=1) == labels).mean() == best["validation_accuracy"]
    assert np.isclose(-np.log(found[np.arange(len(labels)), labels]).mean(), best["validation_loss"], atol=1e-6)


def test_more_than_two_classes() -> None:
    classifier = train(random_ids(60, 20, classes=7), SMALL, train_config(epochs=1))
    found = predict_encoded(classifier, IDS.splits["validation"])
    assert found.shape == (20, 7)
    assert np.allclose(found.sum(axis=1), 1)
    assert classifier.target.outputs == 7


def test_progress_tells_all(tmp_path: Path) -> None:
    progress: list[Progress] = []
    classifier = train(IDS, SMALL, train_config(), on_progress=progress.append)
    kinds = [type(done).__name__ for done in progress]
    assert kinds == ["TrainingStarted", *(["StepDone"] * 5 + ["EpochDone"]) * 2]
    steps = [done for done in progress if isinstance(done, StepDone)]
    assert [(s.epoch, s.epochs, s.position, s.steps) for s in steps] == [
        (e, 2, i, 5) for e in (1, 2) for i in range(1, 6)
    ]
    assert sum(s.tokens for s in steps) == 2 * int(np.minimum(IDS.splits["train"].lengths, 20).sum())
    records = [done.record for done in progress if isinstance(done, EpochDone)]
    assert records == classifier.history
    assert [record["epoch"] for record in records] == [1, 2]
    assert [record["learning_rate"] for record in records] == [steps[4].learning_rate, steps[9].learning_rate]
    assert [record["train_loss"] for record in records] == [steps[4].loss, steps[9].loss]
    lengths = np.minimum(IDS.splits["train"].lengths, 20)
    waste = padding_waste(lengths, plan_batches(lengths, 16, seed=0, epoch=0))
    extent = {"texts": 70, "tokens": int(lengths.sum()), "classes": 2}
    extent |= {"patience": 5, "min_epochs": 1}
    assert progress[0] == TrainingStarted(0, 5, 2, "cpu", "float32", 1, padding=waste, **extent, word_dropout=0.1)


# --- settings ---------------------------------------------------------------------------------


def test_auto_is_resolved_before_it_is_kept(tmp_path: Path) -> None:
    classifier = train(IDS, SMALL, train_config(device="auto", epochs=1))
    assert (classifier.train_config.device, classifier.train_config.precision) == (resolve_device("auto"), "float32")
    for texts, tokens, classes, epochs, regularised, patience in (
        (1000, 10**4, 2, 40, 40, 5), (6000, 10**5, 2, 7, 8, 2), (20_000, 5 * 10**6, 2, 3, 6, 2),
        (17_500, 4_130_000, 2, 4, 7, 2), (45_000, 26 * 10**5, 2, 5, 8, 2), (10**7, 10**9, 2, 2, 4, 2),
        (9000, 125_000, 77, 28, 28, 5), (9000, 3 * 10**6, 77, 5, 10, 5),
    ):  # fmt: skip
        schedule = make_schedule(train_config(epochs="auto", patience="auto"), texts, tokens, classes)
        assert schedule.epochs == schedule.config.epochs == epochs, (texts, tokens, classes)
        assert schedule.patience == patience, (texts, tokens, classes)
        assert schedule.min_epochs == epochs // 2, (texts, tokens, classes)
        settings = train_config(epochs="auto", adversarial=0.3)
        assert make_schedule(settings, texts, tokens, classes).epochs == regularised, (texts, tokens, classes)


def test_adversarial_training_is_for_short_texts_where_it_is_not_too_dear() -> None:
    for texts, tokens, classes, epochs, expected in (
        (9000, 125_000, 77, "auto", 0.3), (70_000, 700_000, 2, "auto", 0.3), (100, 9900, 2, "auto", 0.3),
        (100, 10_000, 2, "auto", 0.0),  # long texts
        (45_000, 26 * 10**5, 2, "auto", 0.0), (45_000, 26 * 10**5, 2, 2, 0.3),  # 26 million tokens twice, or ten
        (0, 0, 2, "auto", 0.0),  # nobody said how long texts are
    ):  # fmt: skip
        config = train_config(epochs=epochs, adversarial="auto")
        assert make_schedule(config, texts, tokens, classes).config.adversarial == expected, (texts, tokens)
        for kind in ("multi", "number", "ordinal", "path"):
            assert make_schedule(config, texts, tokens, classes, kind=kind).config.adversarial == 0.0
        given = replace(config, adversarial=0.7)
        assert make_schedule(given, texts, tokens, classes, kind="multi").config.adversarial == 0.7


def test_training_asks_by_the_kind_of_its_target() -> None:
    assert train(IDS, SMALL, train_config(epochs=1, adversarial="auto")).train_config.adversarial == 0.3
    steps = replace(IDS, target=replace(IDS.target, kind="ordinal"))
    assert train(steps, SMALL, train_config(epochs=1, adversarial="auto")).train_config.adversarial == 0.0


def test_what_is_freed_is_looked_at_after_each_step(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []
    monkeypatch.setattr(FreedMemory, "after_step", lambda self: looked.append(self))
    train(IDS, SMALL, train_config(epochs=2))
    assert len(looked) == 2 * (5 + 1)  # five steps and a score each


def test_a_device_that_is_not_there_is_reported_at_once() -> None:
    if torch.cuda.is_available():
        pytest.skip("it is there")
    with pytest.raises(ConfigError, match="torch finds no cuda device here"):
        train(IDS, SMALL, train_config(device="cuda"))


def test_weights_kept_are_finite_float32_on_the_cpu(tmp_path: Path) -> None:
    train(IDS, SMALL, train_config()).save(tmp_path)
    for weight in load_file(tmp_path / "model.safetensors").values():
        assert weight.dtype == torch.float32
        assert weight.isfinite().all()


@pytest.mark.skipif(resolve_precision("auto", "cpu") == "float32", reason="this processor has no bfloat16")
def test_bfloat16_gives_the_same_bytes_interrupted_or_not(tmp_path: Path) -> None:
    config = train_config(precision="bfloat16")
    whole = saved(train(IDS, SMALL, config), tmp_path / "whole")
    assert whole[0] != saved(train(IDS, SMALL, train_config()), tmp_path / "float32")[0]
    with pytest.raises(TrainingStopped):
        train(IDS, SMALL, config, checkpoints=tmp_path / "work", stop_requested=stop_at(4))
    assert saved(train(IDS, SMALL, config, checkpoints=tmp_path / "work"), tmp_path / "b") == whole
    for weight in load_file(tmp_path / "b" / "model.safetensors").values():
        assert weight.dtype == torch.float32


# --- what the embedding starts from -----------------------------------------------------------


def test_the_embedding_starts_from_the_vectors_given_and_keeps_the_rest() -> None:
    matrix = np.zeros((IDS.vocabulary_size, 3), np.float32)
    matrix[5:9] = np.arange(12).reshape(4, 3) + 1
    schedule = make_schedule(train_config(), 70)
    shape = (SMALL, schedule, IDS.vocabulary_size, IDS.target.outputs)
    plain, started = new_state(*shape), new_state(*shape, WordVectors(matrix))
    for network in (started.network, started.average):
        weight = network.embedding.weight.detach().numpy()
        assert (weight[5:9, :3] == matrix[5:9]).all()
        kept = np.ones(weight.shape, bool)
        kept[5:9, :3] = False
        assert (weight[kept] == plain.network.embedding.weight.detach().numpy()[kept]).all()


def test_the_first_weights_are_those_of_the_seed() -> None:
    shape = (IDS.vocabulary_size, IDS.target.outputs)
    states = [new_state(SMALL, make_schedule(train_config(seed=seed), 70), *shape) for seed in (0, 1)]
    for state, seed in zip(states, (0, 1), strict=True):
        expected = build_model(SMALL, *shape, seed=seed).state_dict()
        assert all(torch.equal(weight, expected[name]) for name, weight in state.network.state_dict().items())
    assert not torch.equal(states[0].network.embedding.weight, states[1].network.embedding.weight)


def test_more_columns_than_the_embedding_has_are_cut() -> None:
    wide = np.ones((IDS.vocabulary_size, SMALL.embedding_size + 4), np.float32)
    schedule = make_schedule(train_config(), 70)
    state = new_state(SMALL, schedule, IDS.vocabulary_size, IDS.target.outputs, WordVectors(wide))
    assert bool((state.network.embedding.weight == 1).all())


def test_a_checkpoint_is_resumed_with_the_same_vectors_alone(tmp_path: Path) -> None:
    some, others = (WordVectors(np.full((IDS.vocabulary_size, 2), x, np.float32)) for x in (0.1, 0.2))
    whole = saved(train(IDS, SMALL, train_config(), some), tmp_path / "whole")
    assert saved(train(IDS, SMALL, train_config(), others), tmp_path / "others") != whole
    for vectors, notes in ((others, "the word vectors changed"), (some, "resumed after 3 steps")):
        folder = tmp_path / notes[:6]
        with pytest.raises(TrainingStopped):
            train(IDS, SMALL, train_config(), some, checkpoints=folder, stop_requested=stop_at(3))
        told: list[Progress] = []
        ended = train(IDS, SMALL, train_config(), vectors, checkpoints=folder, on_progress=told.append)
        assert isinstance(told[0], TrainingStarted)
        assert notes in told[0].note + told[0].lost
        assert (saved(ended, tmp_path / f"{notes[:6]} saved") == whole) == (vectors is some)


@pytest.mark.parametrize(("length", "expected"), [(20, 0.1), (200, 0.0)])
def test_word_dropout_goes_by_the_length_of_texts(length: int, expected: float) -> None:
    rows = Ragged(np.full(24 * length, 2, np.int32), np.arange(25) * length)
    ids = replace(random_ids(24, 8), splits={"train": rows, "validation": rows})
    ids = replace(ids, labels={"train": np.arange(24) % 2, "validation": np.arange(24) % 2})
    made = train(ids, model_config(word_dropout="auto"), train_config(epochs=1, max_tokens=400))
    assert made.model_config.word_dropout == expected
    given = train(ids, model_config(word_dropout=0.25), train_config(epochs=1))
    assert given.model_config.word_dropout == 0.25


@pytest.mark.parametrize(
    ("environment", "refused"),
    [
        ({}, True),
        ({"LOCAL_WORLD_SIZE": "2"}, True),
        ({"LOCAL_WORLD_SIZE": "1"}, False),
        ({"RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "a", "MASTER_PORT": "1"}, False),  # one on each machine, maybe
    ],
)
def test_a_gpu_for_each_process_of_this_machine(
    environment: dict[str, str], refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    if refused:
        with pytest.raises(ConfigError, match=r"train.processes: expected 1 on this machine at most.*found 2"):
            require_device("cuda", 2)
    else:
        require_device("cuda", 2)
    require_device("cpu", 2)


def test_what_auto_became_is_told_at_the_start() -> None:
    told: list[Progress] = []
    settings = train_config(epochs=1, adversarial=0.25)
    train(IDS, replace(SMALL, word_dropout=0.125), settings, on_progress=told.append)
    assert isinstance(told[0], TrainingStarted)
    assert (told[0].word_dropout, told[0].adversarial, told[0].epochs) == (0.125, 0.25, 1)
