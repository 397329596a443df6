from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tiny import model_config, random_ids, train_config
from torch import Tensor
from torch.nn import functional

from textrnn.config.train import TrainConfig
from textrnn.data.target import Target
from textrnn.nn.batch import Batch, assemble, mask_of
from textrnn.nn.classifier import RecurrentClassifier, build_model
from textrnn.nn.noise import step_noise
from textrnn.text.pseudo_labels import PseudoLabels, add_pseudo_labels, no_pseudo_labels
from textrnn.text.ragged import ragged
from textrnn.training.adversarial import scale_perturbation
from textrnn.training.objective import ForwardPasses, add_gradients

IDS = random_ids(12, 4, classes=3)
MODEL = model_config(word_dropout=0.2, embedding_dropout=0.2, dropout=0.2)


def made(labels: NDArray[np.generic] | None = None) -> tuple[RecurrentClassifier, Batch, ForwardPasses]:
    network = build_model(MODEL, IDS.vocabulary_size, 3, seed=0)
    targets = IDS.labels["train"] if labels is None else labels
    batch = assemble(IDS.splits["train"], np.arange(12), max_tokens=9, labels=targets)

    def read(perturbation: Tensor | None) -> Tensor:
        return network(batch, step_noise(0, 0, 0), None, perturbation)

    return network, batch, ForwardPasses(read)


def gradients(network: RecurrentClassifier) -> dict[str, Tensor]:
    return {name: value.grad.clone() for name, value in network.named_parameters() if value.grad is not None}


def of(config: TrainConfig, labels: NDArray[np.generic] | None = None, weight: float = 1.0) -> dict[str, Tensor]:
    network, batch, readings = made(labels)
    add_gradients(network, batch, readings, config, weight)
    return gradients(network)


def by_hand(loss_of: Callable[[RecurrentClassifier, Batch, ForwardPasses], Tensor]) -> dict[str, Tensor]:
    network, batch, readings = made()
    loss_of(network, batch, readings).backward()
    return gradients(network)


def assert_equal(found: dict[str, Tensor], wanted: dict[str, Tensor]) -> None:
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        torch.testing.assert_close(found[name], value, rtol=1e-4, atol=1e-6, msg=name)


def cross_entropy(logits: Tensor, batch: Batch, smoothing: float = 0.0) -> Tensor:
    assert batch.labels is not None
    return functional.cross_entropy(logits, batch.labels, reduction="sum", label_smoothing=smoothing)


def test_targets_of_one_class_each_are_labels() -> None:
    whole = np.eye(3, dtype=np.float32)[IDS.labels["train"]]
    assert_equal(of(train_config(), whole), of(train_config()))


def test_targets_that_say_nothing_move_nothing_and_the_others_count_for_them() -> None:
    silent = PseudoLabels(ragged([[5, 6, 7], [8]]), np.zeros((2, 3), np.float32))
    joined = add_pseudo_labels(IDS, silent)
    targets = joined.labels["train"]
    assert np.allclose(targets[:12], np.eye(3)[IDS.labels["train"]] * 14 / 12)
    assert not targets[12:].any()
    assert joined.splits["train"][12].tolist() == [5, 6, 7]
    assert add_pseudo_labels(IDS, no_pseudo_labels(3)) is IDS
    for smoothing in (0.0, 0.3):
        nothing = of(train_config(label_smoothing=smoothing), np.zeros((12, 3), np.float32))
        assert not any(value.any() for value in nothing.values())


def test_label_smoothing_is_that_of_the_library() -> None:
    wanted = by_hand(lambda network, batch, readings: cross_entropy(readings.shared(None), batch, 0.2))
    assert_equal(of(train_config(label_smoothing=0.2)), wanted)
    network, batch, readings = made()
    add_gradients(
        network, replace(batch, weights=torch.full((12,), 2.0)), readings, train_config(label_smoothing=0.2), 0.5
    )
    assert_equal(gradients(network), wanted)


def test_adversarial_training_adds_the_loss_at_the_worst_perturbation() -> None:
    """Against the definition: the gradient with regard to the embedded tokens, text by text, to a given length."""

    def loss(network: RecurrentClassifier, batch: Batch, readings: ForwardPasses) -> Tensor:
        perturbation = torch.zeros(*batch.ids.shape, MODEL.embedding_size, requires_grad=True)
        (gradient,) = torch.autograd.grad(cross_entropy(readings.shared(perturbation), batch), perturbation)
        worst = torch.zeros_like(gradient)
        for text, length in enumerate(batch.lengths.tolist()):
            if length:
                vectors = network.embedding.weight[batch.ids[:length, text]].detach()
                step = 0.4 * vectors.norm(dim=1).mean() / gradient[:length, text].norm()
                worst[:length, text] = gradient[:length, text] * step
        return cross_entropy(readings.shared(None), batch) + cross_entropy(readings.shared(worst), batch)

    assert_equal(of(train_config(adversarial=0.4)), by_hand(loss))
    assert_equal(
        {name: value * 0.25 for name, value in of(train_config(adversarial=0.4)).items()},
        of(train_config(adversarial=0.4), weight=0.25),
    )


