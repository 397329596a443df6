"""Arrays in safetensors files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load

from textrnn.errors import ModelError


def load_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Returns the arrays of the file `path`, by name. Raises OSError, ModelError."""
    return read_arrays(path.read_bytes(), path.name)


def read_arrays(data: bytes, name: str) -> dict[str, NDArray[Any]]:
    """Returns the arrays in the bytes of a safetensors file called `name`. Raises ModelError if they are none."""
    try:
        return load(data)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        # the library's own, and what numpy says of formats and shapes that the library let pass
        raise ModelError(f"{name}: expected safetensors, but {' '.join(str(error).split())[:300]}") from None
