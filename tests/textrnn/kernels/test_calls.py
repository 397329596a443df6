"""Calls into C: each status is its error, and what C would not check is checked before."""

from __future__ import annotations

import numpy as np
import pytest

from textrnn.kernels.calls import address_of, call


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [(1, MemoryError, "out of memory"), (2, ValueError, "a length below 0"), (3, IndexError, "not in the vocabulary")],
)
def test_a_status_is_the_error_that_it_stands_for(status: int, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        call(lambda status: status, status)
    call(lambda status: status, 0)


def test_an_address_is_that_of_an_array_as_c_expects_it() -> None:
    array = np.zeros((2, 3), np.float32)
    assert address_of(array, np.float32, 2, 3).value == address_of(array, np.float32).value == array.ctypes.data
    assert address_of(None, np.float32, 9).value is None
    for other, shape in ((array.astype(np.float64), (2, 3)), (array.T, (3, 2)), (array, (3, 2))):
        with pytest.raises(ValueError, match="expected"):
            address_of(other, np.float32, *shape)
