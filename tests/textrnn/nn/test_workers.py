from __future__ import annotations

import threading
from typing import get_args

import pytest
import torch
from torch import Tensor

from textrnn.config.model import Recurrence
from textrnn.nn.pooling import Pool
from textrnn.nn.recurrent import RecurrentEncoder
from textrnn.nn.workers import run_parallel, start_workers

LENGTHS = torch.tensor([9, 3, 7, 0] * 17)


def results(kind: Recurrence, workers: int, *, bidirectional: bool = True) -> list[Tensor]:
    """Pooled outputs of a two-layer encoder, the gradient of its input, and of every weight."""
    torch.manual_seed(0)
    encoder = RecurrentEncoder(kind, 5, 6, num_layers=2, bidirectional=bidirectional)
    pool = Pool("max_mean", encoder.output_size)
    x = torch.randn(9, len(LENGTHS), 5, requires_grad=True)
    with start_workers(workers) as started:
        pooled = pool(encoder(x, LENGTHS, None, started), LENGTHS, started)
        (pooled * torch.randn_like(pooled)).sum().backward()
    return [
        tensor for tensor in (pooled, x.grad, *(weight.grad for weight in encoder.parameters())) if tensor is not None
    ]


@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("workers", [2, 4, 5, 40])
@pytest.mark.parametrize("kind", get_args(Recurrence))
def test_equals_one_thread_whatever_the_number_of_workers(kind: Recurrence, workers: int, bidirectional: bool) -> None:
    alone, parted = (results(kind, count, bidirectional=bidirectional) for count in (1, workers))
    assert len(alone) == len(parted) > 5
    for mine, theirs in zip(parted, alone, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-5, atol=1e-5)


def test_the_same_number_of_workers_gives_the_same_bits() -> None:
    first, second = results("lstm", 4), results("lstm", 4)
    assert all(torch.equal(mine, theirs) for mine, theirs in zip(first, second, strict=True))


def test_tasks_run_at_once_and_each_on_one_thread() -> None:
    met = threading.Barrier(3, timeout=20)  # broken, unless all three are there at a time

    def meet(x: Tensor) -> Tensor:
        met.wait()
        return x * torch.get_num_threads()

    with start_workers(3) as workers:
        assert [float(x) for x in run_parallel(workers, [(meet, (torch.ones(()),))] * 3)] == [1.0, 1.0, 1.0]


def test_subnormals_are_zero_on_every_worker_and_stay_the_callers_own() -> None:
    met = threading.Barrier(3, timeout=20)  # each of the three takes one task

    def multiply(x: Tensor) -> Tensor:
        met.wait()
        return (x * x).view(torch.int32).clone()  # comparing the floats would flush them first

    small = torch.full((64,), 1e-20)
    with start_workers(3) as workers:
        assert not any(bits.any() for bits in run_parallel(workers, [(multiply, (small,))] * 3))
    assert (small * small).view(torch.int32).all()


def test_threads_are_as_before_afterwards() -> None:
    before = torch.get_num_threads()
    with pytest.raises(ZeroDivisionError), start_workers(2):
        raise ZeroDivisionError
    assert torch.get_num_threads() == before
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("textrnn-worker")]


def test_the_callers_modes_hold_in_every_task() -> None:
    def tell(x: Tensor) -> Tensor:
        modes = (torch.is_grad_enabled(), torch.is_inference_mode_enabled(), torch.is_autocast_enabled("cpu"))
        return x * sum(2**i for i, mode in enumerate(modes) if mode)

    one = torch.ones(())
    with start_workers(2) as workers:
        tasks = [(tell, (one,))] * 2
        assert run_parallel(workers, tasks)[1] == 1
        with torch.no_grad():
            assert run_parallel(workers, tasks)[1] == 0
        with torch.inference_mode():
            assert run_parallel(workers, tasks)[1] == 2
        with torch.autocast("cpu", torch.bfloat16):
            assert run_parallel(workers, tasks)[1] == 5


def test_gradients_only_where_they_are_requested() -> None:
    wanted, unwanted = torch.ones(3, requires_grad=True), torch.ones(3)
    with start_workers(2) as workers:
        first, second = run_parallel(workers, [(torch.mul, (wanted, unwanted)), (torch.add, (unwanted, unwanted))])
        (first.sum() + second.sum()).backward()
    assert wanted.grad is not None
    assert unwanted.grad is None


def test_an_error_in_a_task_is_the_callers_and_the_others_have_ended() -> None:
    ended: list[int] = []

    def fail(x: Tensor) -> Tensor:
        raise ValueError("no good")

    def work(x: Tensor) -> Tensor:
        ended.append(1)
        return x

    with start_workers(2) as workers:
        with pytest.raises(ValueError, match="no good"):
            run_parallel(workers, [(fail, (torch.ones(1),)), (work, (torch.ones(1),))])
        assert ended == [1]
        assert len(run_parallel(workers, [(work, (torch.ones(1),))] * 2)) == 2  # and they go on working