def test_the_worst_perturbation_is_worse_than_perturbations_by_chance() -> None:
    network, batch, readings = made()
    perturbation = torch.zeros(*batch.ids.shape, MODEL.embedding_size, requires_grad=True)
    cross_entropy(readings.shared(perturbation), batch).backward()
    assert perturbation.grad is not None
    worst = float(
        cross_entropy(readings.shared(scale_perturbation(perturbation.grad, batch, network, 0.3)), batch).detach()
    )
    for seed in range(20):
        chance = torch.randn(perturbation.shape, generator=torch.Generator().manual_seed(seed))
        other = cross_entropy(readings.shared(scale_perturbation(chance, batch, network, 0.3)), batch)
        assert worst > float(other.detach())


@settings(deadline=None, max_examples=25)
@given(length=st.floats(0.01, 10), seed=st.integers(0, 99))
def test_a_perturbation_has_the_length_requested_and_none_where_there_is_no_token(length: float, seed: int) -> None:
    network, batch, _ = made()
    shape = (*batch.ids.shape, MODEL.embedding_size)
    perturbation = scale_perturbation(
        torch.randn(shape, generator=torch.Generator().manual_seed(seed)), batch, network, length
    )
    real = mask_of(batch.lengths, len(batch.ids))
    assert not perturbation[~real].any()
    for text, steps in enumerate(batch.lengths.tolist()):
        vectors = network.embedding.weight.detach()[batch.ids[:steps, text]]
        wanted = length * float(vectors.norm(dim=1).mean()) if steps else 0.0
        assert float(perturbation[:, text].norm()) == pytest.approx(wanted, rel=1e-4, abs=1e-7)
    assert not scale_perturbation(torch.zeros(shape), batch, network, length).any()


# --- kinds of target ---------------------------------------------------------------------------


def losses_of(target: Target, labels: NDArray[np.generic], **changes: Any) -> tuple[float, Tensor]:
    """The summed loss of twelve texts, and the logits that it is of."""
    network, batch, _ = made(labels)
    torch.manual_seed(0)
    network.head = torch.nn.Linear(network.pool.output_size, target.outputs)
    batch = replace(batch, target=target, **changes)

    def read(perturbation: Tensor | None) -> Tensor:
        return network(batch)

    loss = add_gradients(network, batch, ForwardPasses(read), train_config(), 1.0)
    return float(loss), read(None).detach()


def test_several_labels_cost_the_mean_cross_entropy_of_each() -> None:
    labels = np.random.default_rng(0).integers(0, 2, (12, 3)).astype(np.float32)
    loss, logits = losses_of(Target("multi", ("a", "b", "c")), labels)
    expected = functional.binary_cross_entropy_with_logits(logits, torch.from_numpy(labels), reduction="none")
    assert loss == pytest.approx(float(expected.mean(dim=1).sum()), rel=1e-5)
    weights = torch.rand(12, 3)
    loss, _ = losses_of(Target("multi", ("a", "b", "c")), labels, weights=weights)
    assert loss == pytest.approx(float((expected * weights).mean(dim=1).sum()), rel=1e-5)


def test_a_number_costs_the_squared_error() -> None:
    labels = np.random.default_rng(0).normal(size=(12, 1)).astype(np.float32)
    loss, logits = losses_of(Target("number", ()), labels)
    assert loss == pytest.approx(float((logits - torch.from_numpy(labels)).square().sum()), rel=1e-5)


def test_an_order_costs_each_of_its_steps_too() -> None:
    labels = np.arange(12) % 3
    target = Target("ordinal", (1, 2, 3))
    loss, logits = losses_of(target, labels)
    said = logits.double().softmax(dim=1)
    expected = 0.0
    for p, true in zip(said.tolist(), labels.tolist(), strict=True):
        above = [sum(p[step + 1 :]) for step in range(2)]  # P(class > step)
        steps = [-math.log(above[step] if true > step else 1 - above[step]) for step in range(2)]
        expected += -math.log(p[true]) + sum(steps) / 2
    assert loss == pytest.approx(expected, rel=1e-4)
    soft, _ = losses_of(target, np.eye(3, dtype=np.float32)[labels])
    assert soft == pytest.approx(loss, rel=1e-5)


def test_a_path_costs_each_of_its_levels_too() -> None:
    labels = np.arange(12) % 3
    loss, logits = losses_of(Target("path", ("a > x", "a > y", "b > x")), labels)
    said = logits.double().softmax(dim=1)
    expected = 0.0
    for p, true in zip(said.tolist(), labels.tolist(), strict=True):
        domain = p[0] + p[1] if true < 2 else p[2]
        expected += -math.log(p[true]) - math.log(domain)
    assert loss == pytest.approx(expected, rel=1e-4)


def test_weights_of_texts_are_what_each_counts() -> None:
    labels = np.arange(12) % 3
    weights = torch.rand(12)
    loss, logits = losses_of(Target("single", ("a", "b", "c")), labels, weights=weights)
    each = functional.cross_entropy(logits, torch.from_numpy(labels), reduction="none")
    assert loss == pytest.approx(float((each * weights).sum()), rel=1e-5)
