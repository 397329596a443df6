"""The model folder of a network over numbers: plain data behind one manifest."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save
from torch import Tensor

from textrnn.config.bounds import Ge, Le
from textrnn.config.from_json import from_json
from textrnn.config.sequence_model import SequenceConfig
from textrnn.errors import ModelError
from textrnn.model.files import read_files
from textrnn.model.replace import replace_model
from textrnn.nn.tensor_files import read_tensors
from textrnn.nn.torch_defaults import default_torch_settings
from textrnn.sequences.network import SequenceNetwork, sequence_network_of
from textrnn.storage.bounded_reading import read_checked_manifest, read_consistently, require_format
from textrnn.storage.files import MANIFEST, write_bytes, write_json, write_manifest

FORMAT, KIND = 1, "textrnn sequence model"
WEIGHTS, CONFIG, PROVENANCE = "model.safetensors", "config.json", "provenance.json"
NETWORK, SCALING = "network.", "scaling."
Width = Annotated[int, Ge(1), Le(1 << 20)]


@dataclass(frozen=True)
class Scaling:
    """Mean and deviation of each feature (F,) and of each output (O,), float64: what the network reads is scaled."""

    x_mean: NDArray[np.float64]
    x_deviation: NDArray[np.float64]
    y_mean: NDArray[np.float64]
    y_deviation: NDArray[np.float64]


@dataclass(frozen=True)
class SequenceModel:
    """A trained network over sequences: `features` numbers a step, `outputs` numbers wanted.

    `column` says whether what is wanted came as (N,) and not as (N, 1).
    """

    weights: Mapping[str, Tensor]
    shape: SequenceConfig
    features: int
    outputs: int
    column: bool
    scaling: Scaling
    provenance: Mapping[str, Any]

    def network(self) -> SequenceNetwork:
        """The network itself. Raises ModelError where the weights are others than the settings say."""
        return sequence_network_of(self.weights, self.shape, self.features, self.outputs)


@dataclass(frozen=True)
class FolderConfig:
    """What `config.json` holds."""

    model: SequenceConfig
    features: Width
    outputs: Width
    column: bool


def save_sequence_model(model: SequenceModel, folder: Path) -> None:
    """Write the folder; one that is there is replaced whole. Raises OSError, ConfigError where it is no model."""
    replace_model(lambda temporary: _write(model, temporary), folder)


def _write(model: SequenceModel, folder: Path) -> None:
    tensors = {NETWORK + name: weight for name, weight in model.weights.items()}
    tensors |= {SCALING + name: torch.from_numpy(array) for name, array in vars(model.scaling).items()}
    write_bytes(folder / WEIGHTS, save(tensors))
    write_json(folder / CONFIG, asdict(FolderConfig(model.shape, model.features, model.outputs, model.column)))
    made_with = {"python": platform.python_version(), "torch": torch.__version__}
    write_json(folder / PROVENANCE, {**model.provenance, **made_with})
    write_manifest(folder, {"format": FORMAT, "kind": KIND})


@default_torch_settings()
def load_sequence_model(folder: Path) -> SequenceModel:
    """The model in `folder`, compared with its manifest, nothing in it run. Raises ModelError."""
    files = read_consistently(folder, lambda: read_files(folder, _described(folder)))
    config = from_json(FolderConfig, files[CONFIG], str(folder / CONFIG))
    tensors = read_tensors(files[WEIGHTS], WEIGHTS)

    weights = {name.removeprefix(NETWORK): value for name, value in tensors.items() if name.startswith(NETWORK)}
    scaling = _read_scaling(folder, tensors, config)
    if odd := sorted(name for name in tensors if not name.startswith((NETWORK, SCALING))):
        raise ModelError(f"{folder / WEIGHTS}: expected weights and scaling alone, found {odd[0][:80]!r}")
    model = SequenceModel(
        weights,
        config.model,
        config.features,
        config.outputs,
        config.column,
        scaling,
        _read_provenance(files[PROVENANCE]),
    )
    model.network()
    return model


def _read_provenance(data: bytes) -> dict[str, Any]:
    """What the bytes of `provenance.json` say; {} where they are no such file, which stops no prediction."""
    try:
        found = json.loads(data, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not valid JSON")


def _described(folder: Path) -> dict[str, Any]:
    """The manifest entry of each file, names as they must be. Raises ModelError."""
    manifest = read_checked_manifest(folder, "SequenceRegressor.save")
    require_format(folder / MANIFEST, manifest, KIND, (FORMAT,))
    files = dict(manifest["files"])
    if odd := sorted(files.keys() ^ {WEIGHTS, CONFIG, PROVENANCE}):
        raise ModelError(f"{folder / MANIFEST}: expected {WEIGHTS}, {CONFIG} and {PROVENANCE}, not {odd[0][:80]!r}")
    return files


def _read_scaling(folder: Path, tensors: Mapping[str, Tensor], config: FolderConfig) -> Scaling:
    sizes = {"x_mean": config.features, "x_deviation": config.features}
    sizes |= {"y_mean": config.outputs, "y_deviation": config.outputs}
    if {SCALING + name for name in sizes} != {name for name in tensors if name.startswith(SCALING)}:
        raise ModelError(f"{folder / WEIGHTS}: expected the scaling {', '.join(sizes)}")
    for name, size in sizes.items():
        found = tensors[SCALING + name]
        fine = found.shape == (size,) and found.dtype == torch.float64 and bool(found.isfinite().all())
        if not fine or (name.endswith("deviation") and bool((found <= 0).any())):
            raise ModelError(f"{folder / WEIGHTS}: expected {SCALING}{name} to be {size} finite float64 numbers")
    return Scaling(**{name: tensors[SCALING + name].numpy() for name in sizes})
