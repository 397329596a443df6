"""Which weight is not finite."""

from __future__ import annotations

import pytest
import torch

from textrnn.training.nonfinite import first_nonfinite


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), float("-inf")])
def test_the_first_that_holds_one_is_named(odd: float) -> None:
    sound, large = torch.ones(3), torch.full((2, 2), 1e38)  # whose norm overflows
    assert first_nonfinite({"a": sound, "b": torch.tensor([1.0, odd]), "c": torch.tensor([odd])}) == "b"
    assert first_nonfinite({"a": sound, "b": large}) == ""
    assert first_nonfinite({}) == ""
