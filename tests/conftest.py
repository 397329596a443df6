"""What every test stands on."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

from textrnn.machine.hardware import resolve_device

if resolve_device("auto") != "cuda" or os.environ.get("CUDA_VISIBLE_DEVICES") == "":
    os.environ["TRITON_INTERPRET"] = "1"  # before anybody imports Triton: what is written for a GPU runs here too
settings.register_profile("unhurried", deadline=None)  # what the clock says is no verdict: machines are busy
settings.load_profile("unhurried")


@pytest.fixture(autouse=True, scope="session")
def _ctrl_c_is_heard() -> Iterator[None]:
    """A shell starts what it puts in the background with SIGINT ignored; tests of Ctrl-C must not depend on that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
