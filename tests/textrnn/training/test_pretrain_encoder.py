"""Pretraining: its loss against a plain one, what a state is asked, the same bytes however it is interrupted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import made_ids, model_config, random_ids, random_rows, train_config

from textrnn.config.arguments.encoder_pretraining import (
    EncoderPretrainingArguments,
    NoPretraining,
    PretrainingLoop,
    pretraining_arguments,
)
from textrnn.config.embeddings import EmbeddingsConfig
from textrnn.config.encoder_pretraining import EncoderPretrainingConfig
from textrnn.config.field_types import select_fields
from textrnn.errors import ConfigError, TrainingError
from textrnn.nn.encoder_pretraining import LanguageModel, PretrainingBatch, build_language_model
from textrnn.nn.pretrained import PretrainedWeights
from textrnn.text.make_word_vectors import make_word_vectors
from textrnn.text.ragged import join_rows, ragged
from textrnn.text.word_vectors import WordVectors
from textrnn.training import auto_settings as automatic
from textrnn.training import pretrain_encoder as pretraining
from textrnn.training.context_windows import ContextWindows, reverse_texts
from textrnn.training.events import EpochDone, Progress, StepDone, TrainingStarted
from textrnn.training.objective import ForwardPasses
from textrnn.training.pretrain_encoder import pretrain_encoder, pretraining_train_config
from textrnn.training.pretraining_loss import add_pretraining_loss, held_out_scores, sum_pretraining_loss
from textrnn.training.resume import TrainingStopped
from textrnn.training.schedule import make_schedule
from textrnn.training.step import Engine, train_step
from textrnn.training.train import train

IDS = random_ids(70, 20)
NO_VECTORS = WordVectors(np.zeros((30, 0), np.float32))
MORE = random_rows(20, seed=3)
MODEL, TRAIN = model_config(), train_config()
CONFIG = EncoderPretrainingConfig(epochs=2, window=3, stride=2, batch_size=16)
LOOP = select_fields(PretrainingLoop, TRAIN)


def learn(**options: object) -> PretrainedWeights:
    return pretrain_encoder(IDS, NO_VECTORS, MORE, with_language(CONFIG), **options)  # type: ignore[arg-type]


def with_language(config: EncoderPretrainingConfig) -> EncoderPretrainingArguments | NoPretraining:
    return pretraining_arguments(MODEL, TRAIN, config)


def stop_at(call: int) -> Callable[[], bool]:
    """A `stop_requested` that says yes the `call`th time (from 1) and ever after."""
    calls = iter(range(1, 1_000_000))
    return lambda: next(calls) >= call


def saved(found: PretrainedWeights, folder: Path) -> bytes:
    found.save(folder)
    return (folder / "pretrained.safetensors").read_bytes() + (folder / "pretrained.json").read_bytes()


def feed_of(config: EncoderPretrainingConfig, rows=IDS.splits["train"], vocabulary_size: int = 30) -> ContextWindows:
    counts = np.bincount(rows.flat, minlength=vocabulary_size)
    return ContextWindows(rows, counts / len(rows.flat), config, pretraining_train_config(LOOP, config))


# --- what is asked --------------------------------------------------------------------------------


def test_a_state_predicts_the_tokens_ahead_of_it() -> None:
    rows = ragged([[5, 6, 7, 8], [9, 5]])
    windows = feed_of(EncoderPretrainingConfig(1, window=2, stride=1, subsampling_threshold=0), rows, 10).batch(
        np.array([0, 1])
    )
    assert windows.tokens.tolist() == [5, 6, 7, 8, 9]
    forward, backward = windows.targets
    asked = {
        way: [
            (place, sorted(windows.tokens[wanted.cells[wanted.cells // 5 == state] % 5].tolist()))
            for state, place in enumerate(wanted.places.tolist())
        ]
        for way, wanted in (("forward", forward), ("backward", backward))
    }
    # places are step * 2 + text
    assert asked["forward"] == [(0, [6, 7]), (1, [5]), (2, [7, 8]), (4, [8])]
    assert asked["backward"] == [(0, [6, 7]), (1, [9]), (2, [5, 6]), (4, [5])]
    assert forward.shares.tolist() == [0.5, 0.5, 1, 0.5, 0.5, 1]


def test_common_words_count_less_and_pad_and_unk_not_at_all() -> None:
    rows = ragged([[2, 3, 3, 3, 1, 4]])
    wanted = (
        feed_of(EncoderPretrainingConfig(1, window=5, stride=1, subsampling_threshold=0.01), rows, 5)
        .batch(np.array([0]))
        .targets[0]
    )
    first = wanted.shares[wanted.cells < 3]  # 3 three times, then 4: each counts by the root of its rarity
    worth = np.sqrt(0.01 / np.array([3 / 6] * 3 + [1 / 6]))
    assert np.allclose(first.numpy(), worth / worth.sum())


def test_where_windows_begin_goes_by_the_rows_and_every_place_is_asked_in_time() -> None:
    feed = feed_of(EncoderPretrainingConfig(1, stride=4, batch_size=8), random_rows(64, longest=40))
    found = {
        int(feed.batch(rows).targets[0].places.min()) // len(rows) for epoch in range(3) for rows in feed.plan(epoch)
    }
    assert found == {0, 1, 2, 3}


def test_mirrored_twice_is_as_before() -> None:
    ids, lengths = np.array([[1, 4], [2, 0], [3, 0]]), np.array([3, 1])
    assert reverse_texts(ids, lengths).tolist() == [[3, 4], [2, 0], [1, 0]]
    assert np.array_equal(reverse_texts(reverse_texts(ids, lengths), lengths), ids)


# --- the loss -------------------------------------------------------------------------------------


def plain_loss(network: LanguageModel, windows: PretrainingBatch, feed: ContextWindows) -> torch.Tensor:
    """The loss by its definition, a state and a token at a time, from `nn.LSTM` on each text."""
    lstm = torch.nn.LSTM(network.embedding.embedding_dim, network.encoder.hidden_size, bidirectional=True)
    lstm.load_state_dict(network.encoder.state_dict())
    total = torch.zeros(())
    scores = network.embedding.weight[windows.tokens]
    for text, length in enumerate(windows.batch.lengths.tolist()):
        ids = windows.batch.ids[:length, text].tolist()
        states = lstm(network.embedding(torch.tensor(ids)))[0]
        size = network.encoder.hidden_size
        for way, order in enumerate((list(range(length)), list(range(length))[::-1])):
            for step in range(int(rows_sum(windows, feed)), length - 1, feed.encoder_pretraining.stride):
                ahead = [ids[place] for place in order[step + 1 : step + 1 + feed.encoder_pretraining.window]]
                ahead = [token for token in ahead if token > 1]
                if not ahead:
                    continue
                state = states[order[step], way * size : (way + 1) * size]
                logits = scores @ (network.back[way] @ state) + network.bias[windows.tokens] - windows.offsets
                log = logits.log_softmax(dim=0)
                total = total - sum(log[windows.tokens == token].sum() for token in ahead) / len(ahead)
    return total


def rows_sum(windows: PretrainingBatch, feed: ContextWindows) -> int:
    return min(int(wanted.places.min()) // len(windows.batch.lengths) for wanted in windows.targets)


def test_loss_and_gradients_are_those_of_the_definition() -> None:
    feed = feed_of(EncoderPretrainingConfig(1, window=3, stride=2, subsampling_threshold=0))
    windows = feed.batch(feed.plan(0)[0])
    network = build_language_model(MODEL, 30, seed=0)
    torch.nn.init.normal_(network.bias)
    found = sum_pretraining_loss(network, windows, network(windows), TRAIN)
    gradients = torch.autograd.grad(found * 3, list(network.parameters()))
    lstm_free = plain_loss(network, windows, feed)
    assert float(found.detach()) == pytest.approx(float(lstm_free.detach()), rel=1e-5)
    plain = torch.autograd.grad(lstm_free * 3, [network.embedding.weight, *network.back, network.bias])
    named = dict(zip([name for name, _ in network.named_parameters()], gradients, strict=True))
    for name, wanted in zip(("back.0", "back.1", "bias"), plain[1:], strict=True):
        assert torch.allclose(named[name], wanted, atol=1e-4), name


def test_next_to_another_loss_the_mean_of_the_states_counts_once_for_each_text() -> None:
    feed = feed_of(EncoderPretrainingConfig(1, window=3, stride=2))
    windows = feed.batch(feed.plan(0)[0])
    network = build_language_model(MODEL, 30, seed=0)
    forward_passes = ForwardPasses(lambda _: network(windows))
    whole = sum_pretraining_loss(network, windows, network(windows), TRAIN)
    (wanted,) = torch.autograd.grad(whole, [network.bias])
    share = len(windows.batch.lengths) / sum(len(each.places) for each in windows.targets)
    assert 0 < share < 1
    found = add_pretraining_loss(network, windows, forward_passes, TRAIN, 0.5)
    assert float(found) == pytest.approx(float(whole.detach()) * share)
    assert network.bias.grad is not None
    assert torch.allclose(network.bias.grad, wanted * share * 0.5)


def test_offsets_are_how_likely_a_batch_holds_a_token() -> None:
    feed = feed_of(EncoderPretrainingConfig(1))
    windows = feed.batch(np.arange(16))
    tokens = int(windows.batch.lengths.sum())
    expected = np.log(1 - (1 - feed.shares[windows.tokens.numpy()]) ** tokens)
    assert np.allclose(windows.offsets.numpy(), expected, rtol=1e-4)


# --- learning -------------------------------------------------------------------------------------


@pytest.mark.parametrize("window", [1, 5])
@pytest.mark.parametrize("encoder", ["lstm", "gru"])
def test_it_learns_what_texts_it_has_not_seen_are_like(window: int, encoder: str) -> None:
    vocabulary, ids = made_ids()
    config = EncoderPretrainingConfig(epochs=6, window=window, stride=1, batch_size=16, learning_rate=0.02)
    vectors = make_word_vectors(ids, vocabulary, EmbeddingsConfig("none", size=6))
    model = model_config(encoder=encoder)
    found = pretrain_encoder(ids, vectors, ragged([]), pretraining_arguments(model, TRAIN, config))
    schedule = make_schedule(pretraining_train_config(LOOP, config), 1)
    feed = replace(feed_of(config, ids.splits["train"], len(vocabulary)), rows=ids.splits["validation"])
    before = held_out_scores(build_language_model(model, len(vocabulary), seed=0), feed, schedule, lambda: None)
    assert found.history[-1]["validation_perplexity"] < 0.7 * before["perplexity"]
    assert found.weights.keys() == {
        "embedding.weight",
        *(f"encoder.{name}" for name, _ in build_language_model(model, 9, seed=0).encoder.named_parameters()),
    }


def test_an_encoder_of_one_direction_learns_that_one() -> None:
    model = model_config(bidirectional=False)
    found = pretrain_encoder(IDS, NO_VECTORS, MORE, pretraining_arguments(model, TRAIN, replace(CONFIG, epochs=1)))
    assert not any("reverse" in name for name in found.weights)
    fresh = build_language_model(model, 30, seed=TRAIN.seed)
    for name, weight in fresh.encoder.named_parameters():
        assert not torch.equal(torch.as_tensor(found.weights[f"encoder.{name}"]), weight), name


def test_validation_texts_are_not_learned_from(monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    monkeypatch.setattr(
        pretraining, "ContextWindows", lambda rows, *rest: read.append(rows) or ContextWindows(rows, *rest)
    )
    learn()
    assert [row.tolist() for row in read[0]] == [row.tolist() for row in join_rows(IDS.splits["train"], MORE)]


def test_the_classifier_starts_from_what_was_learned(tmp_path: Path) -> None:
    found = learn()
    still = train_config(epochs=1, learning_rate=1e-12, ema_decay=0.0, weight_decay=0.0)
    weights = train(IDS, model_config(num_layers=2), still, NO_VECTORS, pretrained=found).weights
    for name, weight in found.weights.items():
        assert np.allclose(weights[name], weight, atol=1e-6), name
    found.save(tmp_path)
    assert saved(PretrainedWeights.load(tmp_path), tmp_path / "again") == saved(found, tmp_path / "first")
    with pytest.raises(ConfigError, match=r"pretrained weights: expected .* found .*encoder_pretraining\.epochs=0"):
        train(IDS, model_config(hidden_size=7), still, NO_VECTORS, pretrained=found)
    with pytest.raises(ConfigError, match=r"weight_ih_l0_reverse .* found none"):
        train(IDS, model_config(bidirectional=False), still, NO_VECTORS, pretrained=found)


def test_without_passes_nothing_is_done_and_a_classifier_is_as_before(tmp_path: Path) -> None:
    none = pretrain_encoder(IDS, NO_VECTORS, MORE, with_language(EncoderPretrainingConfig()))
    assert none == PretrainedWeights()
    none.save(tmp_path)
    assert PretrainedWeights.load(tmp_path) == none
    plain, started = train(IDS, MODEL, TRAIN), train(IDS, MODEL, TRAIN, pretrained=none)
    assert all(np.array_equal(plain.weights[name], started.weights[name]) for name in plain.weights)


def test_auto_goes_by_the_tokens_of_all_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = replace(CONFIG, epochs="auto")
    assert pretrain_encoder(IDS, NO_VECTORS, MORE, with_language(chosen)) == PretrainedWeights()
    tokens = len(IDS.splits["train"].flat) + len(MORE.flat)
    monkeypatch.setattr(automatic, "PRETRAINING_TOKENS", tokens + 1)
    assert pretrain_encoder(IDS, NO_VECTORS, MORE, with_language(chosen)) == PretrainedWeights()
    monkeypatch.setattr(automatic, "PRETRAINING_TOKENS", tokens)
    assert len(pretrain_encoder(IDS, NO_VECTORS, MORE, with_language(chosen)).history) == automatic.PRETRAINING_EPOCHS


def test_auto_leaves_an_encoder_without_direction_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automatic, "PRETRAINING_TOKENS", 1)
    for encoder in ("bag", "convolution"):
        chosen = model_config(encoder=encoder), TRAIN, replace(CONFIG, epochs="auto")
        assert pretrain_encoder(IDS, NO_VECTORS, MORE, pretraining_arguments(*chosen)) == PretrainedWeights()


def test_an_encoder_that_reads_in_no_direction_has_nothing_to_learn() -> None:
    for encoder in ("bag", "convolution"):
        with pytest.raises(
            ConfigError, match=rf"encoder_pretraining\.epochs: expected a recurrent model\.encoder, found {encoder}"
        ):
            pretrain_encoder(IDS, NO_VECTORS, MORE, pretraining_arguments(model_config(encoder=encoder), TRAIN, CONFIG))


# --- the same bytes -------------------------------------------------------------------------------


def test_interrupted_after_every_step_gives_the_same_bytes(tmp_path: Path) -> None:
    whole = saved(learn(), tmp_path / "whole")
    work, runs = tmp_path / "work", 0
    found: PretrainedWeights | None = None
    while found is None:
        progress: list[Progress] = []
        try:
            found = learn(checkpoints=work, stop_requested=stop_at(3), on_progress=progress.append)
        except TrainingStopped:
            runs += 1
        assert isinstance(progress[0], TrainingStarted)
        assert progress[0].steps_done == 0 or progress[0].note.startswith("resumed after")
    assert runs > 5
    assert saved(found, tmp_path / "found") == whole


def test_a_checkpoint_of_other_settings_is_left_aside(tmp_path: Path) -> None:
    with pytest.raises(TrainingStopped):
        learn(checkpoints=tmp_path, stop_requested=stop_at(3))
    progress: list[Progress] = []
    other = replace(CONFIG, window=4)
    pretrain_encoder(IDS, NO_VECTORS, MORE, with_language(other), checkpoints=tmp_path, on_progress=progress.append)
    assert "encoder_pretraining.window was 3, is 4; training starts over" in progress[0].lost  # type: ignore[union-attr]


def test_what_is_not_read_of_the_other_sections_changes_no_byte(tmp_path: Path) -> None:
    whole = saved(learn(), tmp_path / "whole")
    model = model_config(dropout=0.1, pooling="mean", num_layers=2, word_dropout=0.3)
    other = train_config(epochs=9, batch_size=3, learning_rate=0.1, ema_decay=0.5, clip_norm=9.0, weight_decay=0.5)
    found = pretrain_encoder(IDS, NO_VECTORS, MORE, pretraining_arguments(model, other, CONFIG))
    assert saved(found, tmp_path / "other") == whole


def test_two_threads_learn_as_one(tmp_path: Path) -> None:
    one = learn()
    torch.set_num_threads(2)
    two = learn()
    assert saved(two, tmp_path / "two") == saved(learn(), tmp_path / "again")
    for name, weight in one.weights.items():
        assert torch.allclose(two.weights[name], weight, atol=1e-3), name


def test_a_number_that_is_not_finite_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[object] = []
    true = pretraining.new_pretraining_state

    def broken(*given: object) -> object:
        state = true(*given)  # type: ignore[arg-type]
        with torch.no_grad():
            state.network.get_parameter("bias")[7] = float("nan")
        return state

    monkeypatch.setattr(pretraining, "new_pretraining_state", broken)
    with pytest.raises(TrainingError, match=r"step 1: the weight bias holds NaN or infinity"):
        learn(on_progress=steps.append)
    assert not any(isinstance(done, StepDone | EpochDone) for done in steps)


def test_a_batch_that_asks_nothing_changes_no_weight() -> None:
    config = pretraining_train_config(LOOP, CONFIG)
    schedule = make_schedule(config, 1)
    state = pretraining.new_pretraining_state(MODEL, schedule, 30, NO_VECTORS)
    feed = feed_of(CONFIG, ragged([[1, 1], [1, 1]]))
    before = {name: weight.clone() for name, weight in state.network.named_parameters()}
    engine = Engine(state.network, objective=pretraining.add_pretraining_loss)
    rows = np.array([0, 1])
    train_step(state, feed.batch(rows), feed.part(rows), schedule, 0.1, engine)
    assert all(torch.equal(weight, before[name]) for name, weight in state.network.named_parameters())
    assert state.loss_sum == 0
