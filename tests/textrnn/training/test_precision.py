from __future__ import annotations

import _thread
import contextlib
import threading
import time

import pytest
import torch

from textrnn.training.precision import autocast, count_subnormals, full_float32, run_flushed

CELLS = 1 << 18  # enough for torch to share them among threads


def test_subnormals_are_zero_on_all_threads_inside_and_kept_outside() -> None:
    torch.set_num_threads(2)
    assert count_subnormals(CELLS) == CELLS
    assert run_flushed(lambda stop: count_subnormals(CELLS)) == 0
    assert count_subnormals(CELLS) == CELLS


def test_without_the_register_the_measure_would_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(2)
    monkeypatch.setattr(torch, "set_flush_denormal", lambda _: True)
    assert run_flushed(lambda stop: count_subnormals(CELLS)) == CELLS


def test_threads_are_those_of_the_caller() -> None:
    for threads in (1, 2):
        torch.set_num_threads(threads)
        assert run_flushed(lambda stop: torch.get_num_threads()) == threads


def test_what_comes_out_is_carried() -> None:
    assert run_flushed(lambda stop: {"a": 1}) == {"a": 1}
    assert run_flushed(lambda stop: None) is None


@pytest.mark.parametrize("error", [ValueError("why"), SystemExit(3), KeyboardInterrupt()])
def test_exceptions_are_carried(error: BaseException) -> None:
    def fail(stop: threading.Event) -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        run_flushed(fail)
    assert caught.value is error


@pytest.mark.parametrize("delay", [0.0, 0.01, 0.03, 0.06, 0.1])
def test_ctrl_c_while_waiting_stops_the_worker_and_waits_for_it(delay: float) -> None:
    ended = []

    def work(stop: threading.Event) -> None:
        time.sleep(delay)
        _thread.interrupt_main()
        assert stop.wait(10)
        time.sleep(0.1)  # what is being saved
        ended.append(True)

    with pytest.raises(KeyboardInterrupt):
        run_flushed(work)
    assert ended == [True]


def test_a_thread_that_cannot_start_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        run_flushed(lambda stop: 1)


def test_autocast_is_bfloat16_only_where_asked() -> None:
    x = torch.randn(4, 4)
    with autocast("bfloat16", "cpu"):
        assert (x @ x).dtype == torch.bfloat16
    with autocast("float32", "cpu"):
        assert (x @ x).dtype == torch.float32


def test_the_short_cut_of_cudnn_is_off_while_trainings_on_a_gpu_go_on_and_as_it_was_after() -> None:
    said = torch.backends.cudnn.allow_tf32
    with full_float32("cpu"):
        assert torch.backends.cudnn.allow_tf32 == said
    with contextlib.ExitStack() as first, contextlib.ExitStack() as second:
        first.enter_context(full_float32("cuda"))
        second.enter_context(full_float32("cuda"))
        assert not torch.backends.cudnn.allow_tf32
        first.close()  # the first to begin ends first
        assert not torch.backends.cudnn.allow_tf32
    assert torch.backends.cudnn.allow_tf32 == said


def test_newer_switches_of_torch_stay_as_somebody_set_them() -> None:
    if not hasattr(torch.backends.cudnn, "rnn"):
        pytest.skip("this torch has one switch")
    before = torch.backends.cudnn.rnn.fp32_precision
    torch.backends.cudnn.rnn.fp32_precision = "ieee"
    try:
        assert run_flushed(lambda _: 1) == 1
        with full_float32("cuda"):
            assert torch.backends.cudnn.rnn.fp32_precision == "ieee"
        assert torch.backends.cudnn.rnn.fp32_precision == "ieee"
    finally:
        torch.backends.cudnn.rnn.fp32_precision = before
