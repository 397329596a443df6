"""What every test stands on."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from pipelines.caching import code
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


@pytest.fixture(autouse=True, scope="session")
def _sources_are_outlined_once() -> Iterator[None]:
    """A run in a new folder parses every source that it reaches: a second; in one process their bytes tell them."""
    outline_file = code.outline_file

    @cache
    def outlined(path: Path, data: bytes) -> Any:
        return outline_file(path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(code, "outline_file", lambda path: outlined(path, path.read_bytes()))
        yield


@pytest.fixture(scope="module")
def without_plots() -> Iterator[None]:
    """Reports have no plots: for tests that train in this process and look at no picture (test_plots.py does)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("textrnn.evaluation.build_report.draw_plots", lambda data: {})
        yield
