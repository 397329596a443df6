"""Several functions at once, each on a thread of its own, forward as backward."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import torch
from torch import Tensor

from textrnn.machine.fork import guard_forks
from textrnn.machine.workers import Workers, start_threads
from textrnn.nn.thread_count import use_threads

guard_forks()

Task = tuple[Callable[..., Tensor], tuple[Tensor, ...]]  # a function of tensors alone, and its tensors


@contextlib.contextmanager
def start_workers(count: int) -> Iterator[Workers | None]:
    """`count` workers while the block lasts, or None for one: then the caller computes alone.

    Subnormal floats are zero on each: the threads are ours, and the caller's stay as they are.
    """

    def begin() -> None:
        use_threads(1)
        torch.set_flush_denormal(True)

    with start_threads(count, begin, "textrnn-worker") as workers:
        yield workers


def run_parallel(workers: Workers | None, tasks: Sequence[Task]) -> list[Tensor]:
    """The result of each task, all computed at once; their gradients too, where needed.

    Each function runs with the caller's modes (gradients, inference, autocast) and as a graph of its
    own, so that the backward pass of one does not wait for another's. A tensor that a function needs
    a gradient for must be among its arguments. One derivative alone: no gradient of a gradient.
    """
    if workers is None or len(tasks) < 2:
        return [function(*tensors) for function, tensors in tasks]
    modes = _modes_here()
    if not torch.is_grad_enabled():
        return workers.run([_within(modes, function, tensors) for function, tensors in tasks])
    flat = [tensor for _, tensors in tasks for tensor in tensors]
    return list(_AtOnce.apply(workers, modes, tasks, *flat))  # type: ignore[no-untyped-call]


class _AtOnce(torch.autograd.Function):
    """A node whose inside is one separate graph a task."""

    @staticmethod
    def forward(ctx: Any, workers: Workers, modes: Modes, tasks: Sequence[Task], *_: Tensor) -> tuple[Tensor, ...]:
        def compute(task: Task) -> tuple[list[Tensor], Tensor]:
            function, tensors = task
            leaves = [tensor.detach().requires_grad_(tensor.requires_grad) for tensor in tensors]
            with modes():
                return leaves, function(*leaves)

        ctx.workers = workers
        ctx.graphs = workers.run([partial(compute, task) for task in tasks])
        return tuple(output.detach() for _, output in ctx.graphs)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        def differentiate(leaves: list[Tensor], output: Tensor, gradient: Tensor) -> list[Tensor | None]:
            wanted = [leaf for leaf in leaves if leaf.requires_grad]
            if not wanted or not output.requires_grad:
                return [None for _ in leaves]
            found = iter(torch.autograd.grad(output, wanted, gradient, allow_unused=True))
            return [next(found) if leaf.requires_grad else None for leaf in leaves]

        pairs = zip(ctx.graphs, gradients, strict=True)
        found = ctx.workers.run(
            [partial(differentiate, leaves, output, gradient) for (leaves, output), gradient in pairs]
        )
        ctx.graphs = None  # what the functions kept can go
        return (None, None, None, *(gradient for task in found for gradient in task))


Modes = Callable[[], AbstractContextManager[None]]


def _modes_here() -> Modes:
    """A context that puts a thread into the modes of this one: they belong to threads."""
    inference, gradients = torch.is_inference_mode_enabled(), torch.is_grad_enabled()
    cast, dtype = torch.is_autocast_enabled("cpu"), torch.get_autocast_dtype("cpu")

    @contextlib.contextmanager
    def modes() -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            if inference:
                stack.enter_context(torch.inference_mode())
            stack.enter_context(torch.set_grad_enabled(gradients))
            if cast:
                stack.enter_context(torch.autocast("cpu", dtype))
            yield

    return modes


def _within(modes: Modes, function: Callable[..., Tensor], tensors: tuple[Tensor, ...]) -> Callable[[], Tensor]:
    def compute() -> Tensor:
        with modes():
            return function(*tensors)

    return compute
