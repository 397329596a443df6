from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from textrnn.config.sequence_model import SequenceConfig
from textrnn.sequences.demo.memory_trial import PROBED, Trial, gradient_norms, reset_gates, run_trial
from textrnn.sequences.demo.synthetic_tasks import FEATURES, OUTPUTS, draw, loss_of
from textrnn.sequences.demo.trials import run_trials
from textrnn.sequences.network import SequenceNetwork, build_sequence_network

TINY = Trial("recall", "lstm", length=6, steps=250, hidden_size=16)


def network_of(trial: Trial) -> SequenceNetwork:
    shape = SequenceConfig(encoder=trial.encoder, hidden_size=trial.hidden_size)
    return build_sequence_network(shape, FEATURES[trial.task], OUTPUTS[trial.task], seed=0)


def test_an_lstm_learns_to_name_what_it_saw_first() -> None:
    found = run_trial(TINY)
    assert found["accuracy"] > 0.95
    assert found["loss"] < 0.3
    assert len(found["gradient_before"]) == len(found["gradient_after"]) == 6
    # what the loss hangs on is the first step, the last of the list: nothing else tells the symbol
    assert found["gradient_after"][-1] == max(found["gradient_after"])
    assert found["gradient_after"][-1] > 10 * found["gradient_before"][-1]


def test_the_same_seed_gives_the_same_result_whatever_runs_at_once() -> None:
    short = replace(TINY, steps=50)
    before = torch.get_num_threads()
    first, second = ({**run_trial(short), "seconds": 0} for _ in range(2))
    assert first == second
    assert torch.get_num_threads() == before
    assert run_trial(replace(short, seed=1))["loss"] != first["loss"]


@pytest.mark.slow
def test_two_processes_give_what_one_gives_in_the_order_requested() -> None:
    trials = [replace(TINY, steps=50, length=length, encoder=kind) for length in (4, 6) for kind in ("rnn", "gru")]  # type: ignore[arg-type]
    alone, tabular = ([{**row, "seconds": 0} for row in run_trials(trials, count)] for count in (1, 2))
    assert alone == tabular
    assert [(row["length"], row["encoder"]) for row in alone] == [(t.length, t.encoder) for t in trials]


@pytest.mark.parametrize("task", ["adding", "recall"])
def test_gradient_norms_are_those_of_each_sequence_alone_the_last_step_first(task: str) -> None:
    trial = replace(TINY, task=task)  # type: ignore[arg-type]
    network = network_of(trial)
    probe = draw(trial.task, 6, PROBED, [trial.seed, 4])
    assert probe.labels is not None
    expected = torch.zeros(6)
    for i in range(PROBED):
        x = probe.x[:, i : i + 1].clone().requires_grad_()
        loss_of(trial.task, network(replace(probe, x=x)), probe.labels[i : i + 1]).backward()
        assert x.grad is not None
        expected += x.grad.norm(dim=2)[:, 0]
    assert gradient_norms(network, trial) == pytest.approx((expected.flip(0) / PROBED).tolist(), rel=1e-3)


@pytest.mark.parametrize(("encoder", "rows"), [("lstm", slice(16, 32)), ("gru", slice(16, 32)), ("mingru", slice(16))])
def test_gates_begin_with_memories_of_up_to_the_length(encoder: str, rows: slice) -> None:
    network = network_of(replace(TINY, encoder=encoder))  # type: ignore[arg-type]
    reset_gates(network, 101, seed=0)
    bias = network.encoder.get_parameter("bias_ih_l0").detach()[rows]
    spans = 1 + torch.exp(-bias if encoder == "mingru" else bias)
    assert 2 <= float(spans.min()) < 30
    assert 70 < float(spans.max()) <= 101
    # what stays of a unit after as many steps is 1 / e or more: computed by the network itself, with nothing to read
    if encoder == "lstm":
        keep = torch.sigmoid(bias)
        assert bool((keep ** (spans - 1) >= 1 / math.e - 1e-3).all())


def test_a_plain_recurrence_has_no_gates_to_start() -> None:
    network = network_of(replace(TINY, encoder="rnn"))
    before = {name: weight.clone() for name, weight in network.state_dict().items()}
    reset_gates(network, 100, seed=0)
    assert all(torch.equal(before[name], weight) for name, weight in network.state_dict().items())
