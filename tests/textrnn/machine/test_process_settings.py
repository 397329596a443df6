"""What is changed for a whole process while some work goes on, and is as it was when that has ended."""

from __future__ import annotations

import os

import pytest

from textrnn.machine.process_settings import environment_default

NAME = "TEXTRNN_TEST_OF_A_VARIABLE"


def test_a_variable_that_nobody_has_set_is_set_while_any_of_the_work_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NAME, raising=False)
    asked = environment_default(NAME, "ours")
    for _ in range(2):
        with asked.changed():
            assert os.environ[NAME] == "ours"
            with asked.changed():
                assert os.environ[NAME] == "ours"
            assert os.environ[NAME] == "ours", "the first still needs it"
        assert NAME not in os.environ


def test_a_variable_that_somebody_has_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "theirs")
    with pytest.raises(ZeroDivisionError), environment_default(NAME, "ours").changed():
        assert os.environ[NAME] == "theirs"
        _ = 1 // 0
    assert os.environ[NAME] == "theirs"
