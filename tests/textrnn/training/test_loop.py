from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from tiny import model_config, predict_encoded, random_ids, train_config
from torch import Tensor
from torch.nn import functional

from textrnn.errors import TrainingError
from textrnn.nn.classifier import RecurrentClassifier
from textrnn.training import objective, step, train_rank
from textrnn.training.checkpoint import list_checkpoints, restore_state
from textrnn.training.events import EpochDone, Progress, StepDone
from textrnn.training.learning_rate import learning_rate_at
from textrnn.training.loop import run_steps
from textrnn.training.resume import TrainingStopped
from textrnn.training.schedule import make_schedule
from textrnn.training.train import train
from textrnn.training.train_rank import new_state
from textrnn.training.training_rows import TrainingRows
from textrnn.training.training_state import TrainingState

IDS = random_ids(70, 20)  # 5 steps an epoch
MODEL = model_config()


def break_loss(monkeypatch: pytest.MonkeyPatch, step: int, change: Callable[[Tensor], Tensor]) -> None:
    """`change` the loss of the `step`th training step, counted from 1."""
    steps = iter(range(1, 1000))

    def cross_entropy(logits: Tensor, labels: Tensor, **options: str) -> Tensor:
        loss = functional.cross_entropy(logits, labels, **options)
        return change(loss) if next(steps) == step else loss

    monkeypatch.setattr(objective, "functional", SimpleNamespace(cross_entropy=cross_entropy))


