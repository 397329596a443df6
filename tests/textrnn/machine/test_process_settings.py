"""What is changed for a whole process while some work goes on, and is as it was when that has ended."""

from __future__ import annotations

import gc
import os

import pytest

from textrnn.machine.process_settings import RARE_THRESHOLD, environment_variable_default, rare_garbage_collection

NAME = "TEXTRNN_TEST_OF_A_VARIABLE"


def test_a_variable_that_nobody_has_set_is_set_while_any_of_the_work_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NAME, raising=False)
    asked = environment_variable_default(NAME, "ours")
    for _ in range(2):
        with asked.changed():
            assert os.environ[NAME] == "ours"
            with asked.changed():
                assert os.environ[NAME] == "ours"
            assert os.environ[NAME] == "ours", "the first still needs it"
        assert NAME not in os.environ


def test_a_variable_that_somebody_has_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "theirs")
    with pytest.raises(ZeroDivisionError), environment_variable_default(NAME, "ours").changed():
        assert os.environ[NAME] == "theirs"
        _ = 1 // 0
    assert os.environ[NAME] == "theirs"


def test_the_garbage_collector_is_as_it_was_when_the_rows_are_read() -> None:
    before = gc.get_threshold(), gc.get_freeze_count()
    with pytest.raises(ZeroDivisionError), rare_garbage_collection():
        with rare_garbage_collection():
            assert gc.get_threshold()[0] == RARE_THRESHOLD
        assert gc.get_threshold()[0] == RARE_THRESHOLD, "the first still needs it"
        _ = 1 // 0
    assert (gc.get_threshold(), gc.get_freeze_count()) == before


def test_a_threshold_that_somebody_has_set_meanwhile_stays() -> None:
    before = gc.get_threshold()
    try:
        with rare_garbage_collection():
            gc.set_threshold(555)
        assert gc.get_threshold()[0] == 555
    finally:
        gc.set_threshold(*before)
