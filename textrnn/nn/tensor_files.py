"""Tensors in safetensors files."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load, load_file
from torch import Tensor

from textrnn.errors import ModelError
from textrnn.storage.file_names import is_text


def load_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors in a safetensors file; the library itself opens none whose name is not UTF-8. Raises what it does."""
    return load_file(path) if is_text(str(path)) else load(path.read_bytes())


def read_tensors(data: bytes, name: str) -> dict[str, Tensor]:
    """The tensors in the bytes of a safetensors file called `name`. Raises ModelError where they are none."""
    try:
        return load(data)
    except (SafetensorError, ValueError, KeyError, TypeError, RuntimeError, AssertionError) as error:
        # the library's own, and what torch raises for formats and shapes that the library let pass
        raise ModelError(f"{name}: expected safetensors, but {' '.join(str(error).split())[:300]}") from None