def restored(folder: Path) -> TrainingState:
    config = train_config()
    state = new_state(MODEL, make_schedule(config, 70), IDS.vocabulary_size, 2)
    (found,) = list_checkpoints(folder)
    restore_state(found, state)
    return state


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda loss: loss * float("nan"), "the loss is nan"),
        (lambda loss: loss * float("inf"), "the loss is inf"),
        (lambda loss: loss + (loss - loss.detach()) * 1e38 * 9, "the gradient's length is"),
    ],
)
def test_what_is_not_finite_stops_there_with_the_last_weights(
    change: Callable[[Tensor], Tensor], what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_loss(monkeypatch, 8, change)
    with pytest.raises(TrainingError, match=f"training stopped at epoch 2, step 3: {what}.*learning_rate"):
        train(IDS, MODEL, train_config(), checkpoints=tmp_path)
    state = restored(tmp_path)
    assert (state.epoch, state.position, state.step) == (1, 2, 7)  # every step before it
    for network in (state.network, state.average):
        assert all(weight.isfinite().all() for weight in network.parameters())
    # and they are the weights of a run that was stopped there
    monkeypatch.setattr(objective, "functional", functional)
    calls = iter(range(1, 1000))
    last = 5 + 1 + 1 + 2  # five steps, a validation batch, an epoch, two steps
    with pytest.raises(TrainingStopped):
        train(IDS, MODEL, train_config(), checkpoints=tmp_path / "b", stop_requested=lambda: next(calls) == last)
    other = restored(tmp_path / "b")
    assert other.step == 7
    for mine, theirs in zip(state.network.parameters(), other.network.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_weights_that_are_not_finite_are_never_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def poison(progress: Progress) -> None:
        if isinstance(progress, EpochDone):
            with torch.no_grad():
                states[0].network.head.weight[0, 0] = float("inf")

    states: list[TrainingState] = []

    def remember(*arguments: Any) -> TrainingState:
        states.append(new_state(*arguments))
        return states[0]

    monkeypatch.setattr(train_rank, "new_state", remember)
    with pytest.raises(TrainingError, match=r"epoch 2, after step 0: network\.head\.weight holds NaN or infinity"):
        train(IDS, MODEL, train_config(checkpoint_seconds=0.0), checkpoints=tmp_path, on_progress=poison)
    state = restored(tmp_path)
    assert state.step == 5
    assert state.network.head.weight.isfinite().all()


def test_a_validation_loss_that_is_not_finite_stops(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(train_rank, "validation_scores", lambda *_: {"loss": float("nan"), "accuracy": 0.5})
    with pytest.raises(TrainingError, match="stopped after epoch 1: the validation loss is nan"):
        train(IDS, MODEL, train_config(), checkpoints=tmp_path)


# --- early stopping, the best epoch, the average ---------------------------------------------


def run_with_scores(losses: list[float], texts: int = 70, **settings: Any) -> TrainingState:
    """A run whose validation losses are given, with a patience of auto as for so many `texts`."""
    config = train_config(epochs=len(losses), **settings)
    schedule = make_schedule(config, texts)
    state = new_state(MODEL, schedule, IDS.vocabulary_size, 2)
    feed = TrainingRows(IDS.splits["train"], IDS.labels["train"], schedule.config)
    given = iter(losses)
    averages = []
    for progress in run_steps(state, feed, schedule, lambda _: {"loss": next(given), "accuracy": 0.5}):
        if isinstance(progress, EpochDone):
            averages.append(state.average.head.weight.detach().clone())
    state.averages = averages  # type: ignore[attr-defined]
    return state


def test_patience_stops_and_the_best_epoch_is_kept() -> None:
    state = run_with_scores([0.9, 0.5, 0.7, 0.6, 0.1, 0.1], patience=2)
    assert len(state.history) == 4
    assert state.finished
    assert (state.best_epoch, state.best_loss) == (2, 0.5)
    averages = state.averages  # type: ignore[attr-defined]
    assert torch.equal(state.best["head.weight"], averages[1])
    assert not torch.equal(state.best["head.weight"], averages[3])


def test_the_best_epoch_is_by_the_score_that_is_requested() -> None:
    given = iter([(0.5, 0.80), (0.6, 0.90), (0.4, 0.85), (0.55, 0.90), (0.7, 0.90)])

    def score(_: RecurrentClassifier) -> dict[str, float]:
        loss, accuracy = next(given)
        return {"loss": loss, "accuracy": accuracy}

    schedule = make_schedule(train_config(epochs=5, best_by="accuracy", patience=0), 70)
    state = new_state(MODEL, schedule, IDS.vocabulary_size, 2)
    feed = TrainingRows(IDS.splits["train"], IDS.labels["train"], schedule.config)
    better = [p.is_best for p in run_steps(state, feed, schedule, score) if isinstance(p, EpochDone)]
    assert better == [True, True, False, True, False]  # of equal accuracies the lower loss
    assert (state.best_epoch, state.best_score, state.best_loss) == (4, 0.90, 0.55)


def test_an_improvement_starts_the_waiting_anew() -> None:
    state = run_with_scores([0.9, 0.95, 0.5, 0.6, 0.4, 0.5], patience=2)
    assert len(state.history) == 6
    assert state.best_epoch == 5


def test_an_equal_score_is_no_improvement() -> None:
    state = run_with_scores([0.5, 0.5, 0.5, 0.5], patience=2)
    assert (len(state.history), state.best_epoch) == (3, 1)


def test_a_patience_of_auto_is_not_lost_in_the_first_half() -> None:
    plateau = [0.69, *[0.7] * 5, 0.5, *[0.6] * 7]
    assert make_schedule(train_config(epochs=14, patience="auto"), 1000).patience == 5
    state = run_with_scores(plateau, 1000, patience="auto")
    assert (state.best_epoch, len(state.history)) == (7, 12)
    assert len(run_with_scores(plateau, 1000, patience=5).history) == 6  # one that was asked for is kept to
    falling_out = run_with_scores([0.5, *[0.6] * 13], 1000, patience="auto")
    assert (falling_out.best_epoch, len(falling_out.history)) == (1, 7)


def test_however_many_epochs_are_requested_half_of_those_that_auto_takes_is_enough() -> None:
    schedule = make_schedule(train_config(epochs=500, patience="auto"), 20_000, 5 * 10**6, 2)
    assert (schedule.epochs, schedule.min_epochs) == (500, 1)


def test_without_patience_every_epoch_runs() -> None:
    state = run_with_scores([0.1, 0.5, 0.6, 0.7, 0.8], patience=0)
    assert len(state.history) == 5
    assert state.best_epoch == 1


def test_training_stops_early_on_its_own_scores() -> None:
    ids = random_ids(70, 20)  # labels without meaning: it can only get worse
    classifier = train(ids, MODEL, train_config(epochs=40, learning_rate=0.05, patience=3, ema_decay=0.0))
    assert len(classifier.history) == classifier.best_epoch + 3 < 40
    losses = [record["validation_loss"] for record in classifier.history]
    assert losses.index(min(losses)) == classifier.best_epoch - 1


def test_without_averaging_the_last_weights_are_scored() -> None:
    state = run_with_scores([0.9, 0.8], ema_decay=0.0)
    for mine, theirs in zip(state.average.parameters(), state.network.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    state = run_with_scores([0.9, 0.8], ema_decay=0.9)
    assert not torch.equal(state.average.head.weight, state.network.head.weight)


def test_average_and_no_average_train_the_same_network() -> None:
    plain, averaged = run_with_scores([0.9, 0.8], ema_decay=0.0), run_with_scores([0.9, 0.8], ema_decay=0.99)
    assert torch.equal(plain.network.head.weight, averaged.network.head.weight)


def test_the_rate_follows_its_schedule_to_the_end() -> None:
    steps: list[StepDone] = []
    found = train(
        IDS,
        MODEL,
        train_config(learning_rate=0.1, warmup=0.2),
        on_progress=lambda done: steps.append(done) if isinstance(done, StepDone) else None,
    )
    assert [(done.epoch, done.position) for done in steps] == [(n // 5 + 1, n % 5 + 1) for n in range(10)]
    rates = [done.learning_rate for done in steps]
    assert [round(rate, 6) for rate in rates] == [0.05, 0.1, 0.1, 0.0875, 0.075, 0.0625, 0.05, 0.0375, 0.025, 0.0125]
    assert [row["learning_rate"] for row in found.history] == [rates[4], rates[9]]
    cycle = train(IDS, MODEL, train_config(learning_rate=0.1, warmup=0.2, schedule="constant")).history
    last = [learning_rate_at(step, 10, highest=0.1, warmup=0.2, schedule="constant") for step in (4, 9)]
    assert [row["learning_rate"] for row in cycle] == last


def test_every_step_reads_other_rows_and_all_are_read() -> None:
    schedule = make_schedule(train_config(), 70)
    feed = TrainingRows(IDS.splits["train"], IDS.labels["train"], schedule.config)
    read: list[list[int]] = []
    state = new_state(MODEL, schedule, IDS.vocabulary_size, 2)

    class Spy(TrainingRows):
        def batch(self, indices: Any) -> Any:
            read.append(indices.tolist())
            return super().batch(indices)

    for _ in run_steps(
        state, Spy(feed.rows, feed.labels, feed.config), schedule, lambda _: {"loss": 1.0, "accuracy": 0.5}
    ):
        pass
    for epoch in (read[:5], read[5:]):
        assert sorted(row for batch in epoch for row in batch) == list(range(70))
    assert read[:5] != read[5:]


def test_the_training_loss_is_that_of_its_own_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    given = iter([1.0, 2.0, 3.0, 4.0, 5.0, 10.0, 20.0, 30.0, 40.0, 50.0])
    constant = lambda logits, labels, **_: logits.sum() * 0 + next(given) * len(labels)  # noqa: E731
    monkeypatch.setattr(objective, "functional", SimpleNamespace(cross_entropy=constant))
    state = run_with_scores([0.9, 0.8])
    sizes = [
        [len(indices) for indices in TrainingRows(IDS.splits["train"], IDS.labels["train"], train_config()).plan(e)]
        for e in (0, 1)
    ]
    means = [
        sum(size * loss for size, loss in zip(sizes[e], losses, strict=True)) / 70
        for e, losses in enumerate(((1, 2, 3, 4, 5), (10, 20, 30, 40, 50)))
    ]
    assert [record["train_loss"] for record in state.history] == pytest.approx(means)


def test_labels_reach_the_loss() -> None:
    ids = random_ids(70, 20)
    turned = type(ids)(ids.splits, {name: 1 - labels for name, labels in ids.labels.items()}, ids.target, 30)
    same, other = (train(either, MODEL, train_config(epochs=1)) for either in (ids, turned))
    rows = ids.splits["validation"]
    assert abs(predict_encoded(same, rows) - predict_encoded(other, rows)).max() > 1e-3


@pytest.mark.parametrize("clip_norm", [1e9, 0.05])
def test_a_gradient_is_clipped_in_c_as_in_torch(clip_norm: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever its length: one that is short enough stays as it is."""
    config = train_config(clip_norm=clip_norm, learning_rate=0.01)
    ours = train(IDS, MODEL, config).weights
    for module in (step, train_rank):
        monkeypatch.setattr(module, "library_for_adamw", lambda network: None)
    theirs = train(IDS, MODEL, config).weights
    for name, weight in theirs.items():
        torch.testing.assert_close(ours[name], weight, rtol=1e-3, atol=1e-5, msg=name)
